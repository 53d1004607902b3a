//! The simulated CRM: asks for calls, asks again when it hears nothing, cancels, opts numbers out,
//! and takes outcomes.

use super::{
    history::{Asked, Fact},
    process::Process,
    world::{API_KEY, World},
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{CallingWindow, delivery::Target, ids::CallId, time::Timestamp};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::sleep};
use tower::ServiceExt;
use webhooks::{Notice, Notifier, NotifyError};

/// Different numbers that are called; few, so that requests collide.
const PHONES: u64 = 4;

/// Longest answer read, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Tries of one request before the CRM gives up on it.
const TRIES_MAX: usize = 6;

/// One HTTP request to one of the API's processes; `None` if the connection broke.
pub(super) async fn ask(
    world: &Arc<World>,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Option<(u16, Value)> {
    let process = world.instance("api");
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("x-api-key", API_KEY)
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Body::from(body.to_string()))
        .expect("a request of ours");
    let exchange = async {
        let answer = process.router().oneshot(request).await.expect("infallible");
        let status = answer.status().as_u16();
        let bytes = to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await;
        (status, bytes.unwrap_or_default())
    };
    let (status, bytes) = process.run(exchange).await?;
    // The answer itself may be lost on the way.
    if world.has_faults() && world.dice.chance(world.faults_permille) {
        return None;
    }
    Some((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

/// Uses the API for a while.
pub(super) async fn use_system(world: Arc<World>, time: Duration) {
    let mut users = JoinSet::new();
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    for n in 0..4 + world.dice.below(8) {
        let after = world.dice.millis(0, millis * 2 / 3);
        users.spawn(want_call(world.clone(), n, after));
    }
    if world.dice.chance(400) {
        let after = world.dice.millis(0, millis);
        users.spawn(opt_out(world.clone(), after));
    }
    while let Some(user) = users.join_next().await {
        user.expect("the CRM does not panic");
    }
}

async fn want_call(world: Arc<World>, n: u64, after: Duration) {
    sleep(after).await;
    let dice = &world.dice;
    let body = request(&world);
    let key = dice.chance(700).then(|| format!("request-{n}"));
    let headers: Vec<_> = key
        .iter()
        .map(|key| ("idempotency-key", key.as_str()))
        .collect();
    // Some send everything twice: at once, or after the call may be over.
    if let Some(key) = key.clone().filter(|_| dice.chance(250)) {
        let again = dice.pick(&[(1, 0), (1, 60_000)]);
        tokio::spawn(send_again(world.clone(), body.clone(), key, again));
    }
    let name = key.clone().unwrap_or_else(|| format!("unnamed-{n}"));
    let Some(id) = post(&world, &headers, &body, &name).await else {
        return;
    };
    if dice.chance(150) {
        sleep(dice.millis(0, 40_000)).await;
        cancel(&world, id).await;
    }
}

async fn send_again(world: Arc<World>, body: Value, key: String, millis_max: u64) {
    sleep(world.dice.millis(0, millis_max)).await;
    let headers = [("idempotency-key", key.as_str())];
    post(&world, &headers, &body, &key).await;
}

/// Asks for a call until there is an answer; the call if it was accepted.
async fn post(
    world: &Arc<World>,
    headers: &[(&str, &str)],
    body: &Value,
    key: &str,
) -> Option<CallId> {
    for _ in 0..TRIES_MAX {
        let answer = ask(world, "POST", "/api/outbound-call", headers, body).await;
        match answer {
            Some((202, answer)) => {
                let id: CallId = answer["sessionId"].as_str()?.parse().ok()?;
                world.note(Fact::Accepted(id, key.to_owned()));
                world.note(Fact::Asked(asked(id, body)));
                return Some(id);
            }
            // A broken connection or an outage: the same request again.
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            Some((409 | 422, _)) => return None,
            Some((status, answer)) => {
                let wrong = format!("a trigger was answered {status}: {answer}");
                world.note(Fact::Wrong(wrong));
                return None;
            }
        }
    }
    None
}

fn request(world: &World) -> Value {
    let (dice, now) = (&world.dice, world.now());
    let phone = format!("+9112345678{:02}", dice.below(PHONES));
    let mut body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": phone } });
    if dice.chance(200) {
        body["notBefore"] = json!((now + dice.millis(1_000, 40_000)).to_string());
    }
    if dice.chance(300) {
        body["expiresAt"] = json!((now + dice.millis(60_000, 300_000)).to_string());
    }
    if dice.chance(100) {
        body["callingWindow"] = json!("09:00-20:59 Asia/Kolkata");
    }
    if dice.chance(700) {
        body["callbackUrl"] = json!("https://crm.example.com/outcomes");
    }
    body
}

fn asked(call: CallId, body: &Value) -> Asked {
    let moment = |name: &str| {
        body[name]
            .as_str()
            .and_then(|t| t.parse::<Timestamp>().ok())
    };
    let window = body["callingWindow"].as_str();
    Asked {
        call,
        not_before: moment("notBefore"),
        window: window.and_then(|text| text.parse::<CallingWindow>().ok()),
        has_callback: body["callbackUrl"].is_string(),
    }
}

async fn cancel(world: &Arc<World>, id: CallId) {
    let path = format!("/api/outbound-call/{id}");
    for _ in 0..TRIES_MAX {
        match ask(world, "DELETE", &path, &[], &Value::Null).await {
            Some((200, _)) => return world.note(Fact::Cancelled(id)),
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            Some((409, _)) => return,
            Some((status, _)) => {
                return world.note(Fact::Wrong(format!("a cancellation was answered {status}")));
            }
        }
    }
}

async fn opt_out(world: Arc<World>, after: Duration) {
    sleep(after).await;
    let phone = format!("+9112345678{:02}", world.dice.below(PHONES));
    let body = json!({ "phoneNumber": phone });
    for _ in 0..TRIES_MAX {
        match ask(&world, "POST", "/api/opt-outs", &[], &body).await {
            Some((200 | 201, _)) => return world.note(Fact::OptedOut(phone)),
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            Some((status, _)) => {
                return world.note(Fact::Wrong(format!("an opt-out was answered {status}")));
            }
        }
    }
}

/// The CRM's and the operator's receivers, as one process reaches them.
pub(super) struct SimNotifier(pub(super) Arc<Process>);

impl Notifier for SimNotifier {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async move {
            let world = &self.0.world;
            self.0.alive().await;
            sleep(world.dice.millis(5, 400)).await;
            self.0.alive().await;
            let is_faulty = world.has_faults();
            if is_faulty && world.dice.chance(150) {
                let retry_after = world.dice.chance(300).then_some(Duration::from_secs(20));
                return Err(NotifyError::Refused {
                    status: 500,
                    retry_after,
                });
            }
            take(world, notice);
            if is_faulty && world.dice.chance(world.faults_permille) {
                self.0.die();
            }
            self.0.alive().await;
            if is_faulty && world.dice.chance(100) {
                return Err(NotifyError::Unreachable); // Taken, but the answer was lost.
            }
            Ok(())
        })
    }
}

/// Notes a delivery and checks that its body is what its id says.
fn take(world: &World, notice: &Notice) {
    let event: Value = serde_json::from_slice(&notice.body).unwrap_or_default();
    let data = &event["data"];
    let is_pause = event["type"] == "dialling.paused" && notice.id.starts_with("dialling.");
    if is_pause && notice.target == Target::Monitoring && data["because"].is_string() {
        return; // That calls wait is told of no call.
    }
    let call = data["sessionId"].as_str().and_then(|id| id.parse().ok());
    let (Some(call), Some(seq)) = (call, data["sequence"].as_u64()) else {
        return world.note(Fact::Wrong("an outcome that names no call".to_owned()));
    };
    if notice.id != format!("{call}.{seq}") {
        world.note(Fact::Wrong("an outcome under another id".to_owned()));
    }
    let target = match notice.target {
        Target::Callback => "callback",
        Target::Monitoring => "monitoring",
    };
    world.note(Fact::Delivered { call, seq, target });
}
