//! Starting, steering and asking a simulator.

use super::{
    api,
    callee::Callee,
    hub::Shared,
    record::{CallRecord, DialRecord},
    settings::{Dial, Settings},
};
use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running simulator; it stops when dropped.
pub struct Sim {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

/// What was dialled so far, for as long as somebody asks.
#[derive(Clone)]
pub struct Dialled(Arc<Shared>);

impl Dialled {
    /// The number of the latest dial whose request holds these words, such as an id of the caller's.
    #[must_use]
    pub fn number_of(&self, words: &str) -> Option<String> {
        let state = self.0.state();
        let mut dials = state.dialled.iter().rev();
        let dial = dials.find(|dial| dial.body.to_string().contains(words))?;
        Some(dial.number.clone())
    }

    /// How often a number was dialled.
    #[must_use]
    pub fn count(&self, number: &str) -> usize {
        self.0.state().dialled_to(number)
    }
}

/// What was waited for did not happen in time.
#[derive(Debug)]
pub struct WaitError {
    number: usize,
    calls: usize,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "call {} did not end in time; {} were answered",
            self.number, self.calls
        )
    }
}

impl std::error::Error for WaitError {}

impl Sim {
    /// Starts serving.
    ///
    /// # Errors
    /// If the address is taken.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::new(settings));
        let router = api::router(shared.clone());
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the carrier simulator stopped");
            }
        });
        Ok(Self {
            shared,
            address,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Base address of the dial API.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What becomes of the next dials, in order; afterwards they are answered.
    pub fn behave(&self, dials: impl IntoIterator<Item = Dial>) {
        self.shared.state().dials.extend(dials);
    }

    /// Who answers the next calls, in order; afterwards the callee of the settings.
    pub fn callees(&self, callees: impl IntoIterator<Item = Callee>) {
        self.shared.state().callees.extend(callees);
    }

    /// What becomes of the next dials to one number, in order, and who answers them; afterwards it is as
    /// with any other. What [`Self::behave`] was told goes before it.
    pub fn expect_at(&self, number: &str, dials: impl IntoIterator<Item = (Dial, Callee)>) {
        let mut state = self.shared.state();
        let expected = state.expected.entry(number.to_owned()).or_default();
        expected.extend(dials);
    }

    /// Every dial request so far.
    #[must_use]
    pub fn dials(&self) -> Vec<DialRecord> {
        self.shared.state().dialled.clone()
    }

    /// What was dialled and will be, also for who outlives the simulator.
    #[must_use]
    pub fn dialled(&self) -> Dialled {
        Dialled(self.shared.clone())
    }

    /// Every answered call so far, running ones included.
    #[must_use]
    pub fn calls(&self) -> Vec<CallRecord> {
        self.shared.state().calls.clone()
    }

    /// Waits until the `number`-th answered call (from 1) is over.
    ///
    /// # Errors
    /// [`WaitError`] if that takes longer than `within`.
    pub async fn wait_call(
        &self,
        number: usize,
        within: Duration,
    ) -> Result<CallRecord, WaitError> {
        let mut changes = self.shared.changes.subscribe();
        let found = tokio::time::timeout(within, async {
            loop {
                let call = self.shared.over(number);
                if let Some(call) = call {
                    return call;
                }
                if changes.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        });
        found.await.map_err(|_| WaitError {
            number,
            calls: self.calls().len(),
        })
    }

    /// Stops serving and frees the port. Running calls break without a close frame.
    pub async fn stop(mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
        let mut rings = std::mem::take(&mut *self.shared.rings());
        rings.shutdown().await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
        self.shared.rings().abort_all();
    }
}
