//! Exports many calls page by page from the embedded database in memory, and says what it took.

use anyhow::{Context, Result, ensure};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    CallRequest, Patient, Policy,
    answers::{Given, Source},
};
use clap::Parser;
use serde_json::Value;
use std::time::{Duration, Instant};
use store::Created;
use tests::meter::{API_KEY, Metered};
use tower::ServiceExt;

/// Exports calls page by page.
#[derive(Parser)]
struct Options {
    /// How many calls there are, joined by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000")]
    calls: Vec<u32>,
    /// Rows asked for in a page.
    #[arg(long, default_value_t = 1_000)]
    page: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    println!(
        "| calls | pages | largest page, bytes | s, all pages | ms, analytics | memory grown, MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for calls in options.calls {
        let system = filled(calls).await?;
        let before = memory_mb()?;
        let took = export(&system, calls, options.page).await?;
        let grown = memory_mb()?.saturating_sub(before);
        let began = now();
        let figures = get(&system, "/api/analytics?range=month").await?;
        let figures: Value = serde_json::from_slice(&figures.1)?;
        ensure!(figures["calls"] == calls, "{figures}");
        let analytics = began.elapsed().as_millis();
        let Took {
            pages,
            largest,
            time,
        } = took;
        println!(
            "| {calls} | {pages} | {largest} | {:.1} | {analytics} | {grown} |",
            time.as_secs_f64()
        );
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

struct Took {
    pages: u32,
    largest: usize,
    time: Duration,
}

async fn filled(calls: u32) -> Result<Metered> {
    let system = Metered::start(Policy::default()).await;
    for n in 0..calls {
        let request = CallRequest::new(
            store::clock::draw_call_id(),
            Patient {
                id: Some(format!("patient_{n}")),
                ..Patient::new(
                    "राहुल शर्मा",
                    format!("+91{:010}", 1_000_000_000 + n).parse()?,
                )
            },
        );
        let (created, _) = system.app.calls.create(&request, None).await?;
        ensure!(created == Created::Stored);
        let given = Given {
            value: "सीने में दर्द".into(),
            at: system.app.calls.now(),
            attempt: 1,
            source: Source::Mcp,
            conversation: None,
            turn: None,
        };
        let store = &system.app.calls.store;
        store
            .save_patient_answer(request.id, "healthIssue", &given)
            .await?;
    }
    Ok(system)
}

async fn export(system: &Metered, calls: u32, page: u32) -> Result<Took> {
    let (mut took, mut rows, mut cursor) = (
        Took {
            pages: 0,
            largest: 0,
            time: Duration::ZERO,
        },
        0,
        String::new(),
    );
    let began = now();
    loop {
        let path = format!("/api/export?format=csv&range=month&limit={page}{cursor}");
        let (next, body) = get(system, &path).await?;
        took.pages += 1;
        took.largest = took.largest.max(body.len());
        rows += body.split(|byte| *byte == b'\n').count() - 1;
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    took.time = began.elapsed();
    let expected = usize::try_from(calls)? + 1; // With the names of the columns.
    ensure!(rows == expected, "{rows} lines of {expected}");
    Ok(took)
}

/// The next page's cursor, and the body.
async fn get(system: &Metered, path: &str) -> Result<(Option<String>, Vec<u8>)> {
    let request = Request::get(path)
        .header("x-api-key", API_KEY)
        .body(Body::empty())?;
    let answer = functions::router(system.app.clone())
        .oneshot(request)
        .await?;
    let status = answer.status();
    let next = answer.headers().get("next-cursor").cloned();
    let next = next
        .map(|next| next.to_str().map(str::to_owned))
        .transpose()?;
    let body = to_bytes(answer.into_body(), usize::MAX).await?;
    ensure!(status == 200, "{status}");
    Ok((next, body.to_vec()))
}

/// What this process has in memory at most so far.
fn memory_mb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only on Linux")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().split(' ').next());
    Ok(kilobytes.context("no peak")?.parse::<u64>()? / 1024)
}
