//! The agent: what it says, hears, collects, and may be told per conversation.

use super::options::{Options, ToolPath};
use call::answers::{Field, Kind, Questionnaire};
use elevenlabs::ANSWER_TOKEN;
use serde_json::{Map, Value, json};

/// The instructions, in Hindi. `{questions}` stands for the questionnaire, `{{…}}` for dynamic
/// variables.
const PROMPT: &str = include_str!("prompt_hi.txt");

/// The dynamic variables that the prompt of the agent names, in their order.
#[must_use]
pub fn prompt_variables() -> Vec<&'static str> {
    let named = PROMPT.split("{{").skip(1);
    named
        .filter_map(|rest| Some(rest.split_once("}}")?.0))
        .collect()
}

/// Said first: that a machine calls, for whom, that the call is recorded if it is, and who is asked for. Nothing of the treatment,
/// because anybody may have answered.
const FIRST_MESSAGE_HI: &str = "नमस्ते, यह अस्पताल की स्वचालित कॉल है।{{recording_notice}} क्या मेरी बात {{patient_name}} जी से हो रही है?";

/// The same for conversations in English.
const FIRST_MESSAGE_EN: &str = "Hello, this is an automated call from the hospital.{{recording_notice}} Am I speaking with {{patient_name}}?";

/// Said when the longest duration is reached.
const TIME_IS_UP: &str = "माफ़ कीजिए, इस कॉल का समय पूरा हो गया है। धन्यवाद, नमस्ते।";

/// The messages that the relay reads; each other one would be sent, parsed and dropped. Errors come
/// unasked.
pub const CLIENT_EVENTS: [&str; 10] = [
    "conversation_initiation_metadata",
    "ping",
    "audio",
    "interruption",
    "user_transcript",
    "agent_response",
    "agent_response_correction",
    "agent_tool_response",
    "client_tool_call",
    "client_error",
];

/// The speech model. The platform refuses English-only ones for other languages
/// (elevenlabs/elevenlabs-python issue 554); this one is its fastest that speaks Hindi.
const SPEECH_MODEL: &str = "eleven_flash_v2_5";

/// The format of both directions: the carrier's own, so that nothing is resampled.
const AUDIO_FORMAT: &str = "pcm_16000";

/// Silence of the patient after which the agent hangs up, in seconds; off by default, which would
/// let a phone that lies on a table talk until the longest duration.
const SILENCE_S: u32 = 60;

/// Longest and shortest conversation that the platform takes, in seconds.
const DURATION_S: (u64, u64) = (60, 7_200);

/// The platform's ids of what an agent refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ids {
    /// Of the tools, in the order of [`Setup::tools`](crate::Setup::tools).
    pub tools: Vec<String>,
    /// Of the MCP server, if there is one.
    pub mcp_server: Option<String>,
    /// Of the post-call webhook.
    pub webhook: String,
}

/// The body of `agents/create` and of the agent's PATCH.
pub(super) fn body(questionnaire: &Questionnaire, options: &Options, ids: &Ids) -> Value {
    json!({
        "name": options.name,
        "conversation_config": conversation(questionnaire, options, ids),
        "platform_settings": platform(questionnaire, options, ids),
    })
}

/// `ConversationalConfig`.
fn conversation(questionnaire: &Questionnaire, options: &Options, ids: &Ids) -> Value {
    let (shortest, longest) = DURATION_S;
    let mut tts = json!({
        "model_id": SPEECH_MODEL,
        "agent_output_audio_format": AUDIO_FORMAT,
    });
    if let Some(voice) = &options.voice_id {
        tts["voice_id"] = voice.as_str().into();
    }
    json!({
        "agent": {
            "first_message": FIRST_MESSAGE_HI,
            "language": "hi",
            // Who answers says "hello?" into the greeting; that it is a machine must be heard.
            "disable_first_message_interruptions": true,
            "max_conversation_duration_message": TIME_IS_UP,
            "dynamic_variables": { "dynamic_variable_placeholders": placeholders() },
            "prompt": prompt(questionnaire, options, ids),
        },
        "asr": { "user_input_audio_format": AUDIO_FORMAT },
        "tts": tts,
        "turn": {
            "silence_end_call_timeout": SILENCE_S,
            // So that a "yes" spoken into the greeting counts.
            "transcribe_on_disabled_interruptions": true,
        },
        "conversation": {
            "text_only": false,
            "max_duration_seconds": options.duration_max.as_secs().clamp(shortest, longest),
            "client_events": CLIENT_EVENTS,
        },
        // A language that is asked for and has no preset hangs the conversation
        // (elevenlabs/packages issue 293).
        "language_presets": { "en": { "overrides": { "agent": {
            "language": "en", "first_message": FIRST_MESSAGE_EN,
        } } } },
    })
}

/// `PromptAgentApiModelInput`.
fn prompt(questionnaire: &Questionnaire, options: &Options, ids: &Ids) -> Value {
    let mut prompt = json!({
        "prompt": PROMPT.trim_end().replace("{questions}", &questions(questionnaire)),
        // Without it the model does not know the date, and `schedule_callback` needs it.
        "timezone": "Asia/Kolkata",
        "tool_ids": ids.tools,
        "mcp_server_ids": ids.mcp_server.iter().collect::<Vec<_>>(),
        "built_in_tools": { "end_call": {
            "type": "system",
            "name": "end_call",
            "params": { "system_tool_type": "end_call" },
        } },
    });
    if let Some(llm) = &options.llm {
        prompt["llm"] = llm.as_str().into();
    }
    prompt
}

fn questions(questionnaire: &Questionnaire) -> String {
    let line = |(n, field): (usize, &Field)| {
        let (name, asked) = (&field.name, &field.description);
        format!("{}. {name}: {asked} ({})", n + 1, field.expected())
    };
    let lines: Vec<String> = questionnaire
        .fields()
        .iter()
        .enumerate()
        .map(line)
        .collect();
    lines.join("\n")
}

/// A value for each variable that [`elevenlabs::ConversationStart`] sends, for trying the agent in the
/// platform's own console. A real conversation brings its own.
fn placeholders() -> Value {
    json!({
        "call_id": "00000000-0000-0000-0000-000000000000",
        "attempt": 1,
        "is_retry": false,
        "patient_name": "राहुल शर्मा",
        "treatment_type": "heart surgery consultation",
        "language": "hi",
        "earlier_conversation": "",
        "call_is_recorded": false,
        "recording_notice": "",
        ANSWER_TOKEN: "given-by-the-relay",
    })
}

const DAY_S: u64 = 24 * 60 * 60;

/// `AgentPlatformSettingsRequestModel`.
fn platform(questionnaire: &Questionnaire, options: &Options, ids: &Ids) -> Value {
    let mut settings = json!({
        // The relay comes with a signed URL; nobody else is to talk to the agent.
        "auth": { "enable_auth": true },
        // A patient must not hear hold music: refused at once, the call is dialled again later.
        "queueing_config": { "enabled": false },
        "overrides": { "conversation_config_override": { "agent": { "language": true } } },
        "data_collection": collected(questionnaire),
        "evaluation": { "criteria": criteria() },
        "workspace_overrides": { "webhooks": {
            "post_call_webhook_id": ids.webhook,
            "events": ["transcript"],
            "transcript_format": "json",
        } },
        // `PrivacyConfig`; without the two flags only the time is noted and nothing deleted.
        "privacy": {
            "retention_days": options.retention.as_secs() / DAY_S,
            "delete_transcript_and_pii": true,
            "delete_audio": true,
        },
    });
    if options.zero_retention {
        settings["privacy"]["zero_retention_mode"] = true.into();
    }
    settings
}

/// `AnalysisProperty` by field. A questionnaire has at most 25 fields, the platform's own limit.
fn collected(questionnaire: &Questionnaire) -> Map<String, Value> {
    let property = |field: &Field| {
        let mut property = json!({
            "type": match field.kind {
                Kind::Integer { .. } => "integer",
                Kind::Text | Kind::Gender => "string",
            },
            "description": format!("{} ({})", field.description, field.expected()),
        });
        if field.kind == Kind::Gender {
            property["enum"] = json!(["male", "female", "other"]);
        }
        (field.name.clone(), property)
    };
    questionnaire.fields().iter().map(property).collect()
}

/// `PromptEvaluationCriteria`: how a call went, judged by the platform after its end.
fn criteria() -> Vec<Value> {
    let criterion = |id: &str, name: &str, goal: &str| json!({ "id": id, "name": name, "type": "prompt", "conversation_goal_prompt": goal });
    vec![
        criterion(
            "automated_call_disclosed",
            "Said that it is an automated call",
            "The agent said at the beginning that this is an automated call from the hospital.",
        ),
        criterion(
            "identity_confirmed",
            "Identity confirmed",
            "The person on the phone confirmed being the patient before anything about the \
             treatment was said.",
        ),
        criterion(
            "questions_answered",
            "Questions answered",
            "The patient answered all of the agent's questions, or plainly declined to answer one.",
        ),
        criterion(
            "no_medical_advice",
            "No medical advice",
            "The agent gave no diagnosis and no medical advice, and named the number 112 if the \
             patient described an emergency.",
        ),
        criterion(
            "wishes_respected",
            "Wishes respected",
            "If the patient asked for a human, for another time, or not to be called again, the \
             agent did what was asked. Success if the patient asked for nothing of it.",
        ),
    ]
}

/// Whether the tools are the agent's over MCP.
pub(super) fn uses_mcp(options: &Options) -> bool {
    options.tools == ToolPath::Mcp
}
