//! What happened in a run, in the order in which it happened: what the checks judge.

use super::stored;
use call::{
    AttemptState, CallState, CallingWindow, CarrierStatus, Outcome, ids::CallId, time::Timestamp,
};
use campaign::{CampaignId, RowState, State};
use serde_json::Value;
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
    /// Somebody picked up; the carrier is about to open the stream.
    PickedUp(CallId, u8),
    /// That ring is over and its channel free; how it went, as the carrier knows.
    RangOut(CallId, u8, CarrierStatus),
    /// The agent talks to the callee.
    Conversed(CallId, u8),
    /// The agent is about to save an answer.
    Answering(Answering),
    /// The agent was told that it is saved, and holds.
    Saved(Answering),
    /// An answer as it stands in the end.
    Answer {
        /// The call.
        call: CallId,
        /// The question.
        field: String,
        /// What holds: the number, if it is one.
        value: Option<u64>,
        /// Attempt, conversation and turn in which it was saved, if it was while they talked.
        place: Option<Place>,
    },
    /// A conversation as it stands in the end.
    Conversation {
        /// The call.
        call: CallId,
        /// The platform's id.
        id: String,
        /// Whether its post-call report is in the record.
        is_merged: bool,
    },
    /// The platform still has its own copy of a conversation.
    Kept(CallId, String),
    /// The API was asked to erase a patient.
    Erasing(String),
    /// It answered that every call of the patient is out of sight.
    Erased(String),
    /// A receiver was told something about the patient.
    Disclosed(CallId),
    /// A relay carries an attempt's audio from now on.
    Carried(CallId, u8),
    /// The callee hung up before any agent spoke.
    LeftEarly(CallId, u8),
    /// The callee was handed over to a person, and is still on the line.
    HandedOver(CallId, u8),
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
    /// A campaign was stored.
    Campaign(Campaign),
    /// After a transaction that changes it, a row stands so.
    Row(Row),
    /// A row as it stands in the end.
    LastRow(Row),
    /// How many rows are in a state in the end, by the counts of one shard.
    Counts(CampaignId, RowState, i64),
    /// Calls of a campaign that hold a channel in the end, by its own count.
    Places(CampaignId, i64),
    /// A pause or the end of a campaign was answered: from here on nobody is dialled.
    Stopped(CampaignId),
    /// A campaign is about to be told to go on.
    GoesOn(CampaignId),
    /// A file with so many rows was answered to be imported.
    Imported(CampaignId, u32),
    /// A process died.
    Died(String),
    /// Something that must not happen was seen as it happened.
    Wrong(String),
}

/// Attempt, conversation and turn.
pub type Place = (u8, u32, u32);

/// What a patient said, and the agent notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answering {
    /// The call.
    pub call: CallId,
    /// The question.
    pub field: &'static str,
    /// The answer.
    pub value: u64,
    /// When in the call.
    pub place: Place,
}

/// A campaign as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// The campaign.
    pub id: CampaignId,
    /// Where it stands.
    pub state: State,
    /// Most of its calls that hold a channel.
    pub concurrency: u32,
    /// When its phones may ring.
    pub window: CallingWindow,
}

/// A row of a campaign as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The campaign.
    pub campaign: CampaignId,
    /// Its number.
    pub number: u32,
    /// Where it is.
    pub state: RowState,
    /// Its round.
    pub round: u64,
    /// Its latest call.
    pub call: Option<CallId>,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The row that it is made of, and how often that may be dialled.
    pub of: Option<(CampaignId, u32, u8)>,
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
    /// Lines of its audit trail.
    pub audit_seq: u64,
    /// Whether its patient is to be erased.
    pub is_restricted: bool,
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
    /// Whether everybody is to be told.
    pub is_outcome: bool,
    /// Whether whoever placed the call is to be told that its record grew.
    pub is_update: bool,
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
    /// The CRM's own id of the patient.
    pub patient: String,
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
        let fact = stored::pause(item)
            .or_else(|| stored::session(item))
            .or_else(|| stored::campaign(item))
            .or_else(|| stored::line(item));
        if let Some(fact) = fact {
            self.add(at, fact);
        }
    }

    /// Notes one item as it stands in the end, if it tells something.
    pub(super) fn found(&mut self, at: Timestamp, item: &Value) {
        let fact = stored::answer(item)
            .or_else(|| stored::conversation(item))
            .or_else(|| stored::places(item))
            .or_else(|| stored::row(item).map(Fact::LastRow));
        for fact in fact.into_iter().chain(stored::counts(item)) {
            self.add(at, fact);
        }
    }
}
