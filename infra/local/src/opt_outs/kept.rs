//! `cargo run -- opt-outs add`, `remove` and `list`: single numbers that want no calls.

use crate::{
    client::{Client, Trouble},
    news::{list as values, text},
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use call::phone::PhoneNumber;
use clap::Args;
use functions::opt_outs::{NUMBERS_MAX, PATH};
use serde_json::{Value, json};
use settings::Env;
use std::io::{self, Write};

/// Numbers that are put on the list.
#[derive(Args, Clone, Debug)]
pub struct Add {
    /// The numbers, at most a hundred
    #[arg(required = true, num_args = 1..=NUMBERS_MAX)]
    pub numbers: Vec<PhoneNumber>,
    /// What is kept with each number that is new
    #[arg(long, value_parser = super::reason)]
    pub reason: Option<String>,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// A number that is taken off it.
#[derive(Args, Clone, Debug)]
pub struct Remove {
    /// The number
    pub number: PhoneNumber,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Puts numbers on the list; says which were new, and which calls that ended.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn add(
    arguments: &Add,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "write")?;
    let numbers: Vec<&str> = arguments.numbers.iter().map(PhoneNumber::e164).collect();
    let body = json!({ "phoneNumbers": numbers, "reason": arguments.reason });
    let answer = match client.post(PATH, &body).await {
        Ok(answer) => answer,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    let entries = values(&answer["optOuts"]);
    written(tell(entries, arguments.remote.json, out, |entry| {
        let is_new = entry["isNew"] == true;
        let since = if is_new {
            "is new on the list"
        } else {
            "was on the list"
        };
        let call = entry["call"]["sessionId"].as_str();
        let call = call.map_or(String::new(), |id| format!("; call {id} is ended"));
        format!("{} {since}{call}", text(&entry["phoneNumber"]))
    }))?;
    Ok(Ended::Done)
}

/// Takes a number off the list, so that it may be called again.
///
/// # Errors
/// As [`add`].
pub async fn remove(
    arguments: &Remove,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "admin")?;
    let number = arguments.number.e164();
    let body = json!({ "phoneNumber": number });
    if let Err(trouble) = client.delete(PATH, Some(&body)).await {
        return ended(&trouble, &arguments.remote, talk);
    }
    written(if arguments.remote.json {
        writeln!(out, "{}", json!({ "removed": number }))
    } else {
        writeln!(out, "{number} is off the list, and may be called again")
    })?;
    Ok(Ended::Done)
}

/// Lists all numbers that want no calls, one to a line.
///
/// # Errors
/// As [`add`].
pub async fn list(
    remote: &Remote,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&remote.url, env, "read")?;
    let entries = match all(&client).await {
        Ok(entries) => entries,
        Err(trouble) => return ended(&trouble, remote, talk),
    };
    written(tell(&entries, remote.json, out, |entry| {
        let [number, since, by] = ["phoneNumber", "since", "by"].map(|name| text(&entry[name]));
        let reason = entry["reason"].as_str();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        format!("{number}  since {since} by {by}{reason}")
    }))?;
    Ok(Ended::Done)
}

async fn all(client: &Client) -> Result<Vec<Value>, Trouble> {
    let (mut entries, mut next) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{PATH}?limit=100{next}")).await?;
        entries.extend_from_slice(values(&page["optOuts"]));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return Ok(entries),
        }
    }
}

fn tell(
    entries: &[Value],
    json: bool,
    out: &mut dyn Write,
    line: impl Fn(&Value) -> String,
) -> io::Result<()> {
    if json {
        return writeln!(out, "{:#}", Value::from(entries));
    }
    entries
        .iter()
        .try_for_each(|entry| writeln!(out, "{}", line(entry)))
}
