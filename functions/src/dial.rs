//! Placing a dial whose intent is stored: take the right, ask the carrier once, tell the result.

use crate::App;
use shared::{
    call::{CallEvent, CallSession, Effect},
    calls::{TellError, Told},
    carrier::{DialError, DialRequest, Dialed},
    ids::CallId,
};
use std::time::Duration;

/// How long a dial's result is told again while the store fails (10 s). Without its result the
/// attempt ends by its own deadline, as one that may have rung.
const RESULT_TIMEOUT: Duration = Duration::from_secs(10);

/// First pause before the result is told again; it doubles each time.
const RESULT_PAUSE: Duration = Duration::from_millis(200);

/// Starts the dial of a call whose time has come, and gives back where the call stands then;
/// `None` if it still waits for a channel or is gone.
///
/// # Errors
/// [`TellError`]; nothing is lost, the call is still due.
pub(crate) async fn begin(app: &App, id: CallId) -> Result<Option<CallSession>, TellError> {
    match app.calls.tell(id, &CallEvent::DialDue).await? {
        Told::Changed { session, effects } => {
            let dialled = run(app, &session, &effects).await;
            Ok(Some(dialled.unwrap_or(session)))
        }
        Told::Unchanged { session, .. } => Ok(Some(session)),
        Told::NoChannel | Told::NoSuchCall => Ok(None),
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
        let Effect::Dial { attempt } = *effect;
        match place(app, session, attempt).await {
            Ok(session) => latest = session.or(latest),
            Err(error) => {
                tracing::warn!(call_id = %session.id, attempt, %error, "dial left to the sweep");
            }
        }
    }
    latest
}

/// Dials one attempt, if no other process has taken the right to.
async fn place(
    app: &App,
    session: &CallSession,
    attempt: u8,
) -> Result<Option<CallSession>, TellError> {
    let id = session.id;
    let taken = app
        .calls
        .tell(id, &CallEvent::DialDispatched { attempt })
        .await?;
    let Told::Changed {
        session: dispatched,
        ..
    } = taken
    else {
        return Ok(None);
    };
    let request = DialRequest {
        call_id: id,
        attempt,
        to: session.phone.clone(),
        token: app.tokens.stream_token(id, attempt),
    };
    let result = result_of(app, &request).await;
    Ok(tell_result(app, id, &result).await.or(Some(dispatched)))
}

/// Asks the carrier, once.
async fn result_of(app: &App, request: &DialRequest) -> CallEvent {
    let attempt = request.attempt;
    let error = match app.carrier.dial(request).await {
        Ok(Dialed { carrier_call_id }) => {
            return CallEvent::DialAccepted {
                attempt,
                carrier_call_id,
            };
        }
        Err(error) => error,
    };
    tracing::warn!(call_id = %request.call_id, attempt, %error, "dial not accepted");
    match error {
        DialError::Refused(reason) => CallEvent::DialRefused { attempt, reason },
        DialError::NotSent(retry_after) => CallEvent::DialNotSent {
            attempt,
            retry_after,
        },
        DialError::Unknown => CallEvent::DialUnknown { attempt },
    }
}

/// Tells the result until the store takes it or [`RESULT_TIMEOUT`] is over.
async fn tell_result(app: &App, id: CallId, result: &CallEvent) -> Option<CallSession> {
    let told = tokio::time::timeout(RESULT_TIMEOUT, tell_until_stored(app, id, result)).await;
    match told {
        Ok(Told::Changed { session, .. } | Told::Unchanged { session, .. }) => Some(session),
        Ok(Told::NoChannel | Told::NoSuchCall) => None,
        Err(_) => {
            tracing::error!(call_id = %id, event = result.label(), "dial result not stored");
            None
        }
    }
}

async fn tell_until_stored(app: &App, id: CallId, result: &CallEvent) -> Told {
    let mut pause = RESULT_PAUSE;
    loop {
        match app.calls.tell(id, result).await {
            Ok(told) => return told,
            Err(error) => tracing::warn!(call_id = %id, %error, "dial result told again"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}
