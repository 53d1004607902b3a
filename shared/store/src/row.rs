//! The items that are written, as [`super::item`] lays them out.

use super::{
    delivery::Delivery,
    item::{
        ACTIVE, ACTIVE_SHARD, ACTIVE_SORT, DIAL, DIALLING, DUE_AT, DUE_SHARD, Item, LOCK, META,
        POINTER, REPORT, REQUEST, STATE, active_prefix, call_pk, campaign_dials, carrier_pk,
        deadline_shard, delivery_key, dial_shard, key, number, outbox_shard, phone_pk,
        report_place, shard_of, text,
    },
};
use aws_sdk_dynamodb::types::AttributeValue;
use call::{
    Attempt, AudioReport, AuditEvent, CallRequest, CallSession, Turn,
    dialling::Dialling,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
    report::Row,
    time::Timestamp,
};
use serde::Serialize;

pub(super) fn dialling(dialling: &Dialling) -> Result<Item, serde_dynamo::Error> {
    keyed(dialling, DIALLING.to_owned(), STATE)
}

/// Adds keys to what serde makes of a value.
pub(super) fn keyed<T: Serialize>(
    value: &T,
    pk: String,
    sk: impl Into<String>,
) -> Result<Item, serde_dynamo::Error> {
    let mut item: Item = serde_dynamo::to_item(value)?;
    item.extend(key(pk, sk));
    Ok(item)
}

pub(super) fn session(session: &CallSession) -> Result<Item, serde_dynamo::Error> {
    let mut item = keyed(session, call_pk(session.id), META)?;
    if let Some(deadline) = session.deadline {
        item.extend(due(deadline_shard(shard_of(session.id)), deadline));
        let sort = format!(
            "{}{}#{}",
            active_prefix(session.state),
            session.created_at,
            session.id
        );
        item.insert(ACTIVE_SHARD.to_owned(), text(ACTIVE));
        item.insert(ACTIVE_SORT.to_owned(), text(sort));
    }
    Ok(item)
}

fn due(shard: String, at: Timestamp) -> [(String, AttributeValue); 2] {
    [
        (DUE_SHARD.to_owned(), text(shard)),
        (DUE_AT.to_owned(), number(at.as_millis())),
    ]
}

/// A dial that is due: found by those who give channels to calls, or by those who carry out its
/// campaign.
pub(super) fn dial(session: &CallSession, at: Timestamp) -> Item {
    let mut item = key(call_pk(session.id), DIAL);
    let of_all = || dial_shard(shard_of(session.id));
    let of_campaign = session.campaign.map(|of| campaign_dials(of.id));
    item.extend(due(of_campaign.unwrap_or_else(of_all), at));
    item
}

pub(super) fn request(request: &CallRequest) -> Result<Item, serde_dynamo::Error> {
    keyed(request, call_pk(request.id), REQUEST)
}

pub(super) fn report(row: &Row) -> Result<Item, serde_dynamo::Error> {
    let mut item = keyed(row, call_pk(row.call_id), REPORT)?;
    item.extend(report_place(row.created_at, row.call_id));
    Ok(item)
}

pub(super) fn attempt(id: CallId, attempt: &Attempt) -> Result<Item, serde_dynamo::Error> {
    keyed(
        attempt,
        call_pk(id),
        format!("ATTEMPT#{:02}", attempt.number),
    )
}

pub(super) fn audit(id: CallId, audit: &AuditEvent) -> Result<Item, serde_dynamo::Error> {
    keyed(audit, call_pk(id), format!("EVENT#{:08}", audit.seq))
}

pub(super) fn answer(
    id: CallId,
    field: &str,
    stored: &impl Serialize,
) -> Result<Item, serde_dynamo::Error> {
    keyed(stored, call_pk(id), format!("ANSWER#{field}"))
}

pub(super) fn turn(id: CallId, turn: &Turn) -> Result<Item, serde_dynamo::Error> {
    let sk = format!("TURN#{:02}#{}#{:04}", turn.attempt, turn.at, turn.seq);
    keyed(turn, call_pk(id), sk)
}

pub(super) fn audio(id: CallId, report: &AudioReport) -> Result<Item, serde_dynamo::Error> {
    let sk = format!("AUDIO#{:02}#{:04}", report.attempt, report.stream);
    keyed(report, call_pk(id), sk)
}

pub(super) fn lock(phone: &PhoneNumber, id: CallId) -> Item {
    let mut item = key(phone_pk(phone), LOCK);
    item.insert("callId".to_owned(), text(id.to_string()));
    item
}

pub(super) fn pointer(carrier_call_id: &CarrierCallId, id: CallId, attempt: u8) -> Item {
    let mut item = key(carrier_pk(carrier_call_id), POINTER);
    item.insert("callId".to_owned(), text(id.to_string()));
    item.insert("attempt".to_owned(), number(attempt));
    item
}

pub(super) fn delivery(delivery: &Delivery) -> Result<Item, serde_dynamo::Error> {
    let mut item: Item = serde_dynamo::to_item(delivery)?;
    item.extend(delivery_key(delivery.key()));
    let shard = outbox_shard(shard_of(delivery.call_id));
    item.extend(due(shard, delivery.queued_at));
    Ok(item)
}
