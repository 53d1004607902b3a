//! Reports that the sweep asks for, because no webhook came.

use super::*;
use crate::template::fires;
use logging::metrics::Noted;

#[tokio::test]
async fn a_conversation_whose_webhook_never_comes_is_asked_for() {
    let world = World::start().await;
    world.platform.says(Ok(world.report(&json!({ "age": 42 }))));
    // Nobody asks while they talk, nor at once afterwards.
    for _ in 0..6 {
        world.after(MINUTE).await;
        world
            .apply(CallEvent::Heartbeat {
                attempt: 1,
                stream: 1,
                voice: call::Voice::Nobody,
            })
            .await;
    }
    world.hang_up().await;
    world.after(4 * MINUTE).await;
    assert_eq!(world.platform.asked(), 0);
    world.after(MINUTE).await;
    assert_eq!(world.platform.asked(), 1);
    world.after(Duration::from_secs(1)).await;
    let record = world.record().await;
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["conversations"][0]["source"], "fetched");
}

#[tokio::test]
async fn a_platform_in_trouble_is_asked_again_with_patience_and_not_for_ever() {
    let (noted, _guard) = Noted::start();
    let world = World::start().await;
    world.hang_up().await;
    let mut unfinished = world.report(&json!({ "age": 42 }));
    unfinished["status"] = json!("processing");
    let mut another = world.report(&json!({ "age": 42 }));
    another["conversation_id"] = json!("conv_9");
    let troubles = [
        Ok(unfinished),
        Err(AgentError::Refused(404)),
        Err(AgentError::Unavailable),
        Err(AgentError::Refused(401)),
        Ok(another),
        Ok(json!([])),
    ];
    for trouble in troubles {
        world.platform.says(trouble);
        world.after(3 * 60 * MINUTE).await;
        assert_eq!(world.platform.asked(), 1);
    }
    for _ in 0..300 {
        world.after(6 * MINUTE).await;
    }
    assert!((1..4).contains(&world.platform.asked()));
    fires("ConversationsMissingAlarm", &noted);
    let record = world.record().await;
    assert!(record["conversations"][0]["missingAt"].is_string());
    assert_eq!(record["dataComplete"], false);
    // It is taken all the same when it comes.
    world.brought(&world.report(&json!({ "age": 42 }))).await;
    world.sweep().await;
    let record = world.record().await;
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["conversations"][0]["missingAt"], Value::Null);
}
