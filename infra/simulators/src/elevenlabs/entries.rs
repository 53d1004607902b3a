//! What the workspace holds: agents, tools, MCP servers and webhooks, by id.

use super::record::lock;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Entries of a kind that are kept; more are refused with 429.
const ENTRIES_MAX: usize = 10_000;

/// One change of the workspace that was asked for and taken.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceWrite {
    /// Method and path, such as `PATCH /v1/convai/agents/agent_x`.
    pub request: String,
    /// The body.
    pub body: Value,
}

/// What the workspace holds, by kind and id.
#[derive(Default)]
pub(crate) struct Workspace {
    entries: Mutex<BTreeMap<(Kind, String), Value>>,
    pub(super) writes: Mutex<Vec<WorkspaceWrite>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Agent,
    Tool,
    McpServer,
    Webhook,
}

/// A refused request: status and `detail`.
pub(crate) type Refusal = (StatusCode, Value);

impl Kind {
    pub(super) fn id_prefix(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::McpServer => "mcp",
            Self::Webhook => "wh",
        }
    }

    /// The field of an entry that holds its id.
    pub(super) fn id_key(self) -> &'static str {
        match self {
            Self::Agent => "agent_id",
            Self::Tool | Self::McpServer => "id",
            Self::Webhook => "webhook_id",
        }
    }
}

impl Workspace {
    pub(crate) fn has_agent(&self, id: &str) -> bool {
        lock(&self.entries).contains_key(&(Kind::Agent, id.to_owned()))
    }

    pub(crate) fn writes(&self) -> Vec<WorkspaceWrite> {
        lock(&self.writes).clone()
    }

    pub(super) fn all(&self, kind: Kind) -> Vec<Value> {
        let entries = lock(&self.entries);
        let of_kind = entries.iter().filter(|((of, _), _)| *of == kind);
        of_kind.map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn one(&self, kind: Kind, id: &str) -> Option<Value> {
        lock(&self.entries).get(&(kind, id.to_owned())).cloned()
    }

    pub(super) fn create(&self, kind: Kind, entry: Value) -> Result<Value, Refusal> {
        let mut entries = lock(&self.entries);
        if entries.len() >= ENTRIES_MAX {
            return Err((
                StatusCode::TOO_MANY_REQUESTS,
                json!({"message": "limit reached"}),
            ));
        }
        let id = format!("{}_{}", kind.id_prefix(), uuid::Uuid::new_v4().simple());
        let mut entry = entry;
        entry[kind.id_key()] = id.as_str().into();
        entries.insert((kind, id), entry.clone());
        Ok(entry)
    }

    pub(super) fn replace(&self, kind: Kind, id: &str, entry: Value) {
        lock(&self.entries).insert((kind, id.to_owned()), entry);
    }
}
