//! Who may open a conversation, and with what.

use super::*;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn signed_urls_are_given_to_the_right_key_only() {
    let sim = start(one_turn()).await;
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let old = "/v1/convai/conversation/get_signed_url?agent_id=agent_sim";
    let status = async |path: &str, key: &str| get(&sim, path, key).await.0;

    assert_eq!(status(path, API_KEY_DEFAULT).await, 200);
    assert_eq!(status(old, API_KEY_DEFAULT).await, 200);
    assert_eq!(status(path, "other").await, 401);
    assert_eq!(
        status(&path.replace("agent_sim", "nobody"), API_KEY_DEFAULT).await,
        404
    );
    assert_eq!(
        status(path.split('?').next().unwrap(), API_KEY_DEFAULT).await,
        422
    );

    sim.fail_rest([
        RestFault::Status(429),
        RestFault::Garbage,
        RestFault::Delay(ms(50)),
    ]);
    let (code, body) = get(&sim, path, API_KEY_DEFAULT).await;
    assert_eq!(
        (code, &body["detail"]["code"]),
        (429, &json!("too_many_concurrent_requests"))
    );
    assert_eq!(get(&sim, path, API_KEY_DEFAULT).await, (200, Value::Null));
    let asked = Instant::now();
    assert_eq!(status(path, API_KEY_DEFAULT).await, 200);
    assert!(asked.elapsed() >= ms(50));
    let statuses: Vec<u16> = sim
        .rest_requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [200, 200, 401, 404, 422, 429, 200, 200]);
}

#[tokio::test]
async fn only_a_valid_signature_opens_a_conversation() {
    let sim = start(one_turn()).await;
    let url = signed_url(&sim).await;
    let bare = url
        .split("&conversation_signature")
        .next()
        .unwrap()
        .to_owned();

    assert_eq!(upgrade_status(connect_async(&bare).await), 401);
    assert_eq!(upgrade_status(connect_async(format!("{url}x")).await), 403);
    let other = url.replace("agent_id=agent_sim", "agent_id=agent_other");
    assert_eq!(upgrade_status(connect_async(other).await), 403);
    sim.behave([Behaviour::RefuseUpgrade(503)]);
    assert_eq!(upgrade_status(connect_async(&url).await), 503);
    connect_async(&url).await.unwrap();

    assert_eq!(sim.refused_upgrades(), 4);
}

#[tokio::test]
async fn a_url_with_a_conversation_id_works_once_and_keeps_the_id() {
    let sim = start(one_turn()).await;
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let with_id = format!("{path}&include_conversation_id=true");
    let (_, body) = get(&sim, &with_id, API_KEY_DEFAULT).await;
    let url = body["signed_url"].as_str().unwrap();

    let (mut socket, _) = connect_async(url).await.unwrap();
    socket
        .send(Message::text(client_data(json!({})).to_string()))
        .await
        .unwrap();
    let record = sim
        .wait_until(1, PATIENCE, |record| record.ready_at.is_some())
        .await
        .unwrap();

    assert_eq!(
        record.conversation_id,
        body["conversation_id"].as_str().unwrap()
    );
    assert_eq!(upgrade_status(connect_async(url).await), 403);
}

/// Opens a conversation, sends one frame, and returns the error type that closes it with 1008.
async fn refusal(script: Script, frame: Message) -> String {
    let sim = start(script).await;
    let mut client = Client::connect(&sim).await;
    client.next_frame += PATIENCE;
    client.socket.send(frame).await.unwrap();
    let error = client.until("error").await;

    assert_eq!(client.next().await, Met::Close(Some(1008)));
    assert_eq!(error["error_event"]["code"], 1008);
    assert_eq!(
        sim.wait_conversation(1, PATIENCE)
            .await
            .unwrap()
            .violations
            .len(),
        1
    );
    error["error_event"]["error_type"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn clients_that_break_the_contract_are_refused() {
    let text = |value: Value| Message::text(value.to_string());
    let strict = one_turn().requiring(&["call_id", "patient_name"]);
    let overriding = json!({"type": "conversation_initiation_client_data",
        "conversation_config_override": {"tts": {"voice_id": "v"}}});

    let missing = refusal(strict, text(client_data(json!({"call_id": "c1"})))).await;
    assert_eq!(missing, "missing_dynamic_variable");
    assert_eq!(
        refusal(one_turn(), text(overriding)).await,
        "override_error"
    );
    assert_eq!(
        refusal(one_turn(), text(json!({"user_audio_chunk": ""}))).await,
        "invalid_message"
    );
    assert_eq!(
        refusal(one_turn(), Message::text("{")).await,
        "invalid_message"
    );
    assert_eq!(
        refusal(one_turn(), Message::binary(vec![0, 0])).await,
        "invalid_message"
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_at_all_is_refused() {
    let mut script = one_turn();
    script.timing.client_data_within = ms(100);
    let sim = start(script).await;
    let mut client = Client::connect(&sim).await;
    client.next_frame += PATIENCE;

    assert_eq!(client.until_over().await, Met::Close(Some(1008)));
}
