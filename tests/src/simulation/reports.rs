//! The carrier's status reports: late, twice or never, in the words and the form of one account or
//! another, or in words that nobody knows.

use super::{carrier::Ring, crm, world::World};
use axum::{body::Body, http::Request};
use call::CarrierStatus;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use tokio::time::sleep;

/// Where reports go.
const PATH: &str = "/api/knowlarity/webhook";

/// Words that no list of ours has.
const UNHEARD_OF: &[&str] = &["verbunden", "call leg 2 done", "0x11"];

/// Sends one copy of a report, some time later, and again while it is not answered with 200.
pub(super) fn send(world: &Arc<World>, ring: &Ring, status: CarrierStatus) {
    tokio::spawn(report(world.clone(), ring.clone(), status));
}

async fn report(world: Arc<World>, ring: Ring, status: CarrierStatus) {
    let longest = world.dice.pick(&[(9, 4_000), (1, 60_000)]);
    sleep(world.dice.millis(10, longest)).await;
    let fields = fields(&world, &ring, status);
    let form = world.dice.pick(&[
        (4, Form::Json),
        (1, Form::Wrapped),
        (2, Form::Body),
        (2, Form::Query),
    ]);
    for _ in 0..3 {
        let answer = crm::exchange(&world, form.request(&fields)).await;
        if answer.is_some_and(|(status, _)| status == 200) {
            return;
        }
        sleep(world.dice.millis(500, 5_000)).await;
    }
}

/// Accounts differ in what a report names and how, and in the words.
fn fields(world: &World, ring: &Ring, status: CarrierStatus) -> Map<String, Value> {
    let word = word(world, status);
    let (id, call) = (ring.id.to_string(), ring.call.to_string());
    let secs = if status == CarrierStatus::Ended {
        "9"
    } else {
        "0"
    };
    let fields = match world.dice.below(5) {
        0 | 1 => json!({
            "call_session_id": call, "call_uuid": id, "call_status": word, "caller_duration": secs,
        }),
        2 => json!({
            "uuid": id, "called_number": ring.phone, "status": word, "duration": secs,
        }),
        3 => json!({
            "Call UUID": id, "Customer Number": ring.phone, "Customer-Status": word,
            "call_duration": format!("0:00:{secs:0>2}"),
        }),
        // No field for the status: the agent's number carries it.
        _ => json!({
            "callid": id, "unique_id": call, "agent_number": format!("{word}#+911234567890"),
            "duration": secs,
        }),
    };
    let Value::Object(mut fields) = fields else {
        unreachable!("an object");
    };
    if let Some(cause) = cause(status).filter(|_| world.dice.chance(200)) {
        fields.insert("hangup_cause".to_owned(), json!(cause));
    }
    fields
}

fn word(world: &World, status: CarrierStatus) -> &'static str {
    use CarrierStatus as C;
    let words: &[&str] = match status {
        C::Ringing => &[
            "ringing",
            "Customer Call",
            "IN-PROGRESS",
            "originate",
            "Queued",
            "initiated",
            "dialing",
            "Dialling",
            "Agent Call",
            "agent_answer",
        ],
        C::Answered => &[
            "answered",
            "Customer_Answer",
            "BRIDGE",
            "connected",
            "answer",
        ],
        C::Ended => &[
            "completed",
            "SUCCESS",
            "hangup",
            "Normal Clearing",
            "cdr",
            "answered",
            "normal",
        ],
        C::Busy => &["Customer Busy", "busy", "USER_BUSY"],
        C::NoAnswer => &[
            "no_answer",
            "Not Answered",
            "Customer Missed",
            "NO USER RESPONSE",
            "unanswered",
            "missed",
        ],
        C::Unreachable => &[
            "SWITCHED OFF",
            "switch_off",
            "not reachable",
            "TemporarilyUnavailable",
        ],
        C::Failed => &[
            "failed",
            "Error",
            "Did Not Process",
            "cancelled",
            "canceled",
            "Agent Missed",
        ],
        C::Rejected => &["rejected", "REJECTED"],
        C::InvalidNumber => &["invalid", "Unallocated"],
        C::DoNotDisturb => &["DND", "ndnc", "blocked", "Opt-Out"],
    };
    let words = if world.dice.chance(40) {
        UNHEARD_OF
    } else {
        words
    };
    let nth = usize::try_from(world.dice.below(words.len() as u64)).unwrap_or(0);
    words[nth]
}

/// The cause by ITU-T Q.850.
const fn cause(status: CarrierStatus) -> Option<&'static str> {
    match status {
        CarrierStatus::Ringing | CarrierStatus::Answered | CarrierStatus::Failed => None,
        CarrierStatus::Ended => Some("16"),
        CarrierStatus::Busy => Some("17"),
        CarrierStatus::NoAnswer => Some("19"),
        CarrierStatus::Unreachable => Some("20"),
        CarrierStatus::Rejected => Some("21"),
        CarrierStatus::InvalidNumber => Some("1"),
        CarrierStatus::DoNotDisturb => None,
    }
}

/// How a report is written.
#[derive(Clone, Copy)]
enum Form {
    Json,
    /// JSON in an object of its own.
    Wrapped,
    /// A form, as the body.
    Body,
    Query,
}

impl Form {
    fn request(self, fields: &Map<String, Value>) -> Request<Body> {
        let pairs = || {
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields {
                pairs.append_pair(name, value.as_str().unwrap_or_default());
            }
            pairs.finish()
        };
        let json = |body: Value| {
            let request = Request::post(PATH).header("content-type", "application/json");
            request.body(Body::from(body.to_string()))
        };
        let request = match self {
            Self::Json => json(json!(fields)),
            Self::Wrapped => json(json!({ "data": fields })),
            Self::Body => Request::post(PATH)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from(pairs())),
            Self::Query => Request::get(format!("{PATH}?{}", pairs())).body(Body::empty()),
        };
        request.expect("a request of ours")
    }
}
