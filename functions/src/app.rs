//! What every function works with, built once per cold start.

mod start;

pub(crate) use start::Settings;
pub use start::check_settings;

use crate::config::ApiConfig;
use access::{ApiKeys, TokenKey};
use call::{
    Hindrance, Policy,
    answers::Questionnaire,
    ids::CallId,
    report::{Prices, ReportZone},
};
use elevenlabs::{AgentError, Conversations, PlatformConversations, PostCallConfig};
use futures_util::future::BoxFuture;
use knowlarity::{
    Carrier, DialError, DialRequest, Dialed, Knowlarity, KnowlarityConfig, LogEntry, LogQuery,
    LookUpError,
};
use recordings::Recordings;
use secrecy::SecretString;
use secrets::{Doubt, SecretsError};
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
    /// What the last part of the webhook's path may be; without one it may be anything.
    pub webhook_secrets: Vec<SecretString>,
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
    /// What a minute costs in reports, as far as it is set.
    pub prices: Prices,
    /// What may have signed the platform's post-call webhook; without one none is taken.
    pub post_call_secrets: Vec<SecretString>,
    /// Who is asked for conversations whose webhook never came; without it nobody is.
    pub conversations: Option<Arc<dyn Conversations>>,
    /// Where calls are recorded; without it none is, and none can be heard.
    pub recordings: Option<Recordings>,
    /// Where it is said that a vendor refused a key.
    pub doubt: Doubt,
    /// Names new calls; a simulation brings ids that a seed repeats.
    pub new_id: Arc<dyn Fn() -> CallId + Send + Sync>,
}

/// Why the functions cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Secrets cannot be read; every one of them is named.
    #[error("secrets: {0}")]
    Secrets(#[from] SecretsError),
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
    /// The storage of recordings cannot be set up.
    #[error("RECORDINGS")]
    Recordings(#[from] recordings::OpenError),
    /// No spans can be told.
    #[error("traces: {0}")]
    Traces(#[from] traces::StartError),
    /// The table was to be created and could not be.
    #[error("the table cannot be created")]
    Store(#[from] StoreError),
}

impl App {
    /// Builds what the settings say over calls that are set up already: Knowlarity as the carrier of a
    /// function that rings phones, both vendors' and the receivers' clients.
    pub(crate) fn of(settings: Settings, calls: Calls) -> Result<Self, StartError> {
        let carrier = carrier_of(settings.carrier)?;
        let recordings = settings.recordings.as_ref().map(Recordings::open);
        let mut app = Self::new(calls, carrier, settings.api);
        app.recordings = recordings.transpose()?;
        let app = app.with_post_call_reports(settings.post_call)?;
        match settings.notices {
            Some(notices) => app.with_outcomes(notices),
            None => Ok(app),
        }
    }

    /// Joins calls and a carrier that are set up already with the API's settings. Nobody is told
    /// of outcomes until [`Self::with_outcomes`].
    #[must_use]
    pub fn new(calls: Calls, carrier: Arc<dyn Carrier>, api: ApiConfig) -> Self {
        Self {
            calls,
            carrier,
            keys: api.keys,
            tokens: api.tokens,
            webhook_secrets: api.webhook_secrets,
            rate_per_minute: api.rate_per_minute,
            notifier: None,
            monitoring_url: None,
            allows_private_callbacks: false,
            callback_hosts: None,
            languages: api.languages,
            sweep_duration: api.sweep_duration,
            questionnaire: api.questionnaire,
            report_zone: api.report_zone,
            prices: api.prices,
            post_call_secrets: Vec::new(),
            conversations: None,
            recordings: None,
            doubt: Doubt::default(),
            new_id: Arc::new(store::clock::draw_call_id),
        }
    }
}

impl App {
    /// Delivers outcomes as the settings say.
    ///
    /// # Errors
    /// [`StartError::Notifier`].
    pub fn with_outcomes(mut self, notices: NotifyConfig) -> Result<Self, StartError> {
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
    pub fn with_post_call_reports(mut self, post_call: PostCallConfig) -> Result<Self, StartError> {
        self.post_call_secrets = post_call.secrets;
        if let Some(config) = post_call.conversations {
            let client = PlatformConversations::new(config)
                .map_err(|error| StartError::Conversations(error.into()))?;
            self.conversations = Some(Arc::new(client));
        }
        Ok(self)
    }
}

impl App {
    /// Has the platform's key read again soon if this error says that it does not hold.
    pub(crate) fn doubt_key(&self, error: AgentError) {
        if matches!(error, AgentError::Refused(401)) {
            self.doubt.raise();
        }
    }
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

/// The calls of the table that the settings name, by the machine's clock.
pub(crate) async fn connect(store: &StoreConfig, policy: Policy) -> Result<Calls, StoreError> {
    let calls = CallStore::connect(&store.table).await;
    let calls = calls.keeping(store.retention);
    if store.creates_table {
        calls.ensure_table().await?;
    }
    Ok(Calls::new(calls, Arc::new(SystemClock), policy))
}
