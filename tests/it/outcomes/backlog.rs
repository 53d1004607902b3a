//! More outcomes than one tick of the sweep can tell.

use crate::{http::NoCarrier, store_contract::new_store, support::request_for, template::fires};
use access::hash_key;
use call::{CallEvent, Policy, ids::CallId};
use functions::config::ApiConfig;
use functions::{App, sweep};
use futures_util::future::BoxFuture;
use logging::metrics::Noted;
use settings::Env;
use std::sync::{Arc, Mutex};
use store::clock::SystemClock;
use store::{
    calls::Calls,
    item::{SHARDS, shard_of},
};
use tokio::sync::{Notify, watch};
use webhooks::{Notice, Notifier, NotifyError};

/// Outcomes that wait in each shard; two shards of them are all that one host gets in one tick.
const PER_SHARD: usize = 16;

/// A receiver that takes everything and notes whose it was.
#[derive(Default)]
struct Taken(Mutex<Vec<CallId>>);

impl Notifier for Taken {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        let (id, _) = notice.id.split_once('.').unwrap();
        self.0.lock().unwrap().push(id.parse().unwrap());
        Box::pin(async { Ok(()) })
    }
}

impl Taken {
    /// How many were delivered, shard by shard.
    fn by_shard(&self) -> Vec<usize> {
        let taken = self.0.lock().unwrap();
        let of = |shard| taken.iter().filter(|id| shard_of(**id) == shard).count();
        (0..SHARDS).map(of).collect()
    }
}

async fn end_calls(calls: &Calls) {
    for shard in 0..SHARDS {
        let own =
            std::iter::repeat_with(store::clock::draw_call_id).filter(|id| shard_of(*id) == shard);
        for (n, id) in own.take(PER_SHARD).enumerate() {
            let mut request = request_for(&format!("+9112345{shard}{n:04}"));
            request.id = id;
            calls.create(&request, None).await.unwrap();
            calls.apply(id, &CallEvent::Cancelled).await.unwrap();
        }
    }
}

fn app(calls: Calls) -> App {
    let env = Env::from_reader(|name| match name {
        "API_KEYS" => Some(format!("local:admin:{}", hash_key("key"))),
        "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
        _ => None,
    });
    App::new(
        calls,
        Arc::new(NoCarrier),
        ApiConfig::from_env(&env).unwrap(),
    )
}

#[tokio::test]
async fn a_tick_that_cannot_tell_all_tells_some_of_each_shard() {
    let (store, _database) = new_store().await;
    let policy = Policy {
        reports_outcomes: true,
        ..Policy::default()
    };
    let calls = Calls::new(store, Arc::new(SystemClock), policy);
    end_calls(&calls).await;
    let mut app = app(calls);
    let taken = Arc::new(Taken::default());
    app.notifier = Some(taken.clone());
    app.monitoring_url = Some("https://monitoring.example.com/".to_owned());
    let app = Arc::new(app);

    let report = sweep::tick(&app).await;
    let first = taken.by_shard();
    assert_eq!(first.iter().sum::<usize>() as u64, report.outcomes);
    assert_eq!(first, [PER_SHARD / 2; SHARDS as usize]);
    sweep::tick(&app).await;
    assert_eq!(taken.by_shard(), [PER_SHARD; SHARDS as usize]);
    assert_eq!(sweep::tick(&app).await.outcomes, 0);
}

/// Outcomes for receivers that hang.
const HANGING: usize = 200;

/// Most that may be on their way to one host at the same time.
const AT_ONE_HOST_MAX: usize = 8;

/// Receivers of which all but one hang until they are let go.
struct Hanging {
    asked: Mutex<Vec<String>>,
    quick: Notify,
    let_go: watch::Sender<bool>,
}

impl Hanging {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            asked: Mutex::default(),
            quick: Notify::new(),
            let_go: watch::Sender::new(false),
        })
    }
}

impl Notifier for Hanging {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        self.asked.lock().unwrap().push(notice.url.clone());
        Box::pin(async {
            if notice.url.contains("quick") {
                self.quick.notify_one();
                return Ok(());
            }
            let mut let_go = self.let_go.subscribe();
            let_go.wait_for(|let_go| *let_go).await.unwrap();
            Err(NotifyError::Unreachable)
        })
    }
}

/// Ends a call, whose outcome goes to `url`.
async fn end_call(calls: &Calls, n: usize, url: String) {
    let mut request = request_for(&format!("+91123456{n:04}"));
    request.callback_url = Some(url);
    calls.create(&request, None).await.unwrap();
    let applied = calls.apply(request.id, &CallEvent::Cancelled).await;
    applied.unwrap();
}

/// Ends calls for receivers that hang and then one for a quick one; who had been asked when the quick
/// one was delivered.
async fn asked_until_the_quick_one(slow: impl Fn(usize) -> String) -> Vec<String> {
    let (store, _database) = new_store().await;
    let calls = Calls::new(store, Arc::new(SystemClock), Policy::default());
    for n in 0..HANGING {
        end_call(&calls, n, slow(n)).await;
    }
    let quick = "https://quick.example.org/hook".to_owned();
    end_call(&calls, HANGING, quick).await;
    let (mut app, hanging) = (app(calls), Hanging::new());
    app.notifier = Some(hanging.clone());
    let stop = Arc::new(Notify::new());
    let sweep = tokio::spawn({
        let (app, stop) = (Arc::new(app), stop.clone());
        async move { sweep::run_until(&app, stop.notified()).await }
    });
    hanging.quick.notified().await;
    let asked = hanging.asked.lock().unwrap().clone();
    stop.notify_one();
    hanging.let_go.send_replace(true);
    sweep.await.unwrap();
    asked
}

#[tokio::test]
async fn a_host_that_hangs_delays_no_other() {
    let slow = |_| "https://slow.example.org/hook".to_owned();
    let (noted, _guard) = Noted::start();
    let asked = asked_until_the_quick_one(slow).await;
    fires("OutboxBacklogAlarm", &noted);
    let slow = asked.iter().filter(|url| url.contains("slow")).count();
    assert!((1..=AT_ONE_HOST_MAX).contains(&slow), "{slow} at once");
}

#[tokio::test]
async fn as_many_hosts_that_hang_delay_no_other() {
    let slow = |n| format!("https://slow-{n}.example.org/hook");
    let asked = asked_until_the_quick_one(slow).await;
    assert!(asked.iter().any(|url| url.contains("quick")));
}
