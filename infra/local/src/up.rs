//! Keeping the system, or its database alone, running until Ctrl-C.

use crate::{
    database::Database,
    demo,
    system::{LOCAL_KEY, Options, System},
};
use anyhow::Result;
use settings::Env;
use std::{net::SocketAddr, path::PathBuf};
use store::StoreConfig;
use tokio::signal::unix::{SignalKind, signal};
use webhooks::draw_signing_key;

/// The variable that holds the keys outcomes are signed with.
const SIGNING_KEYS: &str = "WEBHOOK_SIGNING_KEYS";

/// Runs the system until Ctrl-C or SIGTERM. Vendors named in the environment are used instead of
/// their simulators.
///
/// # Errors
/// If an address is taken or a setting is wrong.
pub async fn run(api: SocketAddr, relay: SocketAddr, data: Option<PathBuf>) -> Result<()> {
    logging::start(logging::Form::Terminal, None);
    let mut options = Options {
        api,
        relay,
        data,
        reads_environment: true,
        ..demo::options()
    };
    let signing_key = Env::process()
        .text(SIGNING_KEYS)
        .is_none()
        .then(draw_signing_key);
    if let Some(key) = &signing_key {
        options
            .settings
            .insert(SIGNING_KEYS.to_owned(), key.clone());
    }
    let system = System::start(options).await?;
    system.calls.log_live().await?;
    print_parts(&system, signing_key);
    println!("Ctrl-C stops it.");
    stopped().await?;
    println!(
        "stopping: running calls may end within DRAIN_TIMEOUT (5s here, unless set); once more stops at once"
    );
    tokio::select! {
        done = system.stop() => done,
        again = stopped() => {
            again?;
            anyhow::bail!("stopped at once: calls and requests were cut")
        }
    }
}

fn print_parts(system: &System, signing_key: Option<String>) {
    let simulated = |is_simulated| {
        if is_simulated {
            "simulated"
        } else {
            "as configured"
        }
    };
    println!(
        "API         {}  (key: {LOCAL_KEY}, unless API_KEYS is set)",
        system.api_url
    );
    println!("page        {}/  (the same key)", system.api_url);
    println!("relay       {}", system.relay_url);
    println!("Knowlarity  {}", simulated(system.knowlarity.is_some()));
    println!("ElevenLabs  {}", simulated(system.elevenlabs.is_some()));
    match &system.database {
        Some(database) => println!("DynamoDB    {}  (embedded)", database.url()),
        None => println!("DynamoDB    as configured"),
    }
    match signing_key {
        Some(key) => println!("outcomes    signed with {key}, of this run alone"),
        None => println!("outcomes    signed as configured"),
    }
}

/// Serves the embedded DynamoDB alone until Ctrl-C or SIGTERM.
///
/// # Errors
/// If the address is taken or the file cannot be opened.
pub async fn database(listen: SocketAddr, data: Option<PathBuf>) -> Result<()> {
    let database = Database::start(listen, data.as_deref()).await?;
    let table = StoreConfig::from_env(&Env::process())?.table;
    database.store(&table).await?;
    println!(
        "DynamoDB on {}, table {table}. Ctrl-C stops it.",
        database.url()
    );
    stopped().await?;
    database.stop().await
}

async fn stopped() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    Ok(())
}
