//! A running system that is asked for campaigns.

use access::hash_key;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use local::system::{LOCAL_KEY, Options, System};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::time::Duration;
use store::{
    campaigns::Sha256,
    clock::{Clock, SystemClock},
};

/// May read and write, and sees no patient's data.
pub(super) const CLERK: &str = "clerk-key";
/// May read.
pub(super) const READER: &str = "reader-key";

/// A file of two patients on one number, one without a name and one twice.
pub(super) const FILE: &str = "Mobile,Name,Ward\n\
    01234567801,राहुल शर्मा,A1\n\
    01234567801,सीता देवी,A2\n\
    01234567802,,A3\n\
    01234567801,राहुल शर्मा,A4\n";

/// A running system.
pub(super) struct Service {
    pub(super) system: System,
    client: reqwest::Client,
}

/// What it answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) etag: Option<String>,
    pub(super) is_replayed: bool,
    pub(super) body: Value,
}

impl Answer {
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    #[track_caller]
    pub(super) fn refused(self, status: u16, code: &str) -> Value {
        let found = (self.status, self.body["error"]["code"].as_str());
        assert_eq!(found, (status, Some(code)), "{}", self.body);
        self.body
    }

    #[track_caller]
    pub(super) fn names(self, field: &str) {
        let body = self.refused(422, "invalid_field");
        assert_eq!(body["error"]["field"], field);
    }
}

impl Service {
    pub(super) async fn start() -> Self {
        crate::privacy::watch();
        let of = |name: &str, scopes: &str, key: &str| format!("{name}:{scopes}:{}", hash_key(key));
        let keys = [
            of("boss", "admin", LOCAL_KEY),
            of("clerk", "read+write", CLERK),
            of("reader", "read", READER),
        ];
        let mut options = Options::default();
        let settings = &mut options.settings;
        settings.insert("API_KEYS".to_owned(), keys.join(","));
        Self {
            system: System::start(options).await.unwrap(),
            client: reqwest::Client::new(),
        }
    }

    /// A request with the key of who may do everything.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_of(LOCAL_KEY, method, path)
    }

    pub(super) fn request_of(&self, key: &str, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.system.api_url);
        self.client.request(method, url).header("x-api-key", key)
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Answer {
        answer(self.request(Method::POST, path).json(body)).await
    }

    /// Makes a campaign for a file in so many parts; its path.
    pub(super) async fn campaign(&self, file: &[u8], parts: usize) -> String {
        let made = self
            .post("/api/campaigns", &wanted(file, parts))
            .await
            .is(201);
        format!("/api/campaigns/{}", made["campaignId"].as_str().unwrap())
    }

    pub(super) async fn put_part(&self, campaign: &str, number: usize, bytes: &[u8]) -> Answer {
        answer(self.part(campaign, number, bytes)).await
    }

    pub(super) fn part(&self, campaign: &str, number: usize, bytes: &[u8]) -> RequestBuilder {
        let request = self.request(Method::PUT, &format!("{campaign}/parts/{number}"));
        let request = request.header("content-type", "application/octet-stream");
        let request = request.header("content-digest", content_digest(bytes));
        request.body(bytes.to_vec())
    }
}

pub(super) fn content_digest(bytes: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, bytes)))
}

/// The body that makes a campaign of a file, for the next seven days.
pub(super) fn wanted(file: &[u8], parts: usize) -> Value {
    let end = SystemClock.now() + Duration::from_hours(7 * 24);
    json!({
        "name": "Follow-up",
        "file": {
            "name": "patients.csv", "bytes": file.len(), "parts": parts,
            "sha256": Sha256::of(file).to_string(),
        },
        "plan": {
            "expiresAt": end.to_string(), "hours": "00:00-24:00 Asia/Kolkata",
            "days": campaign::WEEK,
        },
    })
}

pub(super) async fn answer(request: RequestBuilder) -> Answer {
    let reply = request.send().await.unwrap();
    let header = |name: &str| {
        let value = reply.headers().get(name);
        value.map(|value| value.to_str().unwrap().to_owned())
    };
    Answer {
        status: reply.status().as_u16(),
        etag: header("etag"),
        is_replayed: header("idempotency-replayed").is_some(),
        body: reply.json().await.unwrap(),
    }
}
