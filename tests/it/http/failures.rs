//! What the API says when carrier or store fail.

use super::*;

#[tokio::test]
async fn each_fault_of_the_carrier_has_its_answer() {
    #[track_caller]
    fn check(record: &Value, status: &str, cause: Value) {
        assert_eq!(
            (&record["status"], &record["cause"]),
            (&json!(status), &cause)
        );
        assert_eq!(record["attempts"].as_array().unwrap().len(), 1);
    }
    let api = Api::start(&[("DIAL_TIMEOUT", "300ms")]).await;
    api.dials([Dial::InvalidNumber, Dial::Status(503), Dial::TimesOut]);
    let mut records = Vec::new();
    for n in 0..3 {
        let answer = api.post(&patient(&format!("+91123456780{n}"))).await;
        let id = answer.body["sessionId"].as_str().unwrap().to_owned();
        records.push(api.record(&id).await);
    }
    check(&records[0], "failed", json!("invalid_number"));
    for unknown in &records[1..] {
        check(unknown, "dialing", Value::Null);
        assert_eq!(unknown["attempts"][0]["state"], "unknown");
    }
    assert_eq!(api.dialled(), 3);

    api.dials([Dial::RateLimited(1), Dial::NeverReports]);
    let id = api.call("+911234567805").await;
    let sent = api
        .wait_until(&id, |record| record["attempts"][0]["state"] == "accepted")
        .await;
    check(&sent, "dialing", Value::Null);
    assert_eq!(api.dialled(), 5);
}

#[tokio::test]
async fn a_dial_that_failed_at_once_is_no_success() {
    let api = Api::start(&[]).await;
    api.dials([Dial::InvalidNumber]);
    let place = || {
        let request = api.request(Method::POST, "/api/outbound-call");
        let request = request.header("x-api-key", LOCAL_KEY);
        let request = request.header("idempotency-key", "a-key");
        answer(request.json(&patient(NUMBER)))
    };
    let first = place().await;
    first.says(422, "call_failed");
    let body = &first.body;
    assert_eq!(
        (&body["success"], &body["status"], &body["cause"]),
        (&json!(false), &json!("failed"), &json!("invalid_number"))
    );
    // The call is there to be read, by the token too, and the key stands for it.
    let id = body["sessionId"].as_str().unwrap();
    assert_eq!(api.record(id).await["cause"], "invalid_number");
    let again = place().await;
    assert!(again.is_replayed);
    assert_eq!((again.status, &again.body), (first.status, body));
    assert_eq!(api.dialled(), 1);
}

/// The whole API before a table that does not answer.
pub(crate) fn without_a_table() -> axum::Router {
    let env = Env::from_reader(|name| match name {
        "API_KEYS" => Some(format!("local:admin:{}", hash_key(LOCAL_KEY))),
        "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
        _ => None,
    });
    let store = CallStore::local("http://127.0.0.1:9", "calls");
    let calls = Calls::new(store, Arc::new(SystemClock), Policy::default());
    let app = App::new(
        calls,
        Arc::new(NoCarrier),
        ApiConfig::from_env(&env).unwrap(),
    );
    functions::router(Arc::new(app))
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_nothing_is_dialled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/api/outbound-call",
        listener.local_addr().unwrap()
    );
    tokio::spawn(async move { axum::serve(listener, without_a_table()).await });
    let request = reqwest::Client::new()
        .post(url)
        .header("x-api-key", LOCAL_KEY);
    let down = answer(request.json(&patient(NUMBER))).await;
    down.is_error(503, "unavailable");
    assert!(down.retry_after.is_some());
}
