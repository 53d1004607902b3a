//! What a CRM, a campaign manager, an operator and both vendors ask of a running system on one day.

mod day;

use super::operations;
use crate::post_call::signature;
use access::{Talk, TokenKey, hash_key};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use call::ids::CallId;
use local::system::{LOCAL_KEY, Options, System};
use reqwest::{Method, header::CONTENT_TYPE};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use simulators::{
    crm::{Notice, Receiver},
    elevenlabs::{self, Script, Step},
    knowlarity::Dial,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use store::{
    campaigns::Sha256,
    clock::{Clock, SystemClock},
};
use tokio::time::{Instant, sleep};
use webhooks::draw_signing_key;

/// Longest wait for anything of that day.
const WAIT: Duration = Duration::from_secs(60);

const TOKEN_SECRET: &str = "a-secret-of-at-least-32-characters";
const PLATFORM_SECRET: &str = "wsec_described";

pub(super) struct Exchanges<'a> {
    document: &'a Value,
    system: System,
    client: reqwest::Client,
    callback: Receiver,
    monitoring: Receiver,
    known: BTreeMap<String, Value>,
}

/// What is sent, and what was answered.
struct Asked {
    status: u16,
    etag: String,
    body: Value,
}

impl<'a> Exchanges<'a> {
    /// The first exchange of each operation, and the first event of each kind.
    pub(super) async fn of_a_day(document: &'a Value) -> Self {
        let mut day = Self::start(document).await;
        let call = day.calls().await;
        day.campaign().await;
        day.numbers().await;
        day.operations(&call).await;
        day.vendors(&call).await;
        day.reports().await;
        day.events(&call).await;
        day.patients().await;
        day
    }

    pub(super) fn of(&self, name: &str) -> Option<&Value> {
        self.known.get(name)
    }

    pub(super) fn all(&self) -> Map<String, Value> {
        self.known.clone().into_iter().collect()
    }

    async fn start(document: &'a Value) -> Self {
        let (callback, monitoring) = (Receiver::start().await, Receiver::start().await);
        let settings = [
            ("API_KEYS", format!("crm:admin:{}", hash_key(LOCAL_KEY))),
            ("RETRY_BUSY", "1s".to_owned()),
            ("RETRIES_MAX", "1".to_owned()),
            ("TOKEN_SECRET", TOKEN_SECRET.to_owned()),
            ("WEBHOOK_SIGNING_KEYS", draw_signing_key()),
            ("MONITORING_WEBHOOK_URL", monitoring.url("/outcomes")),
            ("COST_PER_MINUTE_CARRIER", "0.80".to_owned()),
            ("COST_PER_MINUTE_AGENT", "7.50".to_owned()),
            ("ELEVENLABS_WEBHOOK_SECRET", PLATFORM_SECRET.to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        // Whoever answers hears one line, saves an answer, and is hung up on.
        let save = |field: &str, value: Value| Step::CallTool {
            name: "save_patient_response".to_owned(),
            parameters: json!({ "field": field, "value": value }),
            expects_response: true,
        };
        let script = Script::new([
            Step::say("agent_city_hi"),
            save("age", json!(41)),
            save("age", json!(42)),
            save("city", json!("जयपुर")),
            Step::EndCall,
        ]);
        let options = Options {
            settings: HashMap::from(settings),
            elevenlabs: elevenlabs::Settings::with_script(script),
            ..Options::default()
        };
        Self {
            document,
            system: System::start(options).await.unwrap(),
            client: reqwest::Client::new(),
            callback,
            monitoring,
            known: BTreeMap::new(),
        }
    }

    fn dials<const N: usize>(&self, dials: [Dial; N]) {
        self.system.knowlarity.as_ref().unwrap().behave(dials);
    }

    /// Keeps the first exchange of a name.
    fn keep(&mut self, name: &str, exchange: Value) {
        self.known.entry(name.to_owned()).or_insert(exchange);
    }

    fn request(&self, id: &str, path: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut all = operations(self.document);
        let found = all.find(|(known, ..)| *known == id);
        let (_, method, template, _) = found.unwrap_or_else(|| panic!("no operation {id}"));
        let filled = path
            .iter()
            .fold(template.to_owned(), |filled, (name, value)| {
                filled.replace(&format!("{{{name}}}"), value)
            });
        let url = format!("{}{filled}", self.system.api_url);
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client
            .request(method, url)
            .header("x-api-key", LOCAL_KEY)
    }

    /// Asks an operation, and keeps the exchange if it went well.
    async fn ask(&mut self, id: &str, path: &[(&str, &str)], body: Option<Value>) -> Asked {
        let mut request = self.request(id, path);
        if let Some(body) = &body {
            request = request.json(body);
        }
        self.send(id, request, body).await
    }

    async fn send(
        &mut self,
        id: &str,
        request: reqwest::RequestBuilder,
        body: Option<Value>,
    ) -> Asked {
        let reply = request.send().await.unwrap();
        let header = |name: &str| {
            let value = reply.headers().get(name);
            value
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        let (status, etag) = (reply.status().as_u16(), header("etag"));
        assert!(status < 400 || header(CONTENT_TYPE.as_str()).starts_with("application/problem"));
        // A file is not shown.
        let is_sound = header(CONTENT_TYPE.as_str()) == "audio/wav";
        let text = reply.text().await.unwrap();
        let answer = match text.is_empty() || is_sound {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap(),
        };
        assert!(status < 400, "{id}: {status} {answer}");
        let mut exchange = json!({ "status": status, "response": answer });
        if let Some(body) = body {
            exchange["request"] = body;
        }
        self.keep(id, exchange);
        Asked {
            status,
            etag,
            body: answer,
        }
    }

    /// Asks again and again until the answer is so.
    async fn until(
        &mut self,
        id: &str,
        path: &[(&str, &str)],
        is_so: impl Fn(&Value) -> bool,
    ) -> Value {
        let give_up = Instant::now() + WAIT;
        loop {
            let reply = self.request(id, path).send().await.unwrap();
            let answer: Value = reply.json().await.unwrap();
            if is_so(&answer) {
                return self.ask(id, path, None).await.body;
            }
            assert!(Instant::now() < give_up, "{id}: {answer}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// The outcomes of that day, with those that were collected.
    async fn events(&mut self, call: &str) {
        let give_up = Instant::now() + WAIT;
        let all = [
            "call.attempt_ended",
            "call.completed",
            "call.failed",
            "call.updated",
        ];
        while !all.iter().all(|name| self.known.contains_key(*name)) {
            self.take_events();
            let missing: Vec<_> = all
                .iter()
                .filter(|name| !self.known.contains_key(**name))
                .collect();
            assert!(Instant::now() < give_up, "{missing:?} of {call}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Keeps what came; whether the pause was told.
    fn take_events(&mut self) -> bool {
        let came = self.callback.notices().into_iter();
        let came: Vec<Notice> = came.chain(self.monitoring.notices()).collect();
        for notice in came {
            let event = notice.json();
            let name = event["type"].as_str().unwrap().to_owned();
            self.keep(&name, json!({ "response": event }));
        }
        self.known.contains_key("dialling.paused")
    }
}
