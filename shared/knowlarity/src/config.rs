//! How Knowlarity is spoken to, from the environment.

use super::refusal::ErrorTable;
use call::phone::PhoneNumber;
use secrecy::SecretString;
use settings::{ConfigError, Env};
use std::time::Duration;

/// Where a path has a place for the account's id.
const ACCOUNT_ID: &str = "{account_id}";

/// How Knowlarity is spoken to.
#[derive(Clone, Debug)]
pub struct KnowlarityConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Sent as `authorization`.
    pub api_key: SecretString,
    /// Sent as `x-api-key`, if there is one.
    pub application_key: Option<SecretString>,
    /// Shown to the callee.
    pub caller_id: PhoneNumber,
    /// Knowlarity's number that dials.
    pub number: PhoneNumber,
    /// The account's dial API.
    pub dialect: Dialect,
    /// Path of the dial request, instead of the dialect's own.
    pub dial_path: Option<String>,
    /// Path of the call log, or its whole address where it is on another host than the dial API;
    /// `None` if the account has no call log.
    pub call_log: Option<String>,
    /// Base address of the audio streams, without a trailing slash.
    pub stream_url: String,
    /// `16k` or `8k`.
    pub sampling_rate: String,
    /// Spoken before the agent is connected.
    pub welcome_text: String,
    /// Its language.
    pub welcome_language: String,
    /// What its answers mean that say no.
    pub errors: ErrorTable,
    /// Longest wait for the answer to a dial.
    pub timeout: Duration,
}

/// The dial API of an account, because accounts differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// The flow travels with the dial: a welcome line, then the audio stream.
    IvrFlow,
    /// The flow is configured at Knowlarity under this id; metadata comes back on the stream.
    KappsIvr {
        /// Ten-digit id of the flow.
        ivr_id: String,
    },
}

impl KnowlarityConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let caller_id = caller_id(env);
        let number = match env.text("KNOWLARITY_NUMBER") {
            Some(_) => env.parsed("KNOWLARITY_NUMBER"),
            None => caller_id.clone(),
        };
        let (api_url, api_key) = (
            env.url("KNOWLARITY_API_URL", &["https", "http"]),
            env.secret("KNOWLARITY_API_KEY"),
        );
        let dialect = dialect(env);
        let stream_url = env.url("SERVER_WEBSOCKET_URL", &["wss", "ws"]);
        let sampling_rate = env.choice("STREAM_SAMPLING_RATE", &[("16k", "16k"), ("8k", "8k")]);
        let timeout = env.duration("DIAL_TIMEOUT");
        let (dial_path, call_log) = (
            path(env, "KNOWLARITY_DIAL_PATH"),
            path(env, "KNOWLARITY_CALL_LOG"),
        );
        let errors = match env.text("CARRIER_ERRORS") {
            Some(_) => env.parsed("CARRIER_ERRORS"),
            None => Some(ErrorTable::default()),
        };
        env.check((|| {
            Some(Self {
                api_url: api_url?,
                api_key: api_key?,
                application_key: env
                    .text("KNOWLARITY_APPLICATION_KEY")
                    .map(SecretString::from),
                caller_id: caller_id?,
                number: number?,
                dialect: dialect?,
                dial_path,
                call_log: call_log.filter(|path| path != "off"),
                stream_url: stream_url?,
                sampling_rate: sampling_rate?.to_owned(),
                welcome_text: env.required("WELCOME_TEXT")?,
                welcome_language: env.required("WELCOME_LANGUAGE")?,
                errors: errors?,
                timeout: timeout?,
            })
        })())
    }
}

/// A path of the account's, with its id where the path has a place for it. No published dialect
/// names the id, so where it belongs is for the account to say.
fn path(env: &Env, name: &str) -> Option<String> {
    let path = env.text(name)?;
    if !path.contains(ACCOUNT_ID) {
        return Some(path);
    }
    match env.text("KNOWLARITY_ACCOUNT_ID") {
        Some(id) => Some(path.replace(ACCOUNT_ID, &id)),
        None => env.wrong(
            "KNOWLARITY_ACCOUNT_ID",
            &format!("is not set, and {name} has its place"),
        ),
    }
}

/// Reads the number that single calls show, and campaigns that name none: those sell nothing.
fn caller_id(env: &Env) -> Option<PhoneNumber> {
    let name = "KNOWLARITY_CALLER_ID";
    let number: PhoneNumber = env.parsed(name)?;
    if number.is_for_promotion() {
        return env.wrong(
            name,
            "is of the series 140, which promotional calls alone may show: it belongs into their campaign's plan",
        );
    }
    Some(number)
}

fn dialect(env: &Env) -> Option<Dialect> {
    let is_kapps = env.choice(
        "KNOWLARITY_DIALECT",
        &[("ivr_flow", false), ("kapps_ivr", true)],
    )?;
    if !is_kapps {
        return Some(Dialect::IvrFlow);
    }
    if env.text("KNOWLARITY_DIAL_PATH").is_none() {
        return env.wrong(
            "KNOWLARITY_DIAL_PATH",
            "kapps_ivr needs a path: webapi/<customer>/api/<name>",
        );
    }
    env.required("KNOWLARITY_IVR_ID")
        .map(|ivr_id| Dialect::KappsIvr { ivr_id })
}
