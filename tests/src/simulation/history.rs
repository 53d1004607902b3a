//! What happened in a run, in the order in which it happened: what the checks judge.

use call::{
    AttemptState, CallState, CallingWindow, CarrierStatus, Outcome, ids::CallId, time::Timestamp,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, hash::Hasher};

/// One thing that happened, with the true moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When, by the clock that no process sees.
    pub at: Timestamp,
    /// What.
    pub fact: Fact,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A session was stored.
    Session(Version),
    /// A line of the audit trail was stored.
    Audit(Line),
    /// After a transaction that changes it, the channel counter said this.
    Counter(i64),
    /// The carrier got a dial request.
    Dial(Dial),
    /// The carrier really rang a phone.
    Rang(CallId, u8),
    /// That ring is over and its channel free; how it went, as the carrier knows.
    RangOut(CallId, u8, CarrierStatus),
    /// The agent talks to the callee.
    Conversed(CallId, u8),
    /// A relay carries an attempt's audio from now on.
    Carried(CallId, u8),
    /// The callee hung up before any agent spoke.
    LeftEarly(CallId, u8),
    /// An attempt's audio stream is closed, by whichever side.
    Left(CallId, u8),
    /// The callee wants to be called again at this moment; the agent is about to store it.
    Agreed(CallId, Timestamp),
    /// A conversation ended on purpose, and that is stored.
    Goodbye(CallId, u8),
    /// After a change of a call, its number is locked for this call, if for any.
    Lock(String, Option<CallId>),
    /// At the end, so many numbers were still locked by a call.
    Locks(usize),
    /// A sweep's tick came to its end.
    Swept(Tick),
    /// Whether a breaker holds dials back, when that was stored.
    Paused(bool),
    /// From here on nothing is made to fail any more.
    Calm,
    /// The API answered a trigger with 202.
    Accepted(CallId, String),
    /// The API acknowledged a cancellation.
    Cancelled(CallId),
    /// The API acknowledged an opt-out.
    OptedOut(String),
    /// A receiver took an outcome.
    Delivered {
        /// The call.
        call: CallId,
        /// The outcome's sequence number.
        seq: u64,
        /// `callback` or `monitoring`.
        target: &'static str,
    },
    /// A call was asked for, with what limits its dials.
    Asked(Asked),
    /// A process died.
    Died(String),
    /// Something that must not happen was seen as it happened.
    Wrong(String),
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The call.
    pub call: CallId,
    /// Its version.
    pub version: u64,
    /// Its state.
    pub state: CallState,
    /// Its number.
    pub phone: String,
    /// Its latest attempt.
    pub attempt: Option<Attempt>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When something is to be done about it at the latest.
    pub deadline: Option<Timestamp>,
    /// When its next dial is due.
    pub dial_at: Option<Timestamp>,
}

/// An attempt as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Which ring, from 1.
    pub number: u8,
    /// What is known of its dial request.
    pub state: AttemptState,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Whether that is only presumed.
    pub presumed: bool,
    /// Whether the carrier's id of the ring is known.
    pub is_named: bool,
}

/// One tick of a sweep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// When it began.
    pub began: Timestamp,
    /// Whether it could see all that was due: no request failed and no index lagged behind.
    pub saw_all: bool,
    /// Due calls that it found and that changed.
    pub dials: u64,
    /// Due calls that found every channel taken, or no place in their second.
    pub held_back: u64,
}

/// A line of the audit trail as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The call.
    pub call: CallId,
    /// Its position.
    pub seq: u64,
    /// The state before.
    pub from: Option<CallState>,
    /// The state after.
    pub to: CallState,
    /// Whether somebody is to be told.
    pub is_outcome: bool,
}

/// A dial request as the carrier got it.
#[derive(Clone, Debug, PartialEq)]
pub struct Dial {
    /// The call.
    pub call: CallId,
    /// The attempt.
    pub attempt: u8,
    /// The number.
    pub phone: String,
    /// Whether the answer proves that nothing was dialled, so that it may come again.
    pub is_disproved: bool,
}

/// What a call was asked for with.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The call.
    pub call: CallId,
    /// Not before.
    pub not_before: Option<Timestamp>,
    /// Its own window.
    pub window: Option<CallingWindow>,
    /// Whether outcomes go to its callback.
    pub has_callback: bool,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct History {
    /// In order.
    pub entries: Vec<Entry>,
    latest: BTreeMap<CallId, Version>,
}

impl History {
    pub(super) fn add(&mut self, at: Timestamp, fact: Fact) {
        if let Fact::Session(version) = &fact {
            self.latest.insert(version.call, version.clone());
        }
        self.entries.push(Entry { at, fact });
    }

    /// The calls as they stand.
    pub fn latest(&self) -> impl Iterator<Item = &Version> {
        self.latest.values()
    }

    /// A fingerprint of all that happened.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        for entry in &self.entries {
            hasher.write(format!("{entry:?}").as_bytes());
        }
        hasher.finish()
    }

    /// Notes one item that was written, if it tells something.
    pub(super) fn wrote(&mut self, at: Timestamp, item: &Value) {
        if text(item, "PK") == Some("DIALLING") {
            return self.add(at, Fact::Paused(is_paused(item)));
        }
        let Some(call) = call_of(item) else { return };
        match text(item, "SK") {
            Some("META") => {
                if let Some(version) = version(call, item) {
                    self.add(at, Fact::Session(version));
                }
            }
            Some(sk) if sk.starts_with("EVENT#") => {
                if let Some(line) = line(call, item) {
                    self.add(at, Fact::Audit(line));
                }
            }
            Some(_) | None => {}
        }
    }
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

fn line(call: CallId, item: &Value) -> Option<Line> {
    Some(Line {
        call,
        seq: number(item, "seq")?,
        from: state(item, "from"),
        to: state(item, "to")?,
        is_outcome: !item["outcome"].is_null() || !item["cause"].is_null(),
    })
}
