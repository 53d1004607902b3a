//! What all sessions of a relay share.

use crate::{
    admission::Admissions,
    arrivals::Arrivals,
    config::{RelayConfig, StreamAuth},
    live::Live,
    metrics::Metrics,
    registry::{Registry, Room},
    service::Service,
    spares::Spares,
    tasks::Tasks,
    tries::Tries,
    unidentified::Unidentified,
    unknown::Unknowns,
};
use access::{TALK_TOKEN_KEPT, Talk, TokenKey};
use call::ids::CallId;
use elevenlabs::ElevenLabs;
use logging::metrics::RELAY_STARTS;
use secrets::Doubt;
use std::sync::Arc;
use store::calls::Calls;
use tokio::sync::Semaphore;

/// What all sessions of this relay share.
pub struct Relay {
    pub(crate) calls: Calls,
    pub(crate) agent: Live<ElevenLabs>,
    pub(crate) config: RelayConfig,
    pub(crate) admissions: Admissions,
    pub(crate) registry: Registry,
    /// Connections that have asked for nothing yet.
    pub(crate) arrivals: Arrivals,
    pub(crate) unidentified: Unidentified,
    /// Looks into the table that were in vain.
    pub(crate) tries: Tries,
    /// Refused streams, so that not each is logged.
    pub(crate) refusals: Tries,
    /// Takes what the sockets said that was not understood.
    pub(crate) unknowns: Unknowns,
    pub(crate) tasks: Tasks,
    pub(crate) metrics: Metrics,
    pub(crate) service: Service,
    /// What calls whose phones ring will need.
    pub(crate) spares: Arc<Spares>,
    /// Where it is said that the platform refused us.
    pub(crate) doubt: Doubt,
    /// A permit for each call that may be carried, held by what carries one.
    room: Arc<Semaphore>,
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
        RELAY_STARTS.note(1.0);
        if config.auth != StreamAuth::Token {
            tracing::warn!(auth = ?config.auth, "streams are admitted without tokens");
        }
        let admissions = Admissions {
            calls: calls.clone(),
            tokens: tokens.into(),
            auth: config.auth.clone(),
        };
        let tasks = Tasks::default();
        let metrics = Metrics::new();
        let (unknowns, unwritten) = Unknowns::new(metrics.unknown());
        tasks.serve(unwritten.write(calls.clone()));
        Arc::new(Self {
            metrics,
            unknowns,
            room: Arc::new(Semaphore::new(config.calls_max)),
            calls,
            agent: agent.into(),
            doubt: Doubt::default(),
            config,
            admissions,
            registry: Registry::default(),
            arrivals: Arrivals::default(),
            unidentified: Unidentified::default(),
            tries: Tries::default(),
            refusals: Tries::default(),
            tasks,
            service: Service::default(),
            spares: Arc::default(),
        })
    }

    /// What the agent of this conversation saves answers with.
    /// It holds until the longest conversation is over, and a little longer.
    pub(crate) fn answer_token(&self, talk: Talk) -> String {
        let longest = self.calls.policy.max_call_duration;
        let until = self.calls.now() + longest + TALK_TOKEN_KEPT;
        self.admissions.tokens.get().answer_token(talk, until)
    }

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

    /// Calls carried at this moment, those whose end is being stored, and those at the door.
    #[must_use]
    pub fn live_calls(&self) -> usize {
        self.config.calls_max - self.room.available_permits()
    }

    /// Whether the load balancer is to send new streams here, full or not.
    pub(crate) fn is_in_service(&self) -> bool {
        !self.tasks.is_draining() && self.service.is_in()
    }

    /// Whether a new stream is taken.
    pub(crate) fn has_room(&self) -> bool {
        let is_over = self.tasks.is_draining() || self.service.is_over(self.config.drain_notice);
        !is_over && self.room.available_permits() > 0
    }

    /// The room of a call that is carried here or at the door, or room for one more, unless the relay is
    /// full. Only for a stream that has proven whose it is: an unidentified connection takes none.
    pub(crate) fn room_for(&self, call: CallId) -> Option<Room> {
        self.registry
            .room_for(call, || self.room.clone().try_acquire_owned().ok())
    }
}
