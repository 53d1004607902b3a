//! Outcomes reach who wants to know them: signed, at least once, and again when asked for.

mod backlog;
mod receivers;
mod said;

use crate::{privacy, support::patient};
use local::system::{LOCAL_KEY, Options, System};
use serde_json::{Value, json};
use simulators::{
    crm::{Notice, Receiver},
    elevenlabs::{self, Script, Step},
    knowlarity::Dial,
};
use std::{collections::HashMap, time::Duration};
use store::clock::Clock;
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
        let mut body = patient(NUMBER);
        body["callbackUrl"] = json!(self.callback.url("/outcomes"));
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

fn of_receiver<'a>(events: &'a [Value], receiver: &str) -> Vec<&'a Value> {
    let events = events.iter();
    events.filter(|e| e["receiver"] == receiver).collect()
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
        let mut body = patient(NUMBER);
        body["callbackUrl"] = json!(url);
        let (status, answer) = world.post("/api/outbound-call", LOCAL_KEY, &body).await;
        assert_eq!(status, 422, "{url} was taken");
        assert_eq!(answer["error"]["field"], "callbackUrl", "{url}");
        assert!(!answer.to_string().contains("secret-12"));
    }
    assert_eq!(world.system.knowlarity.as_ref().unwrap().dials().len(), 0);
    // The operator's own address is the operator's own business.
    world.dials([Dial::Rejected]);
    let body = patient(NUMBER);
    let (status, answer) = world.post("/api/outbound-call", LOCAL_KEY, &body).await;
    assert_eq!(status, 202, "{answer}");
    let delivered = world.monitoring.wait_for(1, SOON).await;
    assert_eq!(
        delivered[0].json()["data"]["sessionId"],
        answer["sessionId"]
    );
    assert_eq!(world.callback.notices().len(), 0);
}
