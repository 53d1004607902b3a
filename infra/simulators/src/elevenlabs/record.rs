//! What really happened in a conversation, for assertions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::speech::Segment;

/// Most callee audio kept of one conversation: 20 minutes, above the longest call.
pub const CALLEE_SAMPLES_MAX: usize = 20 * 60 * crate::speech::SAMPLE_HZ as usize;

/// Most entries kept in each list of one conversation; later ones are not recorded.
pub const MESSAGES_MAX: usize = 10_000;

/// One conversation as the agent side saw it. Times count from the upgrade.
#[derive(Debug, Clone, Default)]
pub struct ConversationRecord {
    /// 1 for the first conversation of the simulator.
    pub number: usize,
    /// Id that the metadata announced.
    pub conversation_id: String,
    /// Agent that was asked for.
    pub agent_id: String,
    /// Whether a signed URL opened it.
    pub is_signed: bool,
    /// Start, seconds since the epoch.
    pub started_unix_secs: u64,
    /// The client data as received.
    pub client_data: Option<Value>,
    /// Its dynamic variables.
    pub dynamic_variables: Map<String, Value>,
    /// Its user id.
    pub user_id: Option<String>,
    /// When the metadata was sent.
    pub ready_at: Option<Duration>,
    /// Every sample received, in order; empty when audio is not kept.
    pub callee_pcm: Vec<i16>,
    /// Samples received, kept or not.
    pub callee_samples: usize,
    /// Audio frames received.
    pub audio_frames: usize,
    /// Every `audio` message sent, in order.
    pub agent_audio: Vec<SentAudio>,
    /// Every `interruption` sent.
    pub interruptions: Vec<Interruption>,
    /// Speech of the callee, as the voice-activity detector heard it.
    pub speech: Vec<Segment>,
    /// What was said, in order.
    pub transcript: Vec<Turn>,
    /// Messages received, audio not counted.
    pub received: Vec<Stamped>,
    /// Messages sent, audio not counted.
    pub sent: Vec<Stamped>,
    /// Event ids of the pongs received, in order.
    pub pongs: Vec<u64>,
    /// Results of client tools, as received.
    pub tool_results: Vec<Value>,
    /// What the MCP server answered, as JSON-RPC messages.
    pub mcp_results: Vec<Value>,
    /// What the platform reads out of the conversation, by field.
    pub collected: Map<String, Value>,
    /// Each try to post its post-call report: the receiver's status, if it answered.
    pub posted: Vec<Option<u16>>,
    /// Breaches of the protocol by the client, fatal or not.
    pub violations: Vec<String>,
    /// How it ended; `None` while it runs.
    pub closed: Option<Closed>,
    /// Whether it was deleted over the API, so that the API does not know it any more.
    pub is_deleted: bool,
}

/// One `audio` message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAudio {
    /// When it was sent.
    pub at: Duration,
    /// Its event id.
    pub event_id: u64,
    /// Its samples; empty when audio is not kept.
    pub pcm: Vec<i16>,
    /// Whether it followed the `interruption` of its event id: the client must not play it.
    pub is_stale: bool,
}

/// One `interruption` message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interruption {
    /// When it was sent.
    pub at: Duration,
    /// Reply that was interrupted.
    pub event_id: u64,
    /// Samples of the callee received until then.
    pub callee_samples: usize,
}

/// One line of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When it was reported to the client.
    pub at: Duration,
    /// Who spoke.
    pub speaker: Speaker,
    /// What was said; after a barge-in, what was said of it.
    pub text: String,
    /// The whole line, if the callee cut it short.
    pub original: Option<String>,
    /// Event id of the message.
    pub event_id: u64,
}

/// Who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The agent.
    Agent,
    /// The person on the phone.
    Callee,
}

/// A message and when it passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    /// When it passed.
    pub at: Duration,
    /// The message.
    pub message: Value,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closed {
    /// When the first side ended it.
    pub at: Duration,
    /// Who ended it.
    pub by: ClosedBy,
    /// Close code; `None` without a close frame.
    pub code: Option<u16>,
    /// Reason, in the words of whoever ended it.
    pub reason: String,
}

/// Who ended a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedBy {
    /// The agent, with a close frame.
    Agent,
    /// The agent, with a TCP reset.
    AgentReset,
    /// The client, with a close frame.
    Client,
    /// The connection was lost or the client left without a close frame.
    Lost,
    /// The simulator was stopped.
    Stopped,
}

impl ConversationRecord {
    /// All speech that the client should have played if nothing was interrupted, in order.
    pub fn agent_pcm(&self) -> Vec<i16> {
        let fresh = self.agent_audio.iter().filter(|audio| !audio.is_stale);
        fresh.flat_map(|audio| audio.pcm.iter().copied()).collect()
    }

    /// Speech sent for one reply before any interruption of it.
    pub fn agent_pcm_of(&self, event_id: u64) -> Vec<i16> {
        let of_reply = |audio: &&SentAudio| audio.event_id == event_id && !audio.is_stale;
        let chunks = self.agent_audio.iter().filter(of_reply);
        chunks.flat_map(|audio| audio.pcm.iter().copied()).collect()
    }

    /// Speech sent with interrupted event ids, which nobody may hear.
    pub fn stale_pcm(&self) -> Vec<i16> {
        let stale = self.agent_audio.iter().filter(|audio| audio.is_stale);
        stale.flat_map(|audio| audio.pcm.iter().copied()).collect()
    }

    /// Types of the messages received, audio not counted.
    pub fn received_types(&self) -> Vec<&str> {
        types(&self.received)
    }

    /// Types of the messages sent, audio not counted.
    pub fn sent_types(&self) -> Vec<&str> {
        types(&self.sent)
    }

    /// What the given side said, in order.
    pub fn said_by(&self, speaker: Speaker) -> Vec<&str> {
        let turns = self
            .transcript
            .iter()
            .filter(|turn| turn.speaker == speaker);
        turns.map(|turn| turn.text.as_str()).collect()
    }

    /// The close code, if it ended with a close frame.
    pub fn close_code(&self) -> Option<u16> {
        self.closed.as_ref().and_then(|closed| closed.code)
    }
}

fn types(messages: &[Stamped]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|stamped| stamped.message["type"].as_str())
        .collect()
}

/// Adds to a list of a record, up to [`MESSAGES_MAX`].
pub(crate) fn keep<T>(list: &mut Vec<T>, entry: T) {
    if list.len() < MESSAGES_MAX {
        list.push(entry);
    }
}

/// One record under way, shared with whoever asserts on it.
pub(crate) type SharedRecord = Arc<Mutex<ConversationRecord>>;

/// All records of one simulator.
pub(crate) struct Ledger {
    records: Mutex<BTreeMap<usize, SharedRecord>>,
    records_max: usize,
    revision: watch::Sender<u64>,
}

impl Ledger {
    pub(crate) fn new(records_max: usize) -> Self {
        Self {
            records: Mutex::default(),
            records_max,
            revision: watch::Sender::new(0),
        }
    }

    /// Numbers and keeps a new record; forgets the oldest finished one above the limit.
    pub(crate) fn open(&self, mut record: ConversationRecord) -> SharedRecord {
        let mut records = lock(&self.records);
        record.number = records.last_key_value().map_or(1, |(number, _)| number + 1);
        if records.len() >= self.records_max {
            let finished = |record: &SharedRecord| lock(record).closed.is_some();
            let oldest = records.iter().find(|(_, record)| finished(record));
            if let Some(number) = oldest.map(|(number, _)| *number) {
                records.remove(&number);
            }
        }

        let number = record.number;
        let shared = Arc::new(Mutex::new(record));
        records.insert(number, Arc::clone(&shared));
        shared
    }

    pub(crate) fn changed(&self) {
        self.revision.send_modify(|revision| *revision += 1);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    pub(crate) fn all(&self) -> Vec<SharedRecord> {
        lock(&self.records).values().cloned().collect()
    }

    pub(crate) fn nth(&self, number: usize) -> Option<SharedRecord> {
        lock(&self.records).get(&number).cloned()
    }

    pub(crate) fn by_id(&self, conversation_id: &str) -> Option<SharedRecord> {
        let records = self.all();
        records
            .into_iter()
            .find(|record| lock(record).conversation_id == conversation_id)
    }

    pub(crate) fn running(&self) -> usize {
        self.all()
            .iter()
            .filter(|record| lock(record).closed.is_none())
            .count()
    }
}

/// Locks, for a few statements and never across an await.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .expect("no holder panics, so the lock is never poisoned")
}
