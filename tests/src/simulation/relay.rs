//! The simulated relay: the real admission and the real recorder (`relay::carrying`) around a
//! conversation without audio. It leaves a call when that is over for everybody else and when its
//! lease lapses, and announces its own hang-ups, in the way of `relay::session`.

use super::{bugs::Bug, carrier::Ring, history::Fact, process::Process, tools, world::World};
use access::Talk as Speaking;
use call::{AgentFault, CallEvent, CallSession, HangUp, HungUpBy, Outcome};
use knowlarity::stream::{StreamMetadata, StreamPath};
use relay::{
    carrying::{Admission, Admissions, Identity, Lease, Recorder},
    config::StreamAuth,
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, sleep_until, timeout};

/// How long a hang-up waits until it is stored who begins it, as in `relay::session`.
const ANNOUNCE_MAX: Duration = Duration::from_secs(1);

/// Longest talk, in milliseconds.
const TALK_MAX: u64 = 30_000;

/// Longest talk, in milliseconds, that the database hears nothing of: longer than a call is held
/// that is given up and dialled again, shorter than the longest call.
const LONG_TALK_MAX: u64 = 85_000;

/// Longest that a callee hears why the call is cut, in milliseconds: within the lease's margin.
const LAST_WORDS_MAX: u64 = 1_500;

/// How a stream ended.
pub(super) enum Left {
    /// The callee's line was hung up, by whomever.
    Hungup,
    /// The callee talks on with a person.
    HandedOver,
    /// The stream broke; the line may still be up.
    Lost,
}

/// How a stream ended, and what its relay then has to tell.
type End = (Left, Option<CallEvent>);

/// Serves one stream to its end. What is then still to be told is told behind the carrier's back.
pub(super) async fn serve(process: &Arc<Process>, ring: &Ring) -> Left {
    let world = &process.world;
    let (call, lease) = match admit(process, ring).await {
        Ok(admitted) => admitted,
        Err(left) => return left,
    };
    world.note(Fact::Carried(ring.call, ring.attempt));
    // Only an outage shows whether there is a lease.
    let odds = if world.bug == Some(Bug::NoLease) {
        500
    } else {
        3 * world.faults_permille
    };
    let is_cut_off = world.has_faults() && world.dice.chance(odds);
    if is_cut_off {
        process.cut_off();
    }
    let talk = Talk {
        world,
        process,
        ring,
        talk_max: if is_cut_off { LONG_TALK_MAX } else { TALK_MAX },
        recorder: Recorder::start(process.calls(), Arc::new(|_| ()), &call, lease),
    };
    let (left, last) = tokio::select! {
        biased;
        () = talk.recorder.over() => (Left::Hungup, None),
        () = talk.lapsed(), if world.bug != Some(Bug::NoLease) => talk.cut_off().await,
        end = talk.carry() => end,
    };
    tokio::spawn(finish(process.clone(), ring.clone(), talk.recorder, last));
    left
}

async fn admit(process: &Process, ring: &Ring) -> Result<(CallSession, Lease), Left> {
    let world = &process.world;
    let admissions = Admissions {
        calls: process.calls(),
        tokens: world.tokens.clone().into(),
        auth: StreamAuth::Token,
    };
    let (path, metadata) = introduction(world, ring);
    // A store that does not answer: the stream is closed and the carrier may come again.
    let identity = admissions.identify(&path, &metadata).await;
    let Identity::Proven(claim) = identity.map_err(|_| Left::Lost)? else {
        world.note(Fact::Wrong("a stream of ours is not known".to_owned()));
        return Err(Left::Hungup);
    };
    if (claim.call, claim.attempt) != (ring.call, ring.attempt) {
        world.note(Fact::Wrong("a stream is taken for another's".to_owned()));
    }
    match admissions.admit(&claim).await {
        Ok(Admission::Admitted(call, lease)) => Ok((*call, lease)),
        Ok(Admission::Over | Admission::Taken) => Err(Left::Hungup),
        Err(_) => Err(Left::Lost),
    }
}

/// What a stream says of itself: accounts differ in where they hand back what was dialled with.
fn introduction(world: &World, ring: &Ring) -> (StreamPath, StreamMetadata) {
    let (call, token) = (ring.call.to_string(), &ring.token);
    let is_in_path = world.dice.chance(500);
    let target = if is_in_path {
        format!("/knowlarity-stream/{call}?t={token}")
    } else {
        "/knowlarity-stream".to_owned()
    };
    let metadata = StreamMetadata {
        client_meta_id: (!is_in_path).then_some(call),
        token: (!is_in_path).then(|| token.as_str().into()),
        carrier_id: world.dice.chance(500).then(|| ring.id.to_string()),
        ..StreamMetadata::default()
    };
    let path = StreamPath::parse(&target).expect("a path of ours");
    (path, metadata)
}

/// Tells how the talk ended, until that is stored.
async fn finish(process: Arc<Process>, ring: Ring, recorder: Recorder, last: Option<CallEvent>) {
    let telling = async {
        recorder.beat(false);
        if let Some(event) = last {
            let _ = recorder.record(event).await;
        }
        recorder.finish().await;
    };
    process.run(telling).await;
    if process.world.outcome_of(&ring).is_some_and(has_talked) {
        process.world.note(Fact::Goodbye(ring.call, ring.attempt));
    }
}

const fn has_talked(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Answered | Outcome::CallbackAgreed)
}

/// One stream while it is carried.
struct Talk<'a> {
    world: &'a Arc<World>,
    process: &'a Arc<Process>,
    ring: &'a Ring,
    /// Longest that the two talk, in milliseconds.
    talk_max: u64,
    recorder: Recorder,
}

impl Talk<'_> {
    /// From the open stream to the end that one of the two sides makes.
    async fn carry(&self) -> End {
        let (dice, attempt) = (&self.world.dice, self.ring.attempt);
        sleep(dice.millis(100, 3_000)).await;
        if dice.chance(30) {
            self.world.note(Fact::LeftEarly(self.ring.call, attempt));
            return self.hung_up(HungUpBy::Callee);
        }
        if dice.chance(80) {
            return self.apologise().await;
        }
        self.world.note(Fact::Conversed(self.ring.call, attempt));
        let ready = CallEvent::AgentReady {
            attempt,
            stream: self.recorder.stream(),
            conversation_id: self.world.platform.begin(self.world, self.ring),
        };
        self.recorder.record(ready);
        self.recorder.beat(true);
        self.converse().await;
        match dice.below(4) {
            0 => self.hung_up(HungUpBy::Callee),
            1 => (Left::Lost, Some(self.stream_lost())),
            2 if dice.chance(300) => self.hand_over().await,
            _ => self.say_goodbye().await,
        }
    }

    /// Talks for a while, turn by turn. Tools run beside, at the moment of a heartbeat or of another
    /// tool.
    async fn converse(&self) {
        let dice = &self.world.dice;
        let end = Instant::now() + dice.millis(1_000, self.talk_max);
        let beat = self.world.policy.heartbeat_timeout / 3;
        let talk = Speaking {
            call: self.ring.call,
            attempt: self.ring.attempt,
            conversation: self.recorder.stream(),
        };
        let mut turn = 0;
        while Instant::now() < end {
            sleep(beat.min(end - Instant::now())).await;
            for _ in 0..dice.pick(&[(15, 0), (4, 1), (1, 2)]) {
                turn += 1;
                tokio::spawn(tools::save_answer(self.process.clone(), talk, turn));
            }
            turn += 1;
            if dice.chance(60) {
                tokio::spawn(tools::agree_callback(self.process.clone(), talk, turn));
            }
            if dice.chance(4) {
                let (process, phone) = (self.process.clone(), self.ring.phone.clone());
                tokio::spawn(tools::opt_out(process, phone, talk, turn));
            }
        }
    }

    /// Waits until the call may not be carried any longer.
    async fn lapsed(&self) {
        loop {
            match self.recorder.leased_until() {
                Some(until) if until <= Instant::now() => return,
                Some(until) => sleep_until(until).await,
                None => sleep(Duration::from_secs(1)).await,
            }
        }
    }

    /// The callee is told why; the store is known to be away.
    async fn cut_off(&self) -> End {
        self.recorder.record(self.hanging_up(HangUp::CutOff));
        sleep(self.world.dice.millis(200, LAST_WORDS_MAX)).await;
        (Left::Hungup, Some(self.stream_lost()))
    }

    async fn apologise(&self) -> End {
        let because = AgentFault::Outage;
        self.announce(HangUp::NoAgent(because)).await;
        let event = CallEvent::AgentUnavailable {
            attempt: self.ring.attempt,
            stream: self.recorder.stream(),
            because,
        };
        (Left::Hungup, Some(event))
    }

    async fn say_goodbye(&self) -> End {
        self.announce(HangUp::Agent).await;
        self.hung_up(HungUpBy::Agent)
    }

    /// Hands the callee over to a person: the line stays open, and nobody of ours hears it.
    async fn hand_over(&self) -> End {
        self.announce(HangUp::Transfer).await;
        let (_, last) = self.hung_up(HungUpBy::Transfer);
        (Left::HandedOver, last)
    }

    /// Says why the relay hangs up, speaks its last words, and waits no longer than it may.
    async fn announce(&self, because: HangUp) {
        let stored = self.recorder.record(self.hanging_up(because));
        sleep(self.world.dice.millis(100, 2_000)).await;
        let _ = timeout(ANNOUNCE_MAX, stored).await;
    }

    fn hanging_up(&self, because: HangUp) -> CallEvent {
        CallEvent::HangingUp {
            attempt: self.ring.attempt,
            stream: self.recorder.stream(),
            because,
        }
    }

    fn hung_up(&self, by: HungUpBy) -> End {
        let event = CallEvent::HungUp {
            attempt: self.ring.attempt,
            stream: self.recorder.stream(),
            by,
        };
        (Left::Hungup, Some(event))
    }

    fn stream_lost(&self) -> CallEvent {
        CallEvent::StreamLost {
            attempt: self.ring.attempt,
            stream: self.recorder.stream(),
        }
    }
}
