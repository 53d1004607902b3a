//! `cargo run -- status`: where a call stands.

use super::{
    Named, audio, ended_with, path,
    watch::{View, end, line, watch},
};
use crate::{
    client::Client,
    news::{News, is_over, text},
    remote::{Ended, Talk, ended, written},
};
use anyhow::Result;
use clap::Args;
use serde_json::Value;
use settings::Env;
use std::io::{self, Write};

/// Which call, and whether it is watched.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Which call.
    #[command(flatten)]
    pub named: Named,
    /// Looks again and again until the call is over; Ctrl-C stops looking, and not the call
    #[arg(long)]
    pub watch: bool,
}

/// Says where it stands; if it is watched, what happens until it is over.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn status(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let Named { id, remote } = &arguments.named;
    let client = Client::new(&remote.url, env, "read")?;
    if arguments.watch {
        let view = View {
            remote,
            callee: "patient",
            shows_given: false,
        };
        return watch(&client, &id.to_string(), &view, out, talk).await;
    }
    let record = match client.get(&path(id)).await {
        Ok(record) => record,
        Err(trouble) => return ended(&trouble, remote, talk),
    };
    written(if remote.json {
        writeln!(out, "{record:#}")
    } else {
        shown(&record, out)
    })?;
    Ok(ended_with(&record))
}

fn shown(record: &Value, out: &mut dyn Write) -> io::Result<()> {
    for new in News::default().of(record) {
        writeln!(out, "{}", line(&new, "patient"))?;
    }
    if is_over(record) {
        for line in audio::told(record) {
            writeln!(out, "{line}")?;
        }
        return writeln!(out, "{}", end(record));
    }
    let status = text(&record["status"]);
    match (
        record["nextDialAt"].as_str(),
        record["queuedBecause"].as_str(),
    ) {
        (_, Some(because)) => writeln!(out, "the call is {status}: no phone may ring ({because})"),
        (Some(at), None) => writeln!(out, "the call is {status}: the phone rings from {at} on"),
        (None, None) => writeln!(out, "the call is {status}"),
    }
}
