//! Who may use the API, and how much, from the environment.

use access::{ApiKeys, TokenKey};
use call::{answers::Questionnaire, report::ReportZone};
use secrecy::SecretString;
use settings::{ConfigError, Env, questionnaire};
use std::time::Duration;

/// Who may use the API, and how much.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// The API's clients.
    pub keys: ApiKeys,
    /// Key of all tokens.
    pub tokens: TokenKey,
    /// Last part of the carrier webhook's path.
    pub webhook_secret: Option<SecretString>,
    /// Triggers of one key in a minute.
    pub rate_per_minute: u32,
    /// How long one run of the sweep looks each second.
    pub sweep_duration: Duration,
    /// What the agent asks.
    pub questionnaire: Questionnaire,
    /// By whose midnights reports part the days.
    pub report_zone: ReportZone,
    /// Languages that a request may ask for: those the agents have a preset for.
    pub languages: Vec<String>,
}

impl ApiConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (keys, tokens) = (env.parsed("API_KEYS"), TokenKey::read(env));
        let (rate, sweep) = (
            env.number("RATE_LIMIT_PER_MINUTE", 1, 1_000_000),
            env.duration("SWEEP_DURATION"),
        );
        let questionnaire = questionnaire(env);
        let report_zone = env.parsed("REPORT_ZONE");
        let languages = languages(env);
        env.check((|| {
            Some(Self {
                questionnaire: questionnaire?,
                report_zone: report_zone?,
                languages: languages?,
                keys: keys?,
                tokens: tokens?,
                webhook_secret: env
                    .text("KNOWLARITY_WEBHOOK_SECRET")
                    .map(SecretString::from),
                rate_per_minute: rate?,
                sweep_duration: sweep?,
            })
        })())
    }
}

/// Reads the languages that requests may name.
fn languages(env: &Env) -> Option<Vec<String>> {
    let name = "AGENT_LANGUAGES";
    let text = env.required(name)?;
    let tags: Vec<String> = text.split(',').map(|tag| tag.trim().to_owned()).collect();
    let is_tag = |tag: &String| {
        (2..=LANGUAGE_CHARS_BOUND).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if tags.iter().all(is_tag) {
        return Some(tags);
    }
    env.wrong(
        name,
        "expected language tags joined by commas, such as hi,en",
    )
}

/// Longest language tag, in characters; `zh-Hant-TW` takes 10.
const LANGUAGE_CHARS_BOUND: usize = 16;
