//! The simulated carrier: takes dials, rings phones, opens streams, reports late, twice or never.

use super::{
    bugs::Bug,
    history::{Dial, Fact},
    platform,
    process::Process,
    relay::{self, Left},
    reports,
    world::World,
};
use call::{
    CarrierStatus, Hindrance, RefusalReason,
    ids::{CallId, CarrierCallId},
    time::Timestamp,
};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;

/// How long a carrier that does not answer keeps a client waiting that would wait for ever.
const ENDLESS: Duration = Duration::from_secs(300);

/// The carrier as one process reaches it.
pub(super) struct SimCarrier(pub(super) Arc<Process>);

/// One row of the carrier's own call log.
pub(super) struct Row {
    id: CarrierCallId,
    phone: String,
    at: Timestamp,
    status: CarrierStatus,
}

/// What the carrier makes of one dial request.
#[derive(Clone, Copy)]
enum Plan {
    Accept {
        names_id: bool,
        is_slow: bool,
    },
    Refuse(RefusalReason),
    NotSent(Option<Duration>),
    /// No readable answer; whether the phone rings all the same.
    Unknown {
        rings: bool,
    },
}

/// One ring of a phone.
#[derive(Clone)]
pub(super) struct Ring {
    pub(super) call: CallId,
    pub(super) attempt: u8,
    pub(super) phone: String,
    pub(super) token: String,
    pub(super) id: CarrierCallId,
}

impl Carrier for SimCarrier {
    fn dial<'a>(&'a self, request: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        Box::pin(async move {
            let result = self.dial_once(request).await;
            if result == Err(DialError::Unknown) && self.0.world.bug == Some(Bug::DialRetried) {
                return self.dial_once(request).await;
            }
            result
        })
    }

    fn look_up<'a>(
        &'a self,
        query: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async move {
            let world = &self.0.world;
            self.0.alive().await;
            sleep(world.dice.millis(50, 3_000)).await;
            self.0.alive().await;
            if world.has_faults() && world.dice.chance(200) {
                return Err(LookUpError::Unavailable);
            }
            let log = world.log.lock().expect("nobody panics with the lock");
            let reads_any = world.bug == Some(Bug::AnyRow);
            let found = log.iter().rev().find(|row| {
                let is_asked = (query.since..=query.until).contains(&row.at);
                row.phone == query.to.e164() && (is_asked || reads_any)
            });
            Ok(found.map(|row| LogEntry {
                carrier_call_id: (!reads_any).then(|| row.id.clone()),
                status: row.status,
            }))
        })
    }
}

impl SimCarrier {
    async fn dial_once(&self, request: &DialRequest) -> Result<Dialed, DialError> {
        let world = &self.0.world;
        self.0.alive().await;
        let plan = plan(world);
        world.note(Fact::Dial(Dial {
            call: request.call_id,
            attempt: request.attempt,
            phone: request.to.e164().to_owned(),
            is_disproved: matches!(plan, Plan::NotSent(_)),
        }));
        let ring = Ring {
            call: request.call_id,
            attempt: request.attempt,
            phone: request.to.e164().to_owned(),
            token: request.token.clone(),
            id: CarrierCallId::new(&format!("{:016x}", world.dice.next())),
        };
        let id = ring.id.clone();
        if matches!(plan, Plan::Accept { .. } | Plan::Unknown { rings: true }) {
            tokio::spawn(ring_phone(world.clone(), ring));
        }
        let is_slow = matches!(
            plan,
            Plan::Accept { is_slow: true, .. } | Plan::Unknown { .. }
        );
        let most = if is_slow { 20_000 } else { 1_500 };
        sleep(world.dice.millis(20, most)).await;
        if matches!(plan, Plan::Unknown { .. }) && world.bug == Some(Bug::EndlessDial) {
            sleep(ENDLESS).await;
        }
        // The process may have died while it waited.
        if world.has_faults() && world.dice.chance(world.faults_permille) {
            self.0.die();
        }
        self.0.alive().await;
        match plan {
            Plan::Accept { names_id, .. } => Ok(Dialed {
                carrier_call_id: names_id.then_some(id),
            }),
            Plan::Refuse(reason) => Err(DialError::Refused(reason)),
            Plan::NotSent(retry_after) => Err(DialError::NotSent {
                retry_after,
                because: world.dice.pick(&[
                    (15, Hindrance::NoConnection),
                    (4, Hindrance::ChannelsBusy),
                    (1, Hindrance::Balance),
                ]),
            }),
            Plan::Unknown { .. } => Err(DialError::Unknown),
        }
    }
}

fn plan(world: &World) -> Plan {
    let accept = |names_id, is_slow| Plan::Accept { names_id, is_slow };
    world.dice.pick(&[
        (45, accept(true, false)),
        (12, accept(false, false)),
        (6, accept(true, true)),
        (6, Plan::NotSent(None)),
        (3, Plan::NotSent(Some(Duration::from_secs(7)))),
        (2, Plan::Refuse(RefusalReason::InvalidNumber)),
        (2, Plan::Refuse(RefusalReason::DoNotDisturb)),
        (2, Plan::Refuse(RefusalReason::Rejected)),
        (8, Plan::Unknown { rings: false }),
        (14, Plan::Unknown { rings: true }),
    ])
}

async fn ring_phone(world: Arc<World>, ring: Ring) {
    let at = world.now();
    world.note(Fact::Rang(ring.call, ring.attempt));
    // Mostly before the dial is answered or soon after; sometimes when all deadlines are over.
    let is_late = world.dice.chance(50);
    sleep(world.dice.millis(10, if is_late { 60_000 } else { 9_000 })).await;
    let status = world.dice.pick(&[
        (60, CarrierStatus::Ended),
        (12, CarrierStatus::Busy),
        (18, CarrierStatus::NoAnswer),
        (5, CarrierStatus::Unreachable),
        (5, CarrierStatus::Failed),
        (2, CarrierStatus::Rejected),
        (1, CarrierStatus::InvalidNumber),
        (1, CarrierStatus::DoNotDisturb),
    ]);
    for _ in 0..world.dice.pick(&[(7, 0), (2, 1), (1, 2)]) {
        reports::send(&world, &ring, CarrierStatus::Ringing);
    }
    if status == CarrierStatus::Ended {
        world.note(Fact::PickedUp(ring.call, ring.attempt));
        if world.dice.chance(300) {
            reports::send(&world, &ring, CarrierStatus::Answered);
        }
        talk(&world, &ring).await;
    }
    world.note(Fact::RangOut(ring.call, ring.attempt, status));
    let row = Row {
        id: ring.id.clone(),
        phone: ring.phone.clone(),
        at,
        status,
    };
    world
        .log
        .lock()
        .expect("nobody panics with the lock")
        .push(row);
    for _ in 0..world.dice.pick(&[(20, 0), (60, 1), (15, 2), (5, 3)]) {
        reports::send(&world, &ring, status);
    }
}

/// Holds the audio stream, and opens it again if it breaks and the callee still holds the line.
async fn talk(world: &Arc<World>, ring: &Ring) {
    for _ in 0..3 {
        let process = world.instance("relay");
        let left = process.run(relay::serve(&process, ring)).await;
        world.note(Fact::Left(ring.call, ring.attempt));
        platform::end(world, ring);
        match left {
            Some(Left::Hungup) => return,
            Some(Left::HandedOver) => {
                world.note(Fact::HandedOver(ring.call, ring.attempt));
                return sleep(world.dice.millis(1_000, 30_000)).await;
            }
            // The relay died, or lost the stream.
            Some(Left::Lost) | None => {
                if world.dice.chance(500) {
                    return;
                }
                sleep(world.dice.millis(200, 5_000)).await;
            }
        }
    }
}
