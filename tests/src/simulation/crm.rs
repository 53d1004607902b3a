//! The simulated CRM: asks for calls, asks again when it hears nothing, cancels, opts numbers out,
//! and has patients erased.

use super::{
    history::{Asked, Fact},
    world::{API_KEY, World},
};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{CallingWindow, ids::CallId, time::Timestamp};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::sleep};
use tower::ServiceExt;

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
    exchange(world, request).await
}

/// Sends a request to one of the API's processes; `None` if the connection broke.
pub(super) async fn exchange(world: &Arc<World>, request: Request<Body>) -> Option<(u16, Value)> {
    let process = world.instance("api");
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

/// A request under a key of its own, and the call it made.
pub(super) struct Keyed {
    key: String,
    body: Value,
    call: CallId,
    /// When it was answered.
    at: Timestamp,
}

/// Uses the API for a while; what it asked for under keys.
pub(super) async fn use_system(world: Arc<World>, time: Duration) -> Vec<Keyed> {
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
    if world.dice.chance(300) {
        let after = world.dice.millis(0, millis);
        users.spawn(erase(world.clone(), after));
    }
    let mut keyed = Vec::new();
    while let Some(user) = users.join_next().await {
        keyed.extend(user.expect("the CRM does not panic"));
    }
    keyed
}

/// How long a key is remembered, and the moment at which it is not to be tried.
const KEY_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Sends a request again when its key is forgotten: that asks for another call.
pub(super) async fn ask_again(world: &Arc<World>, keyed: Vec<Keyed>) {
    let Some(first) = keyed.into_iter().next() else {
        return;
    };
    let forgotten = first.at + KEY_KEPT + 2 * world.skew_max + Duration::from_secs(60);
    sleep(forgotten.since(world.now())).await;
    world.sweeps.wake();
    let mut body = first.body;
    for name in ["notBefore", "expiresAt"] {
        body.as_object_mut().map(|body| body.remove(name));
    }
    let headers = [("idempotency-key", first.key.as_str())];
    let again = post(world, &headers, &body, &format!("{} again", first.key)).await;
    if again == Some(first.call) {
        world.note(Fact::Wrong("a key is remembered for ever".to_owned()));
    }
}

async fn want_call(world: Arc<World>, n: u64, after: Duration) -> Option<Keyed> {
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
    let call = post(&world, &headers, &body, &name).await?;
    let at = world.now();
    if dice.chance(150) {
        sleep(dice.millis(0, 40_000)).await;
        cancel(&world, call).await;
    }
    Some(Keyed {
        key: key?,
        body,
        call,
        at,
    })
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
    let nth = dice.below(PHONES);
    let phone = format!("+9112345678{nth:02}");
    let patient = json!({ "id": patient(nth), "name": "राहुल शर्मा", "phoneNumber": phone });
    let mut body = json!({ "patientData": patient });
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
        patient: body["patientData"]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// The CRM's id of a patient.
fn patient(nth: u64) -> String {
    format!("P-{nth}")
}

async fn cancel(world: &Arc<World>, id: CallId) {
    let path = format!("/api/outbound-call/{id}");
    for _ in 0..TRIES_MAX {
        match ask(world, "DELETE", &path, &[], &Value::Null).await {
            Some((200, _)) => return world.note(Fact::Cancelled(id)),
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            // It is over, or erased.
            Some((409 | 404, _)) => return,
            Some((status, _)) => {
                return world.note(Fact::Wrong(format!("a cancellation was answered {status}")));
            }
        }
    }
}

async fn opt_out(world: Arc<World>, after: Duration) -> Option<Keyed> {
    sleep(after).await;
    let phone = format!("+9112345678{:02}", world.dice.below(PHONES));
    let body = json!({ "phoneNumber": phone });
    insist(&world, "POST", "/api/opt-outs", &body).await?;
    world.note(Fact::OptedOut(phone));
    None
}

/// Has a patient erased.
async fn erase(world: Arc<World>, after: Duration) -> Option<Keyed> {
    sleep(after).await;
    let patient = patient(world.dice.below(PHONES));
    world.note(Fact::Erasing(patient.clone()));
    let path = format!("/api/patients/{patient}");
    insist(&world, "DELETE", &path, &Value::Null).await?;
    world.note(Fact::Erased(patient));
    None
}

/// Asks until it is done; nothing if there is nothing to do, or nobody answers.
async fn insist(world: &Arc<World>, method: &str, path: &str, body: &Value) -> Option<()> {
    for _ in 0..TRIES_MAX {
        match ask(world, method, path, &[], body).await {
            Some((200..=202, _)) => return Some(()),
            Some((404, _)) => return None,
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            Some((status, _)) => {
                world.note(Fact::Wrong(format!(
                    "{method} {path} was answered {status}"
                )));
                return None;
            }
        }
    }
    None
}
