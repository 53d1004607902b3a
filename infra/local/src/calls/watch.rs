//! A call watched until it is over.

use super::{audio, ended_with, path};
use crate::{
    client::Client,
    news::{self, New, News, text},
    remote::{Ended, Remote, Talk, ended},
};
use anyhow::Result;
use serde_json::Value;
use std::{
    io::{self, ErrorKind, Write},
    time::Duration,
};

/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Looks at a call that has ended, until what its agent's platform says of it must be there.
const LOOKS_AFTER_END: u32 = 10;

/// How a call is shown.
pub(crate) struct View<'a> {
    /// Which system is asked, and whether for JSON.
    pub(crate) remote: &'a Remote,
    /// Who is called.
    pub(crate) callee: &'static str,
    /// Whether it is said first what the agent is given.
    pub(crate) shows_given: bool,
}

/// Shows what happens to a call until it is over. Ctrl-C stops looking, and says that the call goes on.
pub(crate) async fn watch(
    client: &Client,
    id: &str,
    view: &View<'_>,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    tokio::select! {
        watched = to_its_end(client, id, view, out, talk) => watched,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            talk.say("nobody looks any more; the call goes on");
            Ok(Ended::Interrupted)
        }
    }
}

async fn to_its_end(
    client: &Client,
    id: &str,
    view: &View<'_>,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let (mut news, mut looks) = (News::default(), 0);
    let mut says_given = view.shows_given && !view.remote.json;
    loop {
        let record = match client.get(&path(id)).await {
            Ok(record) => record,
            Err(trouble) => return ended(&trouble, view.remote, talk),
        };
        let mut lines = Vec::new();
        if std::mem::take(&mut says_given) {
            lines.push(given(&record["patientData"]));
        }
        if !view.remote.json {
            lines.extend(news.of(&record).iter().map(|new| line(new, view.callee)));
        }
        looks += u32::from(news::is_over(&record));
        let is_last = looks > 0 && (news::is_reported(&record) || looks >= LOOKS_AFTER_END);
        if is_last {
            if view.remote.json {
                lines.push(format!("{record:#}"));
            } else {
                lines.extend(audio::told(&record));
                lines.push(end(&record));
            }
        }
        if !lines.is_empty() {
            talk.done();
        }
        if !tell(&lines, out)? || is_last {
            return Ok(ended_with(&record));
        }
        talk.progress(&waits(&record));
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Says it; whether somebody reads on.
fn tell(lines: &[String], out: &mut dyn Write) -> io::Result<bool> {
    let told = lines.iter().try_for_each(|line| writeln!(out, "{line}"));
    match told.and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is waited for.
fn waits(record: &Value) -> String {
    let status = text(&record["status"]);
    match (
        record["nextDialAt"].as_str(),
        record["queuedBecause"].as_str(),
    ) {
        (_, Some(because)) => format!("… {status}: no phone may ring ({because})"),
        (Some(at), None) => format!("… {status}: the phone rings from {at} on"),
        (None, None) => format!("… {status}"),
    }
}

/// What the agent is given of the patient.
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

/// One new thing; what happened by the clocks of the world.
pub(super) fn line(new: &New, callee: &str) -> String {
    match new {
        New::Event(event) => {
            let at = text(&event["at"]);
            let clock = at.get(11..19).unwrap_or(at);
            format!(
                "{clock} UTC  {:<12}  {}",
                text(&event["to"]),
                news::told(event)
            )
        }
        New::Turn(turn) => {
            let is_agent = turn["role"] == "agent";
            let who = if is_agent { "agent" } else { callee };
            format!("  {who:<7} {}", text(&turn["text"]))
        }
        New::Answer(field, answer) => format!("  saved   {field} = {}", answer["value"]),
    }
}

/// How it has ended.
pub(super) fn end(record: &Value) -> String {
    let cause = text(&record["cause"]).replace('_', " ");
    let status = text(&record["status"]);
    format!("the call is {status}: {cause}")
}
