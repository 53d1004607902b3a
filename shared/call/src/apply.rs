//! The tables of what happens when: one for each state of a call, in the order of a call's life, with
//! one row per fact.
//!
//! Each table names every event, so that a new one must be decided in every state.

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
        check_attempt(self, event)?;
        // A call's time never runs backwards: the clock of whoever stores next may be minutes behind, and a
        // deadline reckoned by it would have passed for everybody else.
        let now = now.max(self.updated_at);
        let change = Change::of(self, now, policy);
        Ok(decide(change, event)?.into_decision(self, event))
    }
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

use CallEvent as E;

type Decided<'a> = Result<Change<'a>, Rejection>;

fn decide<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    match change.next.state {
        CallState::Initiating => initiating(change, event),
        CallState::Dialing => dialing(change, event),
        CallState::Connected => connected(change, event),
        CallState::Active => active(change, event),
        CallState::Disconnected => disconnected(change, event),
        CallState::Completed | CallState::Failed => over(change, event),
    }
}

fn initiating<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    Ok(match event {
        E::DialDue => change.dial_if_due()?,
        // Whom we gave up picked up after all.
        E::StreamOpened {
            carrier_call_id, ..
        } => change.open_stream(carrier_call_id.as_ref())?,
        E::DeadlinePassed if change.is_overdue() => change.finish(EndCause::Expired),

        E::Cancelled => change.cancel(),
        E::OptedOut => change.opt_out(),
        E::Listed => change.list()?,
        E::Restricted => change.restrict()?,

        E::DeadlinePassed | E::PostCallReportRead => return Err(Rejection::NotDue),
        E::DialDispatched { .. }
        | E::DialHeld { .. }
        | E::DialAccepted { .. }
        | E::DialRefused { .. }
        | E::DialNotSent { .. }
        | E::DialUnknown { .. }
        | E::NoTrace { .. }
        | E::Carrier { .. }
        | E::StreamRinging { .. }
        | E::StreamAnswered { .. }
        | E::StreamLost { .. }
        | E::AgentReady { .. }
        | E::AgentUnavailable { .. }
        | E::Heartbeat { .. }
        | E::AnswerSaved { .. }
        | E::CallbackAgreed { .. }
        | E::HangingUp { .. }
        | E::HungUp { .. } => return Err(change.unexpected(event)),
    })
}

fn dialing<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    Ok(match event {
        E::DialDispatched { .. } => change.dispatch()?,
        E::DialHeld { .. } => change.hold_dial()?,
        E::DialAccepted {
            carrier_call_id, ..
        } => change.accept(carrier_call_id.as_ref())?,
        E::DialRefused { reason, .. } => change.refuse_dial(*reason)?,
        E::DialNotSent {
            retry_after,
            because,
            ..
        } => change.send_again(*retry_after, *because)?,
        E::DialUnknown { .. } => change.reconcile()?,
        E::NoTrace { .. } => change.presume_unanswered()?,
        E::Carrier { status, .. } => change.heed_carrier(*status)?,
        // The stream may arrive before the dial reply; it proves that the phone was answered.
        E::StreamOpened {
            carrier_call_id, ..
        } => change.open_stream(carrier_call_id.as_ref())?,
        E::StreamAnswered { .. } => change.answer_stream()?,
        // The stream of a phone that nobody picked up.
        E::StreamLost { .. } if change.has_stream() => change.end_attempt(Outcome::NoAnswer),
        E::DeadlinePassed if change.is_overdue() => change.give_up_ringing(),

        E::Cancelled => change.cancel(),
        E::OptedOut => change.opt_out(),
        E::Listed => change.list()?,
        E::Restricted => change.restrict()?,

        E::DialDue | E::StreamRinging { .. } => return Err(Rejection::AlreadyApplied),
        E::DeadlinePassed | E::PostCallReportRead => return Err(Rejection::NotDue),
        E::StreamLost { .. }
        | E::AgentReady { .. }
        | E::AgentUnavailable { .. }
        | E::Heartbeat { .. }
        | E::AnswerSaved { .. }
        | E::CallbackAgreed { .. }
        | E::HangingUp { .. }
        | E::HungUp { .. } => return Err(change.unexpected(event)),
    })
}

fn connected<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    Ok(match event {
        E::DialAccepted {
            carrier_call_id, ..
        } => change.accept(carrier_call_id.as_ref())?,
        E::Carrier { status, .. } => change.heed_carrier(*status)?,
        E::StreamOpened {
            carrier_call_id, ..
        } => change.open_stream(carrier_call_id.as_ref())?,
        E::StreamRinging { .. } => change.ring_on()?,
        // The carrier may have told of the pick-up before the stream did.
        E::StreamAnswered { .. } => change.answer_stream()?,
        E::StreamLost { .. } => change.lose_stream()?,
        E::AgentReady {
            conversation_id, ..
        } => change.converse(conversation_id)?,
        E::AgentUnavailable { because, .. } => change.lack_agent(*because),
        E::AnswerSaved { .. } => change.count_answer(),
        E::CallbackAgreed { at, .. } => change.agree_callback(*at)?,
        E::HangingUp { because, .. } => change.announce_end(*because)?,
        E::HungUp { by, .. } => change.end(end_cause(*by)),
        E::DeadlinePassed if change.is_overdue() => change.give_up_connecting(),

        E::Cancelled => change.cancel(),
        E::OptedOut => change.opt_out(),
        E::Restricted => change.restrict()?,

        E::DialDue | E::Heartbeat { .. } | E::Listed => return Err(Rejection::AlreadyApplied),
        // The stream outran the dialer: it proves more than any reply can deny.
        E::DialDispatched { .. }
        | E::DialHeld { .. }
        | E::DialRefused { .. }
        | E::DialNotSent { .. }
        | E::DialUnknown { .. }
        | E::NoTrace { .. } => return Err(Rejection::AlreadyApplied),
        E::DeadlinePassed | E::PostCallReportRead => return Err(Rejection::NotDue),
    })
}

fn active<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    Ok(match event {
        E::DialAccepted {
            carrier_call_id, ..
        } => change.accept(carrier_call_id.as_ref())?,
        E::Carrier {
            status: CarrierStatus::Ended,
            ..
        } => change.line_down()?,
        E::StreamOpened {
            carrier_call_id, ..
        } => change.open_stream(carrier_call_id.as_ref())?,
        E::StreamLost { .. } => change.lose_stream()?,
        E::AgentReady {
            conversation_id, ..
        } => change.converse(conversation_id)?,
        E::AgentUnavailable { because, .. } => change.lack_agent(*because),
        E::Heartbeat { voice, .. } => change.renew(*voice),
        E::AnswerSaved { .. } => change.count_answer(),
        E::CallbackAgreed { at, .. } => change.agree_callback(*at)?,
        E::HangingUp { because, .. } => change.announce_end(*because)?,
        E::HungUp { by, .. } => change.end(end_cause(*by)),
        E::DeadlinePassed if change.talked_too_long() => change.end(EndCause::MaxDuration),
        E::DeadlinePassed if change.is_overdue() => change.await_stream(),

        E::Cancelled => change.cancel(),
        E::OptedOut => change.opt_out(),
        E::Restricted => change.restrict()?,

        // A stream was seen, so whatever denies the answer is late or wrong.
        E::DialDue
        | E::Listed
        | E::DialDispatched { .. }
        | E::DialHeld { .. }
        | E::DialRefused { .. }
        | E::DialNotSent { .. }
        | E::DialUnknown { .. }
        | E::NoTrace { .. }
        | E::Carrier { .. }
        | E::StreamRinging { .. }
        | E::StreamAnswered { .. } => return Err(Rejection::AlreadyApplied),
        E::DeadlinePassed | E::PostCallReportRead => return Err(Rejection::NotDue),
    })
}

fn disconnected<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    Ok(match event {
        E::DialAccepted {
            carrier_call_id, ..
        } => change.accept(carrier_call_id.as_ref())?,
        E::Carrier {
            status: CarrierStatus::Ended,
            ..
        } => change.line_down()?,
        E::StreamOpened {
            carrier_call_id, ..
        } => change.open_stream(carrier_call_id.as_ref())?,
        E::StreamLost { .. } => change.lose_stream()?,
        // The media is back.
        E::Heartbeat { voice, .. } => change.renew(*voice),
        E::AnswerSaved { .. } => change.count_answer(),
        E::CallbackAgreed { at, .. } => change.agree_callback(*at)?,
        E::HangingUp { because, .. } => change.announce_end(*because)?,
        E::HungUp { by, .. } => change.end(end_cause(*by)),
        E::DeadlinePassed if change.is_overdue() => change.give_up_stream(),

        E::Cancelled => change.cancel(),
        E::OptedOut => change.opt_out(),
        E::Restricted => change.restrict()?,

        // A stream was seen, so whatever denies the answer is late or wrong.
        E::DialDue
        | E::Listed
        | E::DialDispatched { .. }
        | E::DialHeld { .. }
        | E::DialRefused { .. }
        | E::DialNotSent { .. }
        | E::DialUnknown { .. }
        | E::NoTrace { .. }
        | E::Carrier { .. }
        | E::StreamRinging { .. }
        | E::StreamAnswered { .. } => return Err(Rejection::AlreadyApplied),
        E::DeadlinePassed | E::PostCallReportRead => return Err(Rejection::NotDue),
        E::AgentReady { .. } | E::AgentUnavailable { .. } => {
            return Err(change.unexpected(event));
        }
    })
}

/// A call that is over: only its record may still change.
fn over<'a>(change: Change<'a>, event: &CallEvent) -> Decided<'a> {
    match event {
        E::Restricted => change.restrict(),
        E::PostCallReportRead => change.grow_record(),

        E::DialDue
        | E::Listed
        | E::DialDispatched { .. }
        | E::DialHeld { .. }
        | E::DialAccepted { .. }
        | E::DialRefused { .. }
        | E::DialNotSent { .. }
        | E::DialUnknown { .. }
        | E::NoTrace { .. }
        | E::Carrier { .. }
        | E::StreamOpened { .. }
        | E::StreamRinging { .. }
        | E::StreamAnswered { .. }
        | E::StreamLost { .. }
        | E::AgentReady { .. }
        | E::AgentUnavailable { .. }
        | E::Heartbeat { .. }
        | E::AnswerSaved { .. }
        | E::CallbackAgreed { .. }
        | E::HangingUp { .. }
        | E::HungUp { .. }
        | E::Cancelled
        | E::OptedOut
        | E::DeadlinePassed => Err(Rejection::AlreadyApplied),
    }
}
