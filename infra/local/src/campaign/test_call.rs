//! `cargo run -- campaign test-call`: what a row's patient would hear, heard at a number of one's own.

use super::{
    pages::path,
    shown::{list, text},
};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::CampaignId;
use anyhow::Result;
use call::phone::PhoneNumber;
use clap::Args;
use serde_json::{Value, json};
use settings::Env;
use std::{
    io::{self, Write},
    time::Duration,
};

/// Between two looks at a call that is watched.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Looks at a call that has ended, until what its agent's platform says of it must be there.
const LOOKS_AFTER_END: u32 = 10;

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
    tokio::select! {
        watched = watch(&client, arguments, id, out, talk) => watched,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            talk.say("nobody looks any more; the call goes on");
            Ok(Ended::Interrupted)
        }
    }
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

async fn watch(
    client: &Client,
    arguments: &Arguments,
    id: &str,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let path = format!("{}/{id}", functions::trigger::PATH);
    let (mut lines, mut looks) = (0, 0);
    let record = loop {
        let record = match client.get(&path).await {
            Ok(record) => record,
            Err(trouble) => return ended(&trouble, &arguments.remote, talk),
        };
        let timeline = list(&record["timeline"]);
        if !arguments.remote.json {
            if lines == 0 {
                written(writeln!(out, "{}", given(&record["patientData"])))?;
            }
            for line in timeline.iter().skip(lines) {
                written(writeln!(out, "{}", happened(line)))?;
            }
            written(out.flush())?;
        }
        lines = lines.max(timeline.len());
        if is_over(&record) {
            looks += 1;
        }
        if looks > 0 && (is_reported(&record) || looks >= LOOKS_AFTER_END) {
            break record;
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    written(if arguments.remote.json {
        writeln!(out, "{record:#}")
    } else {
        came_of_it(&record, out)
    })?;
    let has_talked = record["status"] == "completed";
    Ok(if has_talked {
        Ended::Done
    } else {
        Ended::Faulty
    })
}

fn is_over(record: &Value) -> bool {
    matches!(text(&record["status"]), "completed" | "failed")
}

/// Whether all that the agent's platform tells is there.
fn is_reported(record: &Value) -> bool {
    let mut conversations = list(&record["conversations"]).iter();
    conversations.all(|one| one["mergedAt"].is_string())
}

/// What the agent is given of the row.
fn given(patient: &Value) -> String {
    let own = [
        ("patient_name", "name"),
        ("treatment_type", "treatmentType"),
    ];
    let own = own
        .into_iter()
        .map(|(variable, name)| (variable.to_owned(), &patient[name]));
    let crm = patient["crmData"].as_object().into_iter().flatten();
    let crm = crm.map(|(name, value)| (format!("crm_{name}"), value));
    let all = own.chain(crm).filter(|(_, value)| !value.is_null());
    let all: Vec<String> = all
        .map(|(variable, value)| format!("{variable} = {value}"))
        .collect();
    format!("the agent is given {}", all.join(", "))
}

/// One line of the timeline, by the clocks of the world.
fn happened(line: &Value) -> String {
    let at = text(&line["at"]);
    let clock = at.get(11..19).unwrap_or(at);
    let event = text(&line["event"]).replace('_', " ");
    let why = ["outcome", "cause"].map(|name| text(&line[name]).replace('_', " "));
    let told = format!(
        "{clock} UTC  {:<12}  {event} {} {}",
        text(&line["to"]),
        why[0],
        why[1]
    );
    told.trim_end().to_owned()
}

/// What was said and answered.
fn came_of_it(record: &Value, out: &mut dyn Write) -> io::Result<()> {
    for turn in list(&record["transcript"]) {
        let who = if turn["role"] == "agent" {
            "agent"
        } else {
            "you"
        };
        writeln!(out, "  {who:<6} {}", text(&turn["text"]))?;
    }
    for (question, answer) in record["answers"].as_object().into_iter().flatten() {
        writeln!(out, "  saved  {question} = {}", answer["value"])?;
    }
    let cause = text(&record["cause"]).replace('_', " ");
    writeln!(out, "the call is {}: {cause}", text(&record["status"]))
}
