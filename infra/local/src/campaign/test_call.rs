//! `cargo run -- campaign test-call`: what a row's patient would hear, heard at a number of one's own.

use super::{pages::path, shown::text};
use crate::calls::watch::{View, watch};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::CampaignId;
use anyhow::Result;
use call::phone::PhoneNumber;
use clap::Args;
use serde_json::{Value, json};
use settings::Env;
use std::io::{self, Write};

/// Which row, and whom to ring.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The campaign
    pub id: CampaignId,
    /// The row of its file, as Excel counts
    #[arg(long)]
    pub row: u32,
    /// The number to ring: yours
    #[arg(long, value_name = "NUMBER")]
    pub to: PhoneNumber,
    /// The language to talk in, such as hi; the row's if not given
    #[arg(long)]
    pub language: Option<String>,
    /// Waits for the end of the call and says how it went; Ctrl-C stops looking, and not the call
    #[arg(long)]
    pub watch: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Places the call, and says how it went if that is waited for.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn test_call(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "read and write")?;
    let placed = match place(&client, arguments).await {
        Ok(placed) => placed,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    let id = text(&placed["sessionId"]);
    if !arguments.watch {
        return Ok(said(arguments, &placed, id, out)?);
    }
    talk.say(&format!("call {id} to your number"));
    let view = View {
        remote: &arguments.remote,
        callee: "you",
        shows_given: true,
    };
    watch(&client, id, &view, out, talk).await
}

async fn place(client: &Client, arguments: &Arguments) -> Result<Value, Trouble> {
    let body = json!({
        "phoneNumber": arguments.to.e164().to_string(), "language": arguments.language,
    });
    // However often it is sent, it rings once.
    let key = store::clock::draw_call_id().to_string();
    let path = format!("{}/rows/{}/test-call", path(arguments.id), arguments.row);
    client.post_once(&path, &body, &key).await
}

fn said(arguments: &Arguments, placed: &Value, id: &str, out: &mut dyn Write) -> io::Result<Ended> {
    let status = text(&placed["status"]);
    written(if arguments.remote.json {
        writeln!(out, "{placed:#}")
    } else if let Some(at) = placed["nextDialAt"].as_str() {
        writeln!(out, "call {id} is {status}: your phone rings from {at} on")
    } else {
        writeln!(out, "call {id} is {status}")
    })?;
    Ok(Ended::Done)
}
