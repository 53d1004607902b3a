//! The simulated relay: admits a stream, tells what happens in the call, and hears when it is over,
//! in the way of the real one (`relay::recorder`), without audio.

use super::{carrier::Ring, history::Fact, process::Process};
use shared::{
    call::{CallEvent, HungUpBy, Rejection},
    calls::{Calls, TellError, Told},
    ids::ConversationId,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// How long an event is told again while the store does not take it.
const TELL_MAX: Duration = Duration::from_secs(60);

/// Pause between two tries.
const TELL_PAUSE: Duration = Duration::from_secs(1);

/// How a stream ended.
pub(super) enum Left {
    /// The callee's line was hung up, by whomever.
    Hungup,
    /// The stream broke; the line may still be up.
    Lost,
}

/// Serves one stream to its end.
pub(super) async fn serve(process: &Arc<Process>, ring: &Ring) -> Left {
    let (world, attempt) = (&process.world, ring.attempt);
    if !world.tokens.admits_stream(&ring.token, ring.call, attempt) {
        world.note(Fact::Wrong("a stream came with another token".to_owned()));
        return Left::Hungup;
    }
    let calls = process.calls();
    let teller = Teller {
        calls: &calls,
        ring,
    };
    let opened = CallEvent::StreamOpened {
        attempt,
        carrier_call_id: world.dice.chance(500).then(|| ring.id.clone()),
    };
    match teller.calls.tell(ring.call, &opened).await {
        Ok(Told::Changed { .. }) => {}
        // The store did not answer: the stream is closed and the carrier may come again.
        Err(TellError::Store(_) | TellError::Contended) => return Left::Lost,
        Ok(_) => return Left::Hungup,
    }
    sleep(world.dice.millis(100, 3_000)).await;
    if world.dice.chance(80) {
        teller.tell(&CallEvent::AgentUnavailable { attempt }).await;
        return Left::Hungup;
    }
    let conversation_id = ConversationId::new(&format!("conv_{:x}", world.dice.next()));
    let ready = CallEvent::AgentReady {
        attempt,
        conversation_id,
    };
    if teller.tell(&ready).await || converse(process, &teller).await {
        return Left::Hungup;
    }
    hang_up(process, &teller).await
}

/// Talks for a while; whether the call was over before that.
async fn converse(process: &Arc<Process>, teller: &Teller<'_>) -> bool {
    let (dice, attempt) = (&process.world.dice, teller.ring.attempt);
    let end = Instant::now() + dice.millis(1_000, 30_000);
    let beat = teller.calls.policy.heartbeat_timeout / 3;
    while Instant::now() < end {
        sleep(beat.min(end - Instant::now())).await;
        let event = if dice.chance(150) {
            CallEvent::AnswerSaved { attempt }
        } else {
            CallEvent::Heartbeat { attempt }
        };
        if teller.tell(&event).await {
            return true;
        }
    }
    false
}

async fn hang_up(process: &Arc<Process>, teller: &Teller<'_>) -> Left {
    let (dice, attempt) = (&process.world.dice, teller.ring.attempt);
    match dice.below(4) {
        0 => {
            let by = HungUpBy::Callee;
            teller.tell(&CallEvent::HungUp { attempt, by }).await;
            Left::Hungup
        }
        1 => {
            teller.tell(&CallEvent::StreamLost { attempt }).await;
            Left::Lost
        }
        _ => {
            let by = HungUpBy::Agent;
            teller.tell(&CallEvent::HangingUp { attempt, by }).await;
            sleep(dice.millis(100, 2_000)).await;
            teller.tell(&CallEvent::HungUp { attempt, by }).await;
            Left::Hungup
        }
    }
}

struct Teller<'a> {
    calls: &'a Calls,
    ring: &'a Ring,
}

impl Teller<'_> {
    /// Tells until the store takes it; whether the call is over for this attempt.
    async fn tell(&self, event: &CallEvent) -> bool {
        let give_up = Instant::now() + TELL_MAX;
        loop {
            match self.calls.tell(self.ring.call, event).await {
                Ok(told) => return is_over(&told),
                Err(_) if Instant::now() < give_up => sleep(TELL_PAUSE).await,
                Err(_) => return false,
            }
        }
    }
}

fn is_over(told: &Told) -> bool {
    match told {
        Told::Changed { session, .. } => session.state.is_final(),
        Told::Unchanged { session, reason } => {
            session.state.is_final() || *reason == Rejection::AttemptOver
        }
        Told::NoChannel | Told::Paced => false,
        Told::NoSuchCall => true,
    }
}
