//! What a CRM, a campaign manager, an operator and both vendors ask of a running system on one day.

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

/// Three patients: one is reached, one is busy, one has no name.
const FILE: &str = "Mobile,Name,Ward\n\
    01234567801,राहुल शर्मा,A1\n\
    01234567802,सीता देवी,A2\n\
    01234567803,,A3\n";

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
        let text = reply.text().await.unwrap();
        let answer = match text.is_empty() {
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

    /// Calls to single patients; the one that was completed.
    async fn calls(&mut self) -> String {
        self.dials([
            Dial::Busy,
            Dial::Answer,
            Dial::Busy,
            Dial::Busy,
            Dial::NeverReports,
        ]);
        let patient = |id: &str, number: &str| {
            json!({ "id": id, "name": "राहुल शर्मा", "phoneNumber": number,
                "treatmentType": "heart surgery consultation", "crmData": { "doctor": "Dr. Smith" } })
        };
        let outcomes = self.callback.url("/outcomes");
        let body = |patient: Value| {
            json!({ "patientData": patient, "language": "hi", "callbackUrl": outcomes,
                "metadata": { "campaign": "june" } })
        };
        let completed = body(patient("patient_123", "+911234567890"));
        let placed = self.ask("placeCall", &[], Some(completed)).await;
        assert_eq!(placed.status, 202);
        let id = placed.body["sessionId"].as_str().unwrap().to_owned();
        let is_read = |call: &Value| {
            let reported = call["conversations"][0]["mergedAt"].is_string();
            let told = call["events"].as_array().unwrap().iter();
            call["status"] == "completed"
                && reported
                && told.clone().count() >= 5
                && told.clone().all(|event| event["deliveredAt"].is_string())
        };
        let of = [("sessionId", id.as_str())];
        let is_over = |call: &Value| call["status"] == "completed";
        let over = self.until("getCall", &of, is_over).await;
        self.report(&id, &over["conversations"][0]).await;
        self.known.remove("getCall");
        self.until("getCall", &of, is_read).await;
        let failed = body(patient("patient_124", "+911234567891"));
        let placed = self.ask("placeCall", &[], Some(failed)).await;
        let other = placed.body["sessionId"].as_str().unwrap().to_owned();
        let is_over = |call: &Value| call["status"] == "failed";
        self.until("getCall", &[("sessionId", &other)], is_over)
            .await;
        let ringing = body(patient("patient_125", "+911234567892"));
        let placed = self.ask("placeCall", &[], Some(ringing)).await;
        let ringing = placed.body["sessionId"].as_str().unwrap().to_owned();
        self.ask("listCalls", &[], None).await;
        self.ask("cancelCall", &[("sessionId", &ringing)], None)
            .await;
        id
    }

    /// The platform's report of a conversation.
    async fn report(&mut self, call: &str, conversation: &Value) {
        let body = json!({ "type": "post_call_transcription", "event_timestamp": 1, "data": {
            "agent_id": "agent_x", "conversation_id": conversation["conversationId"], "status": "done",
            "transcript": [{ "role": "user", "message": "मैं जयपुर में रहता हूँ", "time_in_call_secs": 4 }],
            "metadata": { "start_time_unix_secs": 1_796_000_000, "call_duration_secs": 31,
                "termination_reason": "end_call tool was called" },
            "analysis": {
                "data_collection_results": { "age": { "value": 24 }, "hobby": { "value": "chess" } },
                "evaluation_criteria_results": { "consent": { "result": "success", "rationale": "He agreed." } },
                "call_successful": "success", "transcript_summary": "Age and city were asked for.",
            },
            "conversation_initiation_client_data": {
                "dynamic_variables": { "call_id": call, "attempt": conversation["attempt"] },
            },
        } });
        let text = body.to_string();
        let signature = signature(PLATFORM_SECRET, SystemClock.now(), text.as_bytes());
        let request = self.request("takePostCallReport", &[]);
        let request = request.header("elevenlabs-signature", signature);
        let request = request.header(CONTENT_TYPE, "application/json").body(text);
        self.send("takePostCallReport", request, Some(body)).await;
    }

    async fn campaign(&mut self) {
        self.dials([Dial::Answer, Dial::Busy, Dial::Answer]);
        let end = (SystemClock.now() + Duration::from_hours(7 * 24)).to_string();
        let file = |parts: u16| {
            json!({ "name": "patients.csv", "bytes": FILE.len(), "parts": parts,
                "sha256": Sha256::of(FILE.as_bytes()).to_string(), "delimiter": "," })
        };
        let plan = json!({ "class": "service", "hours": "00:00-24:00 Asia/Kolkata", "days": campaign::WEEK,
            "holidays": ["2026-12-25"], "concurrency": 1, "dialsPerMinute": 60, "retries": 0,
            "priority": 1, "expiresAt": end });
        let body = json!({ "name": "Follow-up after surgery", "file": file(2), "plan": plan,
            "phoneColumn": "Mobile", "requiredVariables": ["Ward"] });
        let made = self.ask("createCampaign", &[], Some(body)).await;
        let id = made.body["campaignId"].as_str().unwrap().to_owned();
        let of = [("id", id.as_str())];
        let body =
            json!({ "file": file(1), "phoneColumn": "Mobile", "requiredVariables": ["Ward"] });
        self.ask("replaceFile", &of, Some(body)).await;
        let part = self.request("putPart", &[of[0], ("n", "1")]);
        let part = part.header(CONTENT_TYPE, "application/octet-stream");
        let sha256 = STANDARD.encode(digest(&SHA256, FILE.as_bytes()));
        let part = part.header("content-digest", format!("sha-256=:{sha256}:"));
        self.send("putPart", part.body(FILE), None).await;
        self.ask("importFile", &of, None).await;
        self.known.remove("getCampaign");
        self.until("getCampaign", &of, |campaign| campaign["state"] == "ready")
            .await;
        self.ask("listRows", &of, None).await;
        self.ask("getForecast", &of, None).await;
        let number = json!({ "phoneNumber": "+911234567895", "language": "hi" });
        let row = [of[0], ("row", "2")];
        let tried = self.ask("placeTestCall", &row, Some(number)).await;
        let tried = tried.body["sessionId"].as_str().unwrap().to_owned();
        let is_over = |call: &Value| call["status"] == "completed";
        self.until("getCall", &[("sessionId", &tried)], is_over)
            .await;
        let start = json!({ "dryRun": false });
        self.ask("startCampaign", &of, Some(start)).await;
        self.ask("pauseCampaign", &of, None).await;
        let tag = self.ask("getCampaign", &of, None).await.etag;
        let mut other = plan;
        other["priority"] = json!(2);
        let request = self
            .request("setPlan", &of)
            .header("if-match", tag)
            .json(&other);
        self.send("setPlan", request, Some(other)).await;
        self.ask("resumeCampaign", &of, None).await;
        self.known.remove("getCampaign");
        self.until("getCampaign", &of, |campaign| {
            campaign["state"] == "completed"
        })
        .await;
        self.ask("listResults", &of, None).await;
        let round = json!({ "round": 2 });
        self.ask("retryFailed", &of, Some(round)).await;
        self.ask("cancelCampaign", &of, None).await;
        self.ask("listCampaigns", &[], None).await;
    }

    async fn numbers(&mut self) {
        let number = json!({ "phoneNumber": "+911234567899", "reason": "asked at the desk" });
        self.ask("addOptOut", &[], Some(number)).await;
        self.ask("listOptOuts", &[], None).await;
        let today = SystemClock.now().to_string();
        let page =
            json!({ "asOf": &today[..10], "phoneNumbers": ["+911234567890"], "complete": true });
        self.ask("bringDndList", &[], Some(page)).await;
        self.ask("getDndList", &[], None).await;
        let about = json!({ "phoneNumber": "+911234567890", "limit": 20 });
        self.ask("answerComplaint", &[], Some(about)).await;
        let number = json!({ "phoneNumber": "+911234567899" });
        self.ask("removeOptOut", &[], Some(number)).await;
    }

    async fn operations(&mut self, call: &str) {
        self.ask("health", &[], None).await;
        let again = json!({ "sessionId": call });
        self.ask("replayEvents", &[], Some(again)).await;
        let why = json!({ "reason": "the line is being repaired" });
        self.ask("pauseDialling", &[], Some(why)).await;
        self.ask("getDialling", &[], None).await;
        // Somebody must wait for it to be told.
        let waiting = json!({ "patientData": { "name": "गीता", "phoneNumber": "+911234567894" } });
        let waiting = self.ask("placeCall", &[], Some(waiting)).await;
        let waiting = waiting.body["sessionId"].as_str().unwrap().to_owned();
        let give_up = Instant::now() + Duration::from_secs(90);
        while !self.take_events() {
            assert!(Instant::now() < give_up, "no word of the pause");
            sleep(Duration::from_millis(100)).await;
        }
        self.ask("cancelCall", &[("sessionId", &waiting)], None)
            .await;
        self.ask("resumeDialling", &[], None).await;
        self.ask("reconcileChannels", &[], None).await;
    }

    async fn vendors(&mut self, call: &str) {
        let id: CallId = call.parse().unwrap();
        let secret = SecretString::from(TOKEN_SECRET);
        let talk = Talk {
            call: id,
            attempt: 2,
            conversation: 1,
        };
        let until = SystemClock.now() + Duration::from_secs(600);
        let token = TokenKey::new(&secret).unwrap().answer_token(talk, until);
        let body = json!({ "field": "severity", "value": 7 });
        let request = self.request("callTool", &[("name", "save_patient_response")]);
        let request = request.header("authorization", &token).json(&body);
        self.send("callTool", request, Some(body)).await;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
        let request = self
            .request("mcpMessage", &[])
            .header("authorization", &token);
        let request = request.header("accept", "application/json, text/event-stream");
        self.send("mcpMessage", request.json(&body), Some(body))
            .await;
        let body = json!({ "call_id": "kn-unknown", "status": "Flying" });
        for (id, path) in [
            ("takeCarrierReport", &[][..]),
            ("takeSecretCarrierReport", &[("secret", "any")]),
        ] {
            let request = self.request(id, path).json(&body);
            self.send(id, request, Some(body.clone())).await;
        }
        for (id, path) in [
            ("takeCarrierQuery", &[][..]),
            ("takeSecretCarrierQuery", &[("secret", "any")]),
        ] {
            let request = self.request(id, path).build().unwrap();
            let mut url = request.url().clone();
            url.set_query(Some("call_id=kn-unknown"));
            self.send(id, self.client.get(url), None).await;
        }
        self.ask("listUnknownMessages", &[], None).await;
    }

    async fn reports(&mut self) {
        self.ask("getAnalytics", &[], None).await;
        self.ask("exportCalls", &[], None).await;
    }

    async fn patients(&mut self) {
        let of = [("id", "patient_123")];
        self.ask("holdPatient", &of, None).await;
        self.ask("releasePatient", &of, None).await;
        self.ask("erasePatient", &of, None).await;
        self.ask("listErasures", &[], None).await;
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
