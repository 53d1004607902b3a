//! The routers without a database: what is answered before, or in spite of, the store.

use crate::config::ApiConfig;
use crate::{App, BODY_BYTES_MAX, ROUTES, router};
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
use std::{collections::BTreeSet, sync::Arc, time::Duration};
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
        webhook_secret: Some(SecretString::from(WEBHOOK_SECRET)),
        rate_per_minute: 60,
        report_zone: "Asia/Kolkata".parse().unwrap(),
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
    let json = serde_json::from_slice(&bytes).expect("every answer is JSON");
    Answer {
        status: parts.status,
        headers: parts.headers,
        json,
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path)
}

async fn call(method: &str, path: &str, credential: Option<&str>) -> Answer {
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

/// The routes that a router answers, as far as [`ROUTES`] names them.
async fn answered(router: &Router) -> BTreeSet<(&'static str, &'static str)> {
    let mut answered = BTreeSet::new();
    for route in ROUTES {
        let path = route
            .path
            .replace("{sessionId}", &CALL.to_string())
            .replace("{secret}", "x");
        let answer = send(
            router.clone(),
            request(route.method, &path).body(Body::empty()).unwrap(),
        );
        if !matches!(answer.await.code(), "no_such_route" | "method_not_allowed") {
            answered.insert((route.method, route.path));
        }
    }
    answered
}

#[tokio::test]
async fn every_route_is_answered_by_its_function_and_by_the_whole() {
    let of = |function: Option<&str>| -> BTreeSet<_> {
        let routes = ROUTES
            .iter()
            .filter(|route| function.is_none_or(|name| route.function == name));
        routes.map(|route| (route.method, route.path)).collect()
    };
    assert_eq!(answered(&router(app())).await, of(None));
    for (function, router) in [
        ("trigger", crate::trigger::router(app())),
        ("status", crate::status::router(app())),
        ("list", crate::list::router(app())),
        ("webhook", crate::webhook::router(app())),
    ] {
        assert_eq!(answered(&router).await, of(Some(function)), "{function}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_json() {
    call("GET", "/", None).await.is(404, "no_such_route");
    call("GET", "/api/outbound-call/a/b", Some(WRITE_KEY))
        .await
        .is(404, "no_such_route");
    let answer = call("PUT", "/api/outbound-call", Some(WRITE_KEY)).await;
    answer.is(405, "method_not_allowed");
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn every_405_names_the_methods_that_its_path_takes() {
    let paths: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
    for path in paths {
        let taken = ROUTES.iter().filter(|route| route.path == path);
        let expected: BTreeSet<_> = taken
            .map(|route| route.method)
            .filter(|method| (path, *method) != ("/mcp", "GET"))
            .collect();
        let filled = path.replace(['{', '}'], "");
        let answer = call("PATCH", &filled, Some(WRITE_KEY)).await;
        assert_eq!(answer.status, 405, "{path}");
        let allow = answer.headers["allow"].to_str().unwrap();
        let named: BTreeSet<_> = allow.split(',').filter(|name| *name != "HEAD").collect();
        assert_eq!(named, expected, "{path}");
    }
}

#[tokio::test]
async fn callers_without_a_known_credential_are_401() {
    for (method, path) in [
        ("POST", "/api/outbound-call".to_owned()),
        ("GET", status_path(CALL)),
        ("DELETE", status_path(CALL)),
        ("GET", status_path("no-uuid")),
        ("GET", "/api/outbound-calls".to_owned()),
    ] {
        for credential in [None, Some("wrong"), Some("")] {
            let answer = call(method, &path, credential).await;
            answer.is(401, "unauthorized");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    let basic = request("GET", "/api/outbound-calls").header("authorization", "Basic d3JvbmcK");
    send(router(app()), basic.body(Body::empty()).unwrap())
        .await
        .is(401, "unauthorized");
}

/// A session token of these functions that holds for an hour.
fn session_token(call: CallId) -> String {
    let app = app();
    let until = app.calls.now() + Duration::from_secs(60 * 60);
    app.tokens.session_token(call, until)
}

/// Whoever presents a token that does not hold learns why.
#[tokio::test]
async fn a_token_that_does_not_hold_is_answered_with_its_own_words() {
    let genuine = session_token(CALL);
    let expired = app()
        .tokens
        .session_token(CALL, call::time::Timestamp::from_millis(0));
    let foreign = genuine.replace(&CALL.to_string(), &OTHER_CALL.to_string());
    for (token, path, status, words) in [
        (&expired, CALL, 401, "the session token has expired"),
        (
            &foreign,
            OTHER_CALL,
            401,
            "the session token is not of this call",
        ),
        (
            &"call_x".to_owned(),
            CALL,
            401,
            "the session token is malformed",
        ),
        (
            &genuine,
            OTHER_CALL,
            403,
            "the session token is of another call",
        ),
    ] {
        let answer = call("GET", &status_path(path), Some(token)).await;
        let code = if status == 401 {
            "unauthorized"
        } else {
            "forbidden"
        };
        answer.is(status, code);
        assert_eq!(answer.json["error"]["message"], words);
    }
}

#[tokio::test]
async fn credentials_reach_only_as_far_as_they_were_given() {
    let own = session_token(CALL);
    let other = session_token(OTHER_CALL);
    for (method, path, credential) in [
        ("POST", "/api/outbound-call".to_owned(), READ_KEY),
        ("POST", "/api/outbound-call".to_owned(), &own),
        ("GET", "/api/outbound-calls".to_owned(), &own),
        ("GET", status_path(CALL), &other),
        ("DELETE", status_path(CALL), &other),
        ("GET", status_path("no-uuid"), &own),
        ("DELETE", status_path(CALL), READ_KEY),
    ] {
        call(method, &path, Some(credential))
            .await
            .is(403, "forbidden");
    }
    call("GET", &status_path("no-uuid"), Some(READ_KEY))
        .await
        .is(404, "no_such_call");
    call("GET", &status_path("%FF"), Some(READ_KEY))
        .await
        .is(404, "no_such_call");
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

#[tokio::test]
async fn bodies_are_refused_by_what_is_wrong_with_them() {
    const JSON: &str = "application/json";
    for content_type in [
        "text/plain",
        "",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        trigger(content_type, "{}")
            .await
            .is(415, "unsupported_content_type");
    }
    trigger(JSON, vec![b' '; BODY_BYTES_MAX + 1])
        .await
        .is(413, "body_too_large");
    trigger(JSON, &b"{\"a\":\"\xff\"}"[..])
        .await
        .is(400, "invalid_utf8");
    for text in [
        "",
        "{",
        "{}x",
        "{\"a\":\"\n\"}",
        "राहुल",
        &"[".repeat(10_000),
    ] {
        trigger(JSON, text.to_owned()).await.is(400, "invalid_json");
    }
    for text in ["[]", "null", "1", "\"text\""] {
        let answer = trigger("application/json; charset=utf-8", text).await;
        answer.is(422, "invalid_field");
        assert_eq!(answer.json["error"]["field"], "body");
    }
    trigger("application/vnd.crm+json", vec![b' '; BODY_BYTES_MAX])
        .await
        .is(400, "invalid_json");
}

#[tokio::test]
async fn a_value_that_breaks_a_rule_is_named_and_not_repeated() {
    let body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": "+91-12-oh-no" } });
    let answer = trigger("application/json", body.to_string()).await;
    let expected = json!({ "error": {
        "code": "invalid_field",
        "message": "patientData.phoneNumber: expected a phone number with its country code, \
            such as +911234567890, or ten Indian digits",
        "field": "patientData.phoneNumber",
    }});
    assert_eq!((answer.status.as_u16(), answer.json), (422, expected));

    let answer = call("GET", "/api/outbound-calls?limit=1000", Some(READ_KEY)).await;
    answer.is(422, "invalid_field");
    assert_eq!(answer.json["error"]["field"], "limit");
}

#[tokio::test]
async fn the_webhook_takes_its_secret_and_nothing_else() {
    for secret in ["", "/wrong", "/webhook-secre", "/webhook-secret2", "/%FF"] {
        webhook(secret, "application/json", "{}")
            .await
            .is(401, "unauthorized");
    }
    let taken = webhook("/webhook-secret", "application/json", "{}").await;
    let expected = json!({ "received": true, "matched": false, "applied": false });
    assert_eq!((taken.status.as_u16(), taken.json), (200, expected));
}

#[tokio::test]
async fn the_webhook_refuses_what_it_cannot_read() {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let path = format!("/{WEBHOOK_SECRET}");
    webhook(&path, FORM, vec![b'a'; BODY_BYTES_MAX + 1])
        .await
        .is(413, "body_too_large");
    webhook(&path, FORM, &b"status=\xff"[..])
        .await
        .is(400, "invalid_utf8");
    webhook(&path, JSON, "{").await.is(400, "invalid_json");
    webhook(&path, JSON, "[]").await.is(422, "invalid_field");
}

/// The store of these tests would be 503.
#[tokio::test]
async fn a_patients_id_that_was_never_taken_is_not_looked_up() {
    let encoded = |chars: usize| "%E0%A4%B0".repeat(chars);
    for path in ["", "/hold"] {
        let method = if path.is_empty() { "DELETE" } else { "PUT" };
        let id = encoded(crate::PATIENT_ID_CHARS_MAX + 1);
        let path = |id: &str| format!("/api/patients/{id}{path}");
        call(method, &path(&id), Some(ADMIN_KEY))
            .await
            .is(404, "no_such_patient");
        let longest = encoded(crate::PATIENT_ID_CHARS_MAX);
        call(method, &path(&longest), Some(ADMIN_KEY))
            .await
            .is(503, "unavailable");
    }
}
