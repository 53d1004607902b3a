//! The CRM: asks for calls and about them, and asks again when nobody answers.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use local::system::LOCAL_KEY;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use store::{
    campaigns::Sha256,
    clock::{Clock, SystemClock},
};
use tokio::time::{Instant, sleep};

/// The patient's name.
pub(super) const NAME: &str = "राहुल शर्मा";

/// What every patient's number begins with, after the `+`.
pub(super) const DIGITS: &str = "91123456";

/// Longest wait for one answer: a trigger waits for its first dial.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause before a request that broke off is sent again.
const AGAIN: Duration = Duration::from_millis(200);

/// Longest that one request is repeated; parts are away for less than a second at a time.
const GIVE_UP: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(super) struct Crm {
    client: reqwest::Client,
    url: String,
}

impl Crm {
    pub(super) fn new(url: String) -> Self {
        let client = reqwest::Client::builder().no_proxy();
        let client = client.timeout(ANSWER_TIMEOUT).build().unwrap();
        Self { client, url }
    }

    /// Waits until API and database answer.
    pub(super) async fn wait_until_healthy(&self) {
        let health = || self.client.get(format!("{}/health", self.url));
        self.repeat(health, &[StatusCode::OK]).await;
    }

    /// Asks for a call to the `n`-th patient until it is stored, under one key; gives its id.
    pub(super) async fn place(&self, n: usize) -> String {
        let body = json!({ "patientData": { "name": NAME, "phoneNumber": number(n) } });
        let trigger = || {
            let url = format!("{}/api/outbound-call", self.url);
            let request = self.client.post(url).json(&body);
            request.header("idempotency-key", format!("crash-{n}"))
        };
        let (_, answer) = self.repeat(trigger, &[StatusCode::ACCEPTED]).await;
        let id = answer["sessionId"].as_str();
        id.unwrap_or_else(|| panic!("no id: {answer}")).to_owned()
    }

    /// The whole record of a call.
    pub(super) async fn record(&self, id: &str) -> Value {
        self.get(&format!("/api/outbound-call/{id}")).await
    }

    /// Unfinished calls and statistics.
    pub(super) async fn list(&self) -> Value {
        self.get("/api/outbound-calls").await
    }

    /// Brings a file of patients to the system, until it is about to be read; gives its campaign.
    pub(super) async fn import(&self, file: &str) -> String {
        let digest = digest(&SHA256, file.as_bytes());
        let end = SystemClock.now() + Duration::from_secs(3_600);
        let body = json!({
            "name": "June",
            "file": {
                "name": "patients.csv", "bytes": file.len(), "parts": 1,
                "sha256": Sha256::of(file.as_bytes()).to_string(),
            },
            "plan": {
                "expiresAt": end, "hours": "00:00-24:00 Asia/Kolkata",
                "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
            },
        });
        let create = || {
            let request = self.client.post(format!("{}/api/campaigns", self.url));
            request.header("idempotency-key", "june").json(&body)
        };
        let (_, made) = self.repeat(create, &[StatusCode::CREATED]).await;
        let id = made["campaignId"].as_str().unwrap().to_owned();
        let at = |rest: &str| format!("{}/api/campaigns/{id}{rest}", self.url);
        let part = || {
            let said = format!("sha-256=:{}:", STANDARD.encode(digest));
            let request = self.client.put(at("/parts/1")).body(file.to_owned());
            let request = request.header("content-type", "application/octet-stream");
            request.header("content-digest", said)
        };
        self.repeat(part, &[StatusCode::OK]).await;
        let import = || self.client.post(at("/import"));
        self.repeat(import, &[StatusCode::ACCEPTED]).await;
        id
    }

    /// Tells a campaign to start, to pause or to go on.
    pub(super) async fn command(&self, campaign: &str, verb: &str) {
        let url = format!("{}/api/campaigns/{campaign}/{verb}", self.url);
        self.repeat(|| self.client.post(&url), &[StatusCode::OK])
            .await;
    }

    pub(super) async fn campaign(&self, id: &str) -> Value {
        self.get(&format!("/api/campaigns/{id}")).await
    }

    /// Every row of a campaign.
    pub(super) async fn rows(&self, campaign: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/campaigns/{campaign}/rows?limit=200{cursor}");
            let mut page = self.get(&path).await;
            if let Value::Array(found) = page["rows"].take() {
                rows.extend(found);
            }
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    async fn get(&self, path: &str) -> Value {
        let request = || self.client.get(format!("{}{path}", self.url));
        self.repeat(request, &[StatusCode::OK]).await.1
    }

    /// Sends a request until it is answered with one of these. Only a broken connection and a 503
    /// ask for that: any other answer is a fault.
    async fn repeat(
        &self,
        request: impl Fn() -> RequestBuilder,
        wanted: &[StatusCode],
    ) -> (StatusCode, Value) {
        let give_up = Instant::now() + GIVE_UP;
        loop {
            let why = match answer_of(request().header("x-api-key", LOCAL_KEY)).await {
                Ok((status, body)) if wanted.contains(&status) => return (status, body),
                Ok((StatusCode::SERVICE_UNAVAILABLE, body)) => body.to_string(),
                Ok((status, body)) => panic!("answered {status}: {body}"),
                Err(error) => error.to_string(),
            };
            assert!(Instant::now() < give_up, "no answer: {why}");
            sleep(AGAIN).await;
        }
    }
}

async fn answer_of(request: RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
    let answer = request.send().await?;
    let status = answer.status();
    Ok((status, answer.json().await?))
}

fn number(n: usize) -> String {
    format!("+{DIGITS}{n:04}")
}

pub(super) fn is_final(record: &Value) -> bool {
    matches!(record["status"].as_str(), Some("completed" | "failed"))
}

/// Whether the operator heard of everything.
pub(super) fn is_delivered(record: &Value) -> bool {
    let events = record["events"].as_array().unwrap();
    events.iter().all(|event| event["deliveredAt"].is_string())
}
