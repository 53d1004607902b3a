//! The routers without a database: what is answered before, or in spite of, the store.

mod bodies;
mod credentials;
mod routes;

use crate::{App, config::ApiConfig, router};
use access::{TokenKey, hash_key};
use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::Response,
};
use call::{CallRequest, Patient, Policy, ids::CallId};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use lambda_http::tower::ServiceExt;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::clock::SystemClock;
use store::{CallStore, calls::Calls};

const CALL: CallId = CallId::from_bytes([7; 16]);
const OTHER_CALL: CallId = CallId::from_bytes([8; 16]);

pub(crate) fn call_request() -> CallRequest {
    CallRequest::new(
        CALL,
        Patient::new("राहुल शर्मा", "+911234567890".parse().unwrap()),
    )
}

const WRITE_KEY: &str = "write-key-0123456789abcdef0123456789";
const READ_KEY: &str = "read-key-0123456789abcdef0123456789a";
const ADMIN_KEY: &str = "admin-key-0123456789abcdef0123456789";
const WEBHOOK_SECRET: &str = "webhook-secret";
const OLD_WEBHOOK_SECRET: &str = "old-webhook-secret";

/// A store that nobody serves, and a carrier that must not be reached.
pub(crate) fn app() -> Arc<App> {
    struct NoCarrier;

    impl Carrier for NoCarrier {
        fn dial<'a>(
            &'a self,
            request: &'a DialRequest,
        ) -> BoxFuture<'a, Result<Dialed, DialError>> {
            panic!("{request:?} was dialled")
        }

        fn look_up<'a>(
            &'a self,
            query: &'a LogQuery,
        ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
            panic!("{query:?} was looked up")
        }
    }

    let (write, read, admin) = (hash_key(WRITE_KEY), hash_key(READ_KEY), hash_key(ADMIN_KEY));
    let store = CallStore::local("http://127.0.0.1:1", "calls");
    let secret = SecretString::from("0123456789abcdef0123456789abcdef");
    let api = ApiConfig {
        keys: format!("crm:read+write:{write},ops:read:{read},boss:admin:{admin}")
            .parse()
            .unwrap(),
        tokens: TokenKey::new(&secret).unwrap(),
        webhook_secrets: [WEBHOOK_SECRET, OLD_WEBHOOK_SECRET]
            .map(SecretString::from)
            .to_vec(),
        rate_per_minute: 60,
        report_zone: "Asia/Kolkata".parse().unwrap(),
        prices: call::report::Prices::default(),
        questionnaire: call::answers::Questionnaire::default(),
        sweep_duration: Duration::from_secs(55),
        languages: vec!["hi".to_owned(), "en".to_owned()],
    };
    let calls = Calls::new(store, Arc::new(SystemClock), Policy::default());
    Arc::new(App::new(calls, Arc::new(NoCarrier), api))
}

pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub json: Value,
}

impl Answer {
    fn code(&self) -> &str {
        self.json["error"]["code"].as_str().unwrap_or("")
    }

    #[track_caller]
    pub(crate) fn is(&self, status: u16, code: &str) {
        assert_eq!(
            (self.status.as_u16(), self.code()),
            (status, code),
            "{}",
            self.json
        );
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Answer {
    let response: Response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let is_for_a_browser = parts.headers.contains_key("content-security-policy");
    let json = match is_for_a_browser || parts.status.is_redirection() {
        true => Value::Null,
        false => serde_json::from_slice(&bytes).expect("every answer of the API is JSON"),
    };
    Answer {
        status: parts.status,
        headers: parts.headers,
        json,
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path)
}

pub(crate) async fn call(method: &str, path: &str, credential: Option<&str>) -> Answer {
    let mut request = request(method, path);
    if let Some(credential) = credential {
        request = request.header("authorization", format!("Bearer {credential}"));
    }
    send(router(app()), request.body(Body::empty()).unwrap()).await
}

async fn trigger(content_type: &str, body: impl Into<Body>) -> Answer {
    let request = request("POST", "/api/outbound-call")
        .header("x-api-key", WRITE_KEY)
        .header("content-type", content_type);
    send(router(app()), request.body(body.into()).unwrap()).await
}

async fn webhook(secret: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = request("POST", &format!("/api/knowlarity/webhook{secret}"))
        .header("content-type", content_type);
    send(router(app()), request.body(body.into()).unwrap()).await
}

fn status_path(id: impl std::fmt::Display) -> String {
    format!("/api/outbound-call/{id}")
}

/// A session token of these functions that holds for an hour.
fn session_token(call: CallId) -> String {
    let app = app();
    let until = app.calls.now() + Duration::from_secs(60 * 60);
    app.tokens.session_token(call, until)
}

#[tokio::test]
async fn a_store_that_is_down_is_503_without_detail() {
    const JSON: &str = "application/json";
    let own = session_token(CALL);
    let path = status_path(CALL);
    let body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+911234567890" } });
    // At once, because each waits for the store's client to give up.
    let (status, list, health, placed, reported) = tokio::join!(
        call("GET", &path, Some(&own)),
        call("GET", "/api/outbound-calls", Some(READ_KEY)),
        call("GET", "/health", None),
        trigger(JSON, body.to_string()),
        webhook(
            "/webhook-secret",
            JSON,
            r#"{"call_id":"1111","status":"busy"}"#
        ),
    );
    for answer in [status, list, health, placed, reported] {
        answer.is(503, "unavailable");
        assert_eq!(answer.headers["retry-after"], "5");
        assert_eq!(
            answer.json["error"]["message"],
            "the service is briefly unavailable"
        );
    }
}
