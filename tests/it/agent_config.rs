//! The ElevenLabs side as code: shown, set up, compared, corrected, in a simulated workspace.

use agent_setup::{CLIENT_EVENTS, differences};
use clap::Parser;
use elevenlabs::message::{AgentMessage, parse};
use elevenlabs::{ElevenLabs, ElevenLabsConfig};
use local::agent_config::{Arguments, Outcome, run};
use serde_json::{Value, json};
use settings::Env;
use simulators::elevenlabs::{RestFault, Settings, Sim, WorkspaceWrite};
use std::{collections::HashMap, time::Duration};

const URL: &str = "https://api.example.org";

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    arguments: Arguments,
}

/// One run of the command: how it ended, or why not, and what it printed.
struct Ran {
    ended: Result<Outcome, String>,
    printed: String,
}

/// Runs the command with arguments and variables, as the binary does.
async fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
    let line = Line::try_parse_from(["agent-config"].iter().chain(arguments));
    let line = match line {
        Ok(line) => line,
        Err(error) => {
            return Ran {
                ended: Err(error.to_string()),
                printed: String::new(),
            };
        }
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let variables: HashMap<String, String> = variables.iter().map(owned).collect();
    let env = Env::from_reader(move |name| variables.get(name).cloned());
    let mut printed = Vec::new();
    let ended = run(&line.arguments, &env, &mut printed).await;
    Ran {
        ended: ended.map_err(|error| format!("{error:#}")),
        printed: String::from_utf8(printed).unwrap(),
    }
}

struct World {
    sim: Sim,
    http: reqwest::Client,
}

impl World {
    async fn start() -> Self {
        Self {
            sim: Sim::start(Settings::default()).await.unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[]).await
    }

    async fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let (url, key) = (self.sim.base_url(), self.sim.api_key().to_owned());
        let mut all = vec![
            ("ELEVENLABS_API_URL", url.as_str()),
            ("ELEVENLABS_API_KEY", key.as_str()),
        ];
        all.extend(variables);
        let url: &[&str] = if arguments.contains(&"--url") {
            &[]
        } else {
            &["--url", URL]
        };
        command(&[url, arguments].concat(), &all).await
    }

    /// Applies, which must succeed; returns what was printed and written.
    async fn apply(&self, arguments: &[&str]) -> (String, Vec<WorkspaceWrite>) {
        let before = self.sim.workspace_writes().len();
        let ran = self.run(&[&["--apply"], arguments].concat()).await;
        assert_eq!(ran.ended, Ok(Outcome::Done), "{}", ran.printed);
        (ran.printed, self.sim.workspace_writes().split_off(before))
    }

    /// What somebody does in the platform's console.
    async fn by_hand(&self, method: &str, path: &str, body: &Value) -> Value {
        let request = self
            .http
            .request(method.parse().unwrap(), self.sim.base_url() + path)
            .header("xi-api-key", self.sim.api_key());
        let request = if body.is_null() {
            request
        } else {
            request.json(body)
        };
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {body}");
        body
    }

    async fn agent(&self, id: &str) -> Value {
        let path = format!("/v1/convai/agents/{id}");
        self.by_hand("GET", &path, &Value::Null).await
    }
}

fn requests(writes: &[WorkspaceWrite]) -> Vec<&str> {
    writes.iter().map(|write| write.request.as_str()).collect()
}

/// The value printed behind `NAME=`.
fn setting(printed: &str, name: &str) -> Option<String> {
    let after = printed.split(&format!("{name}=")).nth(1)?;
    after.split_whitespace().next().map(str::to_owned)
}

#[tokio::test]
async fn what_would_be_set_up_is_printed_without_a_key() {
    let ran = command(&["--url", URL], &[]).await;
    assert_eq!(ran.ended, Ok(Outcome::Done));
    let printed: Value = serde_json::from_str(&ran.printed).unwrap();
    insta::assert_json_snapshot!("agent_config", printed);

    let arguments = ["--url", URL, "--zero-retention"];
    let printed = command(&arguments, &[]).await.printed;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    insta::assert_json_snapshot!("agent_config_webhook_tools", printed["tools"]);
    assert_eq!(printed["mcp_server"], Value::Null);
    let settings = &printed["agent"]["platform_settings"];
    assert_eq!(settings["privacy"]["zero_retention_mode"], true);
}

#[tokio::test]
async fn the_agent_follows_the_settings() {
    let questionnaire =
        r#"[{"name":"bp","kind":"integer","min":50,"max":250,"description":"Blood pressure"}]"#;
    let variables = [
        ("QUESTIONNAIRE", questionnaire),
        ("MAX_CALL_DURATION", "5m"),
    ];
    let arguments = [
        "--url", URL, "--tools", "client", "--voice", "voice_x", "--llm", "model_x",
    ];
    let printed = command(&arguments, &variables).await.printed;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let config = &printed["agent"]["conversation_config"];
    assert_eq!(config["conversation"]["max_duration_seconds"], 300);
    assert_eq!(config["tts"]["voice_id"], "voice_x");
    assert_eq!(config["agent"]["prompt"]["llm"], "model_x");
    let prompt = config["agent"]["prompt"]["prompt"].as_str().unwrap();
    assert!(prompt.contains("1. bp: Blood pressure (one whole number from 50 to 250)"));
    assert!(!prompt.contains("{questions}"));
    let collected = &printed["agent"]["platform_settings"]["data_collection"];
    assert_eq!(collected["bp"]["type"], "integer");
    assert_eq!(collected.as_object().unwrap().len(), 1);
    let kinds = printed["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| &tool["type"]);
    assert_eq!(kinds.filter(|kind| *kind == "client").count(), 7);
}

#[tokio::test]
async fn every_variable_that_the_prompt_uses_is_sent_by_the_relay() {
    let printed = command(&["--url", URL], &[]).await.printed;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let agent = &printed["agent"]["conversation_config"]["agent"];
    let request = json!({
        "id": "07070707-0707-0707-0707-070707070707",
        "patient": { "name": "x", "phoneNumber": "+911234567890" },
    });
    let request = serde_json::from_value(request).unwrap();
    let start =
        elevenlabs::ConversationStart::new(&request, 1, None).with_answer_token("token".to_owned());
    let sent: Vec<&String> = start.dynamic_variables.keys().collect();
    let placeholders = &agent["dynamic_variables"]["dynamic_variable_placeholders"];
    let placeholders: Vec<&String> = placeholders.as_object().unwrap().keys().collect();
    assert_eq!(placeholders, sent);
    let texts = [&agent["prompt"]["prompt"], &agent["first_message"]];
    for text in texts.map(|text| text.as_str().unwrap()) {
        for name in text
            .split("{{")
            .skip(1)
            .map(|rest| rest.split("}}").next().unwrap())
        {
            assert!(sent.iter().any(|sent| *sent == name), "{name} is not sent");
            assert!(
                !name.starts_with("secret__"),
                "the model must not see {name}"
            );
        }
    }
}

#[test]
fn the_relay_reads_every_event_that_it_asks_for() {
    for event in CLIENT_EVENTS {
        let message = parse(&json!({ "type": event }).to_string());
        // An empty tool response is read, and means nothing.
        let is_read = event == "agent_tool_response"
            || ![AgentMessage::Ignored, AgentMessage::Unknown].contains(&message);
        assert!(is_read, "the relay ignores {event}");
    }
}

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

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::start().await;
    let named = json!({ "name": "twice", "conversation_config": {} });
    for _ in 0..2 {
        world
            .by_hand("POST", "/v1/convai/agents/create", &named)
            .await;
    }
    for (arguments, variables, expected) in [
        (
            vec!["--apply"],
            vec![("ELEVENLABS_API_KEY", "")],
            "ELEVENLABS_API_KEY: is not set",
        ),
        (
            vec!["--check"],
            vec![("ELEVENLABS_API_KEY", "wrong")],
            "refused the key with status 401",
        ),
        (
            vec!["--apply"],
            vec![("ELEVENLABS_AGENT_ID", "agent_gone")],
            "ELEVENLABS_AGENT_ID: the workspace has no agent agent_gone",
        ),
        (
            vec!["--check"],
            vec![("ELEVENLABS_API_URL", "http://elevenlabs.example.org")],
            "ELEVENLABS_API_URL: expected an address such as https://",
        ),
        (
            vec!["--apply", "--name", "twice"],
            vec![],
            "several agents are called twice",
        ),
        (
            vec!["--url", "http://api.example.org"],
            vec![],
            "expected an address such as https://",
        ),
        (
            vec!["--url", "https://a.example.org?x=1"],
            vec![],
            "without user, query and fragment",
        ),
        (vec!["--apply", "--check"], vec![], "cannot be used with"),
        (
            vec!["--zero-retention", "--tools", "mcp"],
            vec![],
            "no MCP with --zero-retention",
        ),
        (
            vec![],
            vec![("QUESTIONNAIRE", "[]")],
            "QUESTIONNAIRE: expected a JSON list",
        ),
        (
            vec![],
            vec![("MAX_CALL_DURATION", "15")],
            "MAX_CALL_DURATION: expected a duration",
        ),
    ] {
        let before = world.sim.workspace_writes().len();
        let error = world
            .run_with(&arguments, &variables)
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

#[test]
fn only_wanted_fields_are_compared_and_by_meaning() {
    let wanted = json!({
        "n": 900, "none": [], "set": ["a", "b"], "secret__x": "shown",
        "by_id": [{ "id": "one", "goal": "x" }, { "id": "two", "goal": "y" }],
    });
    let same = json!({
        "n": 900.0, "none": null, "set": ["b", "a"], "secret__x": "****", "more": 1,
        "by_id": [{ "id": "two", "goal": "y", "more": 1 }, { "id": "one", "goal": "x" }],
    });
    assert_eq!(differences("it", &wanted, Some(&same)), []);
    let other = json!({
        "n": 901, "none": ["x"], "set": ["a"],
        "by_id": [{ "id": "one", "goal": "z" }, { "id": "three", "goal": "y" }],
    });
    let lines: Vec<String> = differences("it", &wanted, Some(&other))
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        lines,
        [
            r#"it.by_id[one].goal: expected "x" / found "z""#,
            r#"it.by_id[two]: expected {"goal":"y","id":"two"} / found nothing"#,
            r#"it.by_id[three]: expected nothing / found {"goal":"y","id":"three"}"#,
            "it.n: expected 900 / found 901",
            r#"it.none: expected [] / found ["x"]"#,
            r#"it.secret__x: expected "shown" / found nothing"#,
            r#"it.set: expected ["a","b"] / found ["a"]"#,
        ]
    );
    let long = |end: &str| json!("क".repeat(300) + end);
    let lines = differences("it", &long("a"), Some(&long("b")))[0].to_string();
    assert!(
        lines.contains("कa\" / found") && lines.ends_with("कb\""),
        "{lines}"
    );
    assert!(lines.chars().count() < 200, "{lines}");
}
