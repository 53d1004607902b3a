//! Runs many seeds of the simulation and stops at the first that breaks a promise.

use anyhow::{Result, bail};
use clap::Parser;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tests::simulation::{Bug, Settings, run};

/// Entries of the history shown before the end of a failing run.
const TAIL: usize = 60;

/// Runs seeds of the simulation; a broken promise is printed with the seed that breaks it.
#[derive(Parser)]
struct Options {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    start: u64,
    /// Threads to use; all cores if not given.
    #[arg(long)]
    threads: Option<usize>,
    /// A fault to plant, by name.
    #[arg(long)]
    bug: Option<String>,
    /// Prints the whole history of each run.
    #[arg(long)]
    trace: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let bug = bug(options.bug.as_deref())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (next, failed) = (AtomicU64::new(options.start), Mutex::new(None));
    let end = options.start + options.seeds;
    #[expect(clippy::disallowed_methods, reason = "times what a person waits for")]
    let started = std::time::Instant::now();
    thread::scope(|scope| {
        for _ in 0..options.threads.unwrap_or(cores) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end || failed.lock().expect("no panic").is_some() {
                        return;
                    }
                    let run = run(Settings { seed, bug });
                    if options.trace {
                        print(&run.history.entries);
                    }
                    if !run.violations.is_empty() {
                        *failed.lock().expect("no panic") = Some((seed, run));
                        return;
                    }
                    report(seed - options.start + 1, started.elapsed());
                }
            });
        }
    });
    let Some((seed, run)) = failed.into_inner().expect("no panic") else {
        let took = started.elapsed().as_secs_f64();
        println!(
            "{} seeds from {} kept every promise in {took:.1} s",
            options.seeds, options.start
        );
        return Ok(());
    };
    let entries = &run.history.entries;
    print(&entries[entries.len().saturating_sub(TAIL)..]);
    for violation in &run.violations {
        println!("BROKEN {}: {}", violation.promise, violation.seen);
    }
    let planted = options
        .bug
        .map_or(String::new(), |bug| format!(" --bug {bug}"));
    bail!(
        "seed {seed} breaks a promise; replay it with: \
         cargo run -p tests --bin simulation -- --start {seed} --seeds 1{planted} --trace"
    )
}

fn bug(name: Option<&str>) -> Result<Option<Bug>> {
    let Some(name) = name else { return Ok(None) };
    let found = Bug::ALL.into_iter().find(|bug| bug.name() == name);
    if found.is_none() {
        bail!("no such fault; there are {:?}", Bug::ALL);
    }
    Ok(found)
}

fn print(entries: &[tests::simulation::Entry]) {
    for entry in entries {
        println!("{} {:?}", entry.at, entry.fact);
    }
}

/// Says now and then how far it is.
fn report(done: u64, took: Duration) {
    if done.is_multiple_of(500) {
        eprintln!("{done} seeds in {:.1} s", took.as_secs_f64());
    }
}
