//! Puts the relay under load, and says what it does with it.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::{net::SocketAddr, process::ExitCode};
use tests::load::{self, Options};

/// Puts the relay under load: plays carriers and the agent against the relay that is built beside this
/// program, and tells what came of every frame, when, and at what cost. Fails (1) if anything is lost,
/// doubled, mixed up or left open, and (2) if this tool was too slow itself for its times to mean something.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Command {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    other: Option<Other>,
}

#[derive(Subcommand)]
enum Other {
    /// Is the bare bridge of `--reference`.
    #[command(hide = true)]
    Bridge(Bridge),
}

#[derive(Args)]
struct Bridge {
    /// Where streams come.
    #[arg(long)]
    listen: SocketAddr,
    /// The agent's port on this machine.
    #[arg(long)]
    agent: u16,
    /// The file of authorities whose last one is the agent's; no TLS without it.
    #[arg(long)]
    trusted: Option<String>,
}

fn main() -> Result<ExitCode> {
    let command = Command::parse();
    let mut runtime = match command.other {
        // As the relay's: a thread for each core that it may use.
        Some(_) => tokio::runtime::Builder::new_multi_thread(),
        // Carriers and agents take turns, and nobody else's work comes between them.
        None => tokio::runtime::Builder::new_current_thread(),
    };
    let runtime = runtime.enable_all().build()?;
    runtime.block_on(async {
        match command.other {
            Some(Other::Bridge(bridge)) => {
                let trusted = bridge.trusted.as_deref();
                load::bridge(bridge.listen, bridge.agent, trusted).await?;
                Ok(ExitCode::SUCCESS)
            }
            None => Ok(ExitCode::from(load::run(&command.options).await?.code())),
        }
    })
}
