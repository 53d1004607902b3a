//! `cargo run -- opt-outs import`: an old stop list, put on the list of a running system.
//!
//! The file is read to its end before anything is sent. Nothing is ever taken off the list, and a number
//! that is on it stays as it is, so the same command after a break goes on where it broke off.

mod client;
mod told;

use crate::{
    sheet,
    stop_list::{self, List},
    system::LOCAL_KEY,
};
use agent_setup::BaseUrl;
use anyhow::{Context, Result, bail};
use call::rules::is_line;
use clap::Args;
use client::{Client, Sent, Trouble};
use functions::{REASON_CHARS_MAX, opt_outs::NUMBERS_MAX};
use secrecy::SecretString;
use settings::Env;
use spreadsheet::Options;
use std::{
    io::{ErrorKind, Write},
    path::PathBuf,
};

/// The variable that holds the key.
const KEY: &str = "CLIENT_API_KEY";

/// Numbers between two lines that say how far it is.
const PROGRESS: usize = 1_000;

/// Which file, and where its numbers go.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The stop list: XLSX, CSV or TSV, with a header row
    pub file: PathBuf,
    /// Address of the HTTP API
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: BaseUrl,
    /// What is kept with each number that is new, for example: stop list of the old system
    #[arg(long, value_parser = reason)]
    pub reason: Option<String>,
    /// What parts the cells of a CSV file, if its header does not tell: one character, or tab
    #[arg(long, value_parser = sheet::delimiter)]
    pub delimiter: Option<u8>,
    /// Which sheet of a workbook; the first visible one if not given
    #[arg(long)]
    pub sheet: Option<String>,
    /// The header of the column with the numbers, if several could be
    #[arg(long)]
    pub phone_column: Option<String>,
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
    let key = key(arguments, env)?;
    let options = Options {
        delimiter: arguments.delimiter,
        sheet: arguments.sheet.clone(),
    };
    let column = arguments.phone_column.as_deref();
    let list = stop_list::read(&arguments.file, &options, column)?;
    let client = Client::new(&arguments.url, &key, arguments.reason.clone())?;
    let mut sent = Sent::default();
    let trouble = send(&client, &list, &mut sent, talk).await;
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
    let first = match trouble {
        Trouble::NotAllowed(_) => format!("put another key into {KEY} and "),
        Trouble::Unreachable | Trouble::Again { .. } | Trouble::Other(_) => String::new(),
    };
    let _ = writeln!(
        talk,
        "{trouble}\n{left} numbers may not be on the list yet: {first}give the same command again, it takes nothing off and counts nothing twice"
    );
    Ok(match trouble {
        Trouble::Unreachable => Outcome::Unreachable,
        Trouble::Again { .. } => Outcome::Again,
        Trouble::NotAllowed(_) => Outcome::NotAllowed,
        Trouble::Other(_) => bail!("{} is not the address of this API", arguments.url),
    })
}

/// The key, which is no argument, because other users of the machine see those.
fn key(arguments: &Arguments, env: &Env) -> Result<SecretString> {
    // An address without TLS is one of this machine.
    let is_here = arguments.url.to_string().starts_with("http://");
    let key = env.text(KEY);
    let key = key.or_else(|| is_here.then(|| LOCAL_KEY.to_owned()));
    let key =
        key.with_context(|| format!("{KEY} is not set: put a key with the scope write there"))?;
    Ok(SecretString::from(key))
}

async fn send(
    client: &Client,
    list: &List,
    sent: &mut Sent,
    talk: &mut (dyn Write + Send),
) -> Result<(), Trouble> {
    for numbers in list.numbers.chunks(NUMBERS_MAX) {
        sent.add(client.send(numbers).await?);
        if sent.count().is_multiple_of(PROGRESS) {
            let _ = writeln!(talk, "{} of {} numbers", sent.count(), list.numbers.len());
        }
    }
    Ok(())
}
