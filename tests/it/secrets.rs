//! Secrets are read from Secrets Manager, and taken over while everything runs.

mod refused;
mod relay;
mod rotated;
pub(crate) mod service;
mod troubled;

use access::hash_key;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use call::{Policy, time::Timestamp};
use functions::{App, Need, Renewed};
use local::database::Database;
use secrets::{Kept, READ_AGAIN_AFTER, Secrets, SecretsError, TRY_AGAIN_AFTER};
use serde_json::{Value, json};
use service::{Mood, Service};
use settings::Env;
use std::{sync::Arc, time::Duration};
use store::{calls::Calls, clock::ManualClock};
use tower::ServiceExt;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// A secret of tokens.
const OLD: &str = "an old secret of 32 bytes or more";
const NEW: &str = "a new secret of 32 bytes or more.";

/// Secrets Manager, a table, and functions that serve from both.
struct World {
    service: Service,
    calls: Calls,
    clock: ManualClock,
    _database: Database,
}

type Function = Renewed<Router>;

impl World {
    async fn new() -> Self {
        let service = Service::start().await;
        let listen = "127.0.0.1:0".parse().unwrap();
        let database = Database::start(listen, None).await.unwrap();
        let store = database.store("calls").await.unwrap();
        let clock = ManualClock::new(START);
        Self {
            calls: Calls::new(store, Arc::new(clock.clone()), Policy::default()),
            service,
            clock,
            _database: database,
        }
    }

    async fn kept(&self, names: &str) -> Result<Kept, SecretsError> {
        let (secrets, named) = (Secrets::local(&self.service.url, names), names.to_owned());
        let env = move || {
            let named = named.clone();
            Env::from_reader(move |name| (name == "SECRETS").then(|| named.clone()))
        };
        Kept::start(secrets, env, self.calls.now()).await
    }

    /// A function as its Lambda serves it, with these secrets.
    async fn function(
        &self,
        names: &str,
        needs: &'static [Need],
        router: fn(Arc<App>) -> Router,
    ) -> Function {
        let kept = self.kept(names).await.unwrap();
        Renewed::over(self.calls.clone(), kept, needs, router).unwrap()
    }

    /// The list of calls, which only checks keys.
    async fn list(&self) -> Function {
        let (needs, router) = (functions::list::NEEDS, functions::list::router);
        self.function("clients", needs, router).await
    }

    /// Names the clients of the API by their keys.
    fn clients(&self, keys: &[&str]) {
        let entry = |key: &&str| format!("crm:read+write:{}", hash_key(key));
        let entries: Vec<_> = keys.iter().map(entry).collect();
        let value = json!({ "API_KEYS": entries.join(",") });
        self.service.put("clients", &value);
    }
}

/// One request, as it comes to a Lambda; status and answer.
async fn ask(function: &Function, request: Request<Body>) -> (u16, Value) {
    let answer = function.current().await.oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// The list of calls, asked with a key; the status.
async fn listed(function: &Function, key: &str) -> u16 {
    let request = Request::get(functions::list::PATH)
        .header("x-api-key", key)
        .body(Body::empty())
        .unwrap();
    ask(function, request).await.0
}
