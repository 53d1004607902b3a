//! Everything wired together in one process.

use crate::{
    api, data,
    database::Database,
    vendors::{check_vendors, start_elevenlabs, start_knowlarity},
};
use ::elevenlabs::{ElevenLabs, ElevenLabsConfig, PostCallConfig};
use ::knowlarity::{Knowlarity, KnowlarityConfig};
use access::{TokenKey, draw_key, hash_key};
use anyhow::{Context, Result};
use call::Policy;
use functions::config::ApiConfig;
use functions::{App, sweep};
use recordings::{Place, Recordings};
use relay::{Relay, config::RelayConfig, server::serve};
use settings::Env;
use simulators::{cases::Cases, elevenlabs, knowlarity};
use std::{collections::HashMap, net::SocketAddr, path::Path, path::PathBuf, sync::Arc};
use store::clock::SystemClock;
use store::{CallStore, StoreConfig, calls::Calls};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use traces::{LAST_FLUSH_MAX, Traces, TracesConfig};
use webhooks::{NotifyConfig, draw_signing_key};

/// The API key of a local system. It opens nothing but this machine.
pub const LOCAL_KEY: &str = "local-key";

/// Number that the local system calls from.
const LOCAL_CALLER_ID: &str = "+911234567800";

/// How a local system is put together.
pub struct Options {
    /// Address of the HTTP API; port 0 takes any.
    pub api: SocketAddr,
    /// Address of the relay; port 0 takes any.
    pub relay: SocketAddr,
    /// Folder of the database; in memory without one.
    pub data: Option<PathBuf>,
    /// Whether the process's environment is read before the local defaults.
    pub reads_environment: bool,
    /// Settings that go before all others, by variable name.
    pub settings: HashMap<String, String>,
    /// How the simulated Knowlarity starts; its webhook address is filled in.
    pub knowlarity: knowlarity::Settings,
    /// How the simulated ElevenLabs starts.
    pub elevenlabs: elevenlabs::Settings,
    /// What becomes of calls with both simulated, unless their settings say otherwise.
    pub cases: Cases,
}

impl Default for Options {
    /// Any ports, everything in memory, no environment: the same on every machine.
    fn default() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            api: any,
            relay: any,
            data: None,
            reads_environment: false,
            settings: HashMap::new(),
            knowlarity: knowlarity::Settings::default(),
            elevenlabs: elevenlabs::Settings::default(),
            cases: Cases::default(),
        }
    }
}

/// A running local system.
pub struct System {
    /// Base address of the HTTP API.
    pub api_url: String,
    /// Base address of the relay, for health checks.
    pub relay_url: String,
    /// The calls, as the functions and the relay see them.
    pub calls: Calls,
    /// The simulated carrier, unless a real one is configured.
    pub knowlarity: Option<knowlarity::Sim>,
    /// The simulated agent platform, unless a real one is configured.
    pub elevenlabs: Option<elevenlabs::Sim>,
    /// The embedded database, unless another endpoint is configured.
    pub database: Option<Database>,
    /// Where calls are recorded whose request consents to it.
    pub recordings: Recordings,
    drain: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    relay: Option<JoinHandle<()>>,
    tasks: Vec<JoinHandle<()>>,
    traces: Vec<Traces>,
}

impl System {
    /// Starts everything and waits until it listens.
    ///
    /// # Errors
    /// If an address is taken, or a setting is wrong: the message names it.
    pub async fn start(mut options: Options) -> Result<Self> {
        // Fails only if a provider is there already, and then that one serves.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let given = given(&options);
        check_vendors(&given)?;
        let api = bind(options.api).await?;
        let relay = bind(options.relay).await?;
        let (api_at, relay_at) = (api.local_addr()?, relay.local_addr()?);

        let secret = options.data.as_deref().map(data::token_secret);
        let secret = secret.transpose()?.unwrap_or_else(draw_key);
        let mut defaults = local_defaults(api_at, relay_at, secret);
        let knowlarity = match given("KNOWLARITY_API_URL") {
            Some(_) => None,
            None => {
                let fates = options.cases.fates();
                options.knowlarity.fates.get_or_insert(fates);
                Some(start_knowlarity(options.knowlarity, api_at, &mut defaults, &given).await?)
            }
        };
        let elevenlabs = match given("ELEVENLABS_API_URL") {
            Some(_) => None,
            None => {
                let dialled = knowlarity.as_ref().map(knowlarity::Sim::dialled);
                let choice = dialled.map(|dialled| options.cases.scripts(dialled, "call_id"));
                Some(start_elevenlabs(options.elevenlabs, api_at, &mut defaults, choice).await?)
            }
        };
        let env = Env::from_reader(move |name| given(name).or_else(|| defaults.get(name).cloned()));

        let recordings = recordings(&env, options.data.as_deref())?;
        let settings = StoreConfig::from_env(&env)?;
        let (database, store) =
            open_store(&settings, options.data, options.reads_environment).await?;
        let store = store.keeping(settings.retention);
        let carrier = KnowlarityConfig::from_env(&env)?;
        let policy = Policy {
            caller: Some(carrier.caller_id.clone()),
            ..settings::policy(&env)?
        };
        let calls = Calls::new(store, Arc::new(SystemClock), policy);
        let (drain, draining) = watch::channel(false);
        let (stop, stopped) = watch::channel(false);
        let mut system = Self {
            api_url: format!("http://{api_at}"),
            relay_url: format!("http://{relay_at}"),
            calls,
            knowlarity,
            elevenlabs,
            database,
            recordings,
            drain,
            stop,
            relay: None,
            tasks: Vec::new(),
            traces: Vec::new(),
        };
        system.run_functions(api, carrier, &env, &stopped)?;
        system.run_relay(relay, &env, &draining)?;
        Ok(system)
    }

    fn run_functions(
        &mut self,
        listener: TcpListener,
        carrier: KnowlarityConfig,
        env: &Env,
        stopped: &watch::Receiver<bool>,
    ) -> Result<()> {
        let carrier = Knowlarity::new(carrier)?;
        let api = ApiConfig::from_env(env)?;
        let app = App::new(self.told("functions", env)?, Arc::new(carrier), api);
        let app = app.with_outcomes(NotifyConfig::from_env(env)?)?;
        let mut app = app.with_post_call_reports(PostCallConfig::from_env(env)?)?;
        app.recordings = Some(self.recordings.clone());
        let app = Arc::new(app);
        let router = functions::router(app.clone());
        let server = api::serve(listener, router, stopped.clone());
        self.tasks.push(tokio::spawn(server));
        let stopped = api::stop_of(stopped.clone());
        self.tasks.push(tokio::spawn(async move {
            sweep::run_until(&app, stopped).await;
        }));
        Ok(())
    }

    fn run_relay(
        &mut self,
        listener: TcpListener,
        env: &Env,
        draining: &watch::Receiver<bool>,
    ) -> Result<()> {
        let mut settings = RelayConfig::from_env(env, &self.calls.policy)?;
        settings.recordings = Some(self.recordings.clone());
        let agent = ElevenLabs::new(ElevenLabsConfig::from_env(env)?)?;
        let tokens = TokenKey::from_env(env)?;
        let relay = Relay::new(self.told("relay", env)?, tokens, agent, settings);
        let draining = api::stop_of(draining.clone());
        self.relay = Some(tokio::spawn(async move {
            serve(listener, relay, draining).await;
        }));
        Ok(())
    }

    /// The calls, told by this service of them.
    fn told(&mut self, service: &'static str, env: &Env) -> Result<Calls> {
        let traces = Traces::start(TracesConfig::from_env(env)?, service)?;
        self.traces.push(traces.clone());
        Ok(self.calls.clone().told_to(traces))
    }

    /// Drains the relay while the API and the sweep go on, because calls that end need both; then
    /// finishes running requests, and stops everything.
    ///
    /// # Errors
    /// If a part failed before.
    pub async fn stop(self) -> Result<()> {
        self.drain.send_replace(true);
        if let Some(relay) = self.relay {
            relay.await?;
        }
        self.stop.send_replace(true);
        for task in self.tasks {
            task.await?;
        }
        for traces in self.traces {
            traces.flush(LAST_FLUSH_MAX).await;
        }
        if let Some(sim) = self.knowlarity {
            sim.stop().await;
        }
        if let Some(sim) = self.elevenlabs {
            sim.stop().await;
        }
        match self.database {
            Some(database) => database.stop().await,
            None => Ok(()),
        }
    }
}

/// Where the settings say, or beside the database: in its folder, or in memory.
fn recordings(env: &Env, data: Option<&Path>) -> Result<Recordings> {
    let beside = data.map(|folder| Place::Folder(folder.join("recordings")));
    Ok(match Place::from_env(env)?.or(beside) {
        Some(place) => Recordings::open(&place).context("RECORDINGS")?,
        None => Recordings::in_memory(),
    })
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another instance running?"))
}

/// What was set from outside: the options first, then the environment if it is read.
fn given(options: &Options) -> impl Fn(&str) -> Option<String> + Send + Sync + 'static + use<> {
    let (settings, reads_environment) = (options.settings.clone(), options.reads_environment);
    move |name| {
        let environment = || std::env::var(name).ok().filter(|_| reads_environment);
        let value = settings.get(name).cloned().or_else(environment);
        value.filter(|value| !value.is_empty())
    }
}

fn local_defaults(api: SocketAddr, relay: SocketAddr, secret: String) -> HashMap<String, String> {
    let keys = format!("local:admin:{}", hash_key(LOCAL_KEY));
    let defaults = [
        ("API_KEYS", keys),
        ("TOKEN_SECRET", secret),
        ("KNOWLARITY_CALLER_ID", LOCAL_CALLER_ID.to_owned()),
        (
            "SERVER_WEBSOCKET_URL",
            format!("ws://{relay}/knowlarity-stream"),
        ),
        ("RELAY_LISTEN", relay.to_string()),
        ("DRAIN_TIMEOUT", "5s".to_owned()),
        ("TABLE_CREATE", "true".to_owned()),
        ("WEBHOOK_SIGNING_KEYS", draw_signing_key()),
        ("CALLBACK_ALLOW_PRIVATE", "true".to_owned()),
    ];
    tracing::debug!(%api, %relay, "local defaults");
    defaults
        .map(|(name, value)| (name.to_owned(), value))
        .into()
}

/// Another DynamoDB if the environment names one, else the embedded database.
async fn open_store(
    settings: &StoreConfig,
    data: Option<PathBuf>,
    reads_environment: bool,
) -> Result<(Option<Database>, CallStore)> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB")
        .ok()
        .filter(|_| reads_environment);
    if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) {
        let store = CallStore::connect(&settings.table).await;
        store
            .ensure_table()
            .await
            .with_context(|| format!("the database at {endpoint} does not answer"))?;
        return Ok((None, store));
    }
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let database = Database::start(any, data.as_deref()).await?;
    let store = database.store(&settings.table).await?;
    Ok((Some(database), store))
}
