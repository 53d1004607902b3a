//! What items of the table say.

use super::history::{Attempt, Fact, Line, Version};
use call::{CallState, Outcome, ids::CallId, time::Timestamp};
use serde_json::{Value, json};

/// Whether a breaker holds dials back.
pub(super) fn pause(item: &Value) -> Option<Fact> {
    (text(item, "PK")? == "DIALLING").then(|| Fact::Paused(is_paused(item)))
}

/// A session.
pub(super) fn session(item: &Value) -> Option<Fact> {
    let call = call_of(item).filter(|_| text(item, "SK") == Some("META"))?;
    version(call, item).map(Fact::Session)
}

/// A line of the audit trail.
pub(super) fn line(item: &Value) -> Option<Fact> {
    text(item, "SK")?.strip_prefix("EVENT#")?;
    Some(Fact::Audit(Line {
        call: call_of(item)?,
        seq: number(item, "seq")?,
        from: state(item, "from"),
        to: state(item, "to")?,
        is_outcome: !item["outcome"].is_null() || !item["cause"].is_null(),
        is_update: text(item, "event") == Some("post_call_report_read"),
    }))
}

/// An answer.
pub(super) fn answer(item: &Value) -> Option<Fact> {
    let field = text(item, "SK")?.strip_prefix("ANSWER#")?.to_owned();
    let given = &item["answer"]["M"]["given"]["M"];
    let place = (
        number(given, "attempt"),
        number(given, "conversation"),
        number(given, "turn"),
    );
    let place = match place {
        (Some(attempt), Some(conversation), Some(turn)) => Some((
            u8::try_from(attempt).ok()?,
            u32::try_from(conversation).ok()?,
            u32::try_from(turn).ok()?,
        )),
        _ => None,
    };
    Some(Fact::Answer {
        call: call_of(item)?,
        field,
        value: number(given, "value"),
        place,
    })
}

/// A conversation.
pub(super) fn conversation(item: &Value) -> Option<Fact> {
    let id = text(item, "SK")?.strip_prefix("CONVERSATION#")?.to_owned();
    Some(Fact::Conversation {
        call: call_of(item)?,
        id,
        is_merged: !item["mergedAt"].is_null(),
    })
}

/// Whether the stored state of dialling lets no more than a probe through.
fn is_paused(item: &Value) -> bool {
    let is_open = |vendor: &str| !item[vendor]["M"]["open"]["M"].is_null();
    is_open("carrier") || is_open("agent") || !item["paused"]["M"].is_null()
}

fn call_of(item: &Value) -> Option<CallId> {
    text(item, "PK")?.strip_prefix("CALL#")?.parse().ok()
}

fn text<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item[name]["S"].as_str()
}

fn number(item: &Value, name: &str) -> Option<u64> {
    item[name]["N"].as_str()?.parse().ok()
}

fn moment(item: &Value, name: &str) -> Option<Timestamp> {
    text(item, name)?.parse().ok()
}

fn state(item: &Value, name: &str) -> Option<CallState> {
    let label = text(item, name)?;
    CallState::ALL.into_iter().find(|s| s.label() == label)
}

fn version(call: CallId, item: &Value) -> Option<Version> {
    Some(Version {
        call,
        version: number(item, "version")?,
        state: state(item, "state")?,
        phone: text(item, "phone")?.to_owned(),
        attempt: attempt(&item["attempt"]["M"]),
        expires_at: moment(item, "expiresAt")?,
        deadline: moment(item, "deadline"),
        dial_at: moment(item, "dialAt"),
        audit_seq: number(item, "auditSeq")?,
        is_restricted: !item["restrictedAt"].is_null(),
    })
}

fn attempt(item: &Value) -> Option<Attempt> {
    Some(Attempt {
        number: u8::try_from(number(item, "number")?).ok()?,
        state: serde_json::from_value(item["state"]["S"].clone()).ok()?,
        outcome: outcome(&item["outcome"]),
        presumed: item["presumed"]["BOOL"] == true,
        is_named: !item["carrierCallId"].is_null(),
    })
}

fn outcome(value: &Value) -> Option<Outcome> {
    let word = &value["S"];
    let refusal = json!({ "refused": value["M"]["refused"]["S"] });
    let plain = if word.is_null() { &refusal } else { word };
    serde_json::from_value(plain.clone()).ok()
}
