//! Keeping the system, or its database alone, running until Ctrl-C.

pub mod outcomes;

use crate::{
    database::Database,
    demo,
    system::{LOCAL_KEY, Options, System},
};
use anyhow::Result;
use clap::Args;
use outcomes::Outcomes;
use settings::Env;
use simulators::cases::{Cases, Chosen, Numbers};
use std::{net::SocketAddr, path::PathBuf};
use store::StoreConfig;
use tokio::signal::unix::{SignalKind, signal};
use webhooks::draw_signing_key;

/// The variable that holds the keys outcomes are signed with.
const SIGNING_KEYS: &str = "WEBHOOK_SIGNING_KEYS";

/// The variables that say how long a retry waits.
const RETRY_WAITS: [&str; 6] = [
    "RETRY_BUSY",
    "RETRY_NO_ANSWER",
    "RETRY_UNREACHABLE",
    "RETRY_AGENT_UNAVAILABLE",
    "RETRY_CONNECTION_LOST",
    "RETRY_CARRIER_ERROR",
];

/// How long it waits where nobody has minutes.
const FAST_RETRY: &str = "5s";

/// What is simulated, and where it listens.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Address of the HTTP API
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub api: SocketAddr,
    /// Address of the media relay
    #[arg(long, default_value = "127.0.0.1:3001")]
    pub relay: SocketAddr,
    /// Folder for the database; without it calls are kept in memory
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Rings again after 5 s whatever happened, where no RETRY_… variable says otherwise
    #[arg(long)]
    pub fast_retries: bool,
    /// Plays the CRM too: takes outcomes at this address, checks how they are signed, and prints each
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9000")]
    pub outcomes: Option<SocketAddr>,
    /// What becomes of every call.
    #[command(flatten)]
    pub case: Chosen,
}

impl Arguments {
    /// A system in memory at these addresses, where everybody picks up and retries wait as long as ever.
    #[must_use]
    pub fn at(api: SocketAddr, relay: SocketAddr) -> Self {
        Self {
            api,
            relay,
            data: None,
            fast_retries: false,
            outcomes: None,
            case: Chosen(None),
        }
    }

    /// The system that is asked for, beside these variables of the environment.
    #[must_use]
    pub fn options(&self, env: &Env) -> Options {
        let mut options = Options {
            api: self.api,
            relay: self.relay,
            data: self.data.clone(),
            reads_environment: true,
            cases: Cases {
                numbers: Numbers::Cases,
                always: self.case.0,
            },
            ..demo::options()
        };
        if self.fast_retries {
            let unset = RETRY_WAITS.iter().filter(|name| !env.is_set(name));
            let waits = unset.map(|name| ((*name).to_owned(), FAST_RETRY.to_owned()));
            options.settings.extend(waits);
        }
        options
    }
}

/// Runs the system until Ctrl-C or SIGTERM. Vendors named in the environment are used instead of
/// their simulators.
///
/// # Errors
/// If an address is taken or a setting is wrong.
pub async fn run(arguments: &Arguments) -> Result<()> {
    logging::start(logging::Form::Terminal, None);
    let env = Env::process();
    let mut options = arguments.options(&env);
    let drawn_key = env.text(SIGNING_KEYS).is_none().then(draw_signing_key);
    if let Some(key) = &drawn_key {
        let key = key.clone();
        options.settings.insert(SIGNING_KEYS.to_owned(), key);
    }
    let receiver = match arguments.outcomes {
        Some(at) => Some(Outcomes::listen(at, &env, &mut options.settings).await?),
        None => None,
    };
    let system = System::start(options).await?;
    system.calls.log_live().await?;
    print_parts(&system, drawn_key);
    if let Some(receiver) = &receiver {
        println!("{receiver}");
    }
    println!("Ctrl-C stops it.");
    wait_for_end(&system, receiver.as_ref()).await?;
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

async fn wait_for_end(system: &System, receiver: Option<&Outcomes>) -> Result<()> {
    let Some(receiver) = receiver else {
        return stopped().await;
    };
    let mut out = std::io::stdout();
    tokio::select! {
        end = stopped() => end,
        printed = receiver.print(&system.calls, &mut out) => Ok(printed?),
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
        "API         {0}  (key: {LOCAL_KEY}, unless API_KEYS is set; described at {0}/api/docs)",
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
