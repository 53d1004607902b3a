//! Settings by who needs them.

use super::{ConfigError, Env};
use crate::{
    answers::Questionnaire,
    call::Policy,
    carrier::{Dialect, ErrorTable},
    notify::{CallbackHosts, SigningKeys},
    phone::PhoneNumber,
    report::ReportZone,
    token::{ApiKeys, TokenKey},
};
use secrecy::SecretString;
use std::time::Duration;

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

impl KnowlarityConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let caller_id: Option<PhoneNumber> = env.parsed("KNOWLARITY_CALLER_ID");
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
                dial_path: env.text("KNOWLARITY_DIAL_PATH"),
                call_log: env.text("KNOWLARITY_CALL_LOG").filter(|path| path != "off"),
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

/// How ElevenLabs is spoken to.
#[derive(Clone, Debug)]
pub struct ElevenLabsConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Key of the workspace.
    pub api_key: SecretString,
    /// The agent that talks unless the request names one.
    pub agent_id: String,
    /// Longest wait for a signed URL.
    pub timeout: Duration,
}

impl ElevenLabsConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (api_url, api_key) = (
            env.url("ELEVENLABS_API_URL", &["https", "http"]),
            env.secret("ELEVENLABS_API_KEY"),
        );
        let (agent_id, timeout) = (
            env.required("ELEVENLABS_AGENT_ID"),
            env.duration("ELEVENLABS_TIMEOUT"),
        );
        env.check((|| {
            let (api_url, api_key) = (api_url?, api_key?);
            Some(Self {
                api_url,
                api_key,
                agent_id: agent_id?,
                timeout: timeout?,
            })
        })())
    }
}

/// How the platform's accounts of conversations are had.
#[derive(Clone, Debug)]
pub struct PostCallConfig {
    /// What signs the post-call webhook; without it none is taken.
    pub secret: Option<SecretString>,
    /// How accounts that did not come are asked for; without a key they are not.
    pub conversations: Option<ConversationsConfig>,
}

/// How the platform is asked for conversations.
#[derive(Clone, Debug)]
pub struct ConversationsConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Key of the workspace.
    pub api_key: SecretString,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

impl PostCallConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let secret = env.text("ELEVENLABS_WEBHOOK_SECRET");
        let api_url = env.url("ELEVENLABS_API_URL", &["https", "http"]);
        let timeout = env.duration("ELEVENLABS_TIMEOUT");
        let api_key = env.text("ELEVENLABS_API_KEY");
        env.check((|| {
            let (api_url, timeout) = (api_url?, timeout?);
            let conversations = api_key.map(|api_key| ConversationsConfig {
                api_url,
                api_key: SecretString::from(api_key),
                timeout,
            });
            Some(Self {
                secret: secret.map(SecretString::from),
                conversations,
            })
        })())
    }
}

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
        let (keys, tokens) = (env.parsed("API_KEYS"), token_key(env));
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

    /// Reads the key of all tokens alone, which is all the relay needs of this group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn tokens_from_env(env: &Env) -> Result<TokenKey, ConfigError> {
        let tokens = token_key(env);
        env.check(tokens)
    }
}

/// Reads what the agent asks; the hospital's own questions unless the settings say otherwise.
pub fn questionnaire(env: &Env) -> Option<Questionnaire> {
    match env.text("QUESTIONNAIRE") {
        Some(_) => env.parsed("QUESTIONNAIRE"),
        None => Some(Questionnaire::default()),
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

fn token_key(env: &Env) -> Option<TokenKey> {
    const SHORT: &str = "expected 32 bytes or more";
    let secret = env.secret("TOKEN_SECRET")?;
    let key = TokenKey::new(&secret).or_else(|| env.wrong("TOKEN_SECRET", SHORT));
    let Some(previous) = env.text("TOKEN_SECRET_PREVIOUS") else {
        return key;
    };
    let previous = SecretString::from(previous);
    key?.with_previous(&previous)
        .or_else(|| env.wrong("TOKEN_SECRET_PREVIOUS", SHORT))
}

/// How others are told of outcomes.
#[derive(Debug)]
pub struct NotifyConfig {
    /// Keys that sign; without one nobody is told.
    pub keys: Option<SigningKeys>,
    /// The operator's own address.
    pub monitoring_url: Option<String>,
    /// Whether callbacks may name this machine or a private network.
    pub allows_private: bool,
    /// Where callbacks may go; anywhere if unset.
    pub callback_hosts: Option<CallbackHosts>,
    /// Longest wait for a receiver's answer.
    pub timeout: Duration,
}

impl NotifyConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let has_keys = env.text("WEBHOOK_SIGNING_KEYS").is_some();
        let keys = has_keys.then(|| env.parsed("WEBHOOK_SIGNING_KEYS"));
        let monitoring_url = monitoring_url(env);
        if monitoring_url.is_some() && !has_keys {
            let _: Option<()> =
                env.wrong("WEBHOOK_SIGNING_KEYS", "MONITORING_WEBHOOK_URL needs one");
        }
        let (allows_private, timeout) = (
            env.flag("CALLBACK_ALLOW_PRIVATE"),
            env.duration("WEBHOOK_TIMEOUT"),
        );
        let callback_hosts = optional(env, "CALLBACK_HOSTS", |name| env.parsed(name));
        env.check((|| {
            Some(Self {
                keys: keys.flatten(),
                monitoring_url,
                callback_hosts,
                allows_private: allows_private?,
                timeout: timeout?,
            })
        })())
    }
}

/// The operator's own address. Unlike a base address it may have a query.
fn monitoring_url(env: &Env) -> Option<String> {
    let name = "MONITORING_WEBHOOK_URL";
    let text = env.text(name)?;
    let is_http = |url: &reqwest::Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    if reqwest::Url::parse(&text).is_ok_and(|url| is_http(&url)) {
        return Some(text);
    }
    env.wrong(
        name,
        "expected an address that begins with https:// or http://",
    )
}

/// Most days that data may be kept (10 years), above every rule for medical records we know of.
const RETENTION_DAYS_BOUND: u32 = 3_650;

/// Where calls are kept.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// DynamoDB table.
    pub table: String,
    /// Whether a missing table is created at start.
    pub creates_table: bool,
    /// How long what is known of a call is kept after it is over.
    pub retention: Duration,
}

impl StoreConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (table, creates_table) = (env.required("TABLE_NAME"), env.flag("TABLE_CREATE"));
        let retention_days = env.number("RETENTION_DAYS", 1_u32, RETENTION_DAYS_BOUND);
        env.check((|| {
            Some(Self {
                table: table?,
                creates_table: creates_table?,
                retention: Duration::from_secs(u64::from(retention_days?) * 24 * 60 * 60),
            })
        })())
    }
}

/// Most retries that may be set: a person who did not answer eleven calls will not answer more.
const RETRIES_BOUND: u8 = 10;

/// Most channels that may be set, far above any plan.
const CHANNELS_BOUND: u32 = 10_000;

/// Most dials in a second that may be set, far above any carrier's limit.
const PACE_BOUND: u32 = 1_000;

/// Reads a setting that has no default and may be missing.
fn optional<T>(env: &Env, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    env.text(name).and_then(|_| read(name))
}

/// Reads the deadlines and retry delays of a call, and the limits on all of them.
///
/// # Errors
/// [`ConfigError`].
pub fn policy(env: &Env) -> Result<Policy, ConfigError> {
    let mut policy = Policy::default();
    for (name, field) in [
        ("RING_TIMEOUT", &mut policy.ring_timeout),
        ("ANSWER_MARGIN", &mut policy.answer_margin),
        ("RECONCILE_MARGIN", &mut policy.reconcile_margin),
        ("AGENT_READY_TIMEOUT", &mut policy.agent_ready_timeout),
        ("HEARTBEAT_TIMEOUT", &mut policy.heartbeat_timeout),
        ("MAX_CALL_DURATION", &mut policy.max_call_duration),
        ("DISCONNECT_GRACE", &mut policy.disconnect_grace),
        ("CALL_EXPIRY", &mut policy.call_expiry),
        ("RETRY_BUSY", &mut policy.retry_busy),
        ("RETRY_NO_ANSWER", &mut policy.retry_no_answer),
        ("RETRY_UNREACHABLE", &mut policy.retry_unreachable),
        (
            "RETRY_AGENT_UNAVAILABLE",
            &mut policy.retry_agent_unavailable,
        ),
        ("RETRY_CONNECTION_LOST", &mut policy.retry_connection_lost),
        ("RETRY_CARRIER_ERROR", &mut policy.retry_carrier_error),
        ("POST_CALL_WAIT", &mut policy.post_call_wait),
    ] {
        *field = env.duration(name).unwrap_or(*field);
    }
    policy.retries_max = env
        .number("RETRIES_MAX", 0, RETRIES_BOUND)
        .unwrap_or_default();
    policy.agent_concurrency = optional(env, "AGENT_CONCURRENCY", |name| {
        env.number(name, 1, CHANNELS_BOUND)
    });
    policy.dials_per_second = optional(env, "DIALS_PER_SECOND", |name| {
        env.number(name, 1, PACE_BOUND)
    });
    policy.calling_window = optional(env, "CALLING_WINDOW", |name| env.parsed(name));
    policy.window_override = env.flag("CALLING_WINDOW_OVERRIDE").unwrap_or_default();
    policy.reports_outcomes = env.text("MONITORING_WEBHOOK_URL").is_some();
    policy.max_concurrent_calls = env
        .number("MAX_CONCURRENT_CALLS", 1, CHANNELS_BOUND)
        .unwrap_or_default();
    env.check(Some(policy))
}
