//! Calls rows of large campaigns on the embedded database in memory, and says what turns, the progress
//! query, the pages of rows and the results took. Single calls, stored and dialled in the same run, are
//! the reference.

use anyhow::{Context, Result, ensure};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    CallEvent, CallRequest, HungUpBy, Patient, Policy,
    answers::{Given, Source},
    ids::CallId,
};
use campaign::{CampaignId, Event, Plan};
use clap::Parser;
use functions::sweep;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use store::{Created, campaigns::Campaigns, clock::Clock};
use tests::{
    campaigns::{csv_of, id_of, importing, plan},
    meter::{API_KEY, Cost, Metered},
};
use tower::ServiceExt;

/// Calls the rows of a campaign.
#[derive(Parser)]
struct Options {
    /// How many patients there are, joined by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,50000")]
    rows: Vec<u32>,
    /// Rows that are called, of all that there are.
    #[arg(long, default_value_t = 2_000)]
    dials: u32,
    /// Calls at once, and so dials of a tick.
    #[arg(long, default_value_t = 50)]
    at_once: u32,
}

/// From one tick to the next.
const BETWEEN: Duration = Duration::from_secs(2);

/// Of which one row cannot be called.
const FAULTY_EACH: u32 = 100;

/// How often the same is asked; the median is shown.
const TIMES: usize = 21;

/// Rows of one page of the results.
const PAGE: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let single = single_calls(options.at_once).await?;
    println!(
        "| rows | what | times | ms each | requests each | read units each | write units each |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    single.print("–", "a single call, stored and dialled (reference)");
    for rows in options.rows {
        let bench = Bench::imported(rows, options.at_once).await?;
        bench.dispatch(options.dials).await?.print(
            &rows.to_string(),
            "the turn of a row: its call stored and dialled",
        );
        bench
            .asked("")
            .await?
            .print(&rows.to_string(), "progress query");
        let list = bench.pages("rows", "rows").await?;
        list.print(&rows.to_string(), "row of the list of rows");
        let results = bench.pages("results", "results").await?;
        results.print(&rows.to_string(), "row of the results");
    }
    Ok(())
}

/// What so many of one kind took.
struct Took {
    times: u32,
    time: Duration,
    cost: Cost,
}

impl Took {
    fn new() -> Self {
        Self {
            times: 0,
            time: Duration::ZERO,
            cost: Cost::default(),
        }
    }

    fn add(&mut self, times: u32, time: Duration, cost: &Cost) {
        self.times += times;
        self.time += time;
        for (kind, requests) in &cost.requests {
            *self.cost.requests.entry(kind.clone()).or_default() += requests;
        }
        self.cost.read_units += cost.read_units;
        self.cost.write_units += cost.write_units;
    }

    fn print(&self, rows: &str, what: &str) {
        let times = f64::from(self.times);
        #[expect(clippy::cast_precision_loss, reason = "a count of requests is small")]
        let requests = self.cost.total_requests() as f64;
        println!(
            "| {rows} | {what} | {} | {:.3} | {:.3} | {:.3} | {:.3} |",
            self.times,
            self.time.as_secs_f64() * 1_000.0 / times,
            requests / times,
            self.cost.read_units / times,
            self.cost.write_units / times,
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

async fn system(at_once: u32) -> Metered {
    Metered::start(Policy {
        max_concurrent_calls: at_once,
        ..Policy::default()
    })
    .await
}

/// One tick, which must dial so many.
async fn tick(system: &Metered, took: &mut Took, dials: Option<u64>) -> Result<u32> {
    system.clock.advance(BETWEEN);
    let _ = system.meter.take();
    let began = now();
    let report = sweep::tick(&system.app).await;
    let time = began.elapsed();
    let as_expected = dials.is_none_or(|dials| report.dials == dials);
    ensure!(report.errors == 0 && as_expected, "{report:?}");
    let dials = u32::try_from(report.dials)?;
    took.add(dials, time, &system.meter.take());
    Ok(dials)
}

/// Twenty ticks that dial single calls.
async fn single_calls(at_once: u32) -> Result<Took> {
    let system = system(at_once).await;
    let mut took = Took::new();
    for round in 0..20 {
        let mut calls = Vec::new();
        for n in 0..at_once {
            let id = (system.app.new_id)();
            let number = format!("+9199{:08}", round * at_once + n);
            let request = CallRequest {
                not_before: Some(system.clock.now() + BETWEEN / 2),
                ..CallRequest::new(id, Patient::new("राहुल शर्मा", number.parse()?))
            };
            let _ = system.meter.take();
            let began = now();
            let (created, _) = system.app.calls.create(&request, None).await?;
            took.add(0, began.elapsed(), &system.meter.take());
            ensure!(created == Created::Stored, "a call was not stored");
            calls.push(id);
        }
        tick(&system, &mut took, Some(u64::from(at_once))).await?;
        for call in calls {
            talk(&system, call).await?;
        }
    }
    Ok(took)
}

/// Somebody picks up, says an age and hangs up.
async fn talk(system: &Metered, call: CallId) -> Result<()> {
    let calls = &system.app.calls;
    let (attempt, carrier_call_id) = (1, None);
    let opened = CallEvent::StreamOpened {
        attempt,
        carrier_call_id,
    };
    calls.apply(call, &opened).await?;
    let given = Given {
        value: json!(57),
        source: Source::Mcp,
        attempt,
        conversation: Some(1),
        turn: Some(1),
        at: system.clock.now(),
    };
    calls.store.save_patient_answer(call, "age", &given).await?;
    let (stream, by) = (1, HungUpBy::Agent);
    let hung_up = CallEvent::HungUp {
        attempt,
        stream,
        by,
    };
    calls.apply(call, &hung_up).await?;
    Ok(())
}

struct Bench {
    system: Metered,
    id: CampaignId,
    rows: u32,
}

impl Bench {
    /// A campaign that runs, and whose rows were read.
    async fn imported(rows: u32, at_once: u32) -> Result<Self> {
        let system = system(at_once).await;
        let (campaigns, id) = (Campaigns::of(&system.app.calls), id_of(1));
        importing(&campaigns, id, csv_of(rows, FAULTY_EACH).as_bytes()).await?;
        for _ in 0..60 {
            sweep::tick(&system.app).await;
            let campaign = campaigns.store.campaign(id).await?.context("a campaign")?;
            if campaign.rows == rows {
                break;
            }
        }
        let plan = Box::new(Plan {
            concurrency: at_once,
            ..plan(system.clock.now())
        });
        campaigns.apply(id, &Event::PlanChanged { plan }).await?;
        campaigns.apply(id, &Event::Started).await?;
        Ok(Self { system, id, rows })
    }

    /// Lets so many rows have their turns.
    async fn dispatch(&self, dials: u32) -> Result<Took> {
        let (mut took, mut next) = (Took::new(), 2);
        while took.times < dials.min(self.rows) && next < self.rows + 2 {
            tick(&self.system, &mut took, None).await?;
            let first = next;
            while next < self.rows + 2 {
                let row = self.system.app.calls.store.row(self.id, next).await?;
                let row = row.context("a row")?.row;
                match row.call {
                    Some(call) => talk(&self.system, call).await?,
                    None if !row.state.is_over() => break,
                    None => {}
                }
                next += 1;
            }
            ensure!(next > first, "a tick gave no turn");
        }
        Ok(took)
    }

    /// What a question takes, by its median.
    async fn asked(&self, what: &str) -> Result<Took> {
        let mut times = Vec::new();
        for _ in 0..TIMES {
            let _ = self.system.meter.take();
            let began = now();
            self.get(what).await?;
            times.push((began.elapsed(), self.system.meter.take()));
        }
        times.sort_by_key(|(time, _)| *time);
        let (time, cost) = &times[TIMES / 2];
        let mut took = Took::new();
        took.add(1, *time, cost);
        Ok(took)
    }

    /// All rows, page by page.
    async fn pages(&self, what: &str, list: &str) -> Result<Took> {
        let (mut took, mut cursor) = (Took::new(), String::new());
        loop {
            let _ = self.system.meter.take();
            let began = now();
            let page = self.get(&format!("/{what}?limit={PAGE}{cursor}")).await?;
            let rows = page[list].as_array().context("rows")?.len();
            let time = began.elapsed();
            took.add(u32::try_from(rows)?, time, &self.system.meter.take());
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        ensure!(took.times == self.rows, "{} rows", took.times);
        Ok(took)
    }

    async fn get(&self, what: &str) -> Result<Value> {
        let path = format!("/api/campaigns/{}{what}", self.id);
        let request = Request::get(path).header("x-api-key", API_KEY);
        let router = functions::campaigns::router(self.system.app.clone());
        let answer = router.oneshot(request.body(Body::empty())?).await?;
        ensure!(answer.status().is_success(), "{}", answer.status());
        let body = to_bytes(answer.into_body(), usize::MAX).await?;
        Ok(serde_json::from_slice(&body)?)
    }
}
