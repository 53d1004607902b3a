//! Conversations that are ready to be held.

use std::time::Duration;

use serde_json::{Map, json};

use super::{Say, Script, Step};
use crate::elevenlabs::behaviour::Failure;
use crate::speech::line;

impl Script {
    /// A conversation that needs no callee: a word, a client tool, an interruption, messages that
    /// nobody knows yet, goodbye.
    pub fn brief() -> Self {
        let word = || line("agent_greeting_en").shortened(Duration::from_millis(600));
        let mut script = Self::new([
            Step::Say(Say::from(word()).uninterruptible()),
            Step::Send(json!({ "type": "message_of_tomorrow", "event_id": 9 })),
            Step::CallTool {
                name: "echo".to_owned(),
                parameters: json!({ "field": "age", "value": 42 }),
                expects_response: true,
            },
            Step::Send(json!({ "type": "interruption", "interruption_event": { "event_id": 1 } })),
            Step::Say(Say::from(word()).without_waiting()),
            Step::EndCall,
        ]);
        script.collects = Map::from_iter([("age".to_owned(), json!(42))]);
        script
    }

    /// A conversation that breaks down on the platform's side after a word.
    pub fn failing() -> Self {
        let word = line("agent_greeting_en").shortened(Duration::from_millis(300));
        let failure = Failure::error(1002, "llm_timeout");
        Self::new([
            Step::Say(Say::from(word).uninterruptible()),
            Step::Fail(failure),
        ])
    }

    /// The Hindi intake: who, age, complaint, city, goodbye, `end_call`.
    ///
    /// Gender and severity are not asked for: the platform hears them between the lines.
    pub fn intake_hi() -> Self {
        let mut script = Self::new([
            Step::say("agent_greeting_hi"),
            Step::listen("callee_haan_hi"),
            Step::saves("patientName", "राहुल शर्मा"),
            Step::say("agent_age_hi"),
            Step::listen("callee_age_hi"),
            Step::saves("age", "42"),
            Step::say("agent_complaint_hi"),
            Step::listen("callee_complaint_hi"),
            Step::saves("healthIssue", "सीने में दर्द"),
            Step::saves("duration", "दो हफ़्ते"),
            Step::say("agent_city_hi"),
            Step::listen("callee_city_hi"),
            Step::saves("city", "जयपुर"),
            Step::Say(Say::from(line("agent_goodbye_hi")).without_waiting()),
            Step::EndCall,
        ]);
        script.collects = Map::from_iter([
            ("gender".to_owned(), json!("male")),
            ("severity".to_owned(), json!(6)),
        ]);
        script
    }

    /// A short English intake: age, goodbye, `end_call`.
    pub fn intake_en() -> Self {
        Self::new([
            Step::say("agent_greeting_en"),
            Step::listen("callee_age_en"),
            Step::Say(Say::from(line("agent_goodbye_en")).without_waiting()),
            Step::EndCall,
        ])
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::intake_hi()
    }
}
