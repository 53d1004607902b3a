//! Who may ask what, and how often.

use super::*;
use store::clock::Clock;

#[tokio::test]
async fn keys_and_tokens_open_what_they_are_for() {
    let keys = format!(
        "local:admin:{},reader:read:{}",
        hash_key(LOCAL_KEY),
        hash_key("reader-key")
    );
    let api = Api::ringing(&[("API_KEYS", &keys)]).await;
    let first = api.post(&patient(NUMBER)).await.body;
    let second = api.post(&patient("+911234567891")).await.body;
    let path = format!(
        "/api/outbound-call/{}",
        first["sessionId"].as_str().unwrap()
    );
    let with = |method, token: &Value| {
        answer(
            api.request(method, &path)
                .bearer_auth(token.as_str().unwrap()),
        )
    };
    assert_eq!(with(Method::GET, &first["sessionToken"]).await.status, 200);
    with(Method::GET, &second["sessionToken"])
        .await
        .is_error(403, "forbidden");
    for (wrong, message) in [
        (
            json!("wrong"),
            "a valid API key is required, as Authorization: Bearer or X-API-Key",
        ),
        (
            json!(format!("{}x", second["sessionToken"].as_str().unwrap())),
            "the session token is not of this call",
        ),
        (json!("ans_1.1.x"), "the answer token is malformed"),
    ] {
        let refused = with(Method::GET, &wrong).await;
        refused.is_error(401, "unauthorized");
        assert_eq!(refused.body["error"]["message"], message);
    }
    answer(api.request(Method::GET, &path))
        .await
        .is_error(401, "unauthorized");
    assert_eq!(with(Method::GET, &json!("reader-key")).await.status, 200);
    with(Method::DELETE, &json!("reader-key"))
        .await
        .is_error(403, "forbidden");
    assert_eq!(
        with(Method::DELETE, &first["sessionToken"]).await.status,
        200
    );
}

#[tokio::test]
async fn what_does_not_exist_is_told_apart() {
    let api = Api::start(&[]).await;
    let nobody = "/api/outbound-call/07070707-0707-0707-0707-070707070707";
    api.get(nobody).await.is_error(404, "no_such_call");
    api.get("/api/outbound-call/session-id-here")
        .await
        .is_error(404, "no_such_call");
    api.get("/api/nothing").await.is_error(404, "no_such_route");
    api.ask(Method::PUT, nobody)
        .await
        .is_error(405, "method_not_allowed");
}

#[tokio::test]
async fn what_the_service_was_not_set_up_for_is_refused() {
    let api = Api::ringing(&[("CALLBACK_HOSTS", "crm.example.org,127.0.0.1")]).await;
    let with = |name: &str, value: &str| {
        let mut body = patient(NUMBER);
        body[name] = json!(value);
        body
    };
    for language in ["fr", "hi-IN", "EN"] {
        let answer = api.post(&with("language", language)).await;
        answer.names("language");
        let expected = "language: expected one of hi, en";
        assert_eq!(answer.body["error"]["message"], expected);
    }
    let elsewhere = "https://crm.example.org.evil.example/";
    api.post(&with("callbackUrl", elsewhere))
        .await
        .names("callbackUrl");
    assert_eq!(api.dialled(), 0);
    let mut body = with("language", "en");
    body["callbackUrl"] = json!("http://127.0.0.1:9/");
    assert_eq!(api.post(&body).await.status, 202);
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let api = Api::ringing(&[("RATE_LIMIT_PER_MINUTE", "2")]).await;
    // The limit counts in minutes of the clock: within three requests it may turn over once.
    let mut refused = None;
    for n in 0..6 {
        let answer = api.post(&patient(&format!("+91123456780{n}"))).await;
        if answer.status == 429 {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("six triggers in a row pass a limit of two a minute");
    refused.is_error(429, "rate_limited");
    let wait: u64 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[tokio::test]
async fn a_key_that_makes_campaigns_too_often_is_told_so_too() {
    let api = Api::start(&[("RATE_LIMIT_PER_MINUTE", "1")]).await;
    let until = SystemClock.now() + Duration::from_secs(24 * 3_600);
    let wanted = json!({
        "name": "June", "plan": { "expiresAt": until },
        "file": { "name": "a.csv", "bytes": 9, "parts": 1, "sha256": "0".repeat(64) },
    });
    let mut found = Vec::new();
    for _ in 0..3 {
        let request = api.request(Method::POST, "/api/campaigns").json(&wanted);
        let made = answer(request.header("x-api-key", LOCAL_KEY)).await;
        found.push(made.status.as_u16());
    }
    // The limit counts in minutes of the clock: within three requests it may turn over once.
    assert!(found.contains(&201) && found.contains(&429), "{found:?}");
}
