//! `cargo run -- list`: calls that are not over, or all of a patient's.

use crate::{
    client::{Client, Trouble},
    news::{list as values, text},
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use call::CallState;
use clap::Args;
use functions::list::PATH;
use serde_json::Value;
use settings::Env;
use std::io::{self, Write};

/// Calls on a page of the API.
const PAGE: usize = 100;

/// Which calls.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Calls in this state alone: initiating, dialing, connected, active, disconnected
    #[arg(long, value_parser = state)]
    pub status: Option<CallState>,
    /// All calls of the patient whom the CRM calls so, those that are over too
    #[arg(long, value_name = "ID", conflicts_with = "status")]
    pub patient: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

impl Arguments {
    /// The part of the query that says which calls.
    fn which(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(state) = self.status {
            query.append_pair("status", state.label());
        }
        if let Some(patient) = &self.patient {
            query.append_pair("patientId", patient);
        }
        let query = query.finish();
        if query.is_empty() {
            query
        } else {
            format!("&{query}")
        }
    }
}

fn state(text: &str) -> Result<CallState, String> {
    let unfinished = CallState::ALL.into_iter().filter(|state| !state.is_final());
    let found = unfinished.clone().find(|state| state.label() == text);
    found.ok_or_else(|| {
        let labels: Vec<_> = unfinished.map(CallState::label).collect();
        format!("expected one of {}", labels.join(", "))
    })
}

/// Lists them, one to a line, as JSON one array.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn list(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "read")?;
    let (calls, more) = match all(&client, arguments).await {
        Ok(calls) => calls,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    written(tell(&calls, arguments.remote.json, out))?;
    if more {
        talk.say(&format!(
            "there are more; --limit {} shows them",
            calls.len() * 10
        ));
    }
    Ok(Ended::Done)
}

async fn all(client: &Client, arguments: &Arguments) -> Result<(Vec<Value>, bool), Trouble> {
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX - 1);
    // One more says whether there are more.
    let wanted = limit + 1;
    let which = arguments.which();
    let (mut calls, mut next) = (Vec::new(), String::new());
    loop {
        let page = PAGE.min(wanted - calls.len());
        let page = client
            .get(&format!("{PATH}?limit={page}{which}{next}"))
            .await?;
        calls.extend_from_slice(values(&page["calls"]));
        let cursor = page["nextCursor"].as_str();
        match cursor.filter(|_| calls.len() < wanted) {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => {
                let has_more = calls.len() > limit;
                calls.truncate(limit);
                return Ok((calls, has_more));
            }
        }
    }
}

fn tell(calls: &[Value], json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        return writeln!(out, "{:#}", Value::from(calls));
    }
    calls
        .iter()
        .try_for_each(|call| writeln!(out, "{}", line(call)))
}

/// One call: its id, where it stands, who, how often it rang, and when it rings next.
fn line(call: &Value) -> String {
    let patient = &call["patientData"];
    let next = call["nextDialAt"].as_str();
    let next = next.map_or(String::new(), |at| format!(", rings from {at} on"));
    format!(
        "{}  {:<12}  {}  {}, {} attempts{next}",
        text(&call["sessionId"]),
        text(&call["status"]),
        text(&patient["phoneNumber"]),
        text(&patient["name"]),
        call["attempts"],
    )
}
