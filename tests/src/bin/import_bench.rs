//! Imports campaigns of many patients into the embedded database, and says what it took.

use anyhow::{Context, Result, ensure};
use call::Policy;
use campaign::State;
use clap::Parser;
use functions::sweep;
use spreadsheet::{Kind, Value, Writer};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};
use store::campaigns::Campaigns;
use tests::{
    campaigns::{csv_of, id_of, importing},
    meter::{Cost, Meter, Metered},
};

/// Imports campaigns.
#[derive(Parser)]
struct Options {
    /// How many patients there are, joined by commas.
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,50000")]
    rows: Vec<u32>,
    /// Whether the database is in memory; by default it is in a file, so that only the import's own memory
    /// is measured.
    #[arg(long)]
    in_memory: bool,
}

/// Ticks until an import is given up: each works on it for 20 s.
const TICKS_MAX: u32 = 60;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    println!(
        "| rows | file | bytes | s, upload | s, import | ticks | requests | write units a row | read units a row | memory grown, MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for rows in options.rows {
        for kind in [Kind::Delimited(b','), Kind::Workbook] {
            let took = import(rows, kind, options.in_memory).await?;
            let Took { cost, .. } = &took;
            let each = |units: f64| units / f64::from(rows);
            println!(
                "| {rows} | {} | {} | {:.1} | {:.1} | {} | {} | {:.2} | {:.2} | {} |",
                name(kind),
                took.bytes,
                took.upload.as_secs_f64(),
                took.import.as_secs_f64(),
                took.ticks,
                cost.total_requests(),
                each(cost.write_units),
                each(cost.read_units),
                took.grown,
            );
        }
    }
    Ok(())
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Workbook => "XLSX",
        Kind::Delimited(_) => "CSV",
    }
}

struct Took {
    bytes: usize,
    upload: Duration,
    import: Duration,
    ticks: u32,
    cost: Cost,
    grown: u64,
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn now() -> Instant {
    Instant::now()
}

async fn import(rows: u32, kind: Kind, in_memory: bool) -> Result<Took> {
    let file = std::env::temp_dir().join(format!("import-{}", store::clock::draw_call_id()));
    let meter = match (in_memory, file.to_str()) {
        (false, Some(file)) => Meter::on_disk(file),
        _ => Meter::default(),
    };
    let system = Metered::start_on(meter, Policy::default()).await;
    let took = measured(&system, rows, kind).await;
    drop(system);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(PathBuf::from(format!("{}{end}", file.display())));
    }
    took
}

async fn measured(system: &Metered, rows: u32, kind: Kind) -> Result<Took> {
    let (campaigns, id) = (Campaigns::of(&system.app.calls), id_of(1));
    let bytes = bytes_of(rows, kind)?;
    let size = bytes.len();
    let began = now();
    importing(&campaigns, id, &bytes).await?;
    drop(bytes);
    let upload = began.elapsed();
    let _ = system.meter.take();
    forget_peak()?;
    let (before, began, mut ticks) = (memory_mb("VmRSS:")?, now(), 0);
    loop {
        sweep::tick(&system.app).await;
        ticks += 1;
        let campaign = campaigns.store.campaign(id).await?;
        let campaign = campaign.context("a campaign")?;
        if campaign.state == State::Ready {
            ensure!(campaign.rows == rows, "{} of {rows} rows", campaign.rows);
            break;
        }
        ensure!(ticks < TICKS_MAX, "it does not end");
    }
    Ok(Took {
        bytes: size,
        upload,
        import: began.elapsed(),
        ticks,
        cost: system.meter.take(),
        grown: memory_mb("VmHWM:")?.saturating_sub(before),
    })
}

/// A file of so many patients, one in a hundred of whom cannot be called.
fn bytes_of(rows: u32, kind: Kind) -> Result<Vec<u8>> {
    let csv = csv_of(rows, 100);
    if kind != Kind::Workbook {
        return Ok(csv.into_bytes());
    }
    let mut writer = Writer::new(kind, vec![2]);
    for (number, line) in (1..).zip(csv.lines()) {
        let cells = line.split(',').map(|cell| Value::Text(cell.to_owned()));
        writer.row(number, &cells.collect::<Vec<_>>())?;
    }
    let mut bytes = Vec::new();
    writer.finish(1, &mut bytes)?;
    Ok(bytes)
}

/// Lets the peak of this process's memory begin anew.
fn forget_peak() -> Result<()> {
    std::fs::write("/proc/self/clear_refs", "5").context("only on Linux")
}

/// What this process has in memory, by a line of its status.
fn memory_mb(line: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only on Linux")?;
    let found = status.lines().find_map(|text| text.strip_prefix(line));
    let kilobytes = found.and_then(|text| text.trim().split(' ').next());
    Ok(kilobytes.context("no such line")?.parse::<u64>()? / 1024)
}
