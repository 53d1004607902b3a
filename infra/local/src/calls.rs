//! Single calls of a running system at the command line.

mod audio;
pub mod dialling;
pub mod export;
pub mod list;
pub mod patients;
pub mod place;
pub mod replay;
pub mod status;
pub(crate) mod watch;

use crate::{
    client::Client,
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use call::ids::CallId;
use clap::{Args, Subcommand};
use serde_json::Value;
use settings::Env;
use std::io::Write;

/// Calls of a running system.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Places a call
    ///
    /// CLIENT_API_KEY holds the key, or `login` has kept it. Exit code: 0 if the call was placed, with --watch if
    /// somebody talked; 1 if it failed or the system refuses it (it says why), 2 if the command is wrong, 69
    /// if no server answers, 75 to try again later, 77 if the key may not do this, 130 if somebody stopped looking.
    Call(Box<place::Arguments>),
    /// Says where a call stands and what happened to it, and with --watch what happens until it is over
    ///
    /// Exit code: 0, but 1 if the call has failed or there is none; else as `call`.
    Status(status::Arguments),
    /// Ends a call for good: whoever is talked to is hung up on within 2 s
    Cancel(Named),
    /// Lists the calls that are not over, or all of a patient's with --patient
    List(list::Arguments),
    /// Writes the calls of some days with their answers, as CSV or JSON
    Export(export::Arguments),
    /// All dials: whether phones ring, and holding them back
    #[command(subcommand)]
    Dialling(dialling::Dialling),
    /// What is known of a patient, out of sight or kept
    #[command(subcommand)]
    Patients(patients::Patients),
    /// Outcomes, as they are told to the CRM
    #[command(subcommand)]
    Events(Events),
}

/// Outcomes.
#[derive(Subcommand, Clone, Debug)]
pub enum Events {
    /// Sends the outcomes of a call again, or all that were given up
    Replay(replay::Arguments),
}

/// Which call.
#[derive(Args, Clone, Debug)]
pub struct Named {
    /// The call, by its sessionId
    pub id: CallId,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

impl Command {
    /// Does what was asked: the answer goes to `out`, and what is said beside it to `talk`.
    ///
    /// # Errors
    /// If the command or the address is wrong, there is no key, or something cannot be written.
    pub async fn run(
        &self,
        env: &Env,
        out: &mut (dyn Write + Send),
        talk: &mut Talk<'_>,
    ) -> Result<Ended> {
        match self {
            Self::Call(arguments) => place::place(arguments, env, out, talk).await,
            Self::Status(arguments) => status::status(arguments, env, out, talk).await,
            Self::Cancel(named) => cancel(named, env, out, talk).await,
            Self::List(arguments) => list::list(arguments, env, out, talk).await,
            Self::Export(arguments) => export::export(arguments, env, out, talk).await,
            Self::Dialling(asked) => dialling::dialling(asked, env, out, talk).await,
            Self::Patients(asked) => patients::patients(asked, env, out, talk).await,
            Self::Events(Events::Replay(arguments)) => {
                replay::replay(arguments, env, out, talk).await
            }
        }
    }
}

/// The path of a call.
pub(crate) fn path(id: impl std::fmt::Display) -> String {
    format!("{}/{id}", functions::trigger::PATH)
}

async fn cancel(
    named: &Named,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&named.remote.url, env, "write")?;
    let answer = match client.delete(&path(named.id), None).await {
        Ok(answer) => answer,
        Err(trouble) => return ended(&trouble, &named.remote, talk),
    };
    written(if named.remote.json {
        writeln!(out, "{answer:#}")
    } else {
        writeln!(out, "call {} is cancelled", named.id)
    })?;
    Ok(Ended::Done)
}

/// The end of a call, as a command ends with it.
fn ended_with(record: &Value) -> Ended {
    match record["status"].as_str() {
        Some("failed") => Ended::Faulty,
        _ => Ended::Done,
    }
}
