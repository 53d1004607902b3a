//! What every function works with, built once per cold start.

use crate::{Need, config::ApiConfig};
use access::{ApiKeys, TokenKey};
use anyhow::Context;
use call::{Hindrance, Policy, answers::Questionnaire, ids::CallId, report::ReportZone};
use elevenlabs::{Conversations, PlatformConversations, PostCallConfig, RestConfig};
use futures_util::future::BoxFuture;
use knowlarity::{
    Carrier, DialError, DialRequest, Dialed, Knowlarity, KnowlarityConfig, LogEntry, LogQuery,
    LookUpError,
};
use secrecy::SecretString;
use settings::{ConfigError, Env};
use std::{error::Error, sync::Arc, time::Duration};
use store::{CallStore, StoreConfig, StoreError, calls::Calls, clock::SystemClock};
use webhooks::{CallbackHosts, HttpNotifier, Notifier, NotifyConfig};

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
    /// Who delivers outcomes; without one none is delivered and no callback is taken.
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
    /// Builds what the environment says: Knowlarity as the carrier of a function that rings phones, the
    /// machine's clock, DynamoDB. Settings of what it does not need are not read.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn from_env(env: &Env, needs: &[Need]) -> Result<Self, StartError> {
        let Settings {
            api,
            carrier,
            notices,
            post_call,
            store,
            policy,
        } = Settings::read(env, needs)?;
        let carrier = carrier_of(carrier)?;
        let calls = CallStore::connect(&store.table).await;
        let calls = calls.keeping(store.retention);
        if store.creates_table {
            calls.ensure_table().await?;
        }
        let calls = Calls::new(calls, Arc::new(SystemClock), policy);
        let app = Self::new(calls, carrier, api).completing(post_call)?;
        match notices {
            Some(notices) => app.telling(notices),
            None => Ok(app),
        }
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
            new_id: Arc::new(store::clock::draw_call_id),
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

    /// Completes records by post-call reports, as the settings say.
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
    /// Of a function that rings phones.
    carrier: Option<KnowlarityConfig>,
    /// Of a function that tells outcomes.
    notices: Option<NotifyConfig>,
    post_call: PostCallConfig,
    store: StoreConfig,
    policy: Policy,
}

impl Settings {
    /// Reads every group that is needed before it fails, so that one start names all that is wrong.
    fn read(env: &Env, needs: &[Need]) -> Result<Self, StartError> {
        let mut wrong = Vec::new();
        let is_needed = |need| needs.contains(&need);
        let api = noted(ApiConfig::of(env, needs), &mut wrong);
        let carrier = when(is_needed(Need::Carrier), &mut wrong, || {
            KnowlarityConfig::from_env(env)
        });
        let notices = when(is_needed(Need::Outcomes), &mut wrong, || {
            NotifyConfig::from_env(env)
        });
        let conversations = when(is_needed(Need::Conversations), &mut wrong, || {
            RestConfig::from_env(env)
        });
        let signed = Some(env).filter(|_| is_needed(Need::PostCalls));
        let secret = signed.and_then(PostCallConfig::secret);
        let store = noted(StoreConfig::from_env(env), &mut wrong);
        let policy = noted(settings::policy(env), &mut wrong);
        let settings = (|| {
            Some(Self {
                api: api?,
                carrier: carrier?,
                notices: notices?,
                post_call: PostCallConfig {
                    secret,
                    conversations: conversations?.flatten(),
                },
                store: store?,
                policy: policy?,
            })
        })();
        settings.ok_or_else(|| StartError::Config(wrong.join("; ")))
    }
}

/// A group that is needed, or nothing in its place.
fn when<T>(
    is_needed: bool,
    wrong: &mut Vec<String>,
    read: impl FnOnce() -> Result<T, ConfigError>,
) -> Option<Option<T>> {
    if is_needed {
        noted(read(), wrong).map(Some)
    } else {
        Some(None)
    }
}

fn noted<T>(group: Result<T, ConfigError>, wrong: &mut Vec<String>) -> Option<T> {
    group.map_err(|error| wrong.push(error.to_string())).ok()
}

/// The carrier of a function that never dials.
struct NoCarrier;

impl Carrier for NoCarrier {
    fn dial<'a>(&'a self, _: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        let because = Hindrance::NoConnection;
        let error = DialError::NotSent {
            retry_after: None,
            because,
        };
        Box::pin(async move { Err(error) })
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async { Err(LookUpError::Off) })
    }
}

fn carrier_of(config: Option<KnowlarityConfig>) -> Result<Arc<dyn Carrier>, StartError> {
    let Some(config) = config else {
        return Ok(Arc::new(NoCarrier));
    };
    let client = Knowlarity::new(config).map_err(|error| StartError::Carrier(error.into()))?;
    Ok(Arc::new(client))
}

/// Reads all that a function with these needs would start with, and starts nothing.
///
/// # Errors
/// [`StartError::Config`].
pub fn check_settings(env: &Env, needs: &[Need]) -> Result<(), StartError> {
    Settings::read(env, needs).map(drop)
}

/// Sets up a function's process: log, TLS provider, then what the environment says.
///
/// # Errors
/// If a setting is missing or wrong, or a client cannot be set up.
pub async fn cold_start(needs: &[Need]) -> anyhow::Result<Arc<App>> {
    logging::start(logging::Form::Lambda);
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let app = App::from_env(&Env::process(), needs)
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
        let Err(StartError::Config(wrong)) = Settings::read(&env, Need::ALL) else {
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

    #[test]
    fn nothing_is_demanded_that_a_function_does_not_work_with() {
        let demanded = |needs: &[Need]| {
            let nothing_set = Env::from_reader(|_| None);
            match Settings::read(&nothing_set, needs) {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(demanded(&[]), "");
        for (need, name) in [
            (Need::Clients, "API_KEYS"),
            (Need::Tokens, "TOKEN_SECRET"),
            (Need::Carrier, "KNOWLARITY_API_KEY"),
        ] {
            assert!(demanded(&[need]).contains(name), "{need:?}");
            let others: Vec<Need> = Need::ALL.iter().copied().filter(|n| *n != need).collect();
            assert!(!demanded(&others).contains(name), "{need:?}");
        }
    }

    #[test]
    fn nothing_that_is_not_needed_is_read_even_if_it_is_wrong() {
        let env = || Env::from_reader(|_| Some("?".to_owned()));
        let wrong = |needs: &[Need]| match ApiConfig::of(&env(), needs) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(wrong(&[]), "");
        for (need, name) in [
            (Need::Questions, "QUESTIONNAIRE"),
            (Need::NewCalls, "RATE_LIMIT_PER_MINUTE"),
            (Need::Reports, "REPORT_ZONE"),
            (Need::Sweeps, "SWEEP_DURATION"),
        ] {
            assert!(wrong(&[need]).contains(name), "{need:?}");
        }
    }
}
