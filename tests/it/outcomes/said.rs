//! What an outcome says, and to whom.

use super::*;
use store::clock::SystemClock;

fn without_metadata(data: &Value) -> Value {
    let mut data = data.clone();
    let metadata = data.as_object_mut().unwrap().remove("metadata");
    assert!(metadata.is_some(), "{data}");
    data
}

#[tokio::test]
async fn each_outcome_is_told_to_the_crm_and_to_the_operator() {
    let world = World::start(&[]).await;
    world.dials([Dial::Busy, Dial::Rejected]);
    let id = world.call().await;
    let delivered = world.callback.wait_for(2, SOON).await;
    let monitored = world.monitoring.wait_for(2, SOON).await;
    assert_eq!(kinds(&delivered), ["call.attempt_ended", "call.failed"]);
    let (first, last) = (delivered[0].json(), delivered[1].json());
    let data = |n: u8, seq: &Value, status: &str| {
        json!({
            "sessionId": id, "sequence": seq, "status": status, "attempt": n,
            "patientId": "patient_123", "metadata": { "campaign": "june" },
        })
    };
    let mut expected = data(1, &first["data"]["sequence"], "initiating");
    expected["outcome"] = json!("busy");
    assert_eq!(first["data"], expected);
    let mut expected = data(2, &last["data"]["sequence"], "failed");
    expected["outcome"] = json!("refused");
    expected["refusalReason"] = json!("rejected");
    expected["cause"] = json!("rejected");
    // The CRM's own data is the CRM's alone.
    assert_eq!(monitored[1].json()["data"], without_metadata(&expected));
    // The end is delivered to the CRM with what was collected: here nothing.
    for (part, nothing) in [("answers", json!({})), ("dataComplete", json!(false))] {
        expected[part] = nothing;
    }
    for part in ["conversations", "transcript"] {
        expected[part] = json!([]);
    }
    assert_eq!(last["data"], expected);
    assert!(first["data"]["sequence"].as_u64() < last["data"]["sequence"].as_u64());

    assert_eq!(
        monitored[0].json()["data"],
        without_metadata(&first["data"])
    );
    for (at_crm, at_operator) in delivered.iter().zip(&monitored) {
        assert_eq!(at_crm.path, "/outcomes");
        assert_eq!(at_operator.path, "/hook?tenant=7");
        assert_eq!(at_crm.content_type, "application/json");
        assert_eq!(at_crm.id, at_operator.id);
        assert!(at_crm.is_signed_with(&world.key) && at_operator.is_signed_with(&world.key));
        assert!(!at_crm.is_signed_with(&draw_signing_key()));
        let now = u64::try_from(SystemClock.now().as_secs()).unwrap();
        assert!(at_crm.is_fresh(now) && at_operator.is_fresh(now));
    }
    assert_ne!(delivered[0].id, delivered[1].id);
    let events = world.events(&id, |events| {
        events.len() == 4 && events.iter().all(|e| e["deliveredAt"].is_string())
    });
    assert!(events.await.iter().all(|event| event["tries"] == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_told_as_its_line_in_the_timeline() {
    let world = World::start(&[]).await;
    let id = world.call().await;
    let delivered = world.callback.wait_for(1, CALL).await;
    let record = world.record(&id).await;
    let mut lines = record["timeline"].as_array().unwrap().iter();
    let end = lines.rfind(|line| line["cause"].is_string()).unwrap();
    let expected = json!({
        "type": "call.completed", "timestamp": end["at"],
        "data": {
            "sessionId": id, "sequence": end["sequence"], "status": "completed", "attempt": 1,
            "outcome": "answered", "cause": "agent_ended",
            "patientId": "patient_123", "metadata": { "campaign": "june" },
        },
    });
    let monitored = world.monitoring.wait_for(1, CALL).await;
    let heard = monitored[0].json();
    assert_eq!(heard["data"], without_metadata(&expected["data"]));
    assert_eq!(
        [&heard["type"], &heard["timestamp"]],
        [&expected["type"], &expected["timestamp"]]
    );
    let mut expected = expected;
    for part in ["answers", "dataComplete", "transcript"] {
        expected["data"][part] = record[part].clone();
    }
    assert!(!record["transcript"].as_array().unwrap().is_empty());
    let mut delivered = delivered[0].json();
    // The post-call report comes when it comes: before this event, or after it.
    let conversations = delivered["data"]
        .as_object_mut()
        .unwrap()
        .remove("conversations");
    let conversation = &conversations.unwrap()[0]["conversationId"];
    assert!(conversation.is_string());
    assert_eq!(conversation, &record["conversations"][0]["conversationId"]);
    assert_eq!(delivered, expected);
    let is_delivered = |events: &[Value]| events.iter().all(|e| e["deliveredAt"].is_string());
    let events = world.events(&id, is_delivered).await;
    let of_end = events.iter().filter(|e| e["sequence"] == end["sequence"]);
    assert_eq!(of_end.clone().count(), 2);
    for event in of_end {
        let found = (&event["sequence"], &event["queuedAt"], &event["tries"]);
        assert_eq!(found, (&end["sequence"], &end["at"], &json!(1)));
        assert!(event.get("parkedAt").is_none() && event.get("lastProblem").is_none());
    }
    let delivered = world.callback.wait_for(2, CALL).await;
    let updated = delivered[1].json();
    assert_eq!(updated["type"], "call.updated");
    let record = world.record(&id).await;
    assert!(record["conversations"][0]["mergedAt"].is_string());
    for part in ["answers", "summary", "conversations", "transcript"] {
        assert_eq!(updated["data"][part], record[part], "{part}");
    }
    assert_eq!(
        record["timeline"].as_array().unwrap().last().unwrap()["event"],
        "post_call_report_read"
    );
    assert_eq!(world.monitoring.notices().len(), 1);
}
