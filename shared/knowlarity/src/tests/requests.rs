//! What is sent to have a phone rung, in each dialect.

use super::*;
use serde_json::{Value, json};

#[tokio::test]
async fn the_flow_is_that_of_the_users_document() {
    let server = serve(Reply::Raw(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"call_id\":\"c9\"}",
    ))
    .await;
    let dialed = client(server.address, &[]).dial(&request()).await.unwrap();
    assert_eq!(dialed.carrier_call_id, Some(CarrierCallId::new("c9")));

    let sent = server.last.lock().await.clone();
    let head = sent.to_lowercase();
    assert!(head.starts_with("post /basic/v1/account/call/makecall http/1.1"));
    assert!(
        head.contains("authorization: sr-key\r\n")
            && head.contains("x-api-key: application-key\r\n")
    );
    let metadata = format!(
        "{{\"client_meta_id\":\"{CALL}\",\"sessionId\":\"{CALL}\",\"attempt\":2,\"t\":\"the-token\"}}"
    );
    let mut body = json_of(&sent);
    let given = body["ivr_flow"]["flow"]["nodes"][1]["config"]["metadata"].take();
    let given = given.as_str().unwrap();
    assert!(given.len() <= 1024 && !given.contains(' '), "{given}");
    let given: Value = serde_json::from_str(given).unwrap();
    assert_eq!(given, serde_json::from_str::<Value>(&metadata).unwrap());
    assert_eq!(
        body,
        json!({
            "k_number": "+911234567890", "customer_number": "+911234567891",
            "caller_id": "+911234567890", "direct_connect": true,
            "ivr_flow": { "flow": { "nodes": [
                { "id": "welcome", "type": "play", "audio": { "type": "tts",
                    "text": "कृपया एक क्षण प्रतीक्षा करें, हम आपको हमारे सहायक से जोड़ रहे हैं।",
                    "language": "hi" }, "next": "stream_node" },
                { "id": "stream_node", "type": "stream", "config": {
                    "wss_url": format!("wss://relay.example.com/knowlarity-stream/{CALL}?t=the-token"),
                    "sampling_rate": "16k", "metadata": null } },
            ] } },
        })
    );
}

#[tokio::test]
async fn kapps_ivr_sends_its_own_body_and_path() {
    let server = serve(Reply::Raw(
        "HTTP/1.1 201 Created\r\nconnection: close\r\n\r\n{\"data\":{\"call_ids\":[{\"call_id\":\"k1\"}]}}",
    ))
    .await;
    let client = client(
        server.address,
        &[
            ("KNOWLARITY_DIALECT", "kapps_ivr"),
            ("KNOWLARITY_DIAL_PATH", "/webapi/hospital/api/call"),
            ("KNOWLARITY_IVR_ID", "1000000001"),
        ],
    );
    let dialed = client.dial(&request()).await.unwrap();
    assert_eq!(dialed.carrier_call_id, Some(CarrierCallId::new("k1")));
    let sent = server.last.lock().await.clone();
    assert!(sent.starts_with("POST /webapi/hospital/api/call HTTP/1.1"));
    assert_eq!(
        json_of(&sent),
        json!({
            "ivr_id": "1000000001", "k_number": "+911234567890", "caller_id": "+911234567890",
            "customer_number": "+911234567891", "is_promotional": "false",
            "metadata": { "client_meta_id": CALL, "sessionId": CALL, "attempt": 2, "t": "the-token" },
        })
    );
}

#[tokio::test]
async fn a_call_may_show_a_number_of_its_own_and_say_that_it_sells() {
    let kapps: &[(&str, &str)] = &[
        ("KNOWLARITY_DIALECT", "kapps_ivr"),
        ("KNOWLARITY_DIAL_PATH", "/webapi/hospital/api/call"),
        ("KNOWLARITY_IVR_ID", "1000000001"),
    ];
    for (extra, said) in [(&[][..], Value::Null), (kapps, json!("true"))] {
        let server = serve(Reply::Raw(ACCEPTED)).await;
        let own = DialRequest {
            caller: Some("+911409876543".parse().unwrap()),
            is_promotional: true,
            ..request()
        };
        let _ = client(server.address, extra).dial(&own).await;
        let sent = server.last.lock().await.clone();
        let sent = json_of(&sent);
        assert_eq!(sent["caller_id"], "+911409876543");
        assert_eq!(sent["k_number"], "+911234567890");
        assert_eq!(sent["is_promotional"], said);
    }
}

#[tokio::test]
async fn the_accounts_id_stands_where_the_dial_path_has_its_place() {
    let server = serve(Reply::Raw(ACCEPTED)).await;
    let client = client(
        server.address,
        &[
            ("KNOWLARITY_DIAL_PATH", "webapi/{account_id}/api/call"),
            ("KNOWLARITY_ACCOUNT_ID", "hospital-7"),
        ],
    );
    client.dial(&request()).await.unwrap();
    let sent = server.last.lock().await.clone();
    assert!(sent.starts_with("POST /webapi/hospital-7/api/call HTTP/1.1"));
}

const CALL: &str = "07070707-0707-0707-0707-070707070707";

#[track_caller]
fn json_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}
