//! What a call leaves in its record.

use super::*;

/// However the post-call report comes, or if it never does, the record is whole in the end.
#[tokio::test(flavor = "multi_thread")]
async fn the_post_call_report_completes_the_record_however_it_comes() {
    let hour = Duration::from_secs(3_600);
    let ways = [
        (Posting::Twice, "webhook", vec![Some(200), Some(200)]),
        (Posting::TwoSignatures, "webhook", vec![Some(200)]),
        (
            Posting::Late(Duration::from_secs(1)),
            "webhook",
            vec![Some(200)],
        ),
        (Posting::Never, "fetched", vec![]),
        (Posting::Forged, "fetched", vec![Some(401)]),
        (Posting::Stale(hour), "fetched", vec![Some(401)]),
        (Posting::Early(hour), "fetched", vec![Some(401)]),
    ];
    for way in ways.map(|(posting, source, statuses)| {
        tokio::spawn(assert_completed_by_report(posting, source, statuses))
    }) {
        way.await.unwrap();
    }
}

async fn assert_completed_by_report(posting: Posting, source: &str, statuses: Vec<Option<u16>>) {
    let mut script = short_script().shortened(Duration::from_secs(1));
    script.collects.insert("age".to_owned(), json!(42));
    let callee = Callee::speaking(vec![reply("callee_age_hi")]);
    let mut options = options(script, callee);
    options
        .settings
        .extend(settings([("POST_CALL_WAIT", "4s")]));
    let world = World::start(options).await;
    world.agent().post([posting]);
    let id = world.trigger(NUMBER).await;
    world.ended(&id).await;
    let is_merged = |record: &Value| record["conversations"][0]["mergedAt"].is_string();
    let record = world.wait_until(&id, is_merged).await;
    let answer = &record["answers"]["age"];
    assert_eq!(
        (&answer["value"], &answer["source"]),
        (&json!(42), &json!("post_call"))
    );
    let conversation = &record["conversations"][0];
    assert_eq!(conversation["source"], source, "{posting:?}");
    assert_eq!(
        conversation["digest"]["evaluation"]["goodbye"]["result"],
        "success"
    );
    let all = |agent: &elevenlabs::ConversationRecord| agent.posted.len() == statuses.len();
    let agent = world.agent().wait_until(1, WAIT, all).await.unwrap();
    assert_eq!(agent.posted, statuses, "{posting:?}");
    world.finish().await;
}

#[tokio::test]
async fn what_the_agent_saves_in_a_call_is_in_its_record() {
    let script = Script::new([
        say("agent_age_hi"),
        listen("callee_age_hi"),
        elevenlabs::Step::saves("age", "42"),
        elevenlabs::Step::saves("gender", "?"),
        elevenlabs::Step::EndCall,
    ]);
    let callee = Callee::speaking(vec![reply("callee_age_hi")]);
    let world = World::start(options(script, callee)).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_eq!(record["status"], "completed", "{record:#}");
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["answers"]["age"]["source"], "mcp");
    assert!(record["answers"]["gender"].is_null());
    let conversation = world.agent().conversations().remove(0);
    let results: Vec<_> = conversation
        .mcp_results
        .iter()
        .map(|result| result["result"]["isError"].clone())
        .collect();
    assert_eq!(results, [json!(false), json!(true)]);
    world.finish().await;
}
