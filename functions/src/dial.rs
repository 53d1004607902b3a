//! Placing a dial whose intent is stored: take the right, ask the carrier once, tell the result;
//! and asking the carrier's call log about a dial whose result was lost.

use crate::app::App;
use call::{
    CallEvent, CallSession, Effect, Hindrance,
    dialling::{Permit, Sign, Vendor},
    ids::CallId,
};
use campaign::{CampaignId, Event, State};
use knowlarity::{DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use logging::metrics::{CAMPAIGNS_PAUSED, CARRIER_REFUSALS, DIAL_LATENCY};
use std::time::Duration;
use store::{
    calls::{Applied, ApplyError},
    campaigns::{Campaigns, Changed},
};
use tokio::time::Instant;
use traces::Span;

/// How long a dial's result is applied again while the store fails (10 s). Without its result the
/// attempt ends by its own deadline, as one that may have rung.
const RESULT_TIMEOUT: Duration = Duration::from_secs(10);

/// First pause before the result is applied again; it doubles each time.
const RESULT_PAUSE: Duration = Duration::from_millis(200);

/// How much earlier than our own dispatch the carrier's clock may have noted a ring (30 s).
const LOG_SKEW: Duration = Duration::from_secs(30);

/// Starts the dial of a call whose time has come, and gives back where the call stands then;
/// `None` if it still waits for a channel, for its second or until phones may ring, or is gone.
///
/// # Errors
/// [`ApplyError`]; nothing is lost, the call is still due.
pub(crate) async fn begin(app: &App, id: CallId) -> Result<Option<CallSession>, ApplyError> {
    if app.calls.permit_dials().await? == Permit::None {
        return Ok(None);
    }
    match app.calls.apply(id, &CallEvent::DialDue).await? {
        Applied::Changed { session, effects } => {
            let dialled = run(app, &session, &effects).await;
            Ok(Some(dialled.unwrap_or(session)))
        }
        Applied::Unchanged { session, .. } => Ok(Some(session)),
        Applied::NoChannel | Applied::Paced | Applied::Held(_) | Applied::NoSuchCall => Ok(None),
    }
}

/// Runs effects after their commit, and gives back where the call stands then, if it moved.
///
/// Trouble is logged and left to the sweep, which finds the call by its deadline.
pub(crate) async fn run(
    app: &App,
    session: &CallSession,
    effects: &[Effect],
) -> Option<CallSession> {
    let mut latest = None;
    for effect in effects {
        match perform(app, session, *effect).await {
            Ok(session) => latest = session.or(latest),
            Err(error) => {
                tracing::warn!(call_id = %session.id, ?effect, %error, "left to the sweep");
            }
        }
    }
    latest
}

async fn perform(
    app: &App,
    session: &CallSession,
    effect: Effect,
) -> Result<Option<CallSession>, ApplyError> {
    match effect {
        Effect::Dial { attempt } => take_right(app, session.id, attempt).await,
        Effect::Send { attempt } => Ok(send(app, session, attempt).await),
        Effect::LookUp { attempt } => look_up(app, session, attempt).await,
    }
}

/// Dials one attempt, if no other process has taken the right to and it still may ring.
async fn take_right(app: &App, id: CallId, attempt: u8) -> Result<Option<CallSession>, ApplyError> {
    let event = CallEvent::DialDispatched { attempt };
    let Applied::Changed { session, effects } = app.calls.apply(id, &event).await? else {
        return Ok(None);
    };
    let sent = if effects.contains(&Effect::Send { attempt }) {
        send(app, &session, attempt).await
    } else {
        None
    };
    Ok(sent.or(Some(session)))
}

/// Sends the dial request, once, and tells its result.
async fn send(app: &App, session: &CallSession, attempt: u8) -> Option<CallSession> {
    let id = session.id;
    // The last look at the clock: this process may have been frozen since it took the right.
    let now = app.calls.now();
    let result = if session.may_send(attempt, now, &app.calls.policy) {
        let terms = session
            .attempt
            .as_ref()
            .and_then(|last| last.terms.as_ref());
        let request = DialRequest {
            call_id: id,
            attempt,
            to: session.phone.clone(),
            caller: terms.and_then(|terms| terms.caller.clone()),
            is_promotional: terms.is_some_and(|terms| terms.is_promotional),
            token: app.tokens.stream_token(id, attempt),
        };
        let span = Span::of_attempt(session, attempt, "dial", now).client();
        result_of(app, &request, span).await
    } else {
        tracing::warn!(call_id = %id, attempt, "too late to dial");
        CallEvent::DialNotSent {
            attempt,
            retry_after: None,
            because: Hindrance::TooLate,
        }
    };
    let applied = apply_result(app, id, &result).await;
    note_carrier(app, &result).await;
    if let Some(of) = session.campaign {
        note_campaign(app, of.id, &result).await;
    }
    applied
}

/// What the result says of the campaign: one refusal after the other pauses it. What lies in the number
/// says nothing against the rest of its rows.
async fn note_campaign(app: &App, id: CampaignId, result: &CallEvent) {
    let event = if let CallEvent::DialNotSent { because, .. } = result {
        if *because == Hindrance::TooLate {
            return;
        }
        Event::DialRefused
    } else if matches!(result, CallEvent::DialUnknown { .. }) {
        return;
    } else {
        Event::DialTaken
    };
    match Campaigns::of(&app.calls).apply(id, &event).await {
        Ok(Changed::Applied { campaign, .. }) if campaign.state == State::Paused => {
            CAMPAIGNS_PAUSED.note(1.0);
            tracing::error!(campaign_id = %id, campaigns_paused = 1, "the carrier refused one dial after the other");
        }
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(campaign_id = %id, %error, "what was learnt of a dial is not stored");
        }
    }
}

/// What the result says about the carrier holds for every call.
async fn note_carrier(app: &App, result: &CallEvent) {
    let sign = if let CallEvent::DialNotSent { because, .. } = result {
        if *because == Hindrance::Auth {
            app.doubt.raise();
        }
        Sign::of_hindrance(*because)
    } else if matches!(result, CallEvent::DialUnknown { .. }) {
        Some(Sign::Stumbles)
    } else {
        Some(Sign::Works)
    };
    let Some(sign) = sign else { return };
    if let Err(error) = app.calls.note_vendor(Vendor::Carrier, sign).await {
        tracing::warn!(%error, ?sign, "what was learnt of the carrier is not stored");
    }
}

/// Asks the carrier, once.
async fn result_of(app: &App, request: &DialRequest, span: Span) -> CallEvent {
    let attempt = request.attempt;
    let asked = Instant::now();
    let answer = app.carrier.dial(request).await;
    DIAL_LATENCY.note(asked.elapsed().as_secs_f64() * 1_000.0);
    app.calls.end(match &answer {
        Ok(_) => span,
        Err(error) => span.failed(cause_of(error)),
    });
    let error = match answer {
        Ok(Dialed { carrier_call_id }) => {
            return CallEvent::DialAccepted {
                attempt,
                carrier_call_id,
            };
        }
        Err(error) => error,
    };
    tracing::warn!(call_id = %request.call_id, attempt, %error, "dial not accepted");
    CARRIER_REFUSALS.note_of(cause_of(&error), 1.0);
    match error {
        DialError::Refused(reason) => CallEvent::DialRefused { attempt, reason },
        DialError::NotSent {
            retry_after,
            because,
        } => CallEvent::DialNotSent {
            attempt,
            retry_after,
            because,
        },
        DialError::Unknown => CallEvent::DialUnknown { attempt },
    }
}

/// The part of the metric that a refusal belongs to.
const fn cause_of(error: &DialError) -> &'static str {
    match error {
        DialError::Refused(_) => "number",
        DialError::NotSent { because, .. } => because.label(),
        DialError::Unknown => "no_reply",
    }
}

/// Tells the result until the store takes it or [`RESULT_TIMEOUT`] is over.
async fn apply_result(app: &App, id: CallId, result: &CallEvent) -> Option<CallSession> {
    let applied = tokio::time::timeout(RESULT_TIMEOUT, apply_until_stored(app, id, result)).await;
    match applied {
        Ok(Applied::Changed { session, .. } | Applied::Unchanged { session, .. }) => Some(session),
        Ok(Applied::NoChannel | Applied::Paced | Applied::Held(_) | Applied::NoSuchCall) => None,
        Err(_) => {
            tracing::error!(call_id = %id, event = result.label(), "dial result not stored");
            None
        }
    }
}

async fn apply_until_stored(app: &App, id: CallId, result: &CallEvent) -> Applied {
    let mut pause = RESULT_PAUSE;
    loop {
        match app.calls.apply(id, result).await {
            Ok(applied) => return applied,
            Err(error) => tracing::warn!(call_id = %id, %error, "dial result applied again"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

/// Asks the carrier's call log about an attempt and tells what it says. A log that does not
/// answer leaves the attempt to its deadline.
async fn look_up(
    app: &App,
    session: &CallSession,
    attempt: u8,
) -> Result<Option<CallSession>, ApplyError> {
    let latest = session.attempt.as_ref();
    let Some(latest) = latest.filter(|latest| latest.number == attempt) else {
        return Ok(None);
    };
    let query = LogQuery {
        to: session.phone.clone(),
        carrier_call_id: latest.carrier_call_id.clone(),
        since: latest.dispatched_at.unwrap_or(latest.started_at) - LOG_SKEW,
        until: app.calls.now() + LOG_SKEW,
    };
    let found = match app.carrier.look_up(&query).await {
        Ok(found) => found,
        Err(LookUpError::Off) => None,
        Err(error) => {
            tracing::warn!(call_id = %session.id, attempt, %error, "the call log does not tell");
            return Ok(None);
        }
    };
    let event = match own(app, session.id, attempt, found).await? {
        Some(entry) => {
            name(app, session.id, attempt, &entry).await?;
            CallEvent::Carrier {
                attempt,
                status: entry.status,
            }
        }
        None => CallEvent::NoTrace { attempt },
    };
    tracing::info!(call_id = %session.id, attempt, event = event.label(), "call log asked");
    match app.calls.apply(session.id, &event).await? {
        Applied::Changed { session, .. } => Ok(Some(session)),
        Applied::Unchanged { .. }
        | Applied::NoChannel
        | Applied::Paced
        | Applied::Held(_)
        | Applied::NoSuchCall => Ok(None),
    }
}

/// Drops a row that is known to be about another ring of the same phone.
async fn own(
    app: &App,
    id: CallId,
    attempt: u8,
    found: Option<LogEntry>,
) -> Result<Option<LogEntry>, ApplyError> {
    let Some(entry) = found else { return Ok(None) };
    let Some(carrier_call_id) = &entry.carrier_call_id else {
        return Ok(Some(entry));
    };
    let pointer = app.calls.store.by_carrier_id(carrier_call_id).await?;
    let is_own = pointer.is_none_or(|known| (known.call_id, known.attempt) == (id, attempt));
    Ok(is_own.then_some(entry))
}

/// Stores the carrier's id of the ring, so that its late reports are known to be about it.
async fn name(app: &App, id: CallId, attempt: u8, entry: &LogEntry) -> Result<(), ApplyError> {
    if entry.carrier_call_id.is_some() {
        let event = CallEvent::DialAccepted {
            attempt,
            carrier_call_id: entry.carrier_call_id.clone(),
        };
        app.calls.apply(id, &event).await?;
    }
    Ok(())
}
