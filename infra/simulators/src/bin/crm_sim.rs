//! Runs a receiver of outcomes until it is interrupted, and prints each as it comes.

use anyhow::{Context, ensure};
use clap::Parser;
use simulators::crm::{Receiver, Reply};
use std::net::SocketAddr;

/// Requests whose answer can be set from the command line; far more than a trial gets.
const REPLIES_SET: usize = 10_000;

/// Receives outcomes as a CRM does: prints each, and whether its signature is right.
/// Give its address to a call as `callbackUrl`.
#[derive(Parser)]
#[command(name = "crm-sim")]
struct Args {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:9000")]
    listen: SocketAddr,
    /// Key that signs the outcomes, `whsec_…`; without it signatures are not checked
    #[arg(long)]
    key: Option<String>,
    /// Status that requests are answered with
    #[arg(long, default_value_t = 204, value_parser = clap::value_parser!(u16).range(200..600))]
    status: u16,
    /// Never answers
    #[arg(long, conflicts_with = "status")]
    silent: bool,
    /// How many requests are answered so, before all others get 204
    #[arg(long, default_value_t = REPLIES_SET, value_name = "N")]
    times: usize,
}

impl Args {
    fn reply(&self) -> Reply {
        if self.silent {
            Reply::Silence
        } else {
            Reply::Status(self.status)
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let key = args.key.as_deref();
    ensure!(
        key.is_none_or(|key| key.starts_with("whsec_")),
        "--key: expected whsec_…"
    );
    let receiver = Receiver::listen(args.listen)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    receiver.reply(std::iter::repeat_n(args.reply(), args.times));
    println!("crm-sim listens on {}", receiver.url(""));

    let mut seen = 0;
    loop {
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => {
                interrupted.context("cannot wait for the interrupt signal")?;
                println!("crm-sim ends after {seen} requests");
                return Ok(());
            }
            notice = receiver.after(seen) => {
                seen += 1;
                println!("{seen}. {}", notice.described(key));
            }
        }
    }
}
