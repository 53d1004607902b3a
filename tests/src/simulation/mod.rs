//! The whole system on a virtual clock, decided by one seed.
//!
//! The functions, the sweep, the fold and the store with its DynamoDB expressions are the real
//! ones; the database is the embedded one, reached in process; carrier, relay and CRM are simulated.
//! Everything runs on one thread whose clock jumps from one event to the next, so that a seed
//! decides a run: which process dies between which two of its requests, which answers are lost,
//! which requests are throttled or conflict, which index reads are old, which webhooks come late,
//! twice or never, how far the clocks are apart. After each run a list of checks judges the history
//! of all that happened. [`Bug`] names faults planted on purpose, to show that the checks find them.

mod bugs;
mod carrier;
mod check;
mod crm;
mod database;
mod dice;
mod history;
mod manager;
mod platform;
mod process;
mod promised;
mod receiver;
mod relay;
mod reports;
mod stored;
mod sweeps;
mod tools;
mod world;

pub use bugs::Bug;
pub use check::Violation;
pub use history::{Entry, Fact, History, Place};

use tokio::runtime::Builder;

/// What decides a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The seed.
    pub seed: u64,
    /// The fault to plant, if any.
    pub bug: Option<Bug>,
}

/// How a run went.
#[derive(Debug)]
pub struct Run {
    /// All that happened.
    pub history: History,
    /// Promises that were broken.
    pub violations: Vec<Violation>,
}

/// Runs one seed on this thread, outside of any runtime.
///
/// # Panics
/// If the simulation itself is broken, or the code under test panics.
#[must_use]
pub fn run(settings: Settings) -> Run {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without input and output");
    let (history, promised) = runtime.block_on(world::run(&settings));
    let violations = check::violations(&history, &promised);
    Run {
        history,
        violations,
    }
}
