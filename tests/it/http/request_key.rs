//! A request that is sent twice makes one call.

use super::{Answer, Api, NUMBER, answer, patient};
use access::hash_key;
use local::system::LOCAL_KEY;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::knowlarity::Dial;
use std::collections::BTreeSet;

impl Api {
    async fn post_with_key(&self, key: &str, body: String) -> Answer {
        self.post_as(LOCAL_KEY, key, body).await
    }

    async fn post_as(&self, client: &str, key: &str, body: String) -> Answer {
        let request = self
            .request(Method::POST, "/api/outbound-call")
            .header("content-type", "application/json")
            .header("x-api-key", client)
            .header("idempotency-key", key.as_bytes());
        answer(request.body(body)).await
    }
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer() {
    let api = Api::start(&[]).await;
    api.dials([Dial::Rejected, Dial::NeverReports]);
    let first = api
        .post_with_key("key-1", patient(NUMBER).to_string())
        .await;
    assert_eq!((first.status.as_u16(), first.is_replayed), (202, false));
    let id = first.body["sessionId"].as_str().unwrap();
    // Even when the call is long over, and however the body is written.
    api.wait_until(id, |record| record["status"] == "failed")
        .await;
    let spelled = patient(NUMBER)
        .to_string()
        .replace(':', " : ")
        .replace('र', "\\u0930");
    assert_eq!(
        serde_json::from_str::<Value>(&spelled).unwrap(),
        patient(NUMBER)
    );
    let again = api.post_with_key("key-1", spelled).await;
    assert_eq!((again.status.as_u16(), again.is_replayed), (202, true));
    assert_eq!(again.body, first.body);
    assert_eq!(api.dialled(), 1);
    // Another key is another call.
    let other = api
        .post_with_key("key-2", patient(NUMBER).to_string())
        .await;
    assert_ne!(other.body["sessionId"], first.body["sessionId"]);
    assert_eq!(api.dialled(), 2);
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let api = Api::ringing(&[]).await;
    let first = api.post_with_key("key", patient(NUMBER).to_string()).await;
    let mut other_metadata = patient(NUMBER);
    other_metadata["metadata"] = json!({ "campaign": "july" });
    let not_valid = json!({ "patientData": { "name": "राहुल शर्मा" } });
    for other in [patient("+911234567891"), other_metadata, not_valid] {
        let answer = api.post_with_key("key", other.to_string()).await;
        answer.is_error(422, "idempotency_key_reused");
        assert!(!answer.is_replayed);
    }
    let again = api.post_with_key("key", patient(NUMBER).to_string()).await;
    assert_eq!((again.is_replayed, again.body), (true, first.body));
    assert_eq!(api.dialled(), 1);
}

#[tokio::test]
async fn two_clients_may_choose_the_same_key() {
    let keys = ["one", "two"].map(|name| format!("{name}:write:{}", hash_key(name)));
    let api = Api::ringing(&[("API_KEYS", &keys.join(","))]).await;
    let mut ids = BTreeSet::new();
    for (client, number) in [("one", NUMBER), ("two", "+911234567891")] {
        let answer = api.post_as(client, "key", patient(number).to_string());
        let answer = answer.await;
        assert_eq!((answer.status.as_u16(), answer.is_replayed), (202, false));
        ids.insert(answer.body["sessionId"].as_str().unwrap().to_owned());
    }
    assert_eq!((ids.len(), api.dialled()), (2, 2));
}

#[tokio::test]
async fn a_repetition_is_not_counted_by_the_rate_limit() {
    let api = Api::ringing(&[("RATE_LIMIT_PER_MINUTE", "1")]).await;
    for n in 0..4 {
        let answer = api.post_with_key("key", patient(NUMBER).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.is_replayed), (202, n > 0));
    }
}

#[tokio::test]
async fn ten_at_once_make_one_call() {
    let api = Api::ringing(&[]).await;
    let asking = (0..10).map(|_| api.post_with_key("key", patient(NUMBER).to_string()));
    let answers = futures_util::future::join_all(asking).await;
    let ids: BTreeSet<_> = answers
        .iter()
        .map(|answer| {
            assert_eq!(answer.status, 202, "{}", answer.body);
            answer.body["sessionId"].as_str().unwrap()
        })
        .collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|a| !a.is_replayed).count(), 1);
    assert_eq!(api.dialled(), 1);
}

#[tokio::test]
async fn a_refusal_is_repeated_as_well() {
    let api = Api::ringing(&[]).await;
    let live = api.call(NUMBER).await;
    for is_replayed in [false, true] {
        let answer = api.post_with_key("key", patient(NUMBER).to_string()).await;
        answer.is_error(409, "phone_busy");
        assert_eq!(answer.body["error"]["sessionId"], json!(live));
        assert_eq!(answer.is_replayed, is_replayed);
    }
    // Even when the number is free again: a new try takes a new key.
    let path = format!("/api/outbound-call/{live}");
    assert_eq!(api.ask(Method::DELETE, &path).await.status, 200);
    let again = api.post_with_key("key", patient(NUMBER).to_string()).await;
    again.is_error(409, "phone_busy");
    assert_eq!(api.dialled(), 1);
}

#[tokio::test]
async fn what_was_never_accepted_may_be_corrected_under_the_same_key() {
    let api = Api::ringing(&[]).await;
    let wrong = patient("12").to_string();
    let answer = api.post_with_key("key", wrong).await;
    answer.names("patientData.phoneNumber");
    let answer = api.post_with_key("key", patient(NUMBER).to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.is_replayed), (202, false));
}

#[tokio::test]
async fn a_key_has_bounds() {
    let api = Api::ringing(&[]).await;
    let longest = "k".repeat(255);
    for key in ["", " ", "two words", "कुंजी", &format!("{longest}k")] {
        let answer = api.post_with_key(key, patient(NUMBER).to_string()).await;
        answer.names("Idempotency-Key");
    }
    assert_eq!(api.dialled(), 0);
    let answer = api
        .post_with_key(&longest, patient(NUMBER).to_string())
        .await;
    assert_eq!(answer.status, 202);
}
