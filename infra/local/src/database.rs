//! The embedded DynamoDB: dynoxide, served over HTTP on this machine and reached through the
//! AWS SDK, so that the one store implementation runs here as it does on AWS.

use crate::data;
use anyhow::{Context, Result};
use std::{fs::File, net::SocketAddr, path::Path, time::Duration};
use store::CallStore;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// From one look for what has expired to the next. DynamoDB takes up to two days.
const EXPIRY_EACH: Duration = Duration::from_secs(600);

/// Name of the file under the data folder.
const FILE: &str = "calls.db";

/// A running database; it stops when dropped or by [`Database::stop`].
pub struct Database {
    /// Keeps other processes from the folder.
    _held: Option<File>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl Database {
    /// Serves on `listen` (port 0: any), in memory or from a file under `folder`.
    ///
    /// # Errors
    /// If the address is taken, the file cannot be opened, or another process has it open.
    pub async fn start(listen: SocketAddr, folder: Option<&Path>) -> Result<Self> {
        let held = folder.map(data::hold).transpose()?;
        let database = open(folder)?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen} for the database"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        // What is in memory does not live as long as anything is kept.
        let expiry = folder.map(|_| tokio::spawn(erase_expired(database.clone())));
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            async move {
                let _ = stopped.await;
                if let Some(expiry) = expiry {
                    expiry.abort();
                }
            },
        ));
        Ok(Self {
            _held: held,
            address,
            stop,
            server,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Connects to `table` and creates it if it is missing.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn store(&self, table: &str) -> Result<CallStore> {
        let store = CallStore::local(&self.url(), table);
        store
            .ensure_table()
            .await
            .context("cannot create the table")?;
        Ok(store)
    }

    /// Finishes running requests, then stops.
    ///
    /// # Errors
    /// If the server failed before.
    pub async fn stop(self) -> Result<()> {
        let _ = self.stop.send(());
        self.server.await?.map_err(anyhow::Error::msg)
    }
}

/// Erases what has expired, as DynamoDB's TTL does.
async fn erase_expired(database: dynoxide::Database) {
    let mut next = tokio::time::interval(EXPIRY_EACH);
    loop {
        next.tick().await;
        let database = database.clone();
        let erased = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        match erased {
            Ok(Ok(0)) => {}
            Ok(Ok(items)) => tracing::info!(items, "expired items erased"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be erased"),
            Err(error) => tracing::error!(%error, "erasing stopped short"),
        }
    }
}

fn open(folder: Option<&Path>) -> Result<dynoxide::Database> {
    let Some(folder) = folder else {
        return Ok(dynoxide::Database::memory()?);
    };
    let file = folder.join(FILE);
    // What is written beside it gets the same rights.
    data::own(&file)?;
    let path = file
        .to_str()
        .context("the data folder's name is not UTF-8")?;
    dynoxide::Database::new(path).with_context(|| format!("cannot open {}", file.display()))
}
