//! Runs the simulator of Knowlarity until it is interrupted.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use tests::{
    knowlarity::{API_KEY_DEFAULT, Callee, Dial, Settings, Sim, Step},
    speech::{line, wav},
};

/// Dials whose behaviour can be set from the command line; far more than a trial places.
const DIALS_SET: usize = 10_000;

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
    /// What becomes of every dial
    #[arg(long, value_enum, default_value = "answer")]
    dial: DialName,
    /// Milliseconds the phone rings
    #[arg(long, default_value_t = 5_000, value_name = "MS")]
    ring_ms: u64,
    /// WAV file (16 kHz mono) that the callee answers with, turn by turn; may be given several times
    #[arg(long = "callee-wav", value_name = "FILE")]
    callee_wavs: Vec<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum DialName {
    Answer,
    Busy,
    NoAnswer,
    SwitchedOff,
    Rejected,
    NeverReports,
}

impl DialName {
    fn dial(self) -> Dial {
        match self {
            Self::Answer => Dial::Answer,
            Self::Busy => Dial::Busy,
            Self::NoAnswer => Dial::NoAnswer,
            Self::SwitchedOff => Dial::SwitchedOff,
            Self::Rejected => Dial::Rejected,
            Self::NeverReports => Dial::NeverReports,
        }
    }
}

fn callee(files: &[PathBuf]) -> anyhow::Result<Callee> {
    let default = [
        "callee_haan_hi",
        "callee_age_hi",
        "callee_complaint_hi",
        "callee_city_hi",
    ];
    let steps = if files.is_empty() {
        default.map(|id| Step::Reply(line(id).pcm)).to_vec()
    } else {
        let read = |path: &PathBuf| {
            let pcm = wav::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            anyhow::Ok(Step::Reply(pcm.into()))
        };
        files.iter().map(read).collect::<Result<_, _>>()?
    };
    Ok(Callee::speaking(steps))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let settings = Settings {
        listen: args.listen,
        api_key: args.api_key,
        webhook_url: args.webhook_url,
        kapps_stream_url: args.kapps_stream_url,
        ring: Duration::from_millis(args.ring_ms),
        welcome: line("wait_hi").duration(),
        callee: callee(&args.callee_wavs)?,
        ..Settings::default()
    };
    let sim = Sim::start(settings)
        .await
        .with_context(|| format!("cannot listen on {}", args.listen))?;
    sim.behave(std::iter::repeat_n(args.dial.dial(), DIALS_SET));
    println!("knowlarity-sim listens on {}", sim.base_url());

    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for the interrupt signal")?;
    let count = sim.dials().len();
    sim.stop().await;
    println!("knowlarity-sim ends after {count} dials");
    Ok(())
}
