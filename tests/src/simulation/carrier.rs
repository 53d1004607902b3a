//! The simulated carrier: takes dials, rings phones, opens streams, reports late, twice or never.

use super::{
    bugs::Bug,
    crm,
    history::{Dial, Fact},
    process::Process,
    relay::{self, Left},
    world::World,
};
use call::{
    CarrierStatus, Hindrance, RefusalReason,
    ids::{CallId, CarrierCallId},
    time::Timestamp,
};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use serde_json::{Value, json};
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

/// How a ring ends.
#[derive(Clone, Copy)]
enum End {
    Answered,
    Missed(&'static str, CarrierStatus),
}

async fn ring_phone(world: Arc<World>, ring: Ring) {
    let at = world.now();
    world.note(Fact::Rang(ring.call, ring.attempt));
    // Mostly before the dial is answered or soon after; sometimes when all deadlines are over.
    let is_late = world.dice.chance(50);
    sleep(world.dice.millis(10, if is_late { 60_000 } else { 9_000 })).await;
    let end = world.dice.pick(&[
        (60, End::Answered),
        (12, End::Missed("Customer Busy", CarrierStatus::Busy)),
        (18, End::Missed("no_answer", CarrierStatus::NoAnswer)),
        (5, End::Missed("SWITCHED OFF", CarrierStatus::Unreachable)),
        (5, End::Missed("failed", CarrierStatus::Failed)),
    ]);
    let (word, status) = match end {
        End::Missed(word, status) => (word, status),
        End::Answered => {
            if world.dice.chance(300) {
                tokio::spawn(report(world.clone(), ring.clone(), "answered", 0));
            }
            talk(&world, &ring).await;
            ("completed", CarrierStatus::Ended)
        }
    };
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
    let talked = u64::from(status == CarrierStatus::Ended) * 9;
    let copies = world.dice.pick(&[(20, 0), (60, 1), (15, 2), (5, 3)]);
    for _ in 0..copies {
        tokio::spawn(report(world.clone(), ring.clone(), word, talked));
    }
}

/// Holds the audio stream, and opens it again if it breaks and the callee still holds the line.
async fn talk(world: &Arc<World>, ring: &Ring) {
    for _ in 0..3 {
        let process = world.instance("relay");
        let left = process.run(relay::serve(&process, ring)).await;
        world.note(Fact::Left(ring.call, ring.attempt));
        match left {
            Some(Left::Hungup) => return,
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

/// One copy of one report, some time later; repeated while it is not answered with 200.
async fn report(world: Arc<World>, ring: Ring, word: &'static str, talked_secs: u64) {
    let longest = if world.dice.chance(100) {
        60_000
    } else {
        4_000
    };
    sleep(world.dice.millis(10, longest)).await;
    let body = body(&world, &ring, word, talked_secs);
    for _ in 0..3 {
        let path = "/api/knowlarity/webhook";
        let answer = crm::ask(&world, "POST", path, &[], &body).await;
        if answer.is_some_and(|(status, _)| status == 200) {
            return;
        }
        sleep(world.dice.millis(500, 5_000)).await;
    }
}

/// The accounts differ in what a report names.
fn body(world: &World, ring: &Ring, word: &str, talked_secs: u64) -> Value {
    if world.dice.chance(500) {
        json!({
            "call_session_id": ring.call.to_string(), "call_uuid": ring.id.to_string(),
            "call_status": word, "caller_duration": talked_secs,
        })
    } else {
        json!({
            "uuid": ring.id.to_string(), "called_number": ring.phone,
            "status": word, "duration": talked_secs,
        })
    }
}
