//! Whole calls: CRM, functions, carrier, relay, agent and database, all running.

mod accounts;
mod audio;
mod cases;
mod ends;
mod record;
mod rings;

use crate::{privacy, support::patient};
use local::system::{LOCAL_KEY, Options, System};
use serde_json::{Value, json};
use simulators::{
    elevenlabs::{self, Behaviour, Failure, Posting, Say, Script, Speaker},
    knowlarity::{self, Callee, Dial, EndedBy, Framing, Variant, WebhookStyle},
    speech::{find, line},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Longest wait for a call to end.
const WAIT: Duration = Duration::from_secs(60);

/// Pause between two looks at a call.
const LOOK: Duration = Duration::from_millis(50);

const NUMBER: &str = "+911234567890";

fn pcm(id: &str) -> Arc<[i16]> {
    line(id).pcm
}

fn say(id: &str) -> elevenlabs::Step {
    elevenlabs::Step::say(id)
}

fn listen(id: &str) -> elevenlabs::Step {
    elevenlabs::Step::listen(id)
}

fn reply(id: &str) -> knowlarity::Step {
    knowlarity::Step::Reply(pcm(id))
}

/// Greets, hears one answer, says goodbye with the goodbye still queued, ends the call.
fn short_script() -> Script {
    let goodbye = Say::from(line("agent_goodbye_hi")).without_waiting();
    Script::new([
        say("agent_age_hi"),
        listen("callee_age_hi"),
        elevenlabs::Step::Say(goodbye),
        elevenlabs::Step::EndCall,
    ])
}

pub(crate) fn settings<const N: usize>(named: [(&str, &str); N]) -> HashMap<String, String> {
    HashMap::from(named.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// Fast retries, so that four attempts take seconds.
fn options(script: Script, callee: Callee) -> Options {
    Options {
        settings: settings([
            ("RETRY_BUSY", "1s"),
            ("RETRY_NO_ANSWER", "1s"),
            ("RETRY_AGENT_UNAVAILABLE", "1s"),
            ("RETRY_CONNECTION_LOST", "1s"),
        ]),
        elevenlabs: elevenlabs::Settings::with_script(script),
        knowlarity: knowlarity::Settings {
            callee,
            ..knowlarity::Settings::default()
        },
        ..Options::default()
    }
}

pub(crate) fn short_call() -> Options {
    options(
        short_script(),
        Callee::speaking(vec![reply("callee_age_hi")]),
    )
}

/// A running system and the client that asks it.
pub(crate) struct World {
    pub(crate) system: System,
    client: reqwest::Client,
}

impl World {
    pub(crate) async fn start(options: Options) -> Self {
        privacy::watch();
        let system = System::start(options).await.unwrap();
        Self {
            system,
            client: reqwest::Client::new(),
        }
    }

    pub(crate) fn carrier(&self) -> &knowlarity::Sim {
        self.system.knowlarity.as_ref().unwrap()
    }

    pub(crate) fn agent(&self) -> &elevenlabs::Sim {
        self.system.elevenlabs.as_ref().unwrap()
    }

    async fn trigger(&self, number: &str) -> String {
        self.place(&patient(number)).await
    }

    /// Places the call of this body.
    pub(crate) async fn place(&self, body: &Value) -> String {
        let url = format!("{}/api/outbound-call", self.system.api_url);
        let request = self
            .client
            .post(url)
            .header("x-api-key", LOCAL_KEY)
            .json(body);
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 202);
        let reply: Value = reply.json().await.unwrap();
        reply["sessionId"].as_str().unwrap().to_owned()
    }

    async fn record(&self, id: &str) -> Value {
        let url = format!("{}/api/outbound-call/{id}", self.system.api_url);
        let request = self.client.get(url).header("x-api-key", LOCAL_KEY);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn wait_until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let record = self.record(id).await;
                if is_so(&record) {
                    return record;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let found = tokio::time::timeout(WAIT, look).await;
        match found {
            Ok(record) => record,
            Err(_) => panic!("still {}", self.record(id).await),
        }
    }

    pub(crate) async fn ended(&self, id: &str) -> Value {
        self.wait_until(id, |record| {
            matches!(record["status"].as_str(), Some("completed" | "failed"))
        })
        .await
    }

    /// Ends the test: no channel is left taken, and nobody broke a protocol.
    pub(crate) async fn finish(self) {
        assert_eq!(self.system.calls.store.channels_in_use().await.unwrap(), 0);
        for call in self.carrier().calls() {
            assert_eq!(call.violations, Vec::<String>::new());
        }
        for conversation in self.agent().conversations() {
            assert_eq!(conversation.violations, Vec::<String>::new());
        }
        self.system.stop().await.unwrap();
    }
}

#[track_caller]
fn assert_ended(record: &Value, status: &str, cause: &str, outcomes: &[&str]) {
    assert_eq!(
        (&record["status"], &record["cause"]),
        (&json!(status), &json!(cause)),
        "{:#}",
        record["timeline"]
    );
    let attempts = record["attempts"].as_array().unwrap().iter();
    let found: Vec<_> = attempts
        .map(|a| a["outcome"].as_str().unwrap_or("none"))
        .collect();
    assert_eq!(found, outcomes, "{:#}", record["timeline"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stream_is_attached_again_and_the_conversation_goes_on() {
    let callee = Callee::speaking(vec![
        reply("callee_haan_hi"),
        knowlarity::Step::DropSocket,
        knowlarity::Step::Reconnect(Duration::from_millis(700)),
        reply("callee_age_hi"),
    ]);
    let script = Script::new([
        say("agent_greeting_hi"),
        listen("callee_haan_hi"),
        say("agent_age_hi"),
        listen("callee_age_hi"),
        say("agent_goodbye_hi"),
        elevenlabs::Step::EndCall,
    ]);
    let world = World::start(options(script, callee)).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let states: Vec<_> = record["timeline"].as_array().unwrap().iter().collect();
    let events: Vec<_> = states
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let lost = events
        .iter()
        .position(|event| *event == "stream_lost")
        .unwrap();
    assert_eq!(states[lost]["to"], "disconnected");
    assert_eq!(
        (events[lost + 1], &states[lost + 1]["to"]),
        ("stream_opened", &json!("active"))
    );
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.streams, call.refused.len()), (2, 0));
    assert_eq!(world.agent().conversations().len(), 1);
    world.finish().await;
}
