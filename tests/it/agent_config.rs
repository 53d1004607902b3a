//! The ElevenLabs side as code: shown, set up, compared, corrected, in a simulated workspace.

mod applied;
mod refused;

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
    assert!(prompt.contains("1. bp: Blood pressure (one whole number in digits, from 50 to 250)"));
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
