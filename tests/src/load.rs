//! The relay under load, measured from outside: carriers and the agent platform are played here, on one
//! clock, against the real relay as a process of its own.

mod agent;
mod bench;
mod call;
mod carrier;
mod certificate;
mod conversation;
mod figures;
mod mark;
mod process;
mod proxy;
mod recorded;
mod reference;
mod round;
mod shared;
mod socket;
mod speech;
mod spread;
mod system;
mod table;
mod track;
mod usage;

pub use reference::bridge;
pub use speech::Manner;

use anyhow::Result;
use bench::{Bench, Subject};
use clap::Args;
use figures::Figures;
use proxy::Network;
use serde::Serialize;
use std::{fs, path::PathBuf, time::Duration};
use tokio::time::Instant;

/// What is played, and how.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Calls at once.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub calls: u32,
    /// How long all of them talk, in seconds.
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// How the agent talks.
    #[arg(long, value_enum, default_value_t = Manner::RealTime)]
    pub agent: Manner,
    /// Streams opened in one second.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub setups: u32,
    /// TLS to the agent.
    #[arg(long)]
    pub tls: bool,
    /// Delay between the relay and the agent, one way, in milliseconds.
    #[arg(long, default_value_t = 0)]
    pub delay: u64,
    /// Packets of a hundred between the relay and the agent that are lost and sent again.
    #[arg(long, default_value_t = 0.0)]
    pub loss: f64,
    /// Seconds in which the phones ring before the first stream opens.
    #[arg(long, default_value_t = 0)]
    pub ring: u64,
    /// Every callee agreed to be recorded, and the relay keeps the recordings in a folder.
    #[arg(long)]
    pub recorded: bool,
    /// Repeats the round for so many minutes, and compares the memory.
    #[arg(long)]
    pub soak: Option<u64>,
    /// Measures a bare bridge too, before the relay, at the same load.
    #[arg(long)]
    pub reference: bool,
    /// Judges what came and not when: for machines that do other things as well.
    #[arg(long)]
    pub correctness: bool,
    /// Forgets a frame of a hundred, which must be found.
    #[arg(long)]
    pub plant_loss: bool,
    /// Another relay than the one beside this program.
    #[arg(long)]
    pub relay: Option<PathBuf>,
    /// Writes the figures to this file too, as JSON.
    #[arg(long)]
    pub json: Option<PathBuf>,
}

impl Options {
    fn network(&self) -> Option<Network> {
        let network = Network {
            delay: Duration::from_millis(self.delay),
            loss_percent: self.loss,
        };
        (self.delay > 0 || self.loss > 0.0).then_some(network)
    }
}

/// All that was measured.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Measured {
    is_pinned: bool,
    /// CPU of the relay by that of the bare bridge.
    ratio: Option<f64>,
    rounds: Vec<Figures>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything came as it should.
    Right,
    /// Something was lost, doubled, mixed up or left open.
    Wrong,
    /// This tool was what held things up: the times say nothing.
    Void,
}

impl Ended {
    /// The exit code: 0, 1, 2.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Right => 0,
            Self::Wrong => 1,
            Self::Void => 2,
        }
    }
}

/// Plays it, and tells what came of it.
///
/// # Errors
/// If it cannot be played.
pub async fn run(options: &Options) -> Result<Ended> {
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let core = process::take_core();
    if core.is_none() {
        println!("not pinned: it takes two cores and taskset (Debian: util-linux)");
    }
    let mut rounds = Vec::new();
    if options.reference {
        rounds.extend(measure(Subject::Reference, options, core).await?);
    }
    rounds.extend(measure(Subject::Relay, options, core).await?);
    let ratio = ratio(&rounds);
    if let Some(ratio) = ratio {
        println!("CPU of the relay by that of the bare bridge: {ratio:.2}");
    }
    let ended = judge(&rounds, options);
    if let Some(file) = &options.json {
        let measured = Measured {
            is_pinned: core.is_some(),
            ratio,
            rounds,
        };
        fs::write(file, serde_json::to_string_pretty(&measured)?)?;
    }
    Ok(ended)
}

/// Rounds of one process, one after the other for as long as a soak takes.
async fn measure(subject: Subject, options: &Options, core: Option<u32>) -> Result<Vec<Figures>> {
    let bench = Bench::start(subject, options, core).await?;
    let idle = round::warm_up(&bench, 0).await?;
    let minutes = options.soak.filter(|_| subject == Subject::Relay);
    let until = Instant::now() + Duration::from_secs(60 * minutes.unwrap_or(0));
    let (mut rounds, mut first) = (Vec::new(), 1);
    loop {
        let numbers = first..first + options.calls;
        first = numbers.end;
        let figures = round::round(&bench, options, numbers, idle).await?;
        println!("{figures}");
        rounds.push(figures);
        if Instant::now() >= until {
            break;
        }
    }
    if let ([first, .., last], true) = (rounds.as_slice(), minutes.is_some()) {
        let (first, last, count) = (first.resident_kib, last.resident_kib, rounds.len());
        println!(
            "memory under load: {first} KiB in the first of {count} rounds, {last} in the last"
        );
    }
    Ok(rounds)
}

fn ratio(rounds: &[Figures]) -> Option<f64> {
    let cpu = |subject| {
        let of = rounds.iter().find(|round| round.subject == subject)?;
        Some(of.cpu_ms_per_call_second)
    };
    Some(cpu(Subject::Relay)? / cpu(Subject::Reference)?)
}

fn judge(rounds: &[Figures], options: &Options) -> Ended {
    let void: Vec<_> = rounds.iter().filter_map(Figures::void).collect();
    if rounds.iter().any(|round| !round.wrong.is_empty()) {
        return Ended::Wrong;
    }
    if options.correctness {
        return Ended::Right;
    }
    for why in &void {
        println!("VOID: {why}");
    }
    if void.is_empty() {
        Ended::Right
    } else {
        Ended::Void
    }
}
