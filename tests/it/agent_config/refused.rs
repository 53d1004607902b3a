//! Mistakes of the user and refusals of the platform.

use super::*;

/// Arguments, variables, and what the error must say.
type Mistake = (
    &'static [&'static str],
    &'static [(&'static str, &'static str)],
    &'static str,
);

const MISTAKES: &[Mistake] = &[
    (
        &["--apply"],
        &[("ELEVENLABS_API_KEY", "")],
        "ELEVENLABS_API_KEY: is not set",
    ),
    (
        &["--check"],
        &[("ELEVENLABS_API_KEY", "wrong")],
        "refused the key with status 401",
    ),
    (
        &["--apply"],
        &[("ELEVENLABS_AGENT_ID", "agent_gone")],
        "ELEVENLABS_AGENT_ID: the workspace has no agent agent_gone",
    ),
    (
        &["--check"],
        &[("ELEVENLABS_API_URL", "http://elevenlabs.example.org")],
        "ELEVENLABS_API_URL: expected an address such as https://",
    ),
    (
        &["--apply", "--name", "twice"],
        &[],
        "several agents are called twice",
    ),
    (
        &["--url", "http://api.example.org"],
        &[],
        "expected an address such as https://",
    ),
    (
        &["--url", "https://a.example.org?x=1"],
        &[],
        "without user, query and fragment",
    ),
    (&["--apply", "--check"], &[], "cannot be used with"),
    (
        &["--zero-retention", "--tools", "mcp"],
        &[],
        "no MCP with --zero-retention",
    ),
    (
        &[],
        &[("QUESTIONNAIRE", "[]")],
        "QUESTIONNAIRE: expected a JSON list",
    ),
    (
        &[],
        &[("MAX_CALL_DURATION", "15")],
        "MAX_CALL_DURATION: expected a duration",
    ),
];

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::start().await;
    let named = json!({ "name": "twice", "conversation_config": {} });
    for _ in 0..2 {
        world
            .by_hand("POST", "/v1/convai/agents/create", &named)
            .await;
    }
    for (arguments, variables, expected) in MISTAKES {
        let before = world.sim.workspace_writes().len();
        let error = world
            .run_with(arguments, variables)
            .await
            .ended
            .unwrap_err();
        assert!(
            error.contains(expected),
            "{arguments:?} {variables:?}: {error}"
        );
        assert_eq!(world.sim.workspace_writes().len(), before);
    }
}

#[tokio::test]
async fn what_the_platform_refuses_is_passed_on() {
    let world = World::start().await;
    let settled = world.run(&["--check"]).await;
    assert_eq!(settled.ended, Ok(Outcome::Differs));
    let duration = [("MAX_CALL_DURATION", "10h")];
    let ran = world.run_with(&["--apply"], &duration).await;
    assert_eq!(
        ran.ended,
        Ok(Outcome::Done),
        "longer than the platform takes is brought into bounds"
    );

    world.sim.fail_rest([RestFault::Status(429)]);
    let error = world.run(&["--check"]).await.ended.unwrap_err();
    assert!(
        error.contains("unavailable") && error.contains("429"),
        "{error}"
    );
    world.sim.fail_rest([RestFault::Garbage]);
    let error = world.run(&["--check"]).await.ended.unwrap_err();
    assert!(error.contains("unreadable answer"), "{error}");
    world.sim.fail_rest([RestFault::Status(422)]);
    let error = world.run(&["--check"]).await.ended.unwrap_err();
    assert!(error.contains("Field required"), "{error}");
}
