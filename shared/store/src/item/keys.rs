//! Where each item stands: its keys, and its partition in an index.

use super::{
    DND, Item, LISTED, LISTS, OPT_OUTS, PK, RELAYS, REPORT, REPORT_DAY, REPORT_SORT, SHARDS, SK,
    SOUND, key, text,
};
use crate::{conversation::ConversationKey, delivery::DeliveryKey};
use call::{
    CallState,
    delivery::Target,
    ids::{CallId, CarrierCallId, ConversationId},
    phone::PhoneNumber,
    time::Timestamp,
};
use logging::unknown::UnknownKind;

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

/// Start of the sort key of a number's call.
pub const NUMBER_CALL: &str = "CALL#";

/// One call of a number, in the order in which they were asked for.
#[must_use]
pub fn number_call(phone: &PhoneNumber, created_at: Timestamp, id: CallId) -> Item {
    key(phone_pk(phone), format!("{NUMBER_CALL}{created_at}#{id}"))
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

/// Key of what is known of the do-not-disturb lists.
#[must_use]
pub fn dnd_lists_key() -> Item {
    key(DND, LISTS)
}

/// Start of the partition of a number that promotion may not disturb.
const DND_NUMBER: &str = "DND#";

/// Key of a number that promotion may not disturb.
#[must_use]
pub fn dnd_key(phone: &PhoneNumber) -> Item {
    key(format!("{DND_NUMBER}{}", phone.e164()), LISTED)
}

/// The number of a partition of [`dnd_key`].
pub(crate) fn dnd_phone(pk: &str) -> Option<PhoneNumber> {
    pk.strip_prefix(DND_NUMBER)?.parse().ok()
}

/// Key of what a relay last said of itself.
#[must_use]
pub fn relay_key(task: &str) -> Item {
    key(RELAYS, task)
}

/// Start of the sort key of a day's count of unknown messages.
pub(crate) const UNKNOWN_DAY: &str = "DAY#";
/// Start of the sort key of a sample of unknown messages.
pub(crate) const UNKNOWN_SAMPLE: &str = "SAMPLE#";

/// Partition of the unknown messages of a kind.
#[must_use]
pub fn unknown_pk(kind: UnknownKind) -> String {
    format!("UNKNOWN#{}", kind.label())
}

/// Key of the count of a kind's unknown messages on the day, in UTC, of this moment.
pub(crate) fn unknown_day(kind: UnknownKind, now: Timestamp) -> Item {
    key(unknown_pk(kind), format!("{UNKNOWN_DAY}{}", day_of(now)))
}

/// Key of a sample of that day.
pub(crate) fn unknown_sample(kind: UnknownKind, now: Timestamp, digest: &str) -> Item {
    let sk = format!("{UNKNOWN_SAMPLE}{}#{digest}", day_of(now));
    key(unknown_pk(kind), sk)
}

/// The day of a moment in UTC.
fn day_of(moment: Timestamp) -> String {
    let moment = moment.to_string();
    moment.split('T').next().unwrap_or_default().to_owned()
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

/// Where a call stands in [`REPORT_INDEX`](super::REPORT_INDEX).
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
pub(crate) fn field_of(row: &Item) -> Option<String> {
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
pub(crate) fn conversation_key_of(row: &Item) -> Option<ConversationKey> {
    let text = |name| row.get(name)?.as_s().ok();
    let id = text(SK)?.strip_prefix("CONVERSATION#")?;
    Some(ConversationKey {
        call_id: text(PK)?.strip_prefix("CALL#")?.parse().ok()?,
        conversation_id: ConversationId::new(id),
    })
}

/// Key of the erasure of what was recorded of a call.
#[must_use]
pub fn recording_erasure_key(id: CallId) -> Item {
    key(call_pk(id), SOUND)
}

/// Reads the keys of such a row in the due index.
pub(crate) fn recording_erasure_of(row: &Item) -> Option<CallId> {
    let text = |name| row.get(name)?.as_s().ok();
    text(SK).filter(|sk| *sk == SOUND)?;
    text(PK)?.strip_prefix("CALL#")?.parse().ok()
}

pub(crate) fn delivery_key(delivery: DeliveryKey) -> Item {
    let sk = format!("OUTBOX#{:08}#{}", delivery.seq, delivery.target.label());
    key(call_pk(delivery.call_id), sk)
}

/// Reads the keys of a delivery's row in the due index.
pub(crate) fn delivery_key_of(row: &Item) -> Option<DeliveryKey> {
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
