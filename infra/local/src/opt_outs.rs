//! `cargo run -- opt-outs import`: an old stop list, put on the list of a running system.
//!
//! The file is read to its end before anything is sent. Nothing is ever taken off the list, and a number
//! that is on it stays as it is, so the same command after a break goes on where it broke off.

pub mod kept;
mod sent;
mod told;

use crate::{
    client::{Client, KEY, Trouble},
    stop_list::{List, ListFile},
};
use agent_setup::BaseUrl;
use anyhow::{Result, bail};
use call::{phone::PhoneNumber, rules::is_line};
use clap::Args;
use functions::{
    REASON_CHARS_MAX,
    opt_outs::{NUMBERS_MAX, PATH},
};
use sent::Sent;
use serde_json::json;
use settings::Env;
use std::io::{ErrorKind, Write};
pub(crate) use told::tell_list;

/// Numbers between two lines that say how far it is.
const PROGRESS: usize = 1_000;

/// Which file, and where its numbers go.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The file.
    #[command(flatten)]
    pub list: ListFile,
    /// Address of the HTTP API
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: BaseUrl,
    /// What is kept with each number that is new, for example: stop list of the old system
    #[arg(long, value_parser = reason)]
    pub reason: Option<String>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every row's number is on the list.
    Complete,
    /// Rows hold no number; all others are on the list.
    Faulty,
    /// No server answers at the address.
    Unreachable,
    /// The server cannot take more now, or broke off.
    Again,
    /// The key is wrong, or may not add to the list.
    NotAllowed,
}

impl Outcome {
    /// The exit code: 0, 1, or one of `sysexits.h`.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Faulty => 1,
            Self::Unreachable => 69,
            Self::Again => 75,
            Self::NotAllowed => 77,
        }
    }
}

fn reason(text: &str) -> Result<String, String> {
    let expected = || format!("expected 1 to {REASON_CHARS_MAX} characters");
    let is_fit = is_line(text, REASON_CHARS_MAX);
    is_fit.then(|| text.to_owned()).ok_or_else(expected)
}

/// Puts the numbers of the file on the list, and says to `out` what became of them. How far it is goes
/// to `talk`. No number is shown.
///
/// # Errors
/// If the file cannot be read or has no column of numbers, there is no key, or the address is not that of
/// this API. Of a file that cannot be read nothing was sent.
pub async fn import(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let client = Client::new(&arguments.url, env, "write")?;
    let list = arguments.list.read()?;
    let mut sent = Sent::default();
    let trouble = send(&client, arguments, &list, &mut sent, talk).await;
    match told::tell(&list, &sent, out) {
        // Whoever reads the answer has read enough of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        told => told?,
    }
    let Err(trouble) = trouble else {
        let is_fit = list.faults.is_empty();
        return Ok(if is_fit {
            Outcome::Complete
        } else {
            Outcome::Faulty
        });
    };
    let left = list.numbers.len() - sent.count();
    let then = format!(
        "{left} numbers may not be on the list yet: give the same command again, it takes nothing off and counts nothing twice"
    );
    ended(&trouble, &arguments.url, talk, &then)
}

/// How a trouble ends the command; what is left to do is said to `talk`.
pub(crate) fn ended(
    trouble: &Trouble,
    url: &BaseUrl,
    talk: &mut (dyn Write + Send),
    then: &str,
) -> Result<Outcome> {
    let _ = writeln!(talk, "{trouble}\n{then}");
    Ok(match trouble {
        Trouble::Unreachable => Outcome::Unreachable,
        Trouble::Again { .. } => Outcome::Again,
        Trouble::NotAllowed { .. } => {
            let _ = writeln!(talk, "put another key into {KEY}");
            Outcome::NotAllowed
        }
        Trouble::Refused { .. } | Trouble::Other(_) => {
            bail!("{url} is not the address of this API")
        }
    })
}

async fn send(
    client: &Client,
    arguments: &Arguments,
    list: &List,
    sent: &mut Sent,
    talk: &mut (dyn Write + Send),
) -> Result<(), Trouble> {
    for numbers in list.numbers.chunks(NUMBERS_MAX) {
        let phones: Vec<&str> = numbers.iter().map(PhoneNumber::e164).collect();
        let body = json!({ "phoneNumbers": phones, "reason": arguments.reason });
        let answer = client.post(PATH, &body).await?;
        sent.add(Sent::of(&answer, numbers.len()).ok_or(Trouble::Other(200))?);
        if sent.count().is_multiple_of(PROGRESS) {
            let _ = writeln!(talk, "{} of {} numbers", sent.count(), list.numbers.len());
        }
    }
    Ok(())
}
