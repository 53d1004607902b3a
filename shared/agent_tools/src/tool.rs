//! A tool, its use, and what can go wrong with it.

use access::Talk;
use call::answers::{InvalidAnswer, Source};
use serde_json::{Map, Value};
use store::StoreError;

/// One tool, as an agent sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tool {
    /// By which the agent calls it, and nothing else does.
    pub name: &'static str,
    /// What it is for; all the guidance that the model gets.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub schema: Map<String, Value>,
}

/// Whose answers are saved, and how they come.
#[derive(Clone, Copy, Debug)]
pub struct ToolUse {
    /// The conversation in which they were given.
    pub talk: Talk,
    /// The way on which the tool was called.
    pub source: Source,
    /// The agent's turn, if the platform told it.
    pub turn: Option<u32>,
}

/// Why a tool did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// No tool has this name.
    #[error("there is no such tool")]
    NoSuchTool,
    /// The call of the token is gone.
    #[error("there is no such call session")]
    NoSuchCall,
    /// An argument is missing or not understood; says which and what is expected.
    #[error(transparent)]
    Invalid(#[from] InvalidAnswer),
    /// Nothing is known to be saved; the same call of the tool may succeed.
    #[error("the answer could not be saved, try again")]
    Store(#[from] StoreError),
}

pub(super) fn tool(name: &'static str, description: &'static str, schema: Value) -> Tool {
    let Value::Object(schema) = schema else {
        unreachable!("schemas are written as objects");
    };
    Tool {
        name,
        description,
        schema,
    }
}

pub(super) fn missing(field: &str, expected: &str) -> ToolError {
    ToolError::Invalid(InvalidAnswer {
        field: field.to_owned(),
        expected: expected.to_owned(),
    })
}
