//! What is written to a workspace.

use super::*;

#[tokio::test]
async fn an_empty_workspace_is_set_up_and_a_second_time_nothing_is_written() {
    let world = World::start().await;
    let missing = world.run(&["--check"]).await;
    assert_eq!(missing.ended, Ok(Outcome::Differs));
    assert!(
        missing
            .printed
            .contains("agent: expected \"outbound-call\" / found nothing")
    );

    let (printed, writes) = world.apply(&[]).await;
    let made = requests(&writes);
    let created = made.iter().filter(|request| request.starts_with("POST"));
    assert_eq!(created.count(), 1 + 1 + 3 + 1, "{made:?}");
    let retries = writes
        .iter()
        .find(|write| write.request.starts_with("PATCH"));
    assert_eq!(retries.unwrap().body["retry_enabled"], true);
    let agent = setting(&printed, "ELEVENLABS_AGENT_ID").unwrap();
    assert!(
        setting(&printed, "ELEVENLABS_WEBHOOK_SECRET")
            .unwrap()
            .starts_with("wsec_")
    );

    let (printed, writes) = world.apply(&[]).await;
    assert_eq!(requests(&writes), Vec::<&str>::new());
    assert_eq!(printed.matches("unchanged").count(), 6, "{printed}");
    assert_eq!(
        setting(&printed, "ELEVENLABS_AGENT_ID").as_ref(),
        Some(&agent)
    );
    assert_eq!(setting(&printed, "ELEVENLABS_WEBHOOK_SECRET"), None);
    assert_eq!(world.run(&["--check"]).await.ended, Ok(Outcome::Done));

    let (url, key, id) = (
        world.sim.base_url(),
        world.sim.api_key().to_owned(),
        agent.clone(),
    );
    let env = Env::from_reader(move |name| match name {
        "ELEVENLABS_API_URL" => Some(url.clone()),
        "ELEVENLABS_API_KEY" => Some(key.clone()),
        "ELEVENLABS_AGENT_ID" => Some(id.clone()),
        _ => None,
    });
    let client = ElevenLabs::new(ElevenLabsConfig::from_env(&env).unwrap()).unwrap();
    assert!(
        client.signed_url(&agent).await.is_ok(),
        "the agent can be talked to"
    );
}

#[tokio::test]
async fn what_somebody_changed_is_named_and_corrected_and_the_rest_left_alone() {
    let world = World::start().await;
    let (printed, _) = world.apply(&[]).await;
    let id = setting(&printed, "ELEVENLABS_AGENT_ID").unwrap();
    let path = format!("/v1/convai/agents/{id}");
    let edit = json!({ "conversation_config": {
        "agent": { "prompt": { "prompt": "Sell something.", "llm": "model_of_the_user" } },
        "tts": { "voice_id": "voice_of_the_user" },
    }, "platform_settings": { "auth": { "enable_auth": false } } });
    world.by_hand("PATCH", &path, &edit).await;

    let checked = world.run(&["--check"]).await;
    assert_eq!(checked.ended, Ok(Outcome::Differs));
    let paths: Vec<&str> = checked
        .printed
        .lines()
        .map(|line| line.split(": ").next().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "agent.conversation_config.agent.prompt.prompt",
            "agent.platform_settings.auth.enable_auth",
            "2 different; --apply corrects it",
        ]
    );
    assert!(
        checked
            .printed
            .contains("enable_auth: expected true / found false")
    );
    assert!(checked.printed.contains("/ found \"Sell something.\""));

    let (_, writes) = world.apply(&[]).await;
    assert_eq!(requests(&writes), [format!("PATCH {path}")]);
    assert_eq!(world.run(&["--check"]).await.ended, Ok(Outcome::Done));
    let config = &world.agent(&id).await["conversation_config"];
    assert_eq!(config["tts"]["voice_id"], "voice_of_the_user");
    assert_eq!(config["agent"]["prompt"]["llm"], "model_of_the_user");
}

#[tokio::test]
async fn a_changed_tool_server_or_webhook_is_corrected_in_place() {
    let world = World::start().await;
    world.apply(&[]).await;
    let tools = world.by_hand("GET", "/v1/convai/tools", &Value::Null).await;
    let mut tool = tools["tools"][0].clone();
    tool["tool_config"]["description"] = "Something else.".into();
    let tool_path = format!("/v1/convai/tools/{}", tool["id"].as_str().unwrap());
    world.by_hand("PATCH", &tool_path, &tool).await;
    let servers = world
        .by_hand("GET", "/v1/convai/mcp-servers", &Value::Null)
        .await;
    let server = servers["mcp_servers"][0]["id"].as_str().unwrap();
    let server_path = format!("/v1/convai/mcp-servers/{server}");
    let asks = json!({ "approval_policy": "require_approval_all" });
    world.by_hand("PATCH", &server_path, &asks).await;
    let webhooks = world
        .by_hand("GET", "/v1/workspace/webhooks", &Value::Null)
        .await;
    let webhook = webhooks["webhooks"][0]["webhook_id"].as_str().unwrap();
    let webhook_path = format!("/v1/workspace/webhooks/{webhook}");
    let off = json!({ "name": "outbound-call", "is_disabled": true });
    world.by_hand("PATCH", &webhook_path, &off).await;

    let (_, writes) = world.apply(&[]).await;
    let expected = [webhook_path, server_path, tool_path].map(|path| format!("PATCH {path}"));
    assert_eq!(requests(&writes), expected);
    assert_eq!(world.run(&["--check"]).await.ended, Ok(Outcome::Done));
}

#[tokio::test]
async fn the_tools_move_from_mcp_to_webhooks_and_back() {
    let world = World::start().await;
    let (printed, _) = world.apply(&[]).await;
    let id = setting(&printed, "ELEVENLABS_AGENT_ID").unwrap();
    world.apply(&["--zero-retention"]).await;
    let agent = world.agent(&id).await;
    let prompt = &agent["conversation_config"]["agent"]["prompt"];
    assert_eq!(prompt["mcp_server_ids"], json!([]));
    assert_eq!(prompt["tool_ids"].as_array().unwrap().len(), 7);
    let privacy = &agent["platform_settings"]["privacy"];
    assert_eq!(privacy["zero_retention_mode"], true);
    assert_eq!(world.run(&["--check"]).await.ended, Ok(Outcome::Differs));
    assert_eq!(
        world.run(&["--check", "--zero-retention"]).await.ended,
        Ok(Outcome::Done)
    );
    // Another agent of the same workspace neither takes nor changes what this one has.
    let (_, writes) = world
        .apply(&["--name", "staging", "--tools", "client"])
        .await;
    let made = requests(&writes);
    assert!(
        !made.iter().any(|request| request.contains(&id)),
        "{made:?}"
    );
    assert_eq!(
        world.run(&["--check", "--zero-retention"]).await.ended,
        Ok(Outcome::Done)
    );
}

#[tokio::test]
async fn a_new_address_gets_a_new_server_and_a_new_webhook() {
    let world = World::start().await;
    let (printed, _) = world.apply(&[]).await;
    let id = setting(&printed, "ELEVENLABS_AGENT_ID").unwrap();
    let before = world.agent(&id).await;
    let (printed, writes) = world
        .apply(&["--url", "https://new.example.org/base/"])
        .await;
    assert!(setting(&printed, "ELEVENLABS_WEBHOOK_SECRET").is_some());
    let server = writes
        .iter()
        .find(|write| write.request == "POST /v1/convai/mcp-servers");
    assert_eq!(
        server.unwrap().body["config"]["url"],
        "https://new.example.org/base/mcp"
    );
    let after = world.agent(&id).await;
    for pointer in [
        "/conversation_config/agent/prompt/mcp_server_ids",
        "/platform_settings/workspace_overrides/webhooks/post_call_webhook_id",
    ] {
        assert_ne!(
            before.pointer(pointer).unwrap(),
            after.pointer(pointer).unwrap(),
            "{pointer}"
        );
    }
    let new = ["--check", "--url", "https://new.example.org/base"];
    assert_eq!(world.run(&new).await.ended, Ok(Outcome::Done));
}

#[tokio::test]
async fn an_agent_made_by_hand_is_taken_over_by_its_id() {
    let world = World::start().await;
    let by_hand = json!({ "name": "My agent", "conversation_config": {} });
    let made = world
        .by_hand("POST", "/v1/convai/agents/create", &by_hand)
        .await;
    let id = made["agent_id"].as_str().unwrap();
    let ran = world
        .run_with(&["--apply"], &[("ELEVENLABS_AGENT_ID", id)])
        .await;
    assert_eq!(ran.ended, Ok(Outcome::Done), "{}", ran.printed);
    assert!(
        ran.printed
            .contains("agent.name: expected \"outbound-call\" / found \"My agent\"")
    );
    assert_eq!(
        world.agent(id).await["conversation_config"]["agent"]["language"],
        "hi"
    );
    let ran = world
        .run_with(&["--check"], &[("ELEVENLABS_AGENT_ID", id)])
        .await;
    assert_eq!(ran.ended, Ok(Outcome::Done), "{}", ran.printed);
}

#[tokio::test]
async fn a_failure_in_the_middle_loses_no_key_and_is_taken_up_again() {
    let world = World::start().await;
    let reference = World::start().await;
    reference.apply(&[]).await;
    let all = reference.sim.rest_requests();
    let create = all
        .iter()
        .position(|request| request.target.ends_with("/agents/create"));
    let wait = RestFault::Delay(Duration::ZERO);
    world.sim.fail_rest(vec![wait; create.unwrap()]);
    world.sim.fail_rest([RestFault::Status(500)]);

    let ran = world.run(&["--apply"]).await;
    let error = ran.ended.unwrap_err();
    assert!(
        error.starts_with("agent: ") && error.contains("unavailable"),
        "{error}"
    );
    assert!(
        setting(&ran.printed, "ELEVENLABS_WEBHOOK_SECRET").is_some(),
        "{}",
        ran.printed
    );

    let (_, writes) = world.apply(&[]).await;
    assert_eq!(requests(&writes), ["POST /v1/convai/agents/create"]);
}
