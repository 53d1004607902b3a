//! The relay as a long-running service.

use anyhow::{Context, Result};
use relay::{
    Relay,
    config::RelayConfig,
    keys::Keys,
    server::{Listener, serve},
};
use secrets::Kept;
use settings::Env;
use std::sync::Arc;
use store::clock::{Clock, SystemClock};
use store::{CallStore, StoreConfig, calls::Calls};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use traces::{Traces, TracesConfig};

#[tokio::main]
async fn main() -> Result<()> {
    let metrics = Env::process().text("METRICS_NAMESPACE");
    logging::start(logging::Form::Service, metrics);
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider is installed already"))?;

    let kept = Kept::of(Env::process, SystemClock.now()).await?;
    let env = kept.as_ref().map_or_else(Env::process, Kept::env);
    let policy = settings::policy(&env)?;
    let settings = RelayConfig::from_env(&env, &policy)?;
    let keys = Keys::from_env(&env).map_err(anyhow::Error::from_boxed)?;
    let store_settings = StoreConfig::from_env(&env)?;
    let traces = Traces::start(TracesConfig::from_env(&env)?, "relay")?;
    let store = CallStore::connect(&store_settings.table).await;
    let store = store.keeping(store_settings.retention);
    if store_settings.creates_table {
        store.ensure_table().await?;
    }

    let listener = Listener::bind(settings.listen, settings.tls.clone()).await?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let metrics = match settings.metrics_listen {
        Some(at) => Some(
            TcpListener::bind(at)
                .await
                .with_context(|| format!("cannot listen on {at}"))?,
        ),
        None => None,
    };
    let calls = Calls::new(store, Arc::new(SystemClock), policy).told_to(traces);
    calls.log_live().await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let relay = Relay::new(calls, keys.tokens, keys.agent, settings);
    if let Some(kept) = kept {
        relay.renew_keys(kept);
    }
    if let Some(listener) = metrics {
        relay.serve_metrics(listener);
    }
    let cut = serve(listener, relay, shutdown).await;
    if cut > 0 {
        tracing::warn!(calls = cut, "calls cut by the shutdown");
    }
    Ok(())
}
