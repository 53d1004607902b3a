//! More outcomes than one tick of the sweep can tell.

use crate::{http::NoCarrier, store_contract::new_store, support::request_for};
use functions::{App, sweep};
use shared::{
    call::{CallEvent, Policy},
    calls::Calls,
    carrier::BoxFuture,
    config::{ApiConfig, Env},
    ids::CallId,
    notify::{Notice, Notifier, NotifyError},
    store::item::{SHARDS, shard_of},
    time::SystemClock,
    token::hash_key,
};
use std::sync::{Arc, Mutex};

/// Outcomes that wait in each shard; two shards of them are all that one tick tells.
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
    /// How many were told, shard by shard.
    fn by_shard(&self) -> Vec<usize> {
        let taken = self.0.lock().unwrap();
        let of = |shard| taken.iter().filter(|id| shard_of(**id) == shard).count();
        (0..SHARDS).map(of).collect()
    }
}

async fn end_calls(calls: &Calls) {
    for shard in 0..SHARDS {
        let own = std::iter::repeat_with(CallId::random).filter(|id| shard_of(*id) == shard);
        for (n, id) in own.take(PER_SHARD).enumerate() {
            let mut request = request_for(&format!("+9112345{shard}{n:04}"));
            request.id = id;
            calls.create(&request, None).await.unwrap();
            calls.tell(id, &CallEvent::Cancelled).await.unwrap();
        }
    }
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
    let env = Env::from_reader(|name| match name {
        "API_KEYS" => Some(format!("local:admin:{}", hash_key("key"))),
        "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
        _ => None,
    });
    let mut app = App::new(
        calls,
        Arc::new(NoCarrier),
        ApiConfig::from_env(&env).unwrap(),
    );
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
