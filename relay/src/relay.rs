//! What all sessions of a relay share.

use crate::{
    admission::Admissions,
    config::{RelayConfig, StreamAuth},
    registry::Registry,
    unidentified::Unidentified,
    unknown::Unknowns,
};
use access::{TALK_TOKEN_KEPT, Talk, TokenKey};
use call::ids::CallId;
use elevenlabs::ElevenLabs;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::calls::Calls;
use tokio::sync::watch;

/// What all sessions of this relay share.
pub struct Relay {
    pub(crate) calls: Calls,
    pub(crate) agent: ElevenLabs,
    pub(crate) config: RelayConfig,
    pub(crate) admissions: Admissions,
    pub(crate) registry: Registry,
    pub(crate) unidentified: Unidentified,
    /// Takes what the sockets said that was not understood.
    pub(crate) unknowns: Unknowns,
    pub(crate) is_draining: AtomicBool,
    pub(crate) must_leave: watch::Sender<bool>,
}

impl Relay {
    /// Joins what a relay works with.
    #[must_use]
    pub fn new(
        calls: Calls,
        tokens: TokenKey,
        agent: ElevenLabs,
        config: RelayConfig,
    ) -> Arc<Self> {
        if config.auth != StreamAuth::Token {
            tracing::warn!(auth = ?config.auth, "streams are admitted without tokens");
        }
        let admissions = Admissions {
            calls: calls.clone(),
            tokens,
            auth: config.auth.clone(),
        };
        Arc::new(Self {
            unknowns: Unknowns::start(calls.clone()),
            calls,
            agent,
            config,
            admissions,
            registry: Registry::default(),
            unidentified: Unidentified::default(),
            is_draining: AtomicBool::new(false),
            must_leave: watch::Sender::new(false),
        })
    }

    /// What the agent of this conversation saves answers with.
    /// It holds until the longest conversation is over, and a little longer.
    pub(crate) fn answer_token(&self, talk: Talk) -> String {
        let longest = self.calls.policy.max_call_duration;
        let until = self.calls.now() + longest + TALK_TOKEN_KEPT;
        self.admissions.tokens.answer_token(talk, until)
    }

    /// Turns true when calls have to be left before they end.
    pub(crate) fn must_leave(&self) -> watch::Receiver<bool> {
        self.must_leave.subscribe()
    }

    /// The calls that are carried.
    pub(crate) fn carried(&self) -> Vec<CallId> {
        self.registry.carried()
    }

    /// Has the session of a call hang up, because the call is over.
    pub(crate) fn notify_over(&self, call: CallId) {
        tracing::info!(call_id = %call, "over while it is carried");
        self.registry.notify_over(call);
    }

    /// Has the session of a call whose phone still rings look whether somebody picked up.
    pub(crate) fn notify_connected(&self, call: CallId) {
        self.registry.notify_connected(call);
    }

    /// Calls carried at this moment, and those whose end is being stored.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.registry.len()
    }

    /// Whether a new stream is taken.
    pub(crate) fn has_room(&self) -> bool {
        !self.is_draining.load(Ordering::SeqCst) && self.live_calls() < self.config.calls_max
    }

    /// Whether nobody is connected.
    pub(crate) fn is_idle(&self) -> bool {
        self.live_calls() == 0 && self.unidentified.is_empty()
    }
}
