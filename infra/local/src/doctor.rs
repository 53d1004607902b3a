//! `cargo run -- doctor`: looks at everything that a call needs, and says what to do about what is wrong.
//!
//! It changes nothing, rings nobody and costs nothing. Each look that asks somebody ends within seconds.

mod addresses;
mod certificate;
mod clocks;
mod configuration;
pub mod knock;
mod table;
mod vendors;

use agent_setup::BaseUrl;
use anyhow::Result;
use clap::Args;
use knock::Knocker;
use rustls::RootCertStore;
use secrets::Kept;
use serde_json::{Value, json};
use settings::Env;
use std::{
    io::{self, Write},
    sync::Arc,
    time::Duration,
};
use store::clock::{Clock, SystemClock};

/// Longest wait for one answer.
const WAIT: Duration = Duration::from_secs(5);

/// What is looked at besides the environment.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Public address of the HTTP API: has the agent compared and the way of the carrier's reports tried
    #[arg(long)]
    pub url: Option<BaseUrl>,
    /// An address of a CRM, as a call's callbackUrl has it
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<String>,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// How a look ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Fine,
    /// Something is to be done.
    Wrong,
    /// Nobody could look.
    Unchecked,
}

impl State {
    const fn label(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Wrong => "wrong",
            Self::Unchecked => "unchecked",
        }
    }
}

/// What was looked at, what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub look: &'static str,
    /// How it ended.
    pub state: State,
    /// What was found: no secret and nothing of a patient.
    pub found: String,
    /// What to do, in one sentence; empty if there is nothing.
    pub remedy: String,
}

impl Finding {
    fn fine(look: &'static str, found: impl Into<String>) -> Self {
        Self::of(look, State::Fine, found, "")
    }

    fn wrong(look: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(look, State::Wrong, found, remedy)
    }

    fn unchecked(look: &'static str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(look, State::Unchecked, found, remedy)
    }

    fn of(
        look: &'static str,
        state: State,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (found, remedy) = (found.into(), remedy.into());
        Self {
            look,
            state,
            found,
            remedy,
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "look": self.look, "state": self.state.label(), "found": self.found,
            "remedy": Some(&self.remedy).filter(|remedy| !remedy.is_empty()),
        })
    }
}

/// Where the settings are, and whom this machine trusts.
pub struct Patient {
    /// Reads the environment, each time anew.
    pub env: Arc<dyn Fn() -> Env + Send + Sync>,
    /// The names of all variables that are set.
    pub names: Vec<String>,
    /// Who may have signed a certificate.
    pub roots: RootCertStore,
    /// A database on this machine, instead of the one that the AWS SDK finds.
    pub database: Option<String>,
}

impl Patient {
    /// This process, on this machine.
    #[must_use]
    pub fn process() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        Self {
            env: Arc::new(Env::process),
            names: names.collect(),
            roots,
            database: None,
        }
    }
}

/// Looks at everything, and says to `out` what was found. Whether nothing is wrong.
///
/// # Errors
/// If nothing can be written.
pub async fn run(arguments: &Arguments, patient: Patient, out: &mut dyn Write) -> Result<bool> {
    let findings = look(arguments, patient).await;
    let told = if arguments.json {
        let findings: Vec<Value> = findings.iter().map(Finding::to_json).collect();
        writeln!(out, "{:#}", Value::from(findings))
    } else {
        tell(&findings, out)
    };
    crate::remote::written(told)?;
    Ok(findings.iter().all(|finding| finding.state != State::Wrong))
}

fn tell(findings: &[Finding], out: &mut dyn Write) -> io::Result<()> {
    for finding in findings {
        let state = match finding.state {
            State::Fine => "fine",
            State::Wrong => "WRONG",
            State::Unchecked => "–",
        };
        writeln!(out, "{state:<6} {:<14} {}", finding.look, finding.found)?;
        if !finding.remedy.is_empty() {
            writeln!(out, "       {:<14} → {}", "", finding.remedy)?;
        }
    }
    let wrong = findings.iter().filter(|one| one.state == State::Wrong);
    match wrong.count() {
        0 => writeln!(out, "nothing is wrong"),
        1 => writeln!(out, "1 thing is wrong"),
        count => writeln!(out, "{count} things are wrong"),
    }
}

/// Looks at everything, in the order in which a call needs it.
pub async fn look(arguments: &Arguments, patient: Patient) -> Vec<Finding> {
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let Patient {
        env,
        names,
        roots,
        database,
    } = patient;
    let (mut findings, env) = with_secrets(env).await;
    findings.extend(configuration::look(&env, &names));
    let knocker = Knocker::new(roots);
    let (table, stream, carrier, agent, own) = tokio::join!(
        table::look(&env, database.as_deref()),
        addresses::stream(&knocker, &env),
        vendors::carrier(&knocker, &env),
        vendors::agent(&knocker, &env, arguments.url.as_ref()),
        addresses::own(&knocker, &env, arguments),
    );
    for found in [table, stream, carrier, agent, own] {
        findings.extend(found);
    }
    findings.push(clocks::look(&knocker.answers()));
    findings
}

/// The environment, with what `SECRETS` names.
async fn with_secrets(env: Arc<dyn Fn() -> Env + Send + Sync>) -> (Vec<Finding>, Env) {
    let plain = env();
    if plain.text("SECRETS").is_none() {
        return (Vec::new(), plain);
    }
    match Kept::of(move || env(), SystemClock.now()).await {
        Ok(Some(kept)) => {
            let found = "all that SECRETS names can be read";
            (vec![Finding::fine("secrets", found)], kept.env())
        }
        Ok(None) => (Vec::new(), plain),
        Err(error) => {
            let remedy = "correct what SECRETS names, or give this machine credentials and a region that may read it";
            (
                vec![Finding::wrong("secrets", error.to_string(), remedy)],
                plain,
            )
        }
    }
}
