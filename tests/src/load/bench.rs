//! What is measured, and everybody around it: a process under load, the agent platform, the network between
//! them, and for the relay a table and the functions.

use super::{
    Options, agent,
    agent::Agents,
    carrier::Order,
    certificate::{self, Certificate},
    process::{Place, Process},
    proxy::Proxy,
    recorded::Folder,
    shared::{Clock, Shared},
    system::{Settings, System},
    usage,
};
use anyhow::{Context, Result};
use serde::Serialize;
use std::{env, net::SocketAddr, path::PathBuf, sync::Arc};

/// What is under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Subject {
    /// The relay.
    Relay,
    /// The bare bridge.
    Reference,
}

impl Subject {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Relay => "the relay",
            Self::Reference => "the bare bridge",
        }
    }
}

/// A process under load, ready.
pub(super) struct Bench {
    pub(super) subject: Subject,
    pub(super) shared: Arc<Shared>,
    pub(super) agents: Agents,
    pub(super) process: Process,
    pub(super) system: Option<System>,
    listen: Place,
    metrics: Place,
    /// Asks for the metrics, over one connection.
    client: reqwest::Client,
    /// Where the process reaches the agent.
    agent: SocketAddr,
    _proxy: Option<Proxy>,
    _certificate: Option<Certificate>,
}

impl Bench {
    /// Starts the process and whom it needs, and waits until it takes streams.
    pub(super) async fn start(
        subject: Subject,
        options: &Options,
        core: Option<u32>,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::new(Clock::start()));
        let certificate = options.tls.then(Certificate::make).transpose()?;
        let tls = certificate.as_ref().map(|it| it.acceptor.clone());
        let agents = Agents::start(shared.clone(), options.agent, tls).await?;
        let proxy = match options.network() {
            Some(network) => Some(Proxy::before(agents.address(), network).await?),
            None => None,
        };
        let agent = proxy
            .as_ref()
            .map_or(agents.address(), |proxy| proxy.address);
        let (listen, metrics) = (Place::take()?, Place::take()?);
        let system = match subject {
            Subject::Relay => {
                let recordings = options.recorded.then(Folder::make).transpose()?;
                Some(System::start(listen.address, recordings).await?)
            }
            Subject::Reference => None,
        };
        let trusted = certificate
            .as_ref()
            .map(|it| it.trusted().display().to_string());
        let process = match &system {
            Some(system) => {
                let mut settings = system.settings().clone();
                settings.extend(of_relay(agent, metrics.address, trusted));
                Process::start(&relay(options)?, &[], &settings, core)?
            }
            None => {
                let arguments = of_reference(listen.address, agent, trusted);
                Process::start(&env::current_exe()?, &arguments, &Settings::new(), core)?
            }
        };
        let mut bench = Self {
            subject,
            shared,
            agents,
            process,
            system,
            listen,
            metrics,
            client: reqwest::Client::builder().no_proxy().build()?,
            agent,
            _proxy: proxy,
            _certificate: certificate,
        };
        bench.process.listens(bench.listen.address).await?;
        Ok(bench)
    }

    /// Has a call made; gives the name by which its agent knows it, and where its stream is to be opened.
    pub(super) async fn order(&self, number: u32) -> Result<(String, Order)> {
        match &self.system {
            Some(system) => system.place(number).await,
            None => {
                let url = format!("ws://{}/{number}", self.listen.address);
                let metadata = None;
                Ok((number.to_string(), Order { url, metadata }))
            }
        }
    }

    /// Calls that the process says it carries; a bare bridge says nothing.
    pub(super) async fn calls(&self) -> Result<u64> {
        if self.subject == Subject::Reference {
            return Ok(0);
        }
        let url = format!("http://{}/metrics", self.metrics.address);
        let text = self.client.get(url).send().await?.text().await?;
        let value = text
            .lines()
            .find_map(|line| line.strip_prefix("relay_calls "));
        Ok(value.context("no relay_calls")?.trim().parse::<f64>()? as u64)
    }

    /// Seconds of sound that were recorded of each of so many calls, if they are.
    pub(super) async fn recorded(&self, calls: u32) -> Result<Option<f64>> {
        let system = self.system.as_ref();
        let Some(folder) = system.and_then(|system| system.recordings.as_ref()) else {
            return Ok(None);
        };
        Ok(Some(folder.take(calls).await?))
    }

    /// Open descriptors, but for connections that are kept for the next request to the table and to the
    /// platform. A conversation that was left open is seen by the platform.
    pub(super) fn descriptors(&self) -> Result<usize> {
        let table = self.system.as_ref().map(|system| system.table_at);
        let kept: Vec<_> = table.into_iter().chain([self.agent]).collect();
        usage::descriptors(self.process.id(), &kept)
    }
}

/// The program beside this one, unless another is named.
fn relay(options: &Options) -> Result<PathBuf> {
    match &options.relay {
        Some(relay) => Ok(relay.clone()),
        None => Ok(env::current_exe()?.with_file_name("relay")),
    }
}

fn of_relay(agent: SocketAddr, metrics: SocketAddr, trusted: Option<String>) -> Settings {
    let url = match &trusted {
        Some(_) => format!("https://{}:{}", certificate::NAME, agent.port()),
        None => format!("http://{agent}"),
    };
    let mut settings = Settings::from([
        ("ELEVENLABS_API_URL".to_owned(), url),
        ("ELEVENLABS_API_KEY".to_owned(), agent::API_KEY.to_owned()),
        ("RELAY_METRICS_LISTEN".to_owned(), metrics.to_string()),
    ]);
    settings.extend(trusted.map(|file| ("SSL_CERT_FILE".to_owned(), file)));
    settings
}

fn of_reference(listen: SocketAddr, agent: SocketAddr, trusted: Option<String>) -> Vec<String> {
    let mut arguments = vec![
        "bridge".to_owned(),
        format!("--listen={listen}"),
        format!("--agent={}", agent.port()),
    ];
    arguments.extend(trusted.map(|file| format!("--trusted={file}")));
    arguments
}
