//! The simulated relay: admits a stream, tells what happens in the call, and hears when it is over,
//! in the way of the real one (`relay::recorder`), without audio. It carries a call no longer than its
//! lease allows.

use super::{bugs::Bug, carrier::Ring, history::Fact, process::Process, world::World};
use call::{AgentFault, CallEvent, CallSession, HangUp, HungUpBy, Rejection, ids::ConversationId};
use std::{sync::Arc, time::Duration};
use store::calls::{Calls, TellError, Told};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

/// How long an event is told again while the store does not take it.
const TELL_MAX: Duration = Duration::from_secs(60);

/// Pause between two tries.
const TELL_PAUSE: Duration = Duration::from_secs(1);

/// Longest that a callee hears why the call is cut, in milliseconds: within the lease's margin.
const LAST_WORDS_MAX: u64 = 1_500;

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
    let opened = CallEvent::StreamOpened {
        attempt,
        carrier_call_id: world.dice.chance(500).then(|| ring.id.clone()),
    };
    let asked = Instant::now();
    let session = match calls.tell(ring.call, &opened).await {
        Ok(Told::Changed { session, .. }) => session,
        // The store did not answer: the stream is closed and the carrier may come again.
        Err(TellError::Store(_) | TellError::Contended) => return Left::Lost,
        Ok(_) => return Left::Hungup,
    };
    world.note(Fact::Carried(ring.call, attempt));
    if world.has_faults() && world.dice.chance(3 * world.faults_permille) {
        process.cut_off();
    }
    let teller = Teller::of(world, &calls, ring, &session, asked);
    tokio::select! {
        biased;
        () = teller.lapsed(), if world.bug != Some(Bug::NoLease) => {
            // The callee is told why.
            sleep(world.dice.millis(200, LAST_WORDS_MAX)).await;
            Left::Hungup
        }
        left = carry(process, &teller) => left,
    }
}

/// Carries an admitted stream to its end.
async fn carry(process: &Arc<Process>, teller: &Teller<'_>) -> Left {
    let (world, attempt, stream) = (&process.world, teller.ring.attempt, teller.stream);
    sleep(world.dice.millis(100, 3_000)).await;
    if world.dice.chance(80) {
        teller
            .tell(&CallEvent::AgentUnavailable {
                attempt,
                stream,
                because: AgentFault::Outage,
            })
            .await;
        return Left::Hungup;
    }
    let conversation_id = ConversationId::new(&format!("conv_{:x}", world.dice.next()));
    world.note(Fact::Conversed(teller.ring.call, attempt));
    let ready = CallEvent::AgentReady {
        attempt,
        stream,
        conversation_id,
    };
    if teller.tell(&ready).await || converse(process, teller).await {
        return Left::Hungup;
    }
    hang_up(process, teller).await
}

/// Talks for a while; whether the call was over before that.
async fn converse(process: &Arc<Process>, teller: &Teller<'_>) -> bool {
    let (dice, attempt, stream) = (&process.world.dice, teller.ring.attempt, teller.stream);
    let end = Instant::now() + dice.millis(1_000, 30_000);
    let beat = teller.calls.policy.heartbeat_timeout / 3;
    while Instant::now() < end {
        sleep(beat.min(end - Instant::now())).await;
        // A tool runs in a process of its own, at the moment of the heartbeat or of another tool.
        for _ in 0..dice.pick(&[(17, 0), (2, 1), (1, 2)]) {
            tokio::spawn(save_answer(process.world.clone(), teller.ring.clone()));
        }
        if dice.chance(60) {
            tokio::spawn(agree_callback(process.world.clone(), teller.ring.clone()));
        }
        let event = CallEvent::Heartbeat { attempt, stream };
        if teller.tell(&event).await {
            return true;
        }
    }
    false
}

/// Saves an answer, as the agent's tool does.
async fn save_answer(world: Arc<World>, ring: Ring) {
    let process = world.instance("api");
    let attempt = ring.attempt;
    let calls = process.calls();
    // A tool that fails is told so, and the agent asks again or not.
    let event = CallEvent::AnswerSaved { attempt };
    let _ = process.run(calls.tell(ring.call, &event)).await;
}

/// Agrees to call again, as the agent's tool does.
async fn agree_callback(world: Arc<World>, ring: Ring) {
    let process = world.instance("api");
    let at = process.calls().now() + world.dice.millis(5_000, 60_000);
    world.note(Fact::Agreed(ring.call, at));
    let attempt = ring.attempt;
    let event = CallEvent::CallbackAgreed { attempt, at };
    let calls = process.calls();
    let _ = process.run(calls.tell(ring.call, &event)).await;
}

async fn hang_up(process: &Arc<Process>, teller: &Teller<'_>) -> Left {
    let (dice, attempt, stream) = (&process.world.dice, teller.ring.attempt, teller.stream);
    match dice.below(4) {
        0 => {
            let by = HungUpBy::Callee;
            teller
                .tell(&CallEvent::HungUp {
                    attempt,
                    stream,
                    by,
                })
                .await;
            Left::Hungup
        }
        1 => {
            teller
                .tell(&CallEvent::StreamLost { attempt, stream })
                .await;
            Left::Lost
        }
        _ => {
            let by = HungUpBy::Agent;
            teller
                .tell(&CallEvent::HangingUp {
                    attempt,
                    stream,
                    because: HangUp::Agent,
                })
                .await;
            sleep(dice.millis(100, 2_000)).await;
            teller
                .tell(&CallEvent::HungUp {
                    attempt,
                    stream,
                    by,
                })
                .await;
            Left::Hungup
        }
    }
}

struct Teller<'a> {
    calls: &'a Calls,
    ring: &'a Ring,
    stream: u32,
    world: &'a World,
    /// Until when the call may be carried.
    lease: watch::Sender<Option<Instant>>,
}

impl<'a> Teller<'a> {
    fn of(
        world: &'a World,
        calls: &'a Calls,
        ring: &'a Ring,
        admitted: &CallSession,
        asked: Instant,
    ) -> Self {
        let lease = admitted.lease(&calls.policy).map(|lease| asked + lease);
        Self {
            world,
            calls,
            ring,
            stream: admitted.attempt.as_ref().map_or(0, |a| a.streams),
            lease: watch::Sender::new(lease),
        }
    }

    /// Waits until the call may not be carried any longer.
    async fn lapsed(&self) {
        let mut lease = self.lease.subscribe();
        loop {
            let until = *lease.borrow_and_update();
            let lapse = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                _ = lease.changed() => {}
                () = lapse => return,
            }
        }
    }

    /// Tells until the store takes it; whether the call is over for this attempt.
    async fn tell(&self, event: &CallEvent) -> bool {
        let give_up = Instant::now() + TELL_MAX;
        loop {
            let asked = Instant::now();
            match self.calls.tell(self.ring.call, event).await {
                Ok(told) => {
                    if let Told::Changed { session, .. } = &told {
                        let lease = session.lease(&self.calls.policy);
                        self.lease.send_replace(lease.map(|lease| asked + lease));
                    }
                    let is_goodbye = matches!(event, CallEvent::HungUp { .. });
                    if is_goodbye && matches!(told, Told::Changed { .. }) {
                        let said = Fact::Goodbye(self.ring.call, self.ring.attempt);
                        self.world.note(said);
                    }
                    return is_over(&told);
                }
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
            let gone = [Rejection::AttemptOver, Rejection::StreamReplaced];
            session.state.is_final() || gone.contains(reason)
        }
        Told::NoChannel | Told::Paced => false,
        Told::NoSuchCall => true,
    }
}
