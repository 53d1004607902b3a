//! Numbers that want no calls.

use super::{Answer, Api, NUMBER, answer, patient};
use access::hash_key;
use local::system::LOCAL_KEY;
use reqwest::Method;
use serde_json::{Value, json};
use simulators::knowlarity::{Dial, EndedBy};

impl Api {
    async fn opt_outs(&self, method: Method, key: &str, body: Value) -> Answer {
        let request = self.request(method, "/api/opt-outs").json(&body);
        answer(request.header("x-api-key", key)).await
    }
}

#[tokio::test]
async fn a_number_that_opted_out_is_not_called() {
    let api = Api::ringing(&[]).await;
    let body = json!({ "phoneNumber": "01234567890", "reason": "asked on the phone" });
    let added = api.opt_outs(Method::POST, LOCAL_KEY, body.clone()).await;
    assert_eq!(added.status, 201, "{}", added.body);
    assert_eq!(added.body["phoneNumber"], NUMBER);
    assert_eq!(added.body["by"], "local");
    let again = api.opt_outs(Method::POST, LOCAL_KEY, body).await;
    assert_eq!(
        (again.status.as_u16(), again.body),
        (200, added.body.clone())
    );
    // The first word stands, with its reason.
    let bare = json!({ "phoneNumber": NUMBER });
    let again = api.opt_outs(Method::POST, LOCAL_KEY, bare).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &added.body));
    let refused = api.post(&patient("12345 67890")).await;
    refused.is_error(409, "opted_out");
    assert!(!refused.body.to_string().contains("1234567890"));
    assert_eq!(api.dialled(), 0);

    let number = json!({ "phoneNumber": NUMBER });
    let removed = api
        .opt_outs(Method::DELETE, LOCAL_KEY, number.clone())
        .await;
    assert_eq!(removed.status, 204, "{}", removed.body);
    let removed = api.opt_outs(Method::DELETE, LOCAL_KEY, number).await;
    removed.is_error(404, "no_such_opt_out");
    api.call(NUMBER).await;
    assert_eq!(api.dialled(), 1);
}

#[tokio::test]
async fn a_call_that_waits_or_rings_ends_with_the_opt_out() {
    let api = Api::start(&[("RETRY_BUSY", "2s")]).await;
    api.dials([Dial::NeverReports, Dial::Busy, Dial::Answer]);
    let ringing = api.call(NUMBER).await;
    let waiting = api.call("+911234567891").await;
    let between = api.wait_until(&waiting, |record| record["status"] == "initiating");
    let due = between.await["nextDialAt"].clone();
    for (id, number) in [(&ringing, NUMBER), (&waiting, "+911234567891")] {
        let body = json!({ "phoneNumber": number });
        let answer = api.opt_outs(Method::POST, LOCAL_KEY, body).await;
        let call = json!({ "sessionId": id, "status": "failed" });
        assert_eq!(answer.body["call"], call);
        assert_eq!(api.record(id).await["cause"], "opted_out");
    }
    assert_eq!(api.system.calls.store.channels_in_use().await.unwrap(), 0);
    api.outlast(&due, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_ends_with_the_opt_out() {
    let api = Api::start(&[("HEARTBEAT_TIMEOUT", "10m")]).await;
    let id = api.call(NUMBER).await;
    api.wait_until(&id, |record| record["status"] == "active")
        .await;
    let number = json!({ "phoneNumber": NUMBER });
    let added = api.opt_outs(Method::POST, LOCAL_KEY, number).await;
    assert_eq!(
        added.body["call"],
        json!({ "sessionId": id, "status": "failed" })
    );
    let carrier = api.system.knowlarity.as_ref().unwrap();
    let call = carrier.wait_call(1, super::WAIT).await.unwrap();
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    assert_eq!(api.record(&id).await["cause"], "opted_out");
    api.post(&patient(NUMBER)).await.is_error(409, "opted_out");
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let api = Api::ringing(&[]).await;
    for n in 0..5 {
        let body = json!({ "phoneNumber": format!("+91123456780{n}") });
        api.opt_outs(Method::POST, LOCAL_KEY, body).await;
    }
    let (mut numbers, mut path) = (Vec::new(), "/api/opt-outs?limit=2".to_owned());
    for _ in 0..3 {
        let page = api.get(&path).await.body;
        let entries = page["optOuts"].as_array().unwrap();
        numbers.extend(entries.iter().map(|entry| entry["phoneNumber"].clone()));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        assert!(!cursor.contains("91123"), "the number is in the address");
        path = format!("/api/opt-outs?limit=2&cursor={cursor}");
    }
    let expected: Vec<_> = (0..5).map(|n| json!(format!("+91123456780{n}"))).collect();
    assert_eq!(numbers, expected);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("limit=101", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=%21", "cursor"),
        ("cursor=%2B911234567890", "cursor"),
        ("phoneNumber=%2B911234567890", "phoneNumber"),
    ] {
        api.get(&format!("/api/opt-outs?{query}"))
            .await
            .names(field);
    }
    // No route takes a number in its path either.
    let answer = api.ask(Method::DELETE, "/api/opt-outs/%2B911234567890");
    answer.await.is_error(404, "no_such_route");
}

#[tokio::test]
async fn who_may_add_may_not_take_back() {
    let key = |name: &str, scope: &str| format!("{name}:{scope}:{}", hash_key(name));
    let keys = [
        key("reader", "read"),
        key("writer", "write"),
        key("boss", "admin"),
    ];
    let api = Api::ringing(&[("API_KEYS", &keys.join(","))]).await;
    let number = || json!({ "phoneNumber": NUMBER });
    let status = async |method, key| api.opt_outs(method, key, number()).await.status.as_u16();
    assert_eq!(status(Method::POST, "reader").await, 403);
    assert_eq!(status(Method::POST, "writer").await, 201);
    assert_eq!(status(Method::DELETE, "writer").await, 403);
    assert_eq!(status(Method::DELETE, "nobody").await, 401);
    assert_eq!(status(Method::GET, "writer").await, 403);
    assert_eq!(status(Method::GET, "reader").await, 200);
    assert_eq!(status(Method::DELETE, "reader").await, 403);
    assert_eq!(status(Method::DELETE, "boss").await, 204);
    // The token of a call opens that call and no list.
    let call = api.request(Method::POST, "/api/outbound-call");
    let call = answer(call.header("x-api-key", "boss").json(&patient(NUMBER))).await;
    let token = call.body["sessionToken"].as_str().unwrap();
    let list = api.request(Method::GET, "/api/opt-outs").bearer_auth(token);
    answer(list).await.is_error(403, "forbidden");
}

#[tokio::test]
async fn a_number_that_is_none_is_named() {
    let api = Api::ringing(&[]).await;
    for (body, field) in [
        (json!({}), "phoneNumber"),
        (json!({ "phoneNumber": null }), "phoneNumber"),
        (json!({ "phoneNumber": 911_234_567_890_u64 }), "phoneNumber"),
        (json!({ "phoneNumber": "secret-12" }), "phoneNumber"),
        (json!({ "phoneNumber": NUMBER, "reason": "a\nb" }), "reason"),
        (json!({ "phoneNumber": NUMBER, "reason": "" }), "reason"),
        (
            json!({ "phoneNumber": NUMBER, "reason": "x".repeat(201) }),
            "reason",
        ),
        (json!({ "phoneNumber": NUMBER, "why": "x" }), "why"),
    ] {
        let answer = api.opt_outs(Method::POST, LOCAL_KEY, body).await;
        answer.names(field);
        assert!(!answer.body.to_string().contains("secret-12"));
    }
    let none = json!({ "phoneNumber": "secret-12" });
    let answer = api.opt_outs(Method::DELETE, LOCAL_KEY, none).await;
    answer.names("phoneNumber");
    let list = api.get("/api/opt-outs").await.body;
    assert_eq!(list, json!({ "optOuts": [] }));
}

fn many(count: usize) -> Vec<String> {
    let numbers = 0..count;
    numbers.map(|n| format!("+911234567{n:03}")).collect()
}

#[tokio::test]
async fn a_list_of_numbers_is_taken_as_a_whole() {
    let api = Api::ringing(&[]).await;
    let known = json!({ "phoneNumber": "+911234567001", "reason": "asked on the phone" });
    let known = api.opt_outs(Method::POST, LOCAL_KEY, known).await.body;
    let id = api.call("+911234567003").await;
    api.wait_dials(1).await;
    let mut numbers = many(100);
    numbers[99] = numbers[0].clone();
    let body = json!({ "phoneNumbers": numbers, "reason": "old stop list" });
    let answer = api.opt_outs(Method::POST, LOCAL_KEY, body.clone()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let listed = answer.body["optOuts"].as_array().unwrap();
    let found: Vec<_> = listed.iter().map(|entry| &entry["phoneNumber"]).collect();
    assert_eq!(found, numbers.iter().collect::<Vec<_>>());
    for (index, entry) in listed.iter().enumerate() {
        assert_eq!(entry["isNew"], index != 1 && index != 99, "{index}");
        let is_called = index == 3;
        assert_eq!(!entry["call"].is_null(), is_called, "{index}");
    }
    assert_eq!(listed[1]["reason"], known["reason"]);
    assert_eq!(listed[2]["reason"], "old stop list");
    assert_eq!(
        listed[3]["call"],
        json!({ "sessionId": id, "status": "failed" })
    );
    assert_eq!(api.record(&id).await["cause"], "opted_out");
    api.post(&patient("+911234567098"))
        .await
        .is_error(409, "opted_out");
    let again = api.opt_outs(Method::POST, LOCAL_KEY, body).await;
    let again = again.body["optOuts"].as_array().unwrap().clone();
    assert!(again.iter().all(|entry| entry["isNew"] == false));
}

#[tokio::test]
async fn nothing_of_a_list_with_a_fault_is_written() {
    let api = Api::ringing(&[]).await;
    for (body, field) in [
        (json!({ "phoneNumbers": [] }), "phoneNumbers"),
        (json!({ "phoneNumbers": NUMBER }), "phoneNumbers"),
        (json!({ "phoneNumbers": many(101) }), "phoneNumbers"),
        (json!({ "phoneNumbers": null }), "phoneNumber"),
        (
            json!({ "phoneNumbers": [NUMBER], "phoneNumber": NUMBER }),
            "phoneNumbers",
        ),
        (
            json!({ "phoneNumbers": [NUMBER, "secret-12"] }),
            "phoneNumbers[1]",
        ),
        (json!({ "phoneNumbers": [null, NUMBER] }), "phoneNumbers[0]"),
        (json!({ "phoneNumbers": [NUMBER], "reason": "" }), "reason"),
    ] {
        let answer = api.opt_outs(Method::POST, LOCAL_KEY, body).await;
        answer.names(field);
        assert!(!answer.body.to_string().contains("secret-12"));
    }
    let list = api.get("/api/opt-outs").await.body;
    assert_eq!(list, json!({ "optOuts": [] }));
}
