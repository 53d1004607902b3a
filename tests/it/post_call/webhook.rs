//! What the platform brings by itself.

use super::*;

#[tokio::test]
async fn the_webhook_completes_the_record() {
    let world = World::start().await;
    world.hang_up().await;
    let report =
        world.report(&json!({ "age": "42", "city": "जयपुर", "gender": null, "hobby": "chess" }));
    let (status, receipt) = world.brought(&report).await;
    assert_eq!((status, &receipt["matched"]), (200, &json!(true)));
    world.sweep().await;
    let record = world.record().await;
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["answers"]["age"]["source"], "post_call");
    assert_eq!(record["answers"]["city"]["value"], "जयपुर");
    assert_eq!(record["summary"]["value"], "Age collected.");
    assert_eq!(record["dataComplete"], false);
    let conversation = &record["conversations"][0];
    assert_eq!(conversation["conversationId"], "conv_1");
    assert_eq!(conversation["source"], "webhook");
    assert_eq!(conversation["unread"], json!(["hobby"]));
    let digest = &conversation["digest"];
    assert_eq!(digest["terminationReason"], "end_call tool was called");
    assert_eq!(digest["evaluation"]["consent"]["result"], "success");
    assert_eq!(digest["transcript"][0]["role"], "callee");
    // Nobody asks for what has come.
    for _ in 0..30 {
        world.after(60 * MINUTE).await;
    }
    assert_eq!(world.platform.asked(), 0);
}

#[tokio::test]
async fn what_was_saved_live_stands_and_the_other_reading_is_flagged() {
    let world = World::start().await;
    world.save("age", json!(42)).await;
    world.save("city", json!("जयपुर")).await;
    world.save("_summary", json!("By the agent.")).await;
    world.hang_up().await;
    let report = world.report(&json!({ "age": 24, "city": "जयपुर", "severity": 7 }));
    world.brought(&report).await;
    world.sweep().await;
    let record = world.record().await;
    let (age, city) = (&record["answers"]["age"], &record["answers"]["city"]);
    assert_eq!((&age["value"], &age["source"]), (&json!(42), &json!("mcp")));
    assert_eq!(age["conflict"]["value"], 24);
    assert_eq!(age["conflict"]["source"], "post_call");
    assert_eq!(
        (&city["source"], &city["conflict"]),
        (&json!("mcp"), &Value::Null)
    );
    assert_eq!(record["answers"]["severity"]["value"], 7);
    assert_eq!(record["summary"]["value"], "By the agent.");
    assert_eq!(
        record["conversations"][0]["digest"]["summary"],
        "Age collected."
    );
}

#[tokio::test]
async fn a_webhook_that_comes_twice_or_early_is_taken_once() {
    let world = World::start().await;
    // Before the relay's own word of the conversation.
    let mut other = world.report(&json!({ "age": 42 }));
    other["conversation_id"] = json!("conv_2");
    for _ in 0..3 {
        assert_eq!(world.brought(&other).await.0, 200);
    }
    world.sweep().await;
    world.ready("conv_2").await;
    world.hang_up().await;
    let mut changed = other.clone();
    changed["analysis"]["data_collection_results"]["age"]["value"] = json!(24);
    assert_eq!(world.brought(&changed).await.0, 200);
    for _ in 0..3 {
        world.after(MINUTE).await;
    }
    let record = world.record().await;
    let age = &record["answers"]["age"];
    assert_eq!((&age["value"], &age["earlier"]), (&json!(42), &Value::Null));
    let conversations = record["conversations"].as_array().unwrap();
    let ids: Vec<_> = conversations
        .iter()
        .map(|one| &one["conversationId"])
        .collect();
    assert_eq!(
        ids,
        ["conv_1", "conv_2"],
        "the one that was replaced is awaited too"
    );
    assert!(conversations[1]["mergedAt"].is_string());
}

#[tokio::test]
async fn only_the_platform_is_believed() {
    let world = World::start().await;
    let body =
        json!({ "type": "post_call_transcription", "data": world.report(&json!({ "age": 1 })) });
    let body = body.to_string();
    let now = world.app.calls.now();
    let good = signature(SECRET, now, body.as_bytes());
    for signature in [
        String::new(),
        "t=1,v0=00".to_owned(),
        signature("wsec_other", now, body.as_bytes()),
        signature(SECRET, now - 31 * MINUTE, body.as_bytes()),
        signature(SECRET, now + 6 * MINUTE, body.as_bytes()),
        good.replace("v0=", "v1="),
    ] {
        let (status, answer) = world.post(&signature, body.clone()).await;
        assert_eq!(status, 401, "{signature} was taken");
        assert_eq!(answer["error"]["code"], "unauthorized");
    }
    assert_eq!(
        world
            .post(&good, body.replace("1793", "1794") + " ")
            .await
            .0,
        401
    );
    world.sweep().await;
    assert_eq!(world.record().await["answers"], json!({}));
    // Signed, and nothing that we can use: it arrived, so that it is not sent again.
    let unknown = json!({ "conversation_id": "c", "user_id": CallId::from_bytes([9; 16]) });
    for body in [
        json!({ "type": "post_call_transcription", "data": unknown }).to_string(),
        json!({ "type": "post_call_audio", "data": { "full_audio": "" } }).to_string(),
        json!({ "type": "of_tomorrow" }).to_string(),
        "no JSON".to_owned(),
    ] {
        let signature = signature(SECRET, now, body.as_bytes());
        let (status, receipt) = world.post(&signature, body).await;
        assert_eq!((status, &receipt["matched"]), (200, &json!(false)));
    }
    let long = " ".repeat(4 * 1024 * 1024 + 1);
    let signature = signature(SECRET, now, long.as_bytes());
    assert_eq!(world.post(&signature, long).await.0, 413);
}
