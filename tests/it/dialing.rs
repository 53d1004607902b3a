//! What stands between a due call and a phone that rings: every shard is read, the list of opt-outs,
//! the number's lock, and whose row of the carrier's log it is.

mod alarms;
mod campaigns;
mod frozen;
mod opted_out;

use crate::{
    store_contract::new_store,
    support::{carrier_id, phone, request_for},
};
use access::hash_key;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use call::{
    CallEvent, CallSession, CallState, CarrierStatus, Hindrance, Outcome, Policy,
    ids::{CallId, CarrierCallId},
    phone::PhoneNumber,
    time::Timestamp,
};
use functions::config::ApiConfig;
use functions::{App, sweep};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use local::database::Database;
use settings::Env;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use store::clock::{Clock, ManualClock};
use store::{
    CallStore, Created,
    calls::{Applied, Calls},
    item::{SHARDS, shard_of},
};
use traces::Traces;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// Longer than every deadline of a call that is being dialled.
const A_WHILE: Duration = Duration::from_secs(600);

/// Takes every dial but to one number without naming it, and shows the same row of its log to
/// whoever asks.
struct Showing {
    clock: ManualClock,
    /// When each dial was asked for.
    dials: Mutex<Vec<Timestamp>>,
    /// The latest of them.
    latest: Mutex<Option<DialRequest>>,
    row: Mutex<Option<LogEntry>>,
    /// Which number it does not dial, or none at all, and for which reason of ours.
    refused: Mutex<Option<(Option<PhoneNumber>, Hindrance)>>,
}

impl Showing {
    fn refuse(&self, number: &str, because: Hindrance) {
        *self.refused.lock().unwrap() = Some((Some(phone(number)), because));
    }

    fn refuse_all(&self, because: Hindrance) {
        *self.refused.lock().unwrap() = Some((None, because));
    }
}

impl Carrier for Showing {
    fn dial<'a>(&'a self, dial: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        self.dials.lock().unwrap().push(self.clock.now());
        *self.latest.lock().unwrap() = Some(dial.clone());
        let refused = self.refused.lock().unwrap().clone();
        Box::pin(async move {
            let is_it =
                |number: &Option<PhoneNumber>| number.as_ref().is_none_or(|it| *it == dial.to);
            if let Some((_, because)) = refused.filter(|(number, _)| is_it(number)) {
                return Err(DialError::NotSent {
                    retry_after: None,
                    because,
                });
            }
            let carrier_call_id = None;
            Ok(Dialed { carrier_call_id })
        })
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async { Ok(self.row.lock().unwrap().clone()) })
    }
}

/// Calls over one table, a carrier, and a clock that a test moves.
struct World {
    app: Arc<App>,
    carrier: Arc<Showing>,
    clock: ManualClock,
    _database: Option<Database>,
}

/// An app with a call that is due, before a carrier who takes every dial.
pub(crate) async fn told_to(traces: Traces) -> Arc<App> {
    let mut world = World::start().await;
    let app = Arc::get_mut(&mut world.app).unwrap();
    app.calls.traces = traces;
    let id = store::clock::draw_call_id();
    world.call(id, "+911234567890").await;
    // The database lives as long as the test.
    std::mem::forget(world._database);
    world.app
}

impl World {
    async fn start() -> Self {
        let (store, database) = new_store().await;
        Self::over(store, database)
    }

    fn over(store: CallStore, database: Option<Database>) -> Self {
        let clock = ManualClock::new(START);
        Self::seen_by(Arc::new(clock.clone()), clock, store, database)
    }

    /// Calls that know the time by a look at `shown`, which shows `clock`.
    fn seen_by(
        shown: Arc<dyn Clock>,
        clock: ManualClock,
        store: CallStore,
        database: Option<Database>,
    ) -> Self {
        let carrier = Arc::new(Showing {
            clock: clock.clone(),
            dials: Mutex::default(),
            latest: Mutex::default(),
            row: Mutex::default(),
            refused: Mutex::default(),
        });
        let env = Env::from_reader(|name| match name {
            "API_KEYS" => Some(format!("local:admin:{}", hash_key("key"))),
            "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            _ => None,
        });
        let calls = Calls::new(store, shown, Policy::default());
        let api = ApiConfig::from_env(&env).unwrap();
        Self {
            app: Arc::new(App::new(calls, carrier.clone(), api)),
            carrier,
            clock,
            _database: database,
        }
    }

    fn calls(&self) -> &Calls {
        &self.app.calls
    }

    async fn call(&self, id: CallId, number: &str) -> CallId {
        let mut request = request_for(number);
        request.id = id;
        let (created, _) = self.calls().create(&request, None).await.unwrap();
        assert_eq!(created, Created::Stored);
        id
    }

    async fn apply(&self, id: CallId, event: CallEvent) -> CallSession {
        let applied = self.calls().apply(id, &event).await.unwrap();
        let Applied::Changed { session, .. } = applied else {
            panic!("{event:?}: {applied:?}");
        };
        session
    }

    async fn load(&self, id: CallId) -> CallSession {
        self.calls().store.load(id).await.unwrap().unwrap()
    }
}

fn in_shard(shard: u8) -> CallId {
    let mut ids = std::iter::repeat_with(store::clock::draw_call_id);
    ids.find(|id| shard_of(*id) == shard).unwrap()
}

/// It was the first call in the first shard, and it alone was tried again and again.
#[tokio::test]
async fn a_number_that_our_key_is_refused_for_keeps_no_other_from_being_tried() {
    let world = World::start().await;
    world.carrier.refuse("+911234567801", Hindrance::Auth);
    let refused = world.call(in_shard(0), "+911234567801").await;
    sweep::tick(&world.app).await;
    let waiting = world.load(refused).await.attempt.unwrap();
    assert_eq!(waiting.held_by, Some(Hindrance::Auth));

    let other = world.call(in_shard(SHARDS - 1), "+911234567802").await;
    assert_eq!(sweep::tick(&world.app).await.dials, 0, "no phone rings");
    for _ in 0..64 {
        world.clock.advance(A_WHILE);
        sweep::tick(&world.app).await;
        if world.load(other).await.state == CallState::Dialing {
            return;
        }
    }
    panic!("64 probes, and none was the other call");
}

#[tokio::test]
async fn the_dials_and_the_deadlines_of_every_shard_come_to_their_turn() {
    let world = World::start().await;
    let mut calls = Vec::new();
    for shard in 0..SHARDS {
        calls.push(
            world
                .call(in_shard(shard), &format!("+91123456780{shard}"))
                .await,
        );
    }
    assert_eq!(sweep::tick(&world.app).await.dials, u64::from(SHARDS));
    for id in &calls {
        assert_eq!(world.load(*id).await.state, CallState::Dialing);
    }
    world.clock.advance(A_WHILE);
    let mut report = sweep::tick(&world.app).await;
    report += sweep::tick(&world.app).await;
    assert_eq!(report.errors, 0);
    for id in &calls {
        assert_eq!(world.load(*id).await.state, CallState::Initiating);
    }
}

#[tokio::test]
async fn a_row_of_the_log_that_is_another_attempts_proves_nothing() {
    let world = World::start().await;
    let other = world
        .call(store::clock::draw_call_id(), "+911234567801")
        .await;
    world.apply(other, CallEvent::DialDue).await;
    world
        .apply(other, CallEvent::DialDispatched { attempt: 1 })
        .await;
    let named = CallEvent::DialAccepted {
        attempt: 1,
        carrier_call_id: Some(carrier_id(other)),
    };
    world.apply(other, named).await;
    for (shown, expected) in [
        (carrier_id(other), Outcome::NoAnswer),
        (CarrierCallId::new("nobody's yet"), Outcome::Busy),
    ] {
        let id = world
            .call(store::clock::draw_call_id(), "+911234567802")
            .await;
        *world.carrier.row.lock().unwrap() = Some(LogEntry {
            carrier_call_id: Some(shown.clone()),
            status: CarrierStatus::Busy,
        });
        // A dial that left, and nobody knows what became of it.
        world.apply(id, CallEvent::DialDue).await;
        let rung = world
            .apply(id, CallEvent::DialDispatched { attempt: 1 })
            .await;
        let silence = rung.deadline.unwrap().since(world.calls().now());
        world.clock.advance(silence + Duration::from_secs(1));
        for _ in 0..3 {
            sweep::tick(&world.app).await;
            world.clock.advance(A_WHILE / 4);
        }
        let record = world.calls().store.record(id).await.unwrap().unwrap();
        assert_eq!(record.attempts[0].outcome, Some(expected), "{shown:?}");
        world.apply(id, CallEvent::Cancelled).await;
    }
}

#[tokio::test]
async fn a_number_is_locked_from_the_first_attempt_to_the_calls_end() {
    let world = World::start().await;
    let id = world
        .call(store::clock::draw_call_id(), "+911234567890")
        .await;
    let number = phone("+911234567890");
    let is_locked = async || {
        let store = &world.calls().store;
        let holder = store.live_call_of(&number).await.unwrap();
        let request = request_for("+911234567890");
        let (created, _) = world.calls().create(&request, None).await.unwrap();
        assert_eq!(created == Created::PhoneBusy(id), holder == Some(id));
        holder == Some(id)
    };
    let attempts = Policy::default().retries_max + 1;
    for attempt in 1..=attempts {
        let due = world.load(id).await.dial_at.unwrap();
        world.clock.advance(due.since(world.calls().now()));
        world.apply(id, CallEvent::DialDue).await;
        world.apply(id, CallEvent::DialDispatched { attempt }).await;
        assert!(is_locked().await, "attempt {attempt} rings");
        let status = CarrierStatus::Busy;
        let session = world
            .apply(id, CallEvent::Carrier { attempt, status })
            .await;
        if attempt < attempts {
            assert!(is_locked().await, "attempt {attempt} is over");
        } else {
            assert_eq!(session.state, CallState::Failed);
        }
    }
    assert!(!is_locked().await);
}
