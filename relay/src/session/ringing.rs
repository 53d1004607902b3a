//! The time before the pick-up, on accounts whose stream opens while the phone still rings: nothing
//! is said to the agent, and the call counts as ringing.

use crate::{
    carrier_leg::{self, CarrierSocket},
    config::AgentStart,
    lease::Lease,
    registry::{Attached, Seat},
    relay::Relay,
};
use call::{CallEvent, CallSession, CallState, Rejection, ids::CallId};
use knowlarity::stream::CarrierMessage;
use std::{sync::Arc, time::Duration};
use store::calls::Applied;
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_tungstenite::tungstenite::{Error, Message};

/// How long the carrier's first message may take (100 ms): it is sent right after the upgrade, and an
/// agent waits for it.
const FIRST_MESSAGE_MAX: Duration = Duration::from_millis(100);

/// Tries of storing a step, a second apart.
const TRIES_MAX: u32 = 5;

/// What the carrier's side said while it rang.
enum Heard {
    PickedUp,
    Nothing,
    Gone,
}

/// Waits until somebody picked up, if the stream says or the account is known to open it before. `None`
/// if nobody did; that is recorded.
pub(super) async fn outlast(
    relay: &Relay,
    call: CallSession,
    mut stream: Attached,
    seat: &mut Seat,
) -> Option<(CallSession, Attached)> {
    let start = match relay.config.agent_start {
        AgentStart::Auto if says_ringing(&mut stream.socket).await => AgentStart::Answered,
        AgentStart::Auto | AgentStart::Stream => return Some((call, stream)),
        start @ (AgentStart::Answered | AgentStart::FirstAudio) => start,
    };
    let (id, attempt) = (call.id, call.attempt.as_ref().map_or(1, |a| a.number));
    let of = stream.lease.stream;
    let ringing = CallEvent::StreamRinging {
        attempt,
        stream: of,
    };
    let applied = apply(relay, &call, &ringing).await;
    if applied.is_some_and(|call| is_picked_up(&call))
        || hears_pick_up(relay, id, &mut stream.socket, seat, start).await
    {
        let asked = Instant::now();
        let answered = CallEvent::StreamAnswered {
            attempt,
            stream: of,
        };
        let applied = apply(relay, &call, &answered).await;
        if let Some(session) = applied.filter(|call| call.state == CallState::Connected) {
            stream.lease = Lease::of(&session, &relay.calls.policy, asked);
            let rang = asked.duration_since(stream.at);
            relay.metrics.ring_to_answer.observe(rang.as_secs_f64());
            stream.at = asked;
            return Some((session, stream));
        }
    }
    tracing::info!(call_id = %id, attempt, "nobody picked up");
    let lost = CallEvent::StreamLost {
        attempt,
        stream: of,
    };
    apply(relay, &call, &lost).await;
    stream.socket.dismiss().await;
    None
}

/// Whether the stream's first message says that the phone still rings. What is read is kept.
async fn says_ringing(socket: &mut CarrierSocket) -> bool {
    let deadline = Instant::now() + FIRST_MESSAGE_MAX;
    let Ok(Some(Ok(message))) = timeout_at(deadline, socket.next()).await else {
        return false;
    };
    let is_ringing = if let Message::Text(text) = &message {
        carrier_leg::said(text)
            .iter()
            .any(|said| matches!(said, CarrierMessage::Metadata(metadata) if metadata.is_ringing))
    } else {
        false
    };
    socket.put_back(message);
    is_ringing
}

/// Whether somebody picks up: as the stream says, or the carrier by a report that is stored.
async fn hears_pick_up(
    relay: &Relay,
    id: CallId,
    socket: &mut CarrierSocket,
    seat: &mut Seat,
    start: AgentStart,
) -> bool {
    let policy = &relay.calls.policy;
    let deadline = Instant::now() + policy.ring_timeout + policy.answer_margin;
    let mut kept = Vec::new();
    let reported = reported(relay, id, seat.connected.clone());
    tokio::pin!(reported);
    let picked_up = loop {
        tokio::select! {
            biased;
            () = seat.over.notified() => break false,
            () = relay.tasks.must_leave() => break false,
            () = &mut reported => break true,
            () = sleep_until(deadline) => break false,
            message = socket.next() => match heed(message, start, &mut kept) {
                Heard::PickedUp => break true,
                Heard::Gone => break false,
                Heard::Nothing => {}
            },
        }
    };
    kept.into_iter()
        .rev()
        .for_each(|message| socket.put_back(message));
    picked_up
}

/// Waits until the carrier reported a pick-up. The index that `connected` speaks of may lag behind and show
/// the call as it was before its stream said that the phone rings; after a failure its next word counts.
async fn reported(relay: &Relay, id: CallId, connected: Arc<Notify>) {
    loop {
        connected.notified().await;
        let call = relay.calls.store.load(id).await.ok().flatten();
        if call.is_some_and(|call| is_picked_up(&call)) {
            return;
        }
    }
}

fn is_picked_up(call: &CallSession) -> bool {
    let latest = call.attempt.as_ref();
    latest.is_some_and(|latest| latest.picked_up && !latest.is_closed())
}

/// Sound from before the pick-up is the ringing itself; texts may say at which rate the rest comes.
fn heed(
    message: Option<Result<Message, Error>>,
    start: AgentStart,
    kept: &mut Vec<Message>,
) -> Heard {
    match message {
        Some(Ok(Message::Binary(pcm))) if start == AgentStart::FirstAudio && !pcm.is_empty() => {
            kept.push(Message::Binary(pcm));
            Heard::PickedUp
        }
        Some(Ok(Message::Text(text))) => {
            let said = carrier_leg::said(&text);
            if said.contains(&CarrierMessage::CallEnd) {
                return Heard::Gone;
            }
            let has_metadata = said
                .iter()
                .any(|m| matches!(m, CarrierMessage::Metadata(_)));
            if has_metadata && kept.is_empty() {
                kept.push(Message::Text(text));
            }
            if said.contains(&CarrierMessage::Answered) {
                Heard::PickedUp
            } else {
                Heard::Nothing
            }
        }
        Some(Ok(Message::Close(_)) | Err(_)) | None => Heard::Gone,
        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
            Heard::Nothing
        }
    }
}

/// Tells a step, some times if need be; the call as it stands then, if the step holds.
async fn apply(relay: &Relay, call: &CallSession, event: &CallEvent) -> Option<CallSession> {
    for _ in 0..TRIES_MAX {
        match relay.calls.apply(call.id, event).await {
            Ok(
                Applied::Changed { session, .. }
                | Applied::Unchanged {
                    session,
                    reason: Rejection::AlreadyApplied,
                },
            ) => return Some(session),
            Ok(
                Applied::Unchanged { .. }
                | Applied::NoChannel
                | Applied::Paced
                | Applied::Held(_)
                | Applied::NoSuchCall,
            ) => {
                return None;
            }
            Err(error) => {
                tracing::warn!(call_id = %call.id, event = event.label(), %error, "telling again");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
    None
}
