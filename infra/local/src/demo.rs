//! One whole call, shown as it happens: the call of the user's document.

use crate::{
    system::{LOCAL_KEY, Options, System},
    timeline,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use settings::Env;
use simulators::{
    cases::willing,
    knowlarity,
    speech::{line, wav},
};
use std::{fmt::Write, fs, path::PathBuf, time::Duration};

/// The variable that names a collector of traces.
const TRACES: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// How long the record of the finished call may take to come in from the simulators.
const RECORD_WAIT: Duration = Duration::from_secs(10);

/// A callee who answers the agent's questions, and a phone that rings for two seconds.
#[must_use]
pub fn options() -> Options {
    let knowlarity = knowlarity::Settings {
        ring: Duration::from_secs(2),
        welcome: line("wait_hi").duration(),
        callee: willing(),
        ..knowlarity::Settings::default()
    };
    Options {
        knowlarity,
        ..Options::default()
    }
}

/// The request of the user's document.
fn request() -> Value {
    json!({
        "patientData": {
            "id": "patient_123",
            "name": "राहुल शर्मा",
            "phoneNumber": "+911234567890",
            "treatmentType": "heart surgery consultation",
            "crmData": {
                "lastVisit": "2024-01-15",
                "doctor": "Dr. Smith",
                "department": "Cardiology",
            },
        },
    })
}

/// Places the call, follows it to its end, and leaves what came of it in `out`.
///
/// # Errors
/// If the system cannot start or the call does not complete.
pub async fn run(out: PathBuf) -> Result<()> {
    println!("Starting the system: database, functions, relay, and both vendors simulated.");
    let mut options = options();
    // The one thing that is taken from outside: a collector changes nothing of the call.
    if let Some(endpoint) = Env::process().text(TRACES) {
        options.settings.insert(TRACES.to_owned(), endpoint);
    }
    let system = System::start(options).await?;
    let client = reqwest::Client::new();
    println!("The CRM asks for a call: राहुल शर्मा, heart surgery consultation.\n");
    let trigger = client
        .post(format!("{}/api/outbound-call", system.api_url))
        .header("x-api-key", LOCAL_KEY)
        .json(&request());
    let accepted: Value = trigger.send().await?.error_for_status()?.json().await?;
    let id = accepted["sessionId"]
        .as_str()
        .context("the trigger gave no sessionId")?;
    let url = format!("{}/api/outbound-call/{id}", system.api_url);
    let record = timeline::follow(&client, &url, LOCAL_KEY).await?;
    leave_files(&system, &record, &out).await?;
    system.stop().await?;
    ensure!(
        record["status"] == "completed",
        "the call ended {}",
        record["status"]
    );
    println!(
        "\nThe call is {}. What it left:",
        record["status"].as_str().unwrap_or_default()
    );
    println!(
        "  {}  the whole record, as the API gives it",
        out.join("session.json").display()
    );
    println!("  {}  what was said", out.join("transcript.txt").display());
    println!(
        "  {}  what was heard: patient left, agent right",
        out.join("call.wav").display()
    );
    println!("Next: cargo run -- up");
    Ok(())
}

async fn leave_files(system: &System, record: &Value, out: &PathBuf) -> Result<()> {
    fs::create_dir_all(out).with_context(|| format!("cannot create {}", out.display()))?;
    fs::write(out.join("session.json"), serde_json::to_vec_pretty(record)?)?;
    fs::write(out.join("transcript.txt"), transcript(record))?;
    let sim = system
        .knowlarity
        .as_ref()
        .context("the carrier is not simulated")?;
    let call = sim.wait_call(1, RECORD_WAIT).await?;
    wav::write_stereo(&out.join("call.wav"), &call.uplink, &call.downlink)?;
    Ok(())
}

fn transcript(record: &Value) -> String {
    let mut text = String::new();
    for turn in record["transcript"].as_array().into_iter().flatten() {
        let speaker = if turn["role"] == "agent" {
            "Agent"
        } else {
            "Patient"
        };
        let _ = writeln!(
            text,
            "{speaker}: {}",
            turn["text"].as_str().unwrap_or_default()
        );
    }
    text
}
