//! What a conversation is told at its start.

use call::{CallRequest, ids::CallId};
use serde_json::{Map, Value, json};

/// Most fields of the CRM given to the agent. The prompt names the few it uses.
const CRM_VARIABLES_MAX: usize = 50;

/// The dynamic variable that holds the token with which answers are saved.
pub const ANSWER_TOKEN: &str = "secret__answer_token";

/// The dynamic variable that says whether the call is recorded here.
const CALL_IS_RECORDED: &str = "call_is_recorded";

/// The dynamic variable with the words that tell the callee so, after a space; empty if it is not.
const RECORDING_NOTICE: &str = "recording_notice";

/// Told to callees in English conversations.
const NOTICE_EN: &str = " This call is being recorded.";

/// Told to all others.
const NOTICE_HI: &str = " यह कॉल रिकॉर्ड की जा रही है।";

/// Longest summary of what was said before, in bytes; the latest part is kept.
const EARLIER_BYTES_MAX: usize = 4_000;

/// The first message of a conversation, `conversation_initiation_client_data` of the ElevenLabs
/// Agents WebSocket. Patient data: never logged.
#[derive(Clone, PartialEq)]
pub struct ConversationStart {
    /// Which call; the join key of the platform's own records.
    pub call_id: CallId,
    /// Values for the placeholders of the agent's prompt.
    pub dynamic_variables: Map<String, Value>,
    /// Language to speak instead of the agent's own.
    pub language: Option<String>,
}

impl ConversationStart {
    /// Takes what the agent may know from the request. `earlier` is what was said before, if
    /// this conversation replaces one that was lost.
    #[must_use]
    pub fn new(request: &CallRequest, attempt: u8, earlier: Option<&str>) -> Self {
        let patient = &request.patient;
        let mut variables = Map::new();
        for (key, value) in patient.crm_data.iter().take(CRM_VARIABLES_MAX) {
            if value.is_string() || value.is_number() || value.is_boolean() {
                variables.insert(format!("crm_{key}"), value.clone());
            }
        }
        variables.insert("call_id".to_owned(), json!(request.id));
        variables.insert("attempt".to_owned(), json!(attempt));
        variables.insert("is_retry".to_owned(), json!(attempt > 1));
        variables.insert("patient_name".to_owned(), json!(patient.name));
        variables.insert(
            "treatment_type".to_owned(),
            json!(patient.treatment_type.clone().unwrap_or_default()),
        );
        variables.insert(
            "language".to_owned(),
            json!(request.language.as_deref().unwrap_or_default()),
        );
        variables.insert(
            "earlier_conversation".to_owned(),
            json!(earlier.map_or("", latest)),
        );
        Self {
            call_id: request.id,
            dynamic_variables: variables,
            language: request.language.clone(),
        }
        .recorded(false)
    }

    /// Tells the agent whether the call is recorded here, and with which words to say so.
    #[must_use]
    pub fn recorded(mut self, is_recorded: bool) -> Self {
        let language = self.language.as_deref().unwrap_or_default();
        let notice = match language.split('-').next() {
            _ if !is_recorded => "",
            Some("en") => NOTICE_EN,
            _ => NOTICE_HI,
        };
        let variables = &mut self.dynamic_variables;
        variables.insert(CALL_IS_RECORDED.to_owned(), json!(is_recorded));
        variables.insert(RECORDING_NOTICE.to_owned(), json!(notice));
        self
    }

    /// Gives the agent the token with which it saves answers. The platform puts a `secret__…`
    /// variable into headers only; its language model never sees it.
    #[must_use]
    pub fn with_answer_token(mut self, token: String) -> Self {
        self.dynamic_variables
            .insert(ANSWER_TOKEN.to_owned(), Value::String(token));
        self
    }

    /// The message as it goes over the wire. Fields without a value are left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut message = json!({
            "type": "conversation_initiation_client_data",
            "dynamic_variables": self.dynamic_variables,
            "user_id": self.call_id,
            "source_info": { "source": "relay", "version": env!("CARGO_PKG_VERSION") },
        });
        if let Some(language) = &self.language {
            message["conversation_config_override"] = json!({ "agent": { "language": language } });
        }
        message.to_string()
    }
}

fn latest(text: &str) -> &str {
    let mut from = text.len().saturating_sub(EARLIER_BYTES_MAX);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CallRequest {
        serde_json::from_value(json!({
            "id": "07070707-0707-0707-0707-070707070707",
            "patient": {
                "name": "राहुल शर्मा",
                "phoneNumber": "+911234567890",
                "treatmentType": "heart surgery consultation",
                "crmData": { "doctor": "Dr. Smith", "visits": 2, "tags": ["a"], "none": null },
            },
            "language": "hi",
        }))
        .unwrap()
    }

    #[test]
    fn the_agent_learns_what_it_may_and_no_number() {
        let text = ConversationStart::new(&request(), 2, None).to_json();
        let sent: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            sent["dynamic_variables"],
            json!({
                "call_id": "07070707-0707-0707-0707-070707070707", "attempt": 2, "is_retry": true,
                "patient_name": "राहुल शर्मा", "treatment_type": "heart surgery consultation",
                "language": "hi", "earlier_conversation": "", "crm_doctor": "Dr. Smith", "crm_visits": 2,
                "call_is_recorded": false, "recording_notice": "",
            })
        );
        assert_eq!(
            sent["conversation_config_override"]["agent"]["language"],
            "hi"
        );
        assert!(!text.contains("1234567890"));
    }

    #[test]
    fn the_agent_learns_whether_the_call_is_recorded_and_how_to_say_so() {
        for (language, words) in [
            (None, "रिकॉर्ड"),
            (Some("hi"), "रिकॉर्ड"),
            (Some("en-IN"), "recorded"),
        ] {
            let mut request = request();
            request.language = language.map(str::to_owned);
            let start = ConversationStart::new(&request, 1, None).recorded(true);
            let told = |name: &str| start.dynamic_variables[name].clone();
            assert_eq!(told(CALL_IS_RECORDED), true);
            let notice = told(RECORDING_NOTICE);
            assert!(
                notice.as_str().unwrap().contains(words),
                "{language:?}: {notice}"
            );
        }
    }

    #[test]
    fn only_the_latest_part_of_a_long_story_is_told() {
        let story = "र".repeat(3_000);
        let start = ConversationStart::new(&request(), 1, Some(&story));
        let told = start.dynamic_variables["earlier_conversation"]
            .as_str()
            .unwrap()
            .len();
        assert!(
            (EARLIER_BYTES_MAX - 2..=EARLIER_BYTES_MAX).contains(&told),
            "{told}"
        );
    }
}
