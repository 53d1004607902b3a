//! What every function works with, built once per cold start.

use anyhow::Context;
use secrecy::SecretString;
use shared::{
    agent::{Conversations, PlatformConversations},
    answers::Questionnaire,
    call::Policy,
    calls::Calls,
    carrier::{Carrier, Knowlarity},
    config::{
        self, ApiConfig, ConfigError, Env, KnowlarityConfig, NotifyConfig, PostCallConfig,
        StoreConfig,
    },
    ids::CallId,
    log,
    notify::{CallbackHosts, HttpNotifier, Notifier},
    report::ReportZone,
    store::{CallStore, StoreError},
    time::SystemClock,
    token::{ApiKeys, TokenKey},
};
use std::{error::Error, sync::Arc, time::Duration};

/// What the functions share. The fields are public, so that a local server and tests bring their
/// own store, carrier and clock.
pub struct App {
    /// The calls, their clock and their policy.
    pub calls: Calls,
    /// Who rings phones.
    pub carrier: Arc<dyn Carrier>,
    /// Who may ask.
    pub keys: ApiKeys,
    /// Makes stream and session tokens, and checks the latter.
    pub tokens: TokenKey,
    /// What the last part of the webhook's path must be, if anything.
    pub webhook_secret: Option<SecretString>,
    /// Triggers that one API key may send in a minute of the clock.
    pub rate_per_minute: u32,
    /// Who tells outcomes; without one nothing is told and no callback is taken.
    pub notifier: Option<Arc<dyn Notifier>>,
    /// Where the operator wants to hear of every outcome.
    pub monitoring_url: Option<String>,
    /// Whether callbacks may name this machine or a private network.
    pub allows_private_callbacks: bool,
    /// Where callbacks may go; anywhere if unset.
    pub callback_hosts: Option<CallbackHosts>,
    /// Languages that a request may ask for.
    pub languages: Vec<String>,
    /// How long one run of the sweep ticks.
    pub sweep_duration: Duration,
    /// What the agent asks.
    pub questionnaire: Questionnaire,
    /// By whose midnights reports part the days.
    pub report_zone: ReportZone,
    /// What signs the platform's post-call webhook; without it none is taken.
    pub post_call_secret: Option<SecretString>,
    /// Who is asked for conversations whose webhook never came; without it nobody is.
    pub conversations: Option<Arc<dyn Conversations>>,
    /// Names new calls; a simulation brings ids that a seed repeats.
    pub new_id: Arc<dyn Fn() -> CallId + Send + Sync>,
}

/// Why the functions cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing or wrong; every one of them is named.
    #[error("settings: {0}")]
    Config(String),
    /// The carrier's client cannot be set up.
    #[error("the carrier's client cannot be set up")]
    Carrier(#[source] Box<dyn Error + Send + Sync>),
    /// The client that tells outcomes cannot be set up.
    #[error("the client that tells outcomes cannot be set up")]
    Notifier(#[source] Box<dyn Error + Send + Sync>),
    /// The client that asks for conversations cannot be set up.
    #[error("the client of the agent platform cannot be set up")]
    Conversations(#[source] Box<dyn Error + Send + Sync>),
    /// The table was to be created and could not be.
    #[error("the table cannot be created")]
    Store(#[from] StoreError),
}

impl App {
    /// Builds what the environment says: Knowlarity as the carrier, the machine's clock, DynamoDB.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn from_env(env: &Env) -> Result<Self, StartError> {
        let Settings {
            api,
            carrier,
            notices,
            post_call,
            store,
            policy,
        } = Settings::read(env)?;
        let carrier =
            Knowlarity::new(carrier).map_err(|error| StartError::Carrier(error.into()))?;
        let calls = CallStore::connect(&store.table).await;
        let calls = calls.keeping(store.retention);
        if store.creates_table {
            calls.ensure_table().await?;
        }
        let calls = Calls::new(calls, Arc::new(SystemClock), policy);
        Self::new(calls, Arc::new(carrier), api)
            .telling(notices)?
            .completing(post_call)
    }

    /// Joins calls and a carrier that are set up already with the API's settings. Nobody is told
    /// of outcomes until [`Self::telling`].
    #[must_use]
    pub fn new(calls: Calls, carrier: Arc<dyn Carrier>, api: ApiConfig) -> Self {
        Self {
            calls,
            carrier,
            keys: api.keys,
            tokens: api.tokens,
            webhook_secret: api.webhook_secret,
            rate_per_minute: api.rate_per_minute,
            notifier: None,
            monitoring_url: None,
            allows_private_callbacks: false,
            callback_hosts: None,
            languages: api.languages,
            sweep_duration: api.sweep_duration,
            questionnaire: api.questionnaire,
            report_zone: api.report_zone,
            post_call_secret: None,
            conversations: None,
            new_id: Arc::new(CallId::random),
        }
    }
}

impl App {
    /// Tells outcomes as the settings say.
    ///
    /// # Errors
    /// [`StartError::Notifier`].
    pub fn telling(mut self, notices: NotifyConfig) -> Result<Self, StartError> {
        self.monitoring_url = notices.monitoring_url;
        self.allows_private_callbacks = notices.allows_private;
        self.callback_hosts = notices.callback_hosts;
        if let Some(keys) = notices.keys {
            let notifier = HttpNotifier::new(keys, notices.timeout, notices.allows_private)
                .map_err(|error| StartError::Notifier(error.into()))?;
            self.notifier = Some(Arc::new(notifier));
        }
        Ok(self)
    }

    /// Completes records by the agent platform's accounts, as the settings say.
    ///
    /// # Errors
    /// [`StartError::Conversations`].
    pub fn completing(mut self, post_call: PostCallConfig) -> Result<Self, StartError> {
        self.post_call_secret = post_call.secret;
        if let Some(config) = post_call.conversations {
            let client = PlatformConversations::new(config)
                .map_err(|error| StartError::Conversations(error.into()))?;
            self.conversations = Some(Arc::new(client));
        }
        Ok(self)
    }
}

/// The groups of settings that the functions need.
struct Settings {
    api: ApiConfig,
    carrier: KnowlarityConfig,
    notices: NotifyConfig,
    post_call: PostCallConfig,
    store: StoreConfig,
    policy: Policy,
}

impl Settings {
    /// Reads every group before it fails, so that one start names all that is wrong.
    fn read(env: &Env) -> Result<Self, StartError> {
        let mut wrong = Vec::new();
        let api = noted(ApiConfig::from_env(env), &mut wrong);
        let carrier = noted(KnowlarityConfig::from_env(env), &mut wrong);
        let notices = noted(NotifyConfig::from_env(env), &mut wrong);
        let post_call = noted(PostCallConfig::from_env(env), &mut wrong);
        let store = noted(StoreConfig::from_env(env), &mut wrong);
        let policy = noted(config::policy(env), &mut wrong);
        let settings = (|| {
            Some(Self {
                api: api?,
                carrier: carrier?,
                notices: notices?,
                post_call: post_call?,
                store: store?,
                policy: policy?,
            })
        })();
        settings.ok_or_else(|| StartError::Config(wrong.join("; ")))
    }
}

fn noted<T>(group: Result<T, ConfigError>, wrong: &mut Vec<String>) -> Option<T> {
    group.map_err(|error| wrong.push(error.to_string())).ok()
}

/// Sets up a function's process: log, TLS provider, then what the environment says.
///
/// # Errors
/// If a setting is missing or wrong, or a client cannot be set up.
pub async fn cold_start() -> anyhow::Result<Arc<App>> {
    log::start(log::Form::Lambda);
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let app = App::from_env(&Env::process())
        .await
        .context("the function cannot start")?;
    Ok(Arc::new(app))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_start_names_every_setting_that_is_wrong() {
        let env = Env::from_reader(|name| match name {
            "RETRIES_MAX" => Some("many".to_owned()),
            "TABLE_CREATE" => Some("perhaps".to_owned()),
            _ => None,
        });
        let Err(StartError::Config(wrong)) = Settings::read(&env) else {
            panic!("wrong settings were taken");
        };
        for name in [
            "API_KEYS",
            "TOKEN_SECRET",
            "KNOWLARITY_API_KEY",
            "KNOWLARITY_CALLER_ID",
            "SERVER_WEBSOCKET_URL",
            "TABLE_CREATE",
            "RETRIES_MAX",
        ] {
            assert!(wrong.contains(name), "{name} is not in: {wrong}");
        }
        assert!(
            !wrong.contains("perhaps") && !wrong.contains("many"),
            "{wrong}"
        );
    }
}
