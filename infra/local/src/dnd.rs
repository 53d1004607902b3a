//! `cargo run -- dnd import`: the registry's do-not-disturb list, brought to a running system.
//!
//! The file is read to its end before anything is sent, and nothing is sent of one with rows that hold no
//! number: whoever is meant there would be disturbed. The same command after a break goes on where it broke off.

use crate::{
    client::{Client, Trouble},
    opt_outs::{self, Outcome},
    stop_list::{List, ListFile},
};
use ::campaign::Day;
use agent_setup::BaseUrl;
use anyhow::{Result, bail};
use call::phone::PhoneNumber;
use clap::Args;
use functions::dnd_list::{NUMBERS_MAX, PATH};
use serde_json::{Value, json};
use settings::Env;
use std::io::Write;

/// Pages between two lines that say how far it is.
const PROGRESS: usize = 10;

/// Which file, of which day, and where its numbers go.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The file.
    #[command(flatten)]
    pub list: ListFile,
    /// The day of which the list is, such as 2026-11-25
    #[arg(long)]
    pub as_of: Day,
    /// Address of the HTTP API
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: BaseUrl,
}

/// Brings the list, and says to `out` what became of it. How far it is goes to `talk`. No number is shown.
///
/// # Errors
/// If the file cannot be read or has no column of numbers, there is no key, the service refuses the day, or
/// the address is not that of this API.
pub async fn import(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let client = Client::new(&arguments.url, env, "admin")?;
    let list = arguments.list.read()?;
    opt_outs::tell_list(&list, out)?;
    if !list.faults.is_empty() {
        writeln!(
            out,
            "nothing was sent: a list with gaps would let people be disturbed"
        )?;
        return Ok(Outcome::Faulty);
    }
    let answer = match send(&client, arguments.as_of, &list, talk).await {
        Ok(answer) => answer,
        Err(Trouble::Refused { message }) => bail!("{message}"),
        Err(trouble) => {
            let then =
                "the list before it counts until all of it is there: give the same command again";
            return opt_outs::ended(&trouble, &arguments.url, talk, then);
        }
    };
    let (complete, until) = (&answer["complete"], answer["freshUntil"].as_str());
    writeln!(
        out,
        "the list of {} is complete, {} numbers; promotional calls may be dialled by it until {}",
        arguments.as_of,
        complete["numbers"],
        until.unwrap_or_default()
    )?;
    Ok(Outcome::Complete)
}

/// Sends every page; gives what the service knows after the last one.
async fn send(
    client: &Client,
    as_of: Day,
    list: &List,
    talk: &mut (dyn Write + Send),
) -> Result<Value, Trouble> {
    let pages: Vec<&[PhoneNumber]> = list.numbers.chunks(NUMBERS_MAX).collect();
    let mut answer = Value::Null;
    for (done, page) in (1..).zip(&pages) {
        let phones: Vec<&str> = page.iter().map(PhoneNumber::e164).collect();
        let is_last = done == pages.len();
        let body = json!({ "asOf": as_of, "phoneNumbers": phones, "complete": is_last });
        answer = client.post(PATH, &body).await?;
        if done % PROGRESS == 0 {
            let sent = (done * NUMBERS_MAX).min(list.numbers.len());
            let _ = writeln!(talk, "{sent} of {} numbers", list.numbers.len());
        }
    }
    Ok(answer)
}
