//! Outcomes reach who wants to know them: signed, at least once, and again when asked for.

mod backlog;
mod receivers;

use crate::privacy;
use local::system::{LOCAL_KEY, Options, System};
use serde_json::{Value, json};
use simulators::{
    crm::{Notice, Receiver, Reply},
    elevenlabs::{self, Script, Step},
    knowlarity::Dial,
};
use std::{collections::HashMap, time::Duration};
use store::clock::{Clock, SystemClock};
use tokio::time::{Instant, sleep};
use webhooks::draw_signing_key;

const NUMBER: &str = "+911234567890";

/// Longest wait for an outcome that is due: a tick of the sweep, on a busy machine.
const SOON: Duration = Duration::from_secs(15);

/// Longest wait for the outcome of a call with a short conversation.
const CALL: Duration = Duration::from_secs(60);

/// From the first try that fails to the second, by the schedule of the Standard Webhooks
/// specification.
const SECOND_TRY: Duration = Duration::from_secs(5);

/// A running system, who receives its outcomes, and the key that signs them.
struct World {
    system: System,
    client: reqwest::Client,
    callback: Receiver,
    monitoring: Receiver,
    key: String,
}

impl World {
    async fn start(settings: &[(&str, &str)]) -> Self {
        privacy::watch();
        let (callback, monitoring) = (Receiver::start().await, Receiver::start().await);
        let key = draw_signing_key();
        let own = [
            ("RETRY_BUSY", "1s"),
            ("WEBHOOK_TIMEOUT", "1s"),
            ("WEBHOOK_SIGNING_KEYS", &key),
            ("MONITORING_WEBHOOK_URL", &monitoring.url("/hook?tenant=7")),
        ];
        let settings = own.iter().chain(settings);
        let settings: HashMap<_, _> = settings
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        // Whoever answers hears one line and is hung up on.
        let script = Script::new([Step::say("agent_city_hi"), Step::EndCall]);
        let options = Options {
            settings,
            elevenlabs: elevenlabs::Settings::with_script(script),
            ..Options::default()
        };
        Self {
            system: System::start(options).await.unwrap(),
            client: reqwest::Client::new(),
            callback,
            monitoring,
            key,
        }
    }

    fn dials<const N: usize>(&self, dials: [Dial; N]) {
        self.system.knowlarity.as_ref().unwrap().behave(dials);
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.system.api_url);
        let request = self.client.post(url).header("x-api-key", key).json(body);
        let reply = request.send().await.unwrap();
        (reply.status().as_u16(), reply.json().await.unwrap())
    }

    /// Asks for a call whose outcomes go to the callback; its id.
    async fn call(&self) -> String {
        let body = json!({
            "patientData": { "id": "patient_123", "name": "राहुल शर्मा", "phoneNumber": NUMBER },
            "callbackUrl": self.callback.url("/outcomes"),
            "metadata": { "campaign": "june" },
        });
        let (status, answer) = self.post("/api/outbound-call", LOCAL_KEY, &body).await;
        assert_eq!(status, 202, "{answer}");
        answer["sessionId"].as_str().unwrap().to_owned()
    }

    async fn replay(&self, body: &Value) -> Value {
        let (status, answer) = self.post("/api/events/replay", LOCAL_KEY, body).await;
        assert_eq!(status, 202, "{answer}");
        answer
    }

    async fn record(&self, id: &str) -> Value {
        let url = format!("{}/api/outbound-call/{id}", self.system.api_url);
        let request = self.client.get(&url).header("x-api-key", LOCAL_KEY);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// The call's outcomes on their way, once they are so.
    async fn events(&self, id: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let give_up = Instant::now() + SOON;
        loop {
            let record = self.record(id).await;
            let events = record["events"].as_array().unwrap();
            if is_so(events) {
                return events.clone();
            }
            assert!(Instant::now() < give_up, "still {record:#}");
            sleep(Duration::from_millis(50)).await;
        }
    }
}

fn kinds(notices: &[Notice]) -> Vec<String> {
    let kinds = notices.iter().map(|notice| notice.json()["type"].clone());
    kinds
        .map(|kind| kind.as_str().unwrap().to_owned())
        .collect()
}

fn without_metadata(data: &Value) -> Value {
    let mut data = data.clone();
    let metadata = data.as_object_mut().unwrap().remove("metadata");
    assert!(metadata.is_some(), "{data}");
    data
}

fn of_receiver<'a>(events: &'a [Value], receiver: &str) -> Vec<&'a Value> {
    let events = events.iter();
    events.filter(|e| e["receiver"] == receiver).collect()
}

#[tokio::test]
async fn each_outcome_is_told_to_the_crm_and_to_the_operator() {
    let world = World::start(&[]).await;
    world.dials([Dial::Busy, Dial::Rejected]);
    let id = world.call().await;
    let delivered = world.callback.wait_for(2, SOON).await;
    let monitored = world.monitoring.wait_for(2, SOON).await;
    assert_eq!(kinds(&delivered), ["call.attempt_ended", "call.failed"]);
    let (first, last) = (delivered[0].json(), delivered[1].json());
    let data = |n: u8, seq: &Value, status: &str| {
        json!({
            "sessionId": id, "sequence": seq, "status": status, "attempt": n,
            "patientId": "patient_123", "metadata": { "campaign": "june" },
        })
    };
    let mut expected = data(1, &first["data"]["sequence"], "initiating");
    expected["outcome"] = json!("busy");
    assert_eq!(first["data"], expected);
    let mut expected = data(2, &last["data"]["sequence"], "failed");
    expected["outcome"] = json!("refused");
    expected["refusalReason"] = json!("rejected");
    expected["cause"] = json!("rejected");
    // The CRM's own data is the CRM's alone.
    assert_eq!(monitored[1].json()["data"], without_metadata(&expected));
    // The end is delivered to the CRM with what was collected: here nothing.
    for (part, nothing) in [("answers", json!({})), ("dataComplete", json!(false))] {
        expected[part] = nothing;
    }
    for part in ["conversations", "transcript"] {
        expected[part] = json!([]);
    }
    assert_eq!(last["data"], expected);
    assert!(first["data"]["sequence"].as_u64() < last["data"]["sequence"].as_u64());

    assert_eq!(
        monitored[0].json()["data"],
        without_metadata(&first["data"])
    );
    for (at_crm, at_operator) in delivered.iter().zip(&monitored) {
        assert_eq!(at_crm.path, "/outcomes");
        assert_eq!(at_operator.path, "/hook?tenant=7");
        assert_eq!(at_crm.content_type, "application/json");
        assert_eq!(at_crm.id, at_operator.id);
        assert!(at_crm.is_signed_with(&world.key) && at_operator.is_signed_with(&world.key));
        assert!(!at_crm.is_signed_with(&draw_signing_key()));
        let now = u64::try_from(SystemClock.now().as_secs()).unwrap();
        assert!(at_crm.is_fresh(now) && at_operator.is_fresh(now));
    }
    assert_ne!(delivered[0].id, delivered[1].id);
    let events = world.events(&id, |events| {
        events.len() == 4 && events.iter().all(|e| e["deliveredAt"].is_string())
    });
    assert!(events.await.iter().all(|event| event["tries"] == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_told_as_its_line_in_the_timeline() {
    let world = World::start(&[]).await;
    let id = world.call().await;
    let delivered = world.callback.wait_for(1, CALL).await;
    let record = world.record(&id).await;
    let mut lines = record["timeline"].as_array().unwrap().iter();
    let end = lines.rfind(|line| line["cause"].is_string()).unwrap();
    let expected = json!({
        "type": "call.completed", "timestamp": end["at"],
        "data": {
            "sessionId": id, "sequence": end["sequence"], "status": "completed", "attempt": 1,
            "outcome": "answered", "cause": "agent_ended",
            "patientId": "patient_123", "metadata": { "campaign": "june" },
        },
    });
    let monitored = world.monitoring.wait_for(1, CALL).await;
    let heard = monitored[0].json();
    assert_eq!(heard["data"], without_metadata(&expected["data"]));
    assert_eq!(
        [&heard["type"], &heard["timestamp"]],
        [&expected["type"], &expected["timestamp"]]
    );
    let mut expected = expected;
    for part in ["answers", "dataComplete", "transcript"] {
        expected["data"][part] = record[part].clone();
    }
    assert!(!record["transcript"].as_array().unwrap().is_empty());
    let mut delivered = delivered[0].json();
    // The post-call report comes when it comes: before this event, or after it.
    let conversations = delivered["data"]
        .as_object_mut()
        .unwrap()
        .remove("conversations");
    let conversation = &conversations.unwrap()[0]["conversationId"];
    assert!(conversation.is_string());
    assert_eq!(conversation, &record["conversations"][0]["conversationId"]);
    assert_eq!(delivered, expected);
    let is_delivered = |events: &[Value]| events.iter().all(|e| e["deliveredAt"].is_string());
    let events = world.events(&id, is_delivered).await;
    let of_end = events.iter().filter(|e| e["sequence"] == end["sequence"]);
    assert_eq!(of_end.clone().count(), 2);
    for event in of_end {
        let found = (&event["sequence"], &event["queuedAt"], &event["tries"]);
        assert_eq!(found, (&end["sequence"], &end["at"], &json!(1)));
        assert!(event.get("parkedAt").is_none() && event.get("lastProblem").is_none());
    }
    let delivered = world.callback.wait_for(2, CALL).await;
    let updated = delivered[1].json();
    assert_eq!(updated["type"], "call.updated");
    let record = world.record(&id).await;
    assert!(record["conversations"][0]["mergedAt"].is_string());
    for part in ["answers", "summary", "conversations", "transcript"] {
        assert_eq!(updated["data"][part], record[part], "{part}");
    }
    assert_eq!(
        record["timeline"].as_array().unwrap().last().unwrap()["event"],
        "post_call_report_read"
    );
    assert_eq!(world.monitoring.notices().len(), 1);
}

#[tokio::test]
async fn a_change_of_keys_is_seen_by_nobody() {
    let (new, old) = (draw_signing_key(), draw_signing_key());
    let world = World::start(&[("WEBHOOK_SIGNING_KEYS", &format!("{new},{old}"))]).await;
    world.dials([Dial::Rejected]);
    world.call().await;
    let delivered = world.callback.wait_for(1, SOON).await;
    assert!(delivered[0].is_signed_with(&new) && delivered[0].is_signed_with(&old));
}

#[tokio::test]
async fn outcomes_go_to_no_private_address_unless_it_is_allowed() {
    let world = World::start(&[("CALLBACK_ALLOW_PRIVATE", "false")]).await;
    for url in [
        "http://crm.example.com/outcomes",
        "https://127.0.0.1/outcomes",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.7/",
        "https://192.168.0.1:8443/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.7]/",
        "https://[fd00:ec2::254]/",
        "https://localhost/",
        "https://LOCALHOST./",
        "https://metadata.google.internal/",
        "https://intranet/outcomes",
        "https://user:secret-12@crm.example.com/",
        &world.callback.url("/outcomes"),
    ] {
        let body = json!({
            "patientData": { "name": "राहुल शर्मा", "phoneNumber": NUMBER }, "callbackUrl": url,
        });
        let (status, answer) = world.post("/api/outbound-call", LOCAL_KEY, &body).await;
        assert_eq!(status, 422, "{url} was taken");
        assert_eq!(answer["error"]["field"], "callbackUrl", "{url}");
        assert!(!answer.to_string().contains("secret-12"));
    }
    assert_eq!(world.system.knowlarity.as_ref().unwrap().dials().len(), 0);
    // The operator's own address is the operator's own business.
    world.dials([Dial::Rejected]);
    let body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": NUMBER } });
    let (status, answer) = world.post("/api/outbound-call", LOCAL_KEY, &body).await;
    assert_eq!(status, 202, "{answer}");
    let delivered = world.monitoring.wait_for(1, SOON).await;
    assert_eq!(
        delivered[0].json()["data"]["sessionId"],
        answer["sessionId"]
    );
    assert_eq!(world.callback.notices().len(), 0);
}
