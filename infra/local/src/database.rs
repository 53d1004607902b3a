//! The embedded DynamoDB: dynoxide, served over HTTP on this machine and reached through the
//! AWS SDK, so that the one store implementation runs here as it does on AWS.

use anyhow::{Context, Result};
use shared::store::CallStore;
use std::{net::SocketAddr, path::Path};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Name of the file under the data folder.
const FILE: &str = "calls.db";

/// A running database; it stops when dropped or by [`Database::stop`].
pub struct Database {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
}

impl Database {
    /// Serves on `listen` (port 0: any), in memory or from a file under `folder`.
    ///
    /// # Errors
    /// If the address is taken, or the file cannot be opened.
    pub async fn start(listen: SocketAddr, folder: Option<&Path>) -> Result<Self> {
        let database = open(folder)?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen} for the database"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            async {
                let _ = stopped.await;
            },
        ));
        Ok(Self {
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

fn open(folder: Option<&Path>) -> Result<dynoxide::Database> {
    let Some(folder) = folder else {
        return Ok(dynoxide::Database::memory()?);
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the data folder {}", folder.display()))?;
    let file = folder.join(FILE);
    let path = file
        .to_str()
        .context("the data folder's name is not UTF-8")?;
    dynoxide::Database::new(path).with_context(|| format!("cannot open {}", file.display()))
}
