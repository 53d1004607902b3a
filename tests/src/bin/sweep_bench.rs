//! Times ticks of the sweep while more and more calls wait, on the embedded database in memory.

use anyhow::{Result, ensure};
use call::{CallRequest, Patient, Policy, time::Timestamp};
use clap::Parser;
use functions::sweep;
use std::time::Duration;
use store::Created;
use store::clock::Clock;
use tests::meter::Metered;

/// Ticks of which the median is shown.
const TICKS: usize = 5;

/// From one tick to the next; all ticks together are shorter than any deadline.
const BETWEEN: Duration = Duration::from_secs(2);

/// Times ticks of the sweep while calls wait.
#[derive(Parser)]
struct Options {
    /// How many calls wait, joined by commas; the first is the reference.
    #[arg(long, value_delimiter = ',', default_value = "0,1000,10000,100000")]
    waiting: Vec<u32>,
    /// How many more become due before each tick, joined by commas.
    #[arg(long, value_delimiter = ',', default_value = "0,10,50")]
    due: Vec<u32>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    println!(
        "| waiting | of those due, every channel taken | becoming due | requests | items read | ms |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for waiting in options.waiting {
        for due in &options.due {
            tick_with(waiting, *due).await?;
        }
        tick_when_full(waiting).await?;
    }
    Ok(())
}

/// So many wait for a later hour; some more are due at each tick, and all of those are dialled.
async fn tick_with(waiting: u32, due: u32) -> Result<()> {
    let bench = Bench::start(10_000).await;
    let later = bench.now() + Duration::from_secs(12 * 60 * 60);
    bench.fill(0..waiting, Some(later)).await?;
    let mut next = waiting;
    let mut ticks = Vec::new();
    for _ in 0..TICKS {
        let soon = bench.now() + BETWEEN / 2;
        bench.fill(next..next + due, Some(soon)).await?;
        next += due;
        ticks.push(bench.tick(u64::from(due)).await?);
    }
    print(&format!("{waiting} | 0 | {due}"), ticks);
    Ok(())
}

/// So many are due, and every channel is taken.
async fn tick_when_full(waiting: u32) -> Result<()> {
    let bench = Bench::start(1).await;
    bench.fill(0..1, None).await?;
    ensure!(sweep::tick(&bench.0.app).await.dials == 1);
    bench.fill(1..=waiting, None).await?;
    let mut ticks = Vec::new();
    for _ in 0..TICKS {
        ticks.push(bench.tick(0).await?);
    }
    print(&format!("{waiting} | {waiting} | 0"), ticks);
    Ok(())
}

struct Bench(Metered);

/// Milliseconds, requests, items read.
type Tick = (f64, u64, u64);

impl Bench {
    async fn start(max_concurrent_calls: u32) -> Self {
        let policy = Policy {
            max_concurrent_calls,
            ..Policy::default()
        };
        Self(Metered::start(policy).await)
    }

    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// Stores these calls, as the trigger does.
    async fn fill(
        &self,
        calls: impl Iterator<Item = u32>,
        not_before: Option<Timestamp>,
    ) -> Result<()> {
        for n in calls {
            let request = CallRequest {
                not_before,
                ..CallRequest::new(
                    (self.0.app.new_id)(),
                    Patient::new("राहुल शर्मा", format!("+9199{n:08}").parse()?),
                )
            };
            let (created, _) = self.0.app.calls.create(&request, None).await?;
            ensure!(created == Created::Stored, "call {n} was not stored");
        }
        Ok(())
    }

    async fn tick(&self, dials: u64) -> Result<Tick> {
        self.0.clock.advance(BETWEEN);
        let _ = self.0.meter.take();
        #[expect(clippy::disallowed_methods, reason = "times what a person waits for")]
        let began = std::time::Instant::now();
        let report = sweep::tick(&self.0.app).await;
        let took = began.elapsed().as_secs_f64() * 1_000.0;
        ensure!((report.dials, report.errors) == (dials, 0), "{report:?}");
        let cost = self.0.meter.take();
        Ok((took, cost.total_requests(), cost.items))
    }
}

fn print(what: &str, mut ticks: Vec<Tick>) {
    ticks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (millis, requests, items) = ticks[TICKS / 2];
    println!("| {what} | {requests} | {items} | {millis:.1} |");
}
