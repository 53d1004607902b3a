//! `up --outcomes`: a CRM that prints what it is told.

use super::SIGNING_KEYS;
use anyhow::{Context, Result, ensure};
use call::ids::CallId;
use settings::Env;
use simulators::crm::{Notice, Receiver};
use std::{
    collections::HashMap,
    fmt,
    io::{self, Write},
    net::SocketAddr,
};
use store::calls::Calls;

/// The variable that names who is told of every call.
const MONITORING: &str = "MONITORING_WEBHOOK_URL";

/// Where outcomes of calls go that name no address of their own.
const MONITORING_PATH: &str = "/monitoring";

/// A receiver of outcomes, and the key that it expects them to be signed with.
pub struct Outcomes {
    receiver: Receiver,
    key: String,
}

impl Outcomes {
    /// Listens there, and has every outcome sent there by these settings.
    ///
    /// # Errors
    /// If the address is taken, or the environment says that somebody else is told of every call.
    pub async fn listen(
        address: SocketAddr,
        env: &Env,
        settings: &mut HashMap<String, String>,
    ) -> Result<Self> {
        ensure!(
            env.text(MONITORING).is_none(),
            "--outcomes takes the place of {MONITORING}, so leave one of them out"
        );
        let keys = settings.get(SIGNING_KEYS).cloned();
        let keys = keys.or_else(|| env.text(SIGNING_KEYS)).unwrap_or_default();
        let newest = keys.split(',').next().unwrap_or_default().trim().to_owned();
        ensure!(
            newest.starts_with("whsec_"),
            "{SIGNING_KEYS}: expected whsec_…"
        );
        let receiver = Receiver::listen(address)
            .await
            .with_context(|| format!("cannot listen on {address} for outcomes"))?;
        let monitoring = receiver.url(MONITORING_PATH);
        settings.insert(MONITORING.to_owned(), monitoring);
        Ok(Self {
            receiver,
            key: newest,
        })
    }

    /// An address for a `callbackUrl`.
    #[must_use]
    pub fn url(&self) -> String {
        self.receiver.url("/")
    }

    /// Prints each outcome as it comes, for ever. What a call tells its own `callbackUrl` is not printed
    /// a second time.
    ///
    /// # Errors
    /// If nothing can be written.
    pub async fn print(&self, calls: &Calls, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let mut seen = 0;
        loop {
            let notice = self.receiver.after(seen).await;
            seen += 1;
            if notice.path == MONITORING_PATH && is_told_elsewhere(calls, &notice).await {
                continue;
            }
            writeln!(out, "{}", notice.described(Some(&self.key)))?;
        }
    }
}

impl fmt::Display for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url();
        write!(
            f,
            "CRM         {url}  (outcomes are printed here; answers and transcript with this callbackUrl)"
        )
    }
}

/// Whether the call that it speaks of has a `callbackUrl`, which is told the same and more.
async fn is_told_elsewhere(calls: &Calls, notice: &Notice) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(&notice.body).ok();
    let id = body.and_then(|body| body["data"]["sessionId"].as_str()?.parse::<CallId>().ok());
    let Some(id) = id else { return false };
    let session = calls.store.load(id).await;
    matches!(session, Ok(Some(session)) if session.has_callback)
}
