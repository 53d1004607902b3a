//! What the agent may do with answers, by name: the same tools over MCP, as webhooks, and over the
//! conversation's own socket.
//!
//! Which call is meant comes from a token or from the socket, never from an argument: a language model
//! that is talked into something can then spoil no other record than its own. Descriptions and schemas
//! are a contract: the agent platform asks for approval anew when they change.

pub mod live;
mod tool;

pub use tool::{Tool, ToolError, ToolUse};

use access::Talk;
use call::{
    CallEvent,
    answers::{Field, Given, InvalidAnswer, Questionnaire, SUMMARY},
    ids::CallId,
};
use serde_json::{Map, Value, json};
use store::{
    Saved,
    calls::{Applied, Calls},
};
use tool::{missing, tool};
use traces::Span;

/// Longest summary of a conversation, in characters.
pub const SUMMARY_CHARS_MAX: usize = 4_000;

/// Every tool, for this questionnaire.
#[must_use]
pub fn all(questionnaire: &Questionnaire) -> Vec<Tool> {
    let values = values_schema(questionnaire.fields());
    vec![
        tool(
            "save_patient_response",
            "Saves one answer at once, as soon as the patient has given it. Tell the patient that it \
             is noted only after this succeeded. Saving a corrected answer replaces the earlier one.",
            value_schema(questionnaire.fields()),
        ),
        tool(
            "save_patient_data",
            "Saves several answers at once. Those that are not understood are named in problems and \
             were not saved: ask the patient again.",
            values.clone(),
        ),
        tool(
            "validate_patient_data",
            "Checks answers without saving them: what was understood, what was not, what is missing.",
            values,
        ),
        tool(
            "save_conversation_summary",
            "Saves a summary of the conversation. Call it once, before saying goodbye.",
            summary_schema(),
        ),
    ]
}

/// One value, of any field.
fn value_schema(fields: &[Field]) -> Value {
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    json!({
        "type": "object",
        "properties": {
            "field": { "type": "string", "enum": names, "description": "Which question" },
            "value": {
                "type": ["string", "integer"],
                "description": "The answer: a number in digits where one is asked for, else the patient's words",
            },
        },
        "required": ["field", "value"],
        "additionalProperties": false,
    })
}

/// Values by the names of their fields, as many as are known.
fn values_schema(fields: &[Field]) -> Value {
    let properties = fields
        .iter()
        .map(|field| (field.name.clone(), field.schema()));
    json!({
        "type": "object",
        "properties": properties.collect::<Map<_, _>>(),
        "additionalProperties": false,
        "minProperties": 1,
    })
}

fn summary_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "summary": {
                "type": "string",
                "maxLength": SUMMARY_CHARS_MAX,
                "description": "What was said and agreed, in a few sentences",
            },
        },
        "required": ["summary"],
        "additionalProperties": false,
    })
}

/// Calls a tool; what it says is small, because it goes through the agent's model. What it calls saved
/// is durable.
///
/// # Errors
/// [`ToolError`]; the agent may call the same tool again.
pub async fn run(
    calls: &Calls,
    questionnaire: &Questionnaire,
    tool_use: ToolUse,
    name: &str,
    arguments: Map<String, Value>,
) -> Result<Value, ToolError> {
    match name {
        "save_patient_response" => save_one(calls, questionnaire, tool_use, arguments).await,
        "save_patient_data" => save_all(calls, questionnaire, tool_use, &arguments).await,
        "validate_patient_data" => validate(calls, questionnaire, tool_use, &arguments).await,
        "save_conversation_summary" => save_summary(calls, tool_use, arguments).await,
        _ => Err(ToolError::NoSuchTool),
    }
}

async fn save_one(
    calls: &Calls,
    questionnaire: &Questionnaire,
    tool_use: ToolUse,
    mut arguments: Map<String, Value>,
) -> Result<Value, ToolError> {
    let field = match arguments.remove("field") {
        Some(Value::String(field)) => field,
        _ => return Err(missing("field", "the name of a question")),
    };
    let value = arguments.remove("value").unwrap_or_default();
    let value = questionnaire.read(&field, &value)?;
    let holds = save(calls, tool_use, &field, value.clone()).await?;
    Ok(json!({ "saved": holds == value, "field": field, "value": holds }))
}

async fn save_all(
    calls: &Calls,
    questionnaire: &Questionnaire,
    tool_use: ToolUse,
    arguments: &Map<String, Value>,
) -> Result<Value, ToolError> {
    let mut reading = questionnaire.read_all(arguments);
    if reading.values.is_empty() {
        check_call(calls, tool_use.talk.call).await?;
    }
    for (field, value) in &mut reading.values {
        *value = save(calls, tool_use, field, value.clone()).await?;
    }
    Ok(json!({
        "saved": reading.values,
        "problems": problems(&reading.problems),
    }))
}

async fn validate(
    calls: &Calls,
    questionnaire: &Questionnaire,
    tool_use: ToolUse,
    arguments: &Map<String, Value>,
) -> Result<Value, ToolError> {
    check_call(calls, tool_use.talk.call).await?;
    let reading = questionnaire.read_all(arguments);
    Ok(json!({
        "valid": reading.problems.is_empty(),
        "values": reading.values,
        "problems": problems(&reading.problems),
        "missing": reading.missing,
    }))
}

async fn save_summary(
    calls: &Calls,
    tool_use: ToolUse,
    mut arguments: Map<String, Value>,
) -> Result<Value, ToolError> {
    let summary = arguments.remove("summary").unwrap_or_default();
    let summary = summary
        .as_str()
        .map(str::trim)
        .filter(|text| (1..=SUMMARY_CHARS_MAX).contains(&text.chars().count()));
    let expected = || missing("summary", &format!("1 to {SUMMARY_CHARS_MAX} characters"));
    let summary = Value::from(summary.ok_or_else(expected)?);
    let holds = save(calls, tool_use, SUMMARY, summary.clone()).await?;
    Ok(json!({ "saved": holds == summary }))
}

/// Whether the call is there, and not to be erased. What saves is told by the store.
async fn check_call(calls: &Calls, call: CallId) -> Result<(), ToolError> {
    let session = calls.store.load(call).await?;
    let is_open = session.is_some_and(|session| session.restricted_at.is_none());
    is_open.then_some(()).ok_or(ToolError::NoSuchCall)
}

fn problems(problems: &[InvalidAnswer]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

/// Saves one value; on return it is durable. Gives the value that holds: another one, if the patient
/// corrected this one in a later turn that came first. The call is told afterwards, which may fail
/// without harm: the answer stands by itself, also after the call has ended.
async fn save(
    calls: &Calls,
    tool_use: ToolUse,
    field: &str,
    value: Value,
) -> Result<Value, ToolError> {
    let Talk {
        call,
        attempt,
        conversation,
    } = tool_use.talk;
    let given = Given {
        value,
        at: calls.now(),
        attempt,
        source: tool_use.source,
        conversation: Some(conversation),
        turn: tool_use.turn,
    };
    let holds = match calls.store.save_patient_answer(call, field, &given).await? {
        Saved::Known(answer) => return Ok(answer.given.value),
        Saved::NoSuchCall => return Err(ToolError::NoSuchCall),
        Saved::New(answer) => answer.given.value,
    };
    tracing::info!(call_id = %call, attempt, field, answers_saved = 1, "answer saved");
    match calls.apply(call, &CallEvent::AnswerSaved { attempt }).await {
        Ok(applied) => tell_saved(calls, &applied, &given),
        Err(error) => {
            tracing::warn!(call_id = %call, %error, "the answer is saved, its call does not know");
        }
    }
    Ok(holds)
}

fn tell_saved(calls: &Calls, applied: &Applied, given: &Given) {
    if let Some(session) = applied.session() {
        let span = Span::of_attempt(session, given.attempt, "save answer", given.at);
        calls.end(span.word("call.answer_source", given.source.label()));
    }
}

/// Which questions an answer is there for, and whether that is all of them.
#[must_use]
pub fn is_complete(fields: &[Field], has_answer: impl Fn(&str) -> bool) -> bool {
    fields.iter().all(|field| has_answer(&field.name))
}
