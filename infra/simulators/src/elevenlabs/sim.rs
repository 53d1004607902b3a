//! A running simulator.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::behaviour::{Behaviour, RestFault};
use super::entries::WorkspaceWrite;
use super::hub::{Hub, RestRequest};
use super::posting::Posting;
use super::record::{ConversationRecord, lock};
use super::routes;
use super::script::Script;
use super::settings::Settings;

/// A simulator that runs until it is dropped.
pub struct Sim {
    hub: Arc<Hub>,
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    server: JoinHandle<io::Result<()>>,
}

/// A conversation did not come to the expected state in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitError {
    /// Conversation that was waited for, 1 for the first.
    pub number: usize,
    /// Time that was waited.
    pub waited: Duration,
    /// How far it came, without anything that was said.
    pub state: String,
}

impl std::fmt::Display for WaitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            number,
            waited,
            state,
        } = self;
        write!(
            f,
            "conversation {number} is not there after {waited:?}: {state}"
        )
    }
}

impl std::error::Error for WaitError {}

impl Sim {
    /// Starts a simulator; it listens when this returns.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let addr = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let hub = Arc::new(Hub::new(settings, stopped));

        let router = routes::router(Arc::clone(&hub));
        let listener = listener.tap_io(|stream| {
            // Without it only small messages are later by some milliseconds.
            let _ = stream.set_nodelay(true);
        });
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            hub,
            addr,
            stop,
            server,
        })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Base URL of the REST API, such as `http://127.0.0.1:4000`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// The API key it accepts.
    pub fn api_key(&self) -> &str {
        &self.hub.settings.api_key
    }

    /// Orders behaviours for the next upgrades, one each; after them it converses.
    pub fn behave(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        self.hub.plan_behaviours(behaviours);
    }

    /// Orders scripts for the next conversations, one each; after them agents use their own.
    pub fn play(&self, scripts: impl IntoIterator<Item = Script>) {
        self.hub.plan_scripts(scripts);
    }

    /// Orders faults for the next REST requests, one each.
    pub fn fail_rest(&self, faults: impl IntoIterator<Item = RestFault>) {
        self.hub.plan_rest_faults(faults);
    }

    /// Orders how the post-call reports of the next conversations come, one each; after them once.
    pub fn post(&self, postings: impl IntoIterator<Item = Posting>) {
        self.hub.plan_postings(postings);
    }

    /// All conversations so far, running ones included, oldest first.
    pub fn conversations(&self) -> Vec<ConversationRecord> {
        self.hub
            .ledger
            .all()
            .iter()
            .map(|record| lock(record).clone())
            .collect()
    }

    /// The `number`-th conversation, 1 for the first.
    pub fn conversation(&self, number: usize) -> Option<ConversationRecord> {
        self.hub
            .ledger
            .nth(number)
            .map(|record| lock(&record).clone())
    }

    /// Upgrades refused so far, ordered ones included.
    pub fn refused_upgrades(&self) -> usize {
        self.hub.refused_upgrades()
    }

    /// Changes of the workspace so far, refused ones left out.
    pub fn workspace_writes(&self) -> Vec<WorkspaceWrite> {
        self.hub.workspace.writes()
    }

    /// REST requests so far.
    pub fn rest_requests(&self) -> Vec<RestRequest> {
        self.hub.requests()
    }

    /// Waits until the `number`-th conversation (1 for the first) has ended.
    ///
    /// # Errors
    /// [`WaitError`] when it has not after `within`.
    pub async fn wait_conversation(
        &self,
        number: usize,
        within: Duration,
    ) -> Result<ConversationRecord, WaitError> {
        self.wait_until(number, within, |record| record.closed.is_some())
            .await
    }

    /// Waits until the `number`-th conversation (1 for the first) is as `is_reached` demands.
    ///
    /// # Errors
    /// [`WaitError`] when it is not after `within`.
    pub async fn wait_until(
        &self,
        number: usize,
        within: Duration,
        is_reached: impl Fn(&ConversationRecord) -> bool,
    ) -> Result<ConversationRecord, WaitError> {
        let mut revisions = self.hub.ledger.watch();
        let reached = async {
            loop {
                let shared = self.hub.ledger.nth(number);
                if let Some(record) = shared.as_deref().map(lock).filter(|r| is_reached(r)) {
                    return record.clone();
                }
                if revisions.changed().await.is_err() {
                    // The ledger lives in `self`; it cannot be gone.
                    std::future::pending::<()>().await;
                }
            }
        };
        timeout(within, reached).await.map_err(|_| WaitError {
            number,
            waited: within,
            state: self.describe(number),
        })
    }

    /// Ends all conversations without a close frame and frees the port.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.server.abort();
        let mut revisions = self.hub.ledger.watch();
        let ended =
            async { while self.hub.ledger.running() > 0 && revisions.changed().await.is_ok() {} };
        // A conversation that takes longer is in the middle of a write; it ends by itself.
        let _ = timeout(Duration::from_secs(1), ended).await;
    }

    fn describe(&self, number: usize) -> String {
        let Some(shared) = self.hub.ledger.nth(number) else {
            let (refused, all) = (self.refused_upgrades(), self.hub.ledger.all().len());
            return format!("not begun; {all} others, {refused} upgrades refused");
        };
        let record = lock(&shared);
        format!(
            "{} turns, {} ms of callee audio, {} speech segments, {} agent chunks, sent {:?}, \
             violations {:?}, closed {:?}",
            record.transcript.len(),
            crate::speech::playing_time(record.callee_samples).as_millis(),
            record.speech.len(),
            record.agent_audio.len(),
            record.sent_types(),
            record.violations,
            record.closed,
        )
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        self.server.abort();
    }
}
