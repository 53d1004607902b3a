//! Asks the page for each of its views, with many calls and a large campaign stored in the embedded
//! database in memory, and says how long the first byte takes and how many bytes come.

use anyhow::{Context, Result, ensure};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    CallEvent, CallRequest, Patient, Policy,
    answers::{Given, Source},
    ids::CallId,
};
use campaign::{Event, State};
use clap::Parser;
use functions::sweep;
use std::time::{Duration, Instant};
use store::{OptOut, campaigns::Campaigns, clock::Clock};
use tests::{
    campaigns::{csv_of, id_of, importing},
    meter::{API_KEY, Metered},
};
use tower::ServiceExt;

/// Asks the page for its views.
#[derive(Parser)]
struct Options {
    /// How many calls there are, of which three in ten wait.
    #[arg(long, default_value_t = 10_000)]
    calls: u32,
    /// How many rows the campaign has.
    #[arg(long, default_value_t = 10_000)]
    rows: u32,
    /// How often each view is asked for.
    #[arg(long, default_value_t = 100)]
    times: usize,
}

/// Numbers that want no calls.
const OPT_OUTS: u32 = 1_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let system = Metered::start(Policy::default()).await;
    let call = calls(&system, options.calls).await?;
    campaign(&system, options.rows).await?;
    opt_outs(&system).await?;
    let campaign = format!("/campaigns/{}", id_of(1));
    println!("| view | ms, p50 | ms, p95 | bytes |");
    println!("| --- | --- | --- | --- |");
    for path in [
        "/",
        "/?part=live",
        "/calls",
        "/calls?status=failed",
        &format!("/calls/{call}"),
        "/campaigns",
        "/campaigns/new",
        &campaign,
        &format!("{campaign}/plan"),
        &format!("{campaign}/rows"),
        &format!("{campaign}/rows?state=faulty"),
        &format!("{campaign}/forecast"),
        &format!("{campaign}/forecast?part=live"),
        "/opt-outs",
        "/opt-outs?page=10",
        "/figures?range=month",
        "/figures?range=month&part=live",
    ] {
        let (mut took, mut bytes) = (Vec::new(), 0);
        for _ in 0..options.times {
            let began = now();
            bytes = get(&system, path).await?;
            took.push(began.elapsed());
        }
        took.sort();
        let of = |hundredths: usize| took[(took.len() * hundredths / 100).min(took.len() - 1)];
        let shown = path
            .replace(&call.to_string(), "…")
            .replace(&id_of(1).to_string(), "…");
        println!(
            "| `{shown}` | {:.1} | {:.1} | {bytes} |",
            ms(of(50)),
            ms(of(95))
        );
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}

/// Stores calls of one day, most of which have ended; one that has.
async fn calls(system: &Metered, count: u32) -> Result<CallId> {
    let mut shown = None;
    for n in 0..count {
        let name = "राहुल शर्मा";
        let number = format!("+91{:010}", 1_000_000_000 + n).parse()?;
        let patient = Patient {
            id: Some(format!("patient_{n}")),
            ..Patient::new(name, number)
        };
        let request = CallRequest::new(store::clock::draw_call_id(), patient);
        system.app.calls.create(&request, None).await?;
        for field in ["age", "healthIssue"] {
            let given = Given {
                value: if field == "age" {
                    42.into()
                } else {
                    "सीने में दर्द".into()
                },
                at: system.app.calls.now(),
                attempt: 1,
                source: Source::Mcp,
                conversation: None,
                turn: None,
            };
            let store = &system.app.calls.store;
            store.save_patient_answer(request.id, field, &given).await?;
        }
        if n % 10 < 7 {
            system
                .app
                .calls
                .apply(request.id, &CallEvent::Cancelled)
                .await?;
            shown = Some(request.id);
        }
    }
    shown.context("no call")
}

/// A campaign that runs, without a row that is dialled yet.
async fn campaign(system: &Metered, rows: u32) -> Result<()> {
    let campaigns = Campaigns::of(&system.app.calls);
    importing(&campaigns, id_of(1), csv_of(rows, 100).as_bytes()).await?;
    for _ in 0..60 {
        sweep::tick(&system.app).await;
        system.clock.advance(Duration::from_secs(1));
        let campaign = campaigns.store.campaign(id_of(1)).await?.context("none")?;
        if campaign.state == State::Ready {
            campaigns.apply(id_of(1), &Event::Started).await?;
            return Ok(());
        }
    }
    anyhow::bail!("it is not read")
}

async fn opt_outs(system: &Metered) -> Result<()> {
    for n in 0..OPT_OUTS {
        let entry = OptOut {
            phone_number: format!("+91{:010}", 2_000_000_000 + n).parse()?,
            since: system.clock.now(),
            by: "crm".to_owned(),
            reason: None,
        };
        system.app.calls.store.opt_out(&entry).await?;
    }
    Ok(())
}

/// The bytes of a view.
async fn get(system: &Metered, path: &str) -> Result<usize> {
    let until = system.clock.now() + Duration::from_hours(1);
    let token = system.app.tokens.page_token(API_KEY, "crm", until);
    let request = Request::get(path)
        .header("cookie", format!("session={token}"))
        .body(Body::empty())?;
    let answer = functions::router(system.app.clone())
        .oneshot(request)
        .await?;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    ensure!(status == 200, "{path}: {status}");
    Ok(body.len())
}
