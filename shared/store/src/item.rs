//! The key layout of the one table.
//!
//! | item | `PK` | `SK` | also |
//! | --- | --- | --- | --- |
//! | session: where the call stands | `CALL#<id>` | `META` | `dueShard`, `dueAt`, `activeShard`, `activeSort` |
//! | request: what the CRM asked for | `CALL#<id>` | `REQUEST` | |
//! | row that reports read | `CALL#<id>` | `REPORT` | `reportDay`, `reportSort` until its data is to be erased; a test call has no `reportSort` |
//! | dial that is due | `CALL#<id>` | `DIAL` | `dueShard`, `dueAt` |
//! | attempt | `CALL#<id>` | `ATTEMPT#<nn>` | |
//! | where the carrier recorded an attempt | `CALL#<id>` | `RECORDING#<nn>` | |
//! | erasure of what was recorded here | `CALL#<id>` | `SOUND` | `dueShard`, `dueAt` until it is done |
//! | audit event | `CALL#<id>` | `EVENT#<nnnnnnnn>` | |
//! | transcript turn | `CALL#<id>` | `TURN#<nn>#<moment>#<nnnn>` | |
//! | what was lost of a stream's audio | `CALL#<id>` | `AUDIO#<attempt nn>#<stream nnnn>` | |
//! | answer of the patient | `CALL#<id>` | `ANSWER#<field>` | `version` |
//! | conversation with the agent | `CALL#<id>` | `CONVERSATION#<platform's id>` | `dueShard`, `dueAt` until its post-call report is in the record |
//! | its post-call report | `CALL#<id>` | `POST_CALL#<platform's id>` | `body`, compressed |
//! | outcome for a receiver | `CALL#<id>` | `OUTBOX#<nnnnnnnn>#<receiver>` | `dueShard`, `dueAt` until it is delivered |
//! | campaign: where it stands | `CAMPAIGN#<id>` | `META` | `dueShard`, `dueAt` while something is to be done for it |
//! | its place in lists | `CAMPAIGNS` | `<created>#<id>` | |
//! | its file, and how far it was imported | `CAMPAIGN#<id>` | `FILE` | `import`, `stage`, `cursor` |
//! | part of the file | `CAMPAIGN#<id>` | `PART#<nnnn>` | |
//! | piece of a part | `CAMPAIGN#<id>` | `PIECE#<digest of the part>#<cc>` | `packed` |
//! | audit line of a campaign | `CAMPAIGN#<id>` | `EVENT#<nnnnnnnn>` | |
//! | row of a campaign | `CAMPAIGN#<id>#<shard>` | `ROW#<nnnnnnn>` | `version`; `dueShard`, `dueAt` (its number) while it waits for its turn |
//! | test call of a row | `CAMPAIGN#<id>#<shard>` | `TEST#<nnnnnnn>#<call>` | |
//! | rows of a shard per state | `CAMPAIGN#<id>#<shard>` | `COUNTS` | one number per state |
//! | what goes on in a campaign | `CAMPAIGN#<id>` | `LOAD` | `live`, `dials`, `lastDialAt`, `paceDue` |
//! | row of a patient | `PATIENT#<CRM's id>` | `ROW#<campaign>#<nnnnnnn>` | |
//! | call of a patient | `PATIENT#<CRM's id>` | `CALL#<id>` | |
//! | patient whose data is held back from erasure | `HOLDS` | `<CRM's id>` | |
//! | request to erase, without personal data | `ERASURES` | `<moment>#<id>` | |
//! | lock: the live call of a number | `PHONE#<e164>` | `LOCK` | `callId` |
//! | call of a number | `PHONE#<e164>` | `CALL#<created>#<id>` | |
//! | pointer from the carrier's id | `CARRIER#<carrier id>` | `POINTER` | `callId`, `attempt` |
//! | number that wants no calls | `OPTOUTS` | `<e164>` | |
//! | the do-not-disturb lists that were brought | `DND` | `LISTS` | `version` |
//! | number that promotion may not disturb | `DND#<e164>` | `LISTED` | `asOf`, `ttl`; no `ttl` if the carrier said it |
//! | key of a client's request | `REQUEST#<api key>#<digest>` | `ANSWER` | `expiresAt`, `ttl` |
//! | channels in use | `CHANNELS` | `COUNTER` | `inUse`, `changes` |
//! | whether phones may ring | `DIALLING` | `STATE` | `version` |
//! | relay that is there | `RELAYS` | `<task>` | `ttl` |
//! | calls per state | `STATS#<shard>` | `COUNTER` | one number per state |
//! | unknown messages of a kind on a day | `UNKNOWN#<kind>` | `DAY#<day in UTC>` | `count`, `shapes`, `ttl` |
//! | what unknown messages of one shape look like | `UNKNOWN#<kind>` | `SAMPLE#<day in UTC>#<digest>` | `count`, `sample`, `ttl` |
//! | dials begun in a second | `PACE#<second>` | `COUNTER` | `count`, `ttl` |
//! | requests of an API key in a minute | `RATE#<key>#<minute>` | `COUNTER` | `count`, `ttl` |
//!
//! Items of a call, of a patient, of a number's calls and of a carrier's id carry `ttl`: the end of the call and
//! `RETENTION_DAYS`. A patient who is held back has it as `heldTtl` instead. Items of a campaign and its
//! rows carry as `ttl` the end of the longest life that it may have, and `RETENTION_DAYS`; parts of its
//! file a week from the day on which they came.
//!
//! | index | partition | sort | holds |
//! | --- | --- | --- | --- |
//! | `due` | `dueShard`: `DEADLINE#<shard>`, `DIAL#<shard>`, `DIAL#<campaign>`, `OUTBOX#<shard>`, `PARKED#<shard>` or `CONVERSATION#<shard>` | `dueAt` (ms since 1970) | keys of unfinished sessions, of dials, of outcomes to be delivered or given up, of conversations whose post-call report is awaited, recordings that are to be erased |
//! | `due` | `dueShard`: `CAMPAIGN` | `dueAt` (ms since 1970) | keys of campaigns for which something is to be done |
//! | `due` | `dueShard`: `ROW#<campaign>#<shard>` | `dueAt` (number of the row) | keys of rows that wait for their turn |
//! | `report` | `reportDay`: `DAY#<day of creation in UTC>` | `reportSort`: `<created>#<id>` | whole rows |
//! | `active` | `activeShard`: `ACTIVE` | `activeSort`: `<state>#<created>#<id>` | keys of unfinished sessions |

mod campaigns;
mod keys;

pub use campaigns::*;
pub use keys::*;

use aws_sdk_dynamodb::types::AttributeValue;
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

/// Shards of a campaign's rows and their counts (8). A partition of DynamoDB takes 1,000 write units a
/// second; a row costs about six when it is imported.
pub const ROW_SHARDS: u8 = 8;

/// Partition key of whether phones may ring.
pub const DIALLING: &str = "DIALLING";
/// Sort key of whether phones may ring.
pub const STATE: &str = "STATE";

/// Sort key of the session item.
pub const META: &str = "META";
/// Sort key of a campaign's file.
pub const FILE: &str = "FILE";
/// Sort key of the rows per state in a shard of a campaign.
pub const COUNTS: &str = "COUNTS";
/// Partition of the places of campaigns in lists; there are few.
pub const CAMPAIGNS: &str = "CAMPAIGNS";
/// Due partition of campaigns for which something is to be done; there are few.
pub const CAMPAIGN: &str = "CAMPAIGN";

/// Sort key of the request item.
pub const REQUEST: &str = "REQUEST";
/// Sort key of the erasure of what was recorded here.
pub const SOUND: &str = "SOUND";
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

/// Partition of the do-not-disturb lists.
pub const DND: &str = "DND";
/// Sort key of the do-not-disturb lists.
pub const LISTS: &str = "LISTS";
/// Sort key of a number that promotion may not disturb.
pub const LISTED: &str = "LISTED";
/// The day of the list in which a number was found, `2026-11-25`.
pub const AS_OF: &str = "asOf";

/// Partition of the relays that are there; there are few, and each writes once in some seconds.
pub const RELAYS: &str = "RELAYS";

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
