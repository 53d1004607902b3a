//! The way to the agent's platform, gone as far as it can be before anybody picks up: addresses to begin
//! conversations at, and open connections, TLS included.

#[cfg(test)]
mod tests;

use crate::{
    defaults::{SPARE_CONNECTION_KEPT, SPARE_URL_KEPT, SPARES_MAX},
    tasks::Tasks,
};
use elevenlabs::{AgentError, ElevenLabs};
use futures_util::future::join_all;
use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use secrecy::{ExposeSecret, SecretString};
use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async_with_config,
    tungstenite::{
        Error,
        error::{TlsError, UrlError},
        http::Uri,
        protocol::WebSocketConfig,
    },
};

/// A connection to the platform's host.
pub(crate) type Connection = MaybeTlsStream<TcpStream>;

/// What is kept for calls whose phones ring, and what every connection is made with.
#[derive(Default)]
pub(crate) struct Spares {
    /// How many calls may need some before long.
    wanted: AtomicUsize,
    kept: Mutex<Kept>,
    /// Made once: the roots of trust are hundreds of kilobytes, and are read from disk.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

#[derive(Default)]
struct Kept {
    urls: VecDeque<SpareUrl>,
    connections: VecDeque<(Connection, Instant)>,
    /// Where those lead to.
    host: Option<Host>,
}

/// An address at which one conversation with one agent may begin.
struct SpareUrl {
    url: SecretString,
    agent_id: String,
    /// Who asked for it: under another key it may not hold.
    asked_by: ElevenLabs,
    since: Instant,
}

impl SpareUrl {
    fn serves(&self, agent: &ElevenLabs, agent_id: &str) -> bool {
        self.agent_id == agent_id && self.asked_by.asks_like(agent)
    }
}

/// Where a connection leads.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: u16,
    has_tls: bool,
}

impl Host {
    /// Nothing that stands in the address is told: it lets whoever has it talk to the agent.
    fn of(url: &SecretString) -> Result<Self, Error> {
        let uri: Uri = url
            .expose_secret()
            .parse()
            .map_err(|_| UrlError::NoPathOrQuery)?;
        let has_tls = match uri.scheme_str() {
            Some("wss") => true,
            Some("ws") => false,
            Some(_) | None => return Err(UrlError::UnsupportedUrlScheme.into()),
        };
        let name = uri.host().ok_or(UrlError::NoHostName)?;
        Ok(Self {
            name: name.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(if has_tls { 443 } else { 80 }),
            has_tls,
        })
    }
}

impl Spares {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many phones ring.
    pub(crate) fn want(&self, ringing: usize) {
        self.wanted
            .store(ringing.min(SPARES_MAX), Ordering::Relaxed);
    }

    /// An address at which one conversation may begin, a spare one if that will do.
    pub(crate) async fn url(
        &self,
        agent: &ElevenLabs,
        agent_id: &str,
    ) -> Result<SecretString, AgentError> {
        match self.spare_url(agent, agent_id) {
            Some(url) => Ok(url),
            None => agent.signed_url(agent_id).await,
        }
    }

    fn spare_url(&self, agent: &ElevenLabs, agent_id: &str) -> Option<SecretString> {
        self.drop_old();
        let mut kept = self.kept();
        let urls = &mut kept.urls;
        let place = urls.iter().position(|url| url.serves(agent, agent_id));
        Some(urls.remove(place?)?.url)
    }

    /// Begins a conversation, over a spare connection if there is one.
    pub(crate) async fn upgrade(
        &self,
        tasks: &Tasks,
        url: &SecretString,
        config: WebSocketConfig,
    ) -> Result<WebSocketStream<Connection>, Error> {
        let host = Host::of(url)?;
        let begin =
            |connection| client_async_with_config(url.expose_secret(), connection, Some(config));
        if let Some(spare) = self.spare_connection(&host) {
            match begin(spare).await {
                Ok((socket, _)) => return Ok(socket),
                Err(refused @ Error::Http(_)) => return Err(refused),
                Err(error) => tracing::debug!(%error, "a spare connection was closed meanwhile"),
            }
        }
        let (socket, _) = begin(self.connect(tasks, &host).await?).await?;
        Ok(socket)
    }

    fn spare_connection(&self, host: &Host) -> Option<Connection> {
        self.drop_old();
        let mut kept = self.kept();
        let leads_there = kept.host.as_ref() == Some(host);
        let spare = leads_there.then(|| kept.connections.pop_front())?;
        spare.map(|(connection, _)| connection)
    }

    async fn connect(&self, tasks: &Tasks, host: &Host) -> Result<Connection, Error> {
        let tcp = TcpStream::connect((host.name.as_str(), host.port)).await?;
        tcp.set_nodelay(true)?;
        if !host.has_tls {
            return Ok(MaybeTlsStream::Plain(tcp));
        }
        let name = ServerName::try_from(host.name.clone());
        let name = name.map_err(|_| TlsError::InvalidDnsName)?;
        let config = self.config(tasks).await;
        let tls = TlsConnector::from(config).connect(name, tcp).await?;
        Ok(MaybeTlsStream::Rustls(tls))
    }

    async fn config(&self, tasks: &Tasks) -> Arc<ClientConfig> {
        if self.tls.get().is_none() {
            let tls = self.tls.clone();
            let read = move || {
                tls.get_or_init(trust);
            };
            tasks.work_out(read).await;
        }
        self.tls.get_or_init(trust).clone()
    }

    fn drop_old(&self) {
        let mut kept = self.kept();
        kept.urls.retain(|url| url.since.elapsed() < SPARE_URL_KEPT);
        kept.connections
            .retain(|(_, since)| since.elapsed() < SPARE_CONNECTION_KEPT);
    }

    /// Has as many as are wanted, if they are to be had.
    pub(crate) async fn fill(&self, tasks: &Tasks, agent: &ElevenLabs) -> Result<(), Lacking> {
        self.drop_old();
        let (wanted, agent_id) = (self.wanted.load(Ordering::Relaxed), agent.default_agent());
        self.kept().urls.retain(|url| url.serves(agent, agent_id));
        let missing = 0..wanted.saturating_sub(self.kept().urls.len());
        let urls = missing.map(|_| agent.signed_url(agent_id));
        for url in join_all(urls).await {
            self.keep(agent, url?);
        }
        let Some(host) = self.kept().host.clone() else {
            return Ok(());
        };
        let missing = 0..wanted.saturating_sub(self.connections());
        for connection in join_all(missing.map(|_| self.connect(tasks, &host))).await {
            let spare = (connection?, Instant::now());
            self.kept().connections.push_back(spare);
        }
        Ok(())
    }

    /// Keeps an address for the agent that talks unless a request names one.
    fn keep(&self, agent: &ElevenLabs, url: SecretString) {
        let mut kept = self.kept();
        kept.host = Host::of(&url).ok();
        kept.urls.push_back(SpareUrl {
            url,
            agent_id: agent.default_agent().to_owned(),
            asked_by: agent.clone(),
            since: Instant::now(),
        });
    }

    fn connections(&self) -> usize {
        self.kept().connections.len()
    }
}

/// Whom we believe that they are who they say: the system's list.
fn trust() -> Arc<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (taken, _) = roots.add_parsable_certificates(found.certs);
    if taken == 0 {
        tracing::error!(errors = ?found.errors, "the system names no authority whose certificates hold");
    }
    let config = ClientConfig::builder().with_root_certificates(roots);
    Arc::new(config.with_no_client_auth())
}

/// Why a spare could not be had.
pub(crate) enum Lacking {
    Url(AgentError),
    Connection(io::ErrorKind),
}

impl From<AgentError> for Lacking {
    fn from(error: AgentError) -> Self {
        Self::Url(error)
    }
}

impl From<Error> for Lacking {
    fn from(error: Error) -> Self {
        let Error::Io(error) = error else {
            return Self::Connection(io::ErrorKind::Other);
        };
        Self::Connection(error.kind())
    }
}
