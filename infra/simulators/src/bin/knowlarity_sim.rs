//! Runs the simulator of Knowlarity until it is interrupted.

use anyhow::{Context, bail};
use clap::Parser;
use simulators::{
    cases::{Cases, Chosen, Numbers, willing},
    knowlarity::{API_KEY_DEFAULT, Callee, Settings, Sim, Step},
    speech::{line, wav},
};
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Simulates Knowlarity: the dial API, a phone that rings, the audio stream, status webhooks.
/// Set KNOWLARITY_API_URL of the system under test to the printed URL.
#[derive(Parser)]
#[command(name = "knowlarity-sim")]
struct Args {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// SR API key that is accepted in the header authorization
    #[arg(long, default_value = API_KEY_DEFAULT)]
    api_key: String,
    /// Where status webhooks are posted; without it none are sent
    #[arg(long)]
    webhook_url: Option<String>,
    /// Base address of the stream for dials in the dialect kapps_ivr
    #[arg(long)]
    kapps_stream_url: Option<String>,
    /// How long the phone rings, such as 500ms or 5s
    #[arg(long, default_value = "5s", value_parser = duration, value_name = "TIME")]
    ring: Duration,
    /// The last digit of the number decides: 1 busy, 2 rings out, 3 switched off, 4 declined,
    /// 5 no valid number, 6 never reported, 7 the key is refused, 8 the dial is not answered;
    /// all others are answered
    #[arg(long, conflicts_with = "case")]
    by_number: bool,
    #[command(flatten)]
    case: Chosen,
    /// WAV file (16 kHz mono) that the callee answers with, turn by turn; may be given several times
    #[arg(long = "callee-wav", value_name = "FILE")]
    callee_wavs: Vec<PathBuf>,
}

/// Reads `500ms` or `5s`.
fn duration(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, Duration::from_millis(1)),
        None => (
            text.strip_suffix('s').unwrap_or_default(),
            Duration::from_secs(1),
        ),
    };
    let count: u32 = digits
        .parse()
        .map_err(|_| "expected a time such as 500ms or 5s")?;
    unit.checked_mul(count)
        .ok_or_else(|| "too long a time".to_owned())
}

fn callee(files: &[PathBuf]) -> anyhow::Result<Callee> {
    if files.is_empty() {
        return Ok(willing());
    }
    let read = |path: &PathBuf| {
        let pcm = wav::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        anyhow::Ok(Step::Reply(pcm.into()))
    };
    let steps = files.iter().map(read).collect::<Result<_, _>>()?;
    Ok(Callee::speaking(steps))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let always = args.case.0;
    if let Some(case) = always.filter(|case| case.is_agents()) {
        bail!(
            "--{} is the agent's doing: `cargo run -- up` plays it",
            case.name()
        );
    }
    let numbers = if args.by_number {
        Numbers::LastDigit
    } else {
        Numbers::Cases
    };
    let settings = Settings {
        listen: args.listen,
        api_key: args.api_key,
        webhook_url: args.webhook_url,
        kapps_stream_url: args.kapps_stream_url,
        fates: Some(Cases { numbers, always }.fates()),
        ring: args.ring,
        welcome: line("wait_hi").duration(),
        callee: callee(&args.callee_wavs)?,
        ..Settings::default()
    };
    let sim = Sim::start(settings)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    println!("knowlarity-sim listens on {}", sim.base_url());

    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for the interrupt signal")?;
    let count = sim.dials().len();
    sim.stop().await;
    println!("knowlarity-sim ends after {count} dials");
    Ok(())
}
