//! The relay as a long-running service.

use access::TokenKey;
use anyhow::{Context, Result};
use elevenlabs::{ElevenLabs, ElevenLabsConfig};
use relay::{Relay, config::RelayConfig, server::serve};
use settings::Env;
use std::sync::Arc;
use store::clock::SystemClock;
use store::{CallStore, StoreConfig, calls::Calls};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> Result<()> {
    logging::start(logging::Form::Service);
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a TLS provider is installed already"))?;

    let env = Env::process();
    let policy = settings::policy(&env)?;
    let settings = RelayConfig::from_env(&env, &policy)?;
    let tokens = TokenKey::from_env(&env)?;
    let agent = ElevenLabs::new(ElevenLabsConfig::from_env(&env)?)?;
    let store_settings = StoreConfig::from_env(&env)?;
    let store = CallStore::connect(&store_settings.table).await;
    let store = store.keeping(store_settings.retention);
    if store_settings.creates_table {
        store.ensure_table().await?;
    }

    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let calls = Calls::new(store, Arc::new(SystemClock), policy);
    calls.log_live().await?;
    let mut terminate = signal(SignalKind::terminate())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let cut = serve(
        listener,
        Relay::new(calls, tokens, agent, settings),
        shutdown,
    )
    .await;
    if cut > 0 {
        tracing::warn!(calls = cut, "calls cut by the shutdown");
    }
    Ok(())
}
