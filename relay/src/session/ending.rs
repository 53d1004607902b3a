//! The end of a session: by whom, with which last words, and what is recorded.

use super::{Session, lines::Line, measured::measure_end};
use crate::bridge::{End, Input};
use bytes::Bytes;
use call::{AgentFault, CallEvent, HangUp, HungUpBy};
use elevenlabs::message::AgentFailure;
use std::time::Duration;
use tokio::{
    sync::oneshot::{self, error::TryRecvError},
    time::{Instant, timeout_at},
};

/// How long after its lease lapsed a call may still tell its callee why it is cut (5 s): half of what
/// is left until it can be given up. A process that was frozen for longer says nothing.
const LAST_WORDS_MAX: Duration = Duration::from_secs(5);

/// How long a hang-up waits for the store to take the word of it (1 s). The callee hears nothing
/// meanwhile; a store that is away for longer does not hold the line.
const ANNOUNCE_MAX: Duration = Duration::from_secs(1);

/// The word that the relay ends the call, and why.
pub(super) struct Announced {
    /// The stream that is to end.
    stream: u32,
    /// Resolves once it is stored.
    stored: oneshot::Receiver<()>,
    /// Until when the carrier is not asked to end the call before.
    until: Option<Instant>,
}

impl Announced {
    /// Waits until it is stored or has waited for long enough. Safe to drop while it waits.
    pub(super) async fn settled(&mut self) {
        let until = *self.until.get_or_insert(Instant::now() + ANNOUNCE_MAX);
        if timeout_at(until, &mut self.stored).await.is_err() {
            tracing::warn!("hanging up before that is stored");
        }
    }
}

impl Session<'_> {
    /// Ends a call that may be dialled again by somebody else before long.
    pub(super) fn check_lease(&mut self) {
        let Some(lapsed) = self.recorder.leased_until() else {
            return;
        };
        let late = Instant::now().checked_duration_since(lapsed);
        let Some(late) = late.filter(|_| !self.is_leaving) else {
            return;
        };
        tracing::error!(call_id = %self.request.id, ?late, "cut, because nothing can be stored");
        let last_words = if late < LAST_WORDS_MAX {
            Line::SORRY.pcm(self.carrier_hz())
        } else {
            Bytes::new()
        };
        self.leave(End::LeaseLapsed, last_words);
    }

    /// Ends a call that outlasts a shutdown's patience. Looked at with each frame, with each ping at the
    /// latest.
    pub(super) fn check_shutdown(&mut self) {
        if self.relay.tasks.is_leaving() && !self.is_leaving {
            self.leave(End::Drained, Line::SORRY.pcm(self.carrier_hz()));
        }
    }

    fn leave(&mut self, end: End, pcm: Bytes) {
        self.is_leaving = true;
        self.feed(Input::Leave { pcm, end });
    }

    /// Says that the relay ends the call, and why, as soon as that is decided: the carrier's report of
    /// the end may overtake every later word, and says nothing of the reason.
    pub(super) fn announce_end(&mut self) {
        let because = self.bridge.ending().and_then(|end| self.hang_up(end));
        let (attempt, stream) = (self.attempt, self.recorder.stream());
        let is_said = self.announced.as_ref().map(|said| said.stream) == Some(stream);
        if let Some(because) = because.filter(|_| !is_said) {
            let event = CallEvent::HangingUp {
                attempt,
                stream,
                because,
            };
            let stored = self.recorder.record(event);
            self.announced = Some(Announced {
                stream,
                stored,
                until: None,
            });
        }
    }

    /// Whether the carrier may be asked to end the call: what was announced is stored, or cannot be.
    pub(super) fn may_part(&mut self) -> bool {
        self.announce_end();
        // The store is known to be away then, and what is left of the time is for the hang-up.
        let is_hopeless = self.bridge.ending() == Some(End::LeaseLapsed);
        let waits = |announced: &mut Announced| {
            let stored = &mut announced.stored;
            !stored.is_terminated() && stored.try_recv() == Err(TryRecvError::Empty)
        };
        is_hopeless || !self.announced.as_mut().is_some_and(waits)
    }

    /// What the end of a call by the relay means to it. Who hung up else is told when it is over.
    fn hang_up(&self, end: End) -> Option<HangUp> {
        match end {
            End::HungUpByAgent => Some(HangUp::Agent),
            End::CallMax => Some(HangUp::Limit),
            End::CalleeSilent => Some(HangUp::Silence),
            End::Transferred => Some(HangUp::Transfer),
            End::AgentUnavailable => Some(HangUp::NoAgent(fault(self.failure))),
            End::LeaseLapsed | End::Drained => Some(HangUp::CutOff),
            End::HungUpByCallee | End::HungUpByOwner | End::StreamLost => None,
        }
    }

    /// Tells the store how it ended, and waits until that is stored.
    pub(super) async fn finish(mut self, end: End) {
        self.seat.turn_away();
        self.recording = None;
        self.recorder.beat(false);
        if let Some(mut carrier) = self.carrier.take() {
            carrier.drain().await;
        }
        if let Some(event) = event_of(end, self.attempt, self.recorder.stream(), self.failure) {
            self.recorder.record(event);
        }
        self.report_audio();
        self.tools.finish().await;
        let turns_dropped = self.recorder.finish().await;
        let (id, stats) = (self.request.id, self.bridge.stats());
        measure_end(self.relay, end, &stats, turns_dropped);
        self.relay.calls.end(self.spans.left(end));
        // The seat is held until here, so that no shutdown outruns the last word.
        drop(self.seat);
        tracing::info!(call_id = %id, attempt = self.attempt, ?end, turns_dropped, ?stats, "call left");
    }
}

/// What the end of the media means for the call. A lost stream was told when it was lost, and an
/// owner's hang-up follows from the stored call. A call that was cut lost its media.
fn event_of(end: End, attempt: u8, stream: u32, failure: AgentFailure) -> Option<CallEvent> {
    match end {
        End::AgentUnavailable => Some(CallEvent::AgentUnavailable {
            attempt,
            stream,
            because: fault(failure),
        }),
        End::LeaseLapsed | End::Drained => Some(CallEvent::StreamLost { attempt, stream }),
        End::HungUpByCallee
        | End::HungUpByAgent
        | End::CallMax
        | End::CalleeSilent
        | End::Transferred
        | End::HungUpByOwner
        | End::StreamLost => hung_up_by(end).map(|by| CallEvent::HungUp {
            attempt,
            stream,
            by,
        }),
    }
}

fn fault(failure: AgentFailure) -> AgentFault {
    match failure {
        AgentFailure::Refused => AgentFault::Configuration,
        AgentFailure::OutOfQuota => AgentFault::Quota,
        AgentFailure::Busy => AgentFault::Busy,
        // A conversation that ended before it began says nothing of why.
        AgentFailure::Ended | AgentFailure::Transient => AgentFault::Outage,
    }
}

/// Who ended a conversation that counts as one.
fn hung_up_by(end: End) -> Option<HungUpBy> {
    match end {
        End::HungUpByCallee => Some(HungUpBy::Callee),
        End::HungUpByAgent => Some(HungUpBy::Agent),
        End::CallMax => Some(HungUpBy::Limit),
        End::CalleeSilent => Some(HungUpBy::Silence),
        End::Transferred => Some(HungUpBy::Transfer),
        End::AgentUnavailable
        | End::LeaseLapsed
        | End::Drained
        | End::HungUpByOwner
        | End::StreamLost => None,
    }
}
