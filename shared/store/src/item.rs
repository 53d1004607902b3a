//! The key layout of the one table.
//!
//! | item | `PK` | `SK` | also |
//! | --- | --- | --- | --- |
//! | session: where the call stands | `CALL#<id>` | `META` | `dueShard`, `dueAt`, `activeShard`, `activeSort` |
//! | request: what the CRM asked for | `CALL#<id>` | `REQUEST` | |
//! | row that reports read | `CALL#<id>` | `REPORT` | `reportDay`, `reportSort` until its data is to be erased |
//! | dial that is due | `CALL#<id>` | `DIAL` | `dueShard`, `dueAt` |
//! | attempt | `CALL#<id>` | `ATTEMPT#<nn>` | |
//! | where the carrier recorded an attempt | `CALL#<id>` | `RECORDING#<nn>` | |
//! | audit event | `CALL#<id>` | `EVENT#<nnnnnnnn>` | |
//! | transcript turn | `CALL#<id>` | `TURN#<nn>#<moment>#<nnnn>` | |
//! | answer of the patient | `CALL#<id>` | `ANSWER#<field>` | `version` |
//! | conversation with the agent | `CALL#<id>` | `CONVERSATION#<platform's id>` | `dueShard`, `dueAt` until its post-call report is in the record |
//! | its post-call report | `CALL#<id>` | `POST_CALL#<platform's id>` | `body`, compressed |
//! | outcome for a receiver | `CALL#<id>` | `OUTBOX#<nnnnnnnn>#<receiver>` | `dueShard`, `dueAt` until it is delivered |
//! | call of a patient | `PATIENT#<CRM's id>` | `CALL#<id>` | |
//! | patient whose data is held back from erasure | `HOLDS` | `<CRM's id>` | |
//! | request to erase, without personal data | `ERASURES` | `<moment>#<id>` | |
//! | lock: the live call of a number | `PHONE#<e164>` | `LOCK` | `callId` |
//! | pointer from the carrier's id | `CARRIER#<carrier id>` | `POINTER` | `callId`, `attempt` |
//! | number that wants no calls | `OPTOUTS` | `<e164>` | |
//! | key of a client's request | `REQUEST#<api key>#<digest>` | `ANSWER` | `expiresAt`, `ttl` |
//! | channels in use | `CHANNELS` | `COUNTER` | `inUse`, `changes` |
//! | whether phones may ring | `DIALLING` | `STATE` | `version` |
//! | calls per state | `STATS#<shard>` | `COUNTER` | one number per state |
//! | unknown messages of a kind on a day | `UNKNOWN#<kind>` | `DAY#<day in UTC>` | `count`, `shapes`, `ttl` |
//! | what unknown messages of one shape look like | `UNKNOWN#<kind>` | `SAMPLE#<day in UTC>#<digest>` | `count`, `sample`, `ttl` |
//! | dials begun in a second | `PACE#<second>` | `COUNTER` | `count`, `ttl` |
//! | requests of an API key in a minute | `RATE#<key>#<minute>` | `COUNTER` | `count`, `ttl` |
//!
//! Items of a call, of a patient and of a carrier's id carry `ttl`: the end of the call and
//! `RETENTION_DAYS`. A patient who is held back has it as `heldTtl` instead.
//!
//! | index | partition | sort | holds |
//! | --- | --- | --- | --- |
//! | `due` | `dueShard`: `DEADLINE#<shard>`, `DIAL#<shard>`, `OUTBOX#<shard>`, `PARKED#<shard>` or `CONVERSATION#<shard>` | `dueAt` (ms since 1970) | keys of unfinished sessions, of dials, of outcomes to be delivered or given up, of conversations whose post-call report is awaited |
//! | `report` | `reportDay`: `DAY#<day of creation in UTC>` | `reportSort`: `<created>#<id>` | whole rows |
//! | `active` | `activeShard`: `ACTIVE` | `activeSort`: `<state>#<created>#<id>` | keys of unfinished sessions |

use super::{ConversationKey, DeliveryKey, RequestKey};
use aws_sdk_dynamodb::types::AttributeValue;
use call::{
    CallState,
    delivery::Target,
    ids::{CallId, CarrierCallId, ConversationId},
    phone::PhoneNumber,
    time::Timestamp,
};
use logging::unknown::UnknownKind;
use std::collections::HashMap;

/// Attributes of one item.
pub type Item = HashMap<String, AttributeValue>;

/// Name of the partition key.
pub const PK: &str = "PK";
/// Name of the sort key.
pub const SK: &str = "SK";
/// Index of what is due: deadlines and dials.
pub const DUE_INDEX: &str = "due";
/// Partition key of [`DUE_INDEX`].
pub const DUE_SHARD: &str = "dueShard";
/// Sort key of [`DUE_INDEX`], milliseconds since 1970.
pub const DUE_AT: &str = "dueAt";
/// Index of unfinished calls.
pub const ACTIVE_INDEX: &str = "active";
/// Partition key of [`ACTIVE_INDEX`].
pub const ACTIVE_SHARD: &str = "activeShard";
/// Sort key of [`ACTIVE_INDEX`].
pub const ACTIVE_SORT: &str = "activeSort";
/// Index of the rows that reports read.
pub const REPORT_INDEX: &str = "report";
/// Partition key of [`REPORT_INDEX`].
pub const REPORT_DAY: &str = "reportDay";
/// Sort key of [`REPORT_INDEX`].
pub const REPORT_SORT: &str = "reportSort";
/// Attribute that DynamoDB's TTL reads, in seconds since 1970.
pub const TTL: &str = "ttl";
/// The one partition of [`ACTIVE_INDEX`]: it holds keys only, written when a state changes.
pub const ACTIVE: &str = "ACTIVE";

/// Shards of the due index and of the statistics. A partition of DynamoDB takes 1,000 writes a
/// second, so four allow 4,000 deadline changes a second; `sweep` asks each shard each second.
pub const SHARDS: u8 = 4;

/// Partition key of whether phones may ring.
pub const DIALLING: &str = "DIALLING";
/// Sort key of whether phones may ring.
pub const STATE: &str = "STATE";

/// Sort key of the session item.
pub const META: &str = "META";
/// Sort key of the request item.
pub const REQUEST: &str = "REQUEST";
/// Sort key of the row that reports read.
pub const REPORT: &str = "REPORT";
/// Sort key of the due dial.
pub const DIAL: &str = "DIAL";
/// Sort key of the phone lock.
pub const LOCK: &str = "LOCK";
/// Sort key of the carrier pointer.
pub const POINTER: &str = "POINTER";
/// Sort key of every counter.
pub const COUNTER: &str = "COUNTER";
/// Sort key of what a client was answered.
pub const ANSWER: &str = "ANSWER";
/// Partition of the channel counter.
pub const CHANNELS: &str = "CHANNELS";
/// Partition of the numbers that want no calls. One is enough: it is asked once for each dial.
pub const OPT_OUTS: &str = "OPTOUTS";

/// Partition of the patients whose data is held back from erasure; there are few.
pub const HOLDS: &str = "HOLDS";
/// Partition of the requests to erase.
pub const ERASURES: &str = "ERASURES";
/// What [`TTL`] is called while a patient's data is held back.
pub const HELD_TTL: &str = "heldTtl";

/// Text attribute.
#[must_use]
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// Number attribute.
#[must_use]
pub fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Key attributes of an item.
#[must_use]
pub fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([(PK.to_owned(), text(pk)), (SK.to_owned(), text(sk))])
}

/// Partition of a call.
#[must_use]
pub fn call_pk(id: CallId) -> String {
    format!("CALL#{id}")
}

/// Partition of a number's lock.
#[must_use]
pub fn phone_pk(phone: &PhoneNumber) -> String {
    format!("PHONE#{}", phone.e164())
}

/// Partition of a carrier id's pointer.
#[must_use]
pub fn carrier_pk(id: &CarrierCallId) -> String {
    format!("CARRIER#{id}")
}

/// Partition of one shard of the statistics.
#[must_use]
pub fn stats_pk(shard: u8) -> String {
    format!("STATS#{shard}")
}

/// Partition of a second's count of dials.
#[must_use]
pub fn pace_pk(now: Timestamp) -> String {
    format!("PACE#{}", now.as_secs())
}

/// Key of a number on the list of opt-outs.
#[must_use]
pub fn opt_out_key(phone: &PhoneNumber) -> Item {
    key(OPT_OUTS, phone.e164())
}

/// Start of the sort key of a day's count of unknown messages.
pub(super) const UNKNOWN_DAY: &str = "DAY#";
/// Start of the sort key of a sample of unknown messages.
pub(super) const UNKNOWN_SAMPLE: &str = "SAMPLE#";

/// Partition of the unknown messages of a kind.
#[must_use]
pub fn unknown_pk(kind: UnknownKind) -> String {
    format!("UNKNOWN#{}", kind.label())
}

/// Key of the count of a kind's unknown messages on the day, in UTC, of this moment.
pub(super) fn unknown_day(kind: UnknownKind, now: Timestamp) -> Item {
    key(unknown_pk(kind), format!("{UNKNOWN_DAY}{}", day_of(now)))
}

/// Key of a sample of that day.
pub(super) fn unknown_sample(kind: UnknownKind, now: Timestamp, digest: &str) -> Item {
    let sk = format!("{UNKNOWN_SAMPLE}{}#{digest}", day_of(now));
    key(unknown_pk(kind), sk)
}

/// The day of a moment in UTC.
fn day_of(moment: Timestamp) -> String {
    let moment = moment.to_string();
    moment.split('T').next().unwrap_or_default().to_owned()
}

/// Key of what is remembered of a client's request.
#[must_use]
pub fn request_key(request: &RequestKey) -> Item {
    let pk = format!("REQUEST#{}#{}", request.client, request.key_hash);
    key(pk, ANSWER)
}

/// Partition of a patient's calls.
#[must_use]
pub fn patient_pk(patient: &str) -> String {
    format!("PATIENT#{patient}")
}

/// One call of a patient.
#[must_use]
pub fn patient_call(patient: &str, id: CallId) -> Item {
    key(patient_pk(patient), call_pk(id))
}

/// The shard a call belongs to.
#[must_use]
pub fn shard_of(id: CallId) -> u8 {
    id.shard_seed() % SHARDS
}

/// Due partition of the deadlines in a shard.
#[must_use]
pub fn deadline_shard(shard: u8) -> String {
    format!("DEADLINE#{shard}")
}

/// Due partition of the dials in a shard.
#[must_use]
pub fn dial_shard(shard: u8) -> String {
    format!("DIAL#{shard}")
}

/// Due partition of the outcomes to be delivered in a shard.
#[must_use]
pub fn outbox_shard(shard: u8) -> String {
    format!("OUTBOX#{shard}")
}

/// Due partition of the outcomes given up in a shard.
#[must_use]
pub fn parked_shard(shard: u8) -> String {
    format!("PARKED#{shard}")
}

/// Due partition of the conversations in a shard whose post-call report is awaited.
#[must_use]
pub fn conversation_shard(shard: u8) -> String {
    format!("CONVERSATION#{shard}")
}

/// Sort key prefix in the active index of calls in `state`.
#[must_use]
pub fn active_prefix(state: CallState) -> String {
    format!("{}#", state.label())
}

/// Key of the row that reports read.
#[must_use]
pub fn report_key(id: CallId) -> Item {
    key(call_pk(id), REPORT)
}

/// Partition of the calls created on the day, in UTC, of this moment.
#[must_use]
pub fn report_day(created_at: Timestamp) -> String {
    format!("DAY#{}", day_of(created_at))
}

/// Where a call stands in [`REPORT_INDEX`].
#[must_use]
pub fn report_place(created_at: Timestamp, id: CallId) -> Item {
    Item::from([
        (REPORT_DAY.to_owned(), text(report_day(created_at))),
        (REPORT_SORT.to_owned(), text(format!("{created_at}#{id}"))),
    ])
}

/// Key of a patient's answer.
#[must_use]
pub fn answer_key(id: CallId, field: &str) -> Item {
    key(call_pk(id), format!("ANSWER#{field}"))
}

/// Reads the field's name from the keys of an answer.
pub(super) fn field_of(row: &Item) -> Option<String> {
    let field = row.get(SK)?.as_s().ok()?.strip_prefix("ANSWER#")?;
    Some(field.to_owned())
}

/// Key of a conversation.
#[must_use]
pub fn conversation_key(conversation: &ConversationKey) -> Item {
    let sk = format!("CONVERSATION#{}", conversation.conversation_id);
    key(call_pk(conversation.call_id), sk)
}

/// Key of the post-call report of a conversation.
#[must_use]
pub fn post_call_report_key(conversation: &ConversationKey) -> Item {
    let sk = format!("POST_CALL#{}", conversation.conversation_id);
    key(call_pk(conversation.call_id), sk)
}

/// Reads the keys of a conversation's row in the due index.
pub(super) fn conversation_key_of(row: &Item) -> Option<ConversationKey> {
    let text = |name| row.get(name)?.as_s().ok();
    let id = text(SK)?.strip_prefix("CONVERSATION#")?;
    Some(ConversationKey {
        call_id: text(PK)?.strip_prefix("CALL#")?.parse().ok()?,
        conversation_id: ConversationId::new(id),
    })
}

pub(super) fn delivery_key(delivery: DeliveryKey) -> Item {
    let sk = format!("OUTBOX#{:08}#{}", delivery.seq, delivery.target.label());
    key(call_pk(delivery.call_id), sk)
}

/// Reads the keys of a delivery's row in the due index.
pub(super) fn delivery_key_of(row: &Item) -> Option<DeliveryKey> {
    let text = |name| row.get(name)?.as_s().ok();
    let mut parts = text(SK)?.strip_prefix("OUTBOX#")?.split('#');
    let (seq, target) = (parts.next()?.parse().ok()?, parts.next()?);
    let targets = [Target::Callback, Target::Monitoring];
    Some(DeliveryKey {
        call_id: text(PK)?.strip_prefix("CALL#")?.parse().ok()?,
        seq,
        target: targets.into_iter().find(|known| known.label() == target)?,
    })
}
