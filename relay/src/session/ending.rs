//! The end of a session: by whom, with which last words, and what the store is told.

use super::{Session, lines::Line};
use crate::{
    bridge::{End, Input},
    wire::agent::AgentFailure,
};
use bytes::Bytes;
use shared::call::{AgentFault, CallEvent, HungUpBy};
use std::time::Duration;
use tokio::time::Instant;

/// How long after its lease lapsed a call may still tell its callee why it is cut (5 s): half of what
/// is left until it can be given up. A process that was frozen for longer says nothing.
const LAST_WORDS_MAX: Duration = Duration::from_secs(5);

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

    pub(super) fn leave(&mut self, end: End, pcm: Bytes) {
        self.is_leaving = true;
        self.feed(Input::Leave { pcm, end });
    }

    /// Says who ends the call before the carrier can report its end.
    pub(super) async fn announce_end(&mut self) {
        if let Some(by) = self.bridge.ending().and_then(hung_up_by) {
            let (attempt, stream) = (self.attempt, self.recorder.stream());
            let event = CallEvent::HangingUp {
                attempt,
                stream,
                by,
            };
            self.recorder.tell(event).await;
        }
    }

    /// Tells the store how it ended, and waits until that is stored.
    pub(super) async fn finish(mut self, end: End) {
        self.seat.turn_away();
        self.recorder.beat(false);
        if let Some(mut carrier) = self.carrier.take() {
            let _ = carrier.flush().await;
        }
        if let Some(event) = event_of(end, self.attempt, self.recorder.stream(), self.failure) {
            self.recorder.tell(event).await;
        }
        self.tools.finish().await;
        let turns_dropped = self.recorder.finish().await;
        let (id, stats) = (self.request.id, self.bridge.stats());
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
        End::Transferred => Some(HungUpBy::Transfer),
        End::AgentUnavailable
        | End::LeaseLapsed
        | End::Drained
        | End::HungUpByOwner
        | End::StreamLost => None,
    }
}
