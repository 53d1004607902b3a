//! What items of the table say.

use super::history::{Attempt, Campaign, Fact, Line, Row, Version};
use call::{CallState, Outcome, ids::CallId, time::Timestamp};
use campaign::{CampaignId, RowState, State};
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

/// A campaign.
pub(super) fn campaign(item: &Value) -> Option<Fact> {
    let id = campaign_of(item).filter(|_| text(item, "SK") == Some("META"))?;
    let plan = &item["plan"]["M"];
    let label = text(item, "state")?;
    Some(Fact::Campaign(Campaign {
        id,
        state: State::ALL.into_iter().find(|s| s.label() == label)?,
        concurrency: u32::try_from(number(plan, "concurrency")?).ok()?,
        window: text(&plan["hours"]["M"], "span")?.parse().ok()?,
    }))
}

/// A row of a campaign.
pub(super) fn row(item: &Value) -> Option<Row> {
    text(item, "SK")?.strip_prefix("ROW#")?;
    let label = text(item, "state")?;
    Some(Row {
        campaign: campaign_of(item)?,
        number: u32::try_from(number(item, "number")?).ok()?,
        state: RowState::ALL.into_iter().find(|s| s.label() == label)?,
        round: number(item, "round")?,
        call: text(item, "call").and_then(|call| call.parse().ok()),
    })
}

/// The rows per state in one shard of a campaign.
pub(super) fn counts(item: &Value) -> Vec<Fact> {
    let id = campaign_of(item).filter(|_| text(item, "SK") == Some("COUNTS"));
    let count = |state: RowState| {
        let count = item[state.label()]["N"].as_str()?.parse().ok()?;
        Some(Fact::Counts(id?, state, count))
    };
    RowState::ALL.into_iter().filter_map(count).collect()
}

/// Calls of a campaign that hold a channel, by its own count.
pub(super) fn places(item: &Value) -> Option<Fact> {
    let id = campaign_of(item).filter(|_| text(item, "SK") == Some("LOAD"))?;
    let live = item["live"]["N"].as_str()?.parse().ok()?;
    Some(Fact::Places(id, live))
}

/// The campaign that an item or one of its shards belongs to.
fn campaign_of(item: &Value) -> Option<CampaignId> {
    let id = text(item, "PK")?.strip_prefix("CAMPAIGN#")?;
    id.split('#').next()?.parse().ok()
}

fn of_row(item: &Value) -> Option<(CampaignId, u32, u8)> {
    let dials_max = u8::try_from(number(item, "dialsMax")?).ok()?;
    let row = u32::try_from(number(item, "row")?).ok()?;
    Some((text(item, "id")?.parse().ok()?, row, dials_max))
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
        of: of_row(&item["campaign"]["M"]),
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
