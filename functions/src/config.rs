//! Who may use the API, and how much, from the environment.

use crate::needs::Need;
use access::{ApiKeys, TokenKey};
use call::{
    answers::Questionnaire,
    report::{Prices, ReportZone},
};
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
    /// What the last part of the carrier webhook's path may be; without one it may be anything.
    pub webhook_secrets: Vec<SecretString>,
    /// Triggers of one key in a minute.
    pub rate_per_minute: u32,
    /// How long one run of the sweep looks each second.
    pub sweep_duration: Duration,
    /// What the agent asks.
    pub questionnaire: Questionnaire,
    /// By whose midnights reports part the days.
    pub report_zone: ReportZone,
    /// What a minute costs in reports.
    pub prices: Prices,
    /// Languages that a request may ask for: those the agents have a preset for.
    pub languages: Vec<String>,
}

impl ApiConfig {
    /// Reads the group, for a server of all functions.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Self::of(env, Need::ALL)
    }

    /// Reads what a function needs of the group. It knows no client and no token that it does not need,
    /// and the defaults of the rest.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn of(env: &Env, needs: &[Need]) -> Result<Self, ConfigError> {
        let unset = Env::from_reader(|_| None);
        let of = |need| {
            if needs.contains(&need) { env } else { &unset }
        };
        let keys = if needs.contains(&Need::Clients) {
            env.parsed("API_KEYS")
        } else {
            Some(ApiKeys::none())
        };
        let tokens = if needs.contains(&Need::Tokens) {
            TokenKey::read(env)
        } else {
            Some(TokenKey::unshared())
        };
        let (rate, sweep) = (
            of(Need::NewCalls).number("RATE_LIMIT_PER_MINUTE", 1, 1_000_000),
            of(Need::Sweeps).duration("SWEEP_DURATION"),
        );
        let questionnaire = questionnaire(of(Need::Questions));
        let report_zone = of(Need::Reports).parsed("REPORT_ZONE");
        let prices = prices(of(Need::Prices));
        let languages = languages(of(Need::NewCalls));
        let webhook_secrets = webhook_secrets(of(Need::CarrierReports));
        env.check((|| {
            Some(Self {
                questionnaire: questionnaire?,
                report_zone: report_zone?,
                prices,
                languages: languages?,
                keys: keys?,
                tokens: tokens?,
                webhook_secrets: webhook_secrets?,
                rate_per_minute: rate?,
                sweep_duration: sweep?,
            })
        })())
    }
}

/// Reads what a minute costs. One that is wrong is noted, so that the functions do not start.
fn prices(env: &Env) -> Prices {
    let price = |name: &str| env.optional(name, |name| env.parsed(name));
    Prices {
        carrier: price("COST_PER_MINUTE_CARRIER"),
        agent: price("COST_PER_MINUTE_AGENT"),
    }
}

/// Reads what the webhook's path may end with. A deployment whose secrets are in Secrets Manager has one:
/// a key that got lost there must not open the webhook to everybody.
fn webhook_secrets(env: &Env) -> Option<Vec<SecretString>> {
    let name = "KNOWLARITY_WEBHOOK_SECRET";
    let secrets = env.with_previous(name, "KNOWLARITY_WEBHOOK_SECRET_PREVIOUS");
    if secrets.is_empty() && env.text("SECRETS").is_some() {
        return env.wrong(name, "is not set");
    }
    Some(secrets)
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
