//! The table of what happens when: one row per fact.

use super::{
    attempt::Outcome,
    change::{Change, end_cause},
    decision::Decision,
    event::CallEvent,
    fault::CarrierStatus,
    policy::Policy,
    session::{CallSession, Rejection},
    state::{CallState, EndCause},
};
use crate::time::Timestamp;

impl CallSession {
    /// Applies `event` at `now` and says what to store and what to do next.
    ///
    /// # Errors
    /// A [`Rejection`] says why the event changes nothing.
    pub fn apply(
        &self,
        event: &CallEvent,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Decision, Rejection> {
        apply(self, event, now, policy)
    }
}

fn apply(
    session: &CallSession,
    event: &CallEvent,
    now: Timestamp,
    policy: &Policy,
) -> Result<Decision, Rejection> {
    check_attempt(session, event)?;
    let change = Change::of(session, now, policy);
    Ok(decide(change, event)?.into_decision(session, event))
}

/// A claim about an attempt counts only while that attempt is the latest and not over, and a claim
/// about a stream only until another took its place.
fn check_attempt(session: &CallSession, event: &CallEvent) -> Result<(), Rejection> {
    let Some(claimed) = event.attempt() else {
        return Ok(());
    };
    match &session.attempt {
        Some(latest) if latest.number == claimed && !latest.is_closed() => {
            let is_replaced = event.stream().is_some_and(|stream| stream < latest.streams);
            if is_replaced {
                return Err(Rejection::StreamReplaced);
            }
            Ok(())
        }
        // Who picked up after all is talked to, unless the phone rings again or the call is over.
        Some(latest)
            if latest.number == claimed
                && latest.presumed
                && matches!(event, CallEvent::StreamOpened { .. })
                && session.state == CallState::Initiating =>
        {
            Ok(())
        }
        _ => Err(Rejection::AttemptOver),
    }
}

fn decide<'a>(change: Change<'a>, event: &CallEvent) -> Result<Change<'a>, Rejection> {
    use {CallEvent as E, CallState as S};

    let overdue = change.next.is_overdue(change.now);
    Ok(match (change.next.state, event) {
        (_, E::Restricted) => change.restrict()?,
        (state, E::PostCallReportRead) if state.is_final() => change.grow_record()?,
        (_, E::PostCallReportRead) => return Err(Rejection::NotDue),
        (state, _) if state.is_final() => return Err(Rejection::AlreadyApplied),

        (S::Initiating, E::DialDue) => change.dial_if_due()?,
        (S::Initiating, E::DeadlinePassed) if overdue => change.finish(EndCause::Expired),

        (S::Dialing, E::DialDispatched { .. }) => change.dispatch()?,
        (S::Dialing, E::DialRefused { reason, .. }) => change.refuse_dial(*reason)?,
        (
            S::Dialing,
            E::DialNotSent {
                retry_after,
                because,
                ..
            },
        ) => change.send_again(*retry_after, *because)?,
        (S::Dialing, E::DialUnknown { .. }) => change.reconcile()?,
        (S::Dialing, E::NoTrace { .. }) => change.presume_unanswered()?,
        (
            S::Dialing | S::Connected | S::Active | S::Disconnected,
            E::DialAccepted {
                carrier_call_id, ..
            },
        ) => change.accept(carrier_call_id.as_ref())?,
        // The stream outran the dialer: it proves more than any reply can deny.
        (
            S::Connected | S::Active | S::Disconnected,
            E::DialDispatched { .. }
            | E::DialRefused { .. }
            | E::DialNotSent { .. }
            | E::DialUnknown { .. }
            | E::NoTrace { .. },
        ) => return Err(Rejection::AlreadyApplied),
        (S::Dialing, E::DeadlinePassed) if overdue => change.give_up_ringing(),

        (S::Dialing | S::Connected, E::Carrier { status, .. }) => change.heed_carrier(*status)?,
        (
            S::Active | S::Disconnected,
            E::Carrier {
                status: CarrierStatus::Ended,
                ..
            },
        ) => change.line_down()?,
        // A stream was seen, so a status that denies the answer is late or wrong.
        (S::Active | S::Disconnected, E::Carrier { .. }) => return Err(Rejection::AlreadyApplied),

        // The stream may arrive before the dial reply; it proves that the phone was answered.
        (
            S::Initiating | S::Dialing | S::Connected | S::Active | S::Disconnected,
            E::StreamOpened {
                carrier_call_id, ..
            },
        ) => change.open_stream(carrier_call_id.as_ref())?,
        (S::Connected, E::StreamRinging { .. }) => change.ring_on()?,
        // The carrier may have told of the pick-up before the stream did.
        (S::Dialing | S::Connected, E::StreamAnswered { .. }) => change.answer_stream()?,
        (S::Dialing | S::Active | S::Disconnected, E::StreamRinging { .. })
        | (S::Active | S::Disconnected, E::StreamAnswered { .. }) => {
            return Err(Rejection::AlreadyApplied);
        }
        // The stream of a phone that nobody picked up.
        (S::Dialing, E::StreamLost { .. }) if change.has_stream() => {
            change.end_attempt(Outcome::NoAnswer)
        }
        (
            S::Connected | S::Active,
            E::AgentReady {
                conversation_id, ..
            },
        ) => change.converse(conversation_id)?,
        (S::Active | S::Disconnected, E::Heartbeat { .. }) => change.renew(),
        (S::Connected, E::Heartbeat { .. }) => return Err(Rejection::AlreadyApplied),
        (S::Connected | S::Active | S::Disconnected, E::AnswerSaved { .. }) => {
            change.count_answer()
        }

        (S::Connected | S::Active | S::Disconnected, E::CallbackAgreed { at, .. }) => {
            change.agree_callback(*at)?
        }

        (S::Connected | S::Active, E::AgentUnavailable { because, .. }) => {
            change.lack_agent(*because)
        }
        (S::Connected | S::Active | S::Disconnected, E::HangingUp { because, .. }) => {
            change.announce_end(*because)?
        }
        (S::Connected | S::Active | S::Disconnected, E::HungUp { by, .. }) => {
            change.end(end_cause(*by))
        }
        (S::Connected | S::Active, E::StreamLost { .. }) => change.await_stream(),
        (S::Disconnected, E::StreamLost { .. }) => return Err(Rejection::AlreadyApplied),

        (S::Connected, E::DeadlinePassed) if overdue => change.give_up_connecting(),
        (S::Active, E::DeadlinePassed) if change.talked_too_long() => {
            change.end(EndCause::MaxDuration)
        }
        (S::Active, E::DeadlinePassed) if overdue => change.await_stream(),
        (S::Disconnected, E::DeadlinePassed) if overdue => change.give_up_stream(),

        (_, E::Cancelled) => change.cancel(),
        (_, E::OptedOut) => change.opt_out(),
        (_, E::DeadlinePassed) => return Err(Rejection::NotDue),
        (S::Dialing | S::Connected | S::Active | S::Disconnected, E::DialDue) => {
            return Err(Rejection::AlreadyApplied);
        }
        (state, event) => {
            return Err(Rejection::Unexpected {
                state,
                event: event.label(),
            });
        }
    })
}
