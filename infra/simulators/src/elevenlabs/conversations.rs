//! `GET /v1/convai/conversations`: the list of conversations, newest first, filtered and in pages.

use serde::Deserialize;
use serde_json::{Value, json};

use super::history;
use super::record::ConversationRecord;

/// Conversations on a page unless asked otherwise, and at most.
const PAGE_SIZE: usize = 30;
const PAGE_SIZE_MAX: usize = 100;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ListQuery {
    agent_id: Option<String>,
    user_id: Option<String>,
    call_start_after_unix: Option<u64>,
    call_start_before_unix: Option<u64>,
    /// `name:op:value`; the simulator knows `eq`.
    dynamic_variable_params: Option<String>,
    call_successful: Option<String>,
    page_size: Option<usize>,
    cursor: Option<String>,
}

/// A page; `None` if a parameter is none that the platform takes.
pub(crate) fn page(query: &ListQuery, records: &[ConversationRecord]) -> Option<Value> {
    let size = query.page_size.unwrap_or(PAGE_SIZE);
    if !(1..=PAGE_SIZE_MAX).contains(&size) {
        return None;
    }
    let from: usize = match &query.cursor {
        Some(cursor) => cursor.parse().ok()?,
        None => 0,
    };
    let variable = match &query.dynamic_variable_params {
        Some(text) => Some(variable(text)?),
        None => None,
    };
    let wanted = |record: &&ConversationRecord| is_wanted(query, variable, record);
    let all: Vec<_> = records.iter().rev().filter(wanted).collect();
    let has_more = all.len() > from + size;
    let shown = all.into_iter().skip(from).take(size).map(brief);
    Some(json!({
        "conversations": shown.collect::<Vec<_>>(),
        "next_cursor": has_more.then(|| (from + size).to_string()),
        "has_more": has_more,
    }))
}

fn variable(text: &str) -> Option<(&str, &str)> {
    let mut parts = text.splitn(3, ':');
    let (name, operation) = (parts.next()?, parts.next()?);
    (operation == "eq").then_some((name, parts.next()?))
}

fn is_wanted(
    query: &ListQuery,
    variable: Option<(&str, &str)>,
    record: &ConversationRecord,
) -> bool {
    let started = record.started_unix_secs;
    let same = |wanted: &Option<String>, found: Option<&str>| {
        wanted.is_none() || wanted.as_deref() == found
    };
    let success = history::conversation(record)["analysis"]["call_successful"].clone();
    same(&query.agent_id, Some(&record.agent_id))
        && same(&query.user_id, record.user_id.as_deref())
        && same(&query.call_successful, success.as_str())
        && query
            .call_start_after_unix
            .is_none_or(|after| started >= after)
        && query
            .call_start_before_unix
            .is_none_or(|before| started <= before)
        && variable.is_none_or(|(name, value)| {
            let found = record.dynamic_variables.get(name);
            found.and_then(Value::as_str) == Some(value)
        })
}

fn brief(record: &ConversationRecord) -> Value {
    let whole = history::conversation(record);
    json!({
        "agent_id": record.agent_id,
        "agent_name": whole["agent_name"],
        "conversation_id": record.conversation_id,
        "start_time_unix_secs": record.started_unix_secs,
        "call_duration_secs": whole["metadata"]["call_duration_secs"],
        "message_count": record.transcript.len(),
        "status": whole["status"],
        "call_successful": whole["analysis"]["call_successful"].as_str().unwrap_or("unknown"),
    })
}
