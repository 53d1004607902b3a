//! Every `POST` that a client may send is carried out once, however often it is sent with the same key. What
//! is asked comes from the API's description, so that a new one must say here how.

mod prepared;

use crate::support::patient;
use access::hash_key;
use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use call::Policy;
use campaign::{CampaignId, Event};
use functions::{App, config::ApiConfig, sweep};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use store::{CallStore, calls::Calls, campaigns::Campaigns};
use tests::{
    campaigns::{id_of, importing},
    in_process,
    meter::{API_KEY, Metered, OTHER_API_KEY, READ_API_KEY},
};
use tower::ServiceExt;

const NUMBER: &str = "+911234567890";

const FILE: &[u8] = b"phone,name\n01234567890,Rahul\n";

#[derive(Debug, PartialEq)]
struct Answer {
    status: StatusCode,
    etag: Option<String>,
    location: Option<String>,
    is_replayed: bool,
    is_unkept: bool,
    body: Value,
}

impl Answer {
    #[track_caller]
    fn is_error(&self, status: u16, code: &str) {
        let found = (self.status.as_u16(), self.body["code"].as_str());
        assert_eq!(found, (status, Some(code)), "{}", self.body);
        assert!(!self.is_replayed);
    }

    /// The first answer again, as far as it may be kept.
    #[track_caller]
    fn repeats(&self, first: &Self) {
        let expected = Self {
            is_replayed: !first.is_unkept,
            body: first.body.clone(),
            etag: first.etag.clone(),
            location: first.location.clone(),
            ..*first
        };
        assert_eq!(*self, expected);
    }
}

/// One way to ask for an operation.
struct Asked {
    path: String,
    body: Value,
}

fn asked(path: impl Into<String>, body: Value) -> Asked {
    let path = path.into();
    Asked { path, body }
}

struct World {
    system: Metered,
}

impl World {
    async fn new() -> Self {
        crate::privacy::watch();
        let system = Metered::start(Policy::default()).await;
        Self { system }
    }

    async fn post(&self, client: &str, key: &str, asked: &Asked) -> Answer {
        post(&self.system.app, client, key, asked).await
    }

    async fn crm(&self, key: &str, path: &str, body: Value) -> Answer {
        self.post(API_KEY, key, &asked(path, body)).await
    }

    /// A campaign that can be told this: how far it has come depends on it.
    async fn campaign(&self, id: CampaignId, told: &[Event]) {
        let campaigns = Campaigns::of(&self.system.app.calls);
        importing(&campaigns, id, FILE).await.unwrap();
        sweep::tick(&self.system.app).await;
        for event in told {
            campaigns.apply(id, event).await.unwrap();
        }
    }
}

async fn post(app: &Arc<App>, client: &str, key: &str, asked: &Asked) -> Answer {
    let body = &asked.body;
    let body = (!body.is_null()).then(|| body.to_string());
    let request = Request::post(&asked.path)
        .header("x-api-key", client)
        .header("content-type", "application/json")
        .header("idempotency-key", key)
        .body(Body::from(body.unwrap_or_default()))
        .unwrap();
    let router = functions::router(app.clone());
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let text = |name: &str| {
        let value = parts.headers.get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: parts.status,
        etag: text("etag"),
        location: text("location"),
        is_replayed: text("idempotency-replayed").is_some(),
        is_unkept: text("cache-control").is_some(),
        body: serde_json::from_slice(&body).unwrap(),
    }
}

/// The `POST`s of whoever is no vendor, by their ids.
fn posts() -> Vec<(String, Value)> {
    let document = serde_json::to_value(functions::docs::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let posts = paths.filter_map(|item| item.get("post"));
    let posts = posts.filter(|post| post["tags"][0] != "vendors");
    let posts = posts.map(|post| {
        let id = post["operationId"].as_str().unwrap().to_owned();
        (id, post.clone())
    });
    posts.collect()
}

#[test]
fn every_post_of_a_client_is_described_with_its_key() {
    let posts = posts();
    assert!(posts.len() >= 16, "{}", posts.len());
    for (id, post) in posts {
        let parameters = post["parameters"].as_array().unwrap();
        let key = parameters.iter().find(|it| it["name"] == "Idempotency-Key");
        assert_eq!(key.expect(&id)["in"], "header", "{id}");
        let refused = &post["responses"]["422"]["content"]["application/problem+json"];
        for code in ["invalid_field", "idempotency_key_reused"] {
            assert!(refused["examples"].get(code).is_some(), "{id}: {code}");
        }
        let answers = post["responses"].as_object().unwrap().iter();
        for (status, answer) in answers.filter(|(status, _)| status.starts_with('2')) {
            let says = &answer["headers"]["idempotency-replayed"];
            assert!(says.is_object(), "{id}: {status}");
        }
    }
}

#[tokio::test]
async fn every_post_of_a_client_is_carried_out_once() {
    let mut unkept = Vec::new();
    for (seed, (id, _)) in (1..).zip(posts()) {
        let world = World::new().await;
        let meter = &world.system.meter;
        let asked = world.prepared(&id, seed).await;
        let first = world.post(API_KEY, "key", &asked).await;
        let is_answered = first.status.is_success() || id == "retryFailed";
        assert!(is_answered, "{id}: {}", first.body);
        assert!(!first.is_replayed, "{id}");
        let before = meter.items();
        let _ = meter.take();
        let again = world.post(API_KEY, "key", &asked).await;
        again.repeats(&first);
        let cost = meter.take();
        assert_eq!(cost.write_units, 0.0, "{id}: {cost}");
        assert_eq!(meter.items(), before, "{id}");
        if first.is_unkept {
            unkept.push(id.clone());
        } else {
            assert!(cost.total_requests() <= 2, "{id}: {cost}");
        }
        // The key stands for one request.
        let other = Asked {
            path: asked.path.clone(),
            body: json!({ "reason": "another" }),
        };
        let other = world.post(API_KEY, "key", &other).await;
        other.is_error(422, "idempotency_key_reused");
        assert_eq!(meter.items(), before, "{id}");
        for wrong in ["", "two words"] {
            let answer = world.post(API_KEY, wrong, &asked).await;
            answer.is_error(422, "invalid_field");
            assert_eq!(answer.body["field"], "Idempotency-Key", "{id}");
        }
        // And so it does for each client.
        let theirs = world.post(OTHER_API_KEY, "key", &asked).await;
        assert!(!theirs.is_replayed, "{id}");
        assert_ne!(theirs.body["code"], "idempotency_key_reused", "{id}");
    }
    // What is read is read again: nothing of a patient's lies with a key.
    assert_eq!(unkept, ["answerComplaint"]);
}

#[tokio::test]
async fn what_was_done_since_is_not_undone_by_a_repetition() {
    let world = World::new().await;
    let (pause, resume) = ("/api/dialling/pause", "/api/dialling/resume");
    let paused = world.crm("pause", pause, Value::Null).await;
    assert_eq!(paused.body["status"], "paused");
    world.crm("resume", resume, Value::Null).await;
    world
        .crm("pause", pause, Value::Null)
        .await
        .repeats(&paused);
    let dialling = world.system.app.calls.store.dialling().await.unwrap();
    assert_eq!(dialling.reason(), None);
    let number = json!({ "phoneNumber": NUMBER });
    let listed = world.crm("stop", "/api/opt-outs", number.clone()).await;
    assert_eq!(listed.status, 201);
    let store = &world.system.app.calls.store;
    store.opt_in(&NUMBER.parse().unwrap()).await.unwrap();
    let again = world.crm("stop", "/api/opt-outs", number.clone()).await;
    again.repeats(&listed);
    let entry = store.opt_out_of(&NUMBER.parse().unwrap()).await.unwrap();
    assert_eq!(entry, None);
    // A new key is a new request.
    let anew = world.crm("stop-2", "/api/opt-outs", number).await;
    assert_eq!((anew.status.as_u16(), anew.is_replayed), (201, false));
}

#[tokio::test]
async fn a_key_stands_for_one_path() {
    let world = World::new().await;
    let paused = world.crm("key", "/api/dialling/pause", Value::Null).await;
    assert_eq!(paused.status, 200);
    let resumed = world.crm("key", "/api/dialling/resume", Value::Null).await;
    resumed.is_error(422, "idempotency_key_reused");
    let placed = world.crm("key", "/api/outbound-call", patient(NUMBER));
    placed.await.is_error(422, "idempotency_key_reused");
    let placed = world.crm("call", "/api/outbound-call", patient(NUMBER));
    assert_eq!(placed.await.status, 202);
    let paused = world.crm("call", "/api/dialling/pause", Value::Null).await;
    paused.is_error(422, "idempotency_key_reused");
}

#[tokio::test]
async fn blanks_and_the_order_of_fields_make_no_other_request() {
    let world = World::new().await;
    let router = functions::router(world.system.app.clone());
    let mut answers = Vec::new();
    for body in [
        r#"{"phoneNumber":"+911234567890","reason":"asked for it"}"#,
        r#" { "reason": "asked for it", "phoneNumber": "+911234567890" } "#,
    ] {
        let request = Request::post("/api/opt-outs")
            .header("x-api-key", API_KEY)
            .header("content-type", "application/json")
            .header("idempotency-key", "key");
        let request = request.body(Body::from(body)).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let is_replayed = answer.headers().contains_key("idempotency-replayed");
        answers.push((answer.status().as_u16(), is_replayed));
    }
    assert_eq!(answers, [(201, false), (201, true)]);
}

#[tokio::test]
async fn what_was_never_taken_may_be_corrected_under_the_same_key() {
    let world = World::new().await;
    let path = "/api/opt-outs";
    let wrong = world.crm("key", path, json!({ "phoneNumber": "12" })).await;
    wrong.is_error(422, "invalid_field");
    let right = world
        .crm("key", path, json!({ "phoneNumber": NUMBER }))
        .await;
    assert_eq!((right.status.as_u16(), right.is_replayed), (201, false));
    // Nobody's answer is given to whoever may not ask for it, and a refusal takes no key.
    let before = world.system.meter.items();
    let pause = asked("/api/dialling/pause", Value::Null);
    for (client, status, code) in [
        (READ_API_KEY, 403, "forbidden"),
        ("unknown", 401, "unauthorized"),
    ] {
        for _ in 0..2 {
            let answer = world.post(client, "key", &pause).await;
            answer.is_error(status, code);
        }
    }
    assert_eq!(world.system.meter.items(), before);
    let nowhere = format!("/api/campaigns/{}/pause", id_of(1));
    for _ in 0..2 {
        let answer = world.crm("nowhere", &nowhere, Value::Null).await;
        answer.is_error(404, "no_such_campaign");
    }
}

#[tokio::test]
async fn who_may_not_ask_any_more_is_given_no_earlier_answer() {
    let world = World::new().await;
    let pause = asked("/api/dialling/pause", Value::Null);
    let paused = world.post(API_KEY, "key", &pause).await;
    assert_eq!(paused.status, 200);
    let config = ApiConfig {
        keys: format!("crm:read:{}", hash_key(API_KEY)).parse().unwrap(),
        ..world.system.api_config()
    };
    let (calls, carrier) = (world.system.app.calls.clone(), &world.system.app.carrier);
    let app = Arc::new(App::new(calls, carrier.clone(), config));
    let answer = post(&app, API_KEY, "key", &pause).await;
    answer.is_error(403, "forbidden");
}

/// The process dies between what it does and its answer, as far as the table can tell.
#[tokio::test]
async fn an_answer_that_was_not_stored_is_given_by_doing_it_again() {
    let world = World::new().await;
    let (meter, loses) = (world.system.meter.clone(), Arc::new(AtomicBool::new(true)));
    let losing = loses.clone();
    let client = in_process::client(move |operation, body| {
        let key = body["Item"]["PK"]["S"].as_str().unwrap_or_default();
        let is_answer = operation == "PutItem" && key.starts_with("REQUEST#");
        let is_lost = is_answer && losing.load(Ordering::SeqCst);
        let reply = (!is_lost).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply })
    });
    let clock = Arc::new(world.system.clock.clone());
    let calls = Calls::new(CallStore::new(client, "calls"), clock, Policy::default());
    let carrier = world.system.app.carrier.clone();
    let app = Arc::new(App::new(calls, carrier, world.system.api_config()));
    let pause = asked("/api/dialling/pause", Value::Null);
    let first = post(&app, API_KEY, "key", &pause).await;
    assert_eq!((first.status.as_u16(), first.is_replayed), (200, false));
    loses.store(false, Ordering::SeqCst);
    let second = post(&app, API_KEY, "key", &pause).await;
    assert_eq!((second.status.as_u16(), second.is_replayed), (200, false));
    let third = post(&app, API_KEY, "key", &pause).await;
    third.repeats(&second);
}
