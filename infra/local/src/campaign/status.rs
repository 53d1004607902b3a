//! `cargo run -- campaign list`, `status` and `rows`: what a running system knows of its campaigns.

use super::{
    control::Named,
    expected,
    pages::{Rows, path},
    shown,
};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, bar, ended, written};
use ::campaign::{CampaignId, RowState};
use anyhow::Result;
use clap::Args;
use functions::campaigns::PATH;
use serde_json::Value;
use settings::Env;
use std::{
    io::{self, ErrorKind, Write},
    time::Duration,
};

/// Between two looks at a campaign that is watched.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Which campaign.
#[derive(Args, Clone, Debug)]
pub struct Status {
    /// The campaign
    pub id: CampaignId,
    /// Looks again and again until the campaign is over; Ctrl-C stops looking, and no campaign
    #[arg(long)]
    pub watch: bool,
    /// Says as well what is to be expected of the rows that are not done, from now on
    #[arg(long, conflicts_with = "watch")]
    pub forecast: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

impl Status {
    /// A look at what is to be expected.
    pub(super) fn with_forecast(named: &Named) -> Self {
        Self {
            id: named.id,
            watch: false,
            forecast: true,
            remote: named.remote.clone(),
        }
    }
}

/// Which rows of which campaign.
#[derive(Args, Clone, Debug)]
pub struct AskedRows {
    /// The campaign
    pub id: CampaignId,
    /// Rows in this state alone: pending, faulty, opted_out, …
    #[arg(long, value_parser = state)]
    pub state: Option<&'static str>,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

pub(super) fn state(text: &str) -> Result<&'static str, String> {
    let mut labels = RowState::ALL.into_iter().map(RowState::label);
    let found = labels.find(|label| *label == text);
    found.ok_or_else(|| {
        let labels = RowState::ALL.map(RowState::label);
        format!("expected one of {}", labels.join(", "))
    })
}

/// Lists all campaigns, newest first.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn list(
    remote: &Remote,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&remote.url, env, "read")?;
    match all(&client).await {
        Err(trouble) => ended(&trouble, remote, talk),
        Ok(campaigns) => {
            written(tell_all(&campaigns, remote.json, out))?;
            Ok(Ended::Done)
        }
    }
}

async fn all(client: &Client) -> Result<Vec<Value>, Trouble> {
    let (mut campaigns, mut next) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{PATH}?limit=100{next}")).await?;
        campaigns.extend_from_slice(shown::list(&page["campaigns"]));
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("&cursor={cursor}"),
            None => return Ok(campaigns),
        }
    }
}

fn tell_all(campaigns: &[Value], json: bool, out: &mut dyn Write) -> io::Result<()> {
    if json {
        return writeln!(out, "{:#}", Value::from(campaigns));
    }
    for campaign in campaigns {
        writeln!(out, "{}", shown::line(campaign))?;
    }
    Ok(())
}

/// Says where a campaign stands; if it is watched, each time that something has changed, until it is over.
///
/// # Errors
/// As [`list`].
pub async fn status(
    arguments: &Status,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "read")?;
    if !arguments.watch {
        return look(&client, arguments, out, talk).await;
    }
    tokio::select! {
        ended = watch(&client, arguments, out, talk) => ended,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            talk.say("nobody looks any more; the campaign goes on");
            Ok(Ended::Interrupted)
        }
    }
}

async fn look(
    client: &Client,
    arguments: &Status,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let path = path(arguments.id);
    let campaign = match client.get(&path).await {
        Ok(campaign) => campaign,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    let forecast = match arguments.forecast {
        false => None,
        true => match client.get(&format!("{path}/forecast")).await {
            Ok(forecast) => Some(forecast),
            Err(trouble) => return ended(&trouble, &arguments.remote, talk),
        },
    };
    written(tell(campaign, forecast, arguments.remote.json, out))?;
    Ok(Ended::Done)
}

fn tell(
    mut campaign: Value,
    forecast: Option<Value>,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    if json {
        if let Some(forecast) = forecast {
            campaign["forecast"] = forecast;
        }
        return writeln!(out, "{campaign:#}");
    }
    shown::status(&campaign, out)?;
    let hours = shown::text(&campaign["plan"]["hours"]);
    forecast.map_or(Ok(()), |forecast| expected::forecast(&forecast, hours, out))
}

async fn watch(
    client: &Client,
    arguments: &Status,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let mut before = String::new();
    loop {
        let campaign = match client.get(&path(arguments.id)).await {
            Ok(campaign) => campaign,
            Err(trouble) => return ended(&trouble, &arguments.remote, talk),
        };
        let standing = if arguments.remote.json {
            campaign.to_string()
        } else {
            shown::standing(&campaign)
        };
        if standing != before {
            talk.done();
            if let Err(error) = writeln!(out, "{standing}").and_then(|()| out.flush()) {
                let is_read = error.kind() == ErrorKind::BrokenPipe;
                return if is_read {
                    Ok(Ended::Done)
                } else {
                    Err(error.into())
                };
            }
            before = standing;
        }
        talk.progress(&bar_of(&campaign["counts"]));
        if matches!(
            shown::text(&campaign["state"]),
            "completed" | "cancelled" | "expired"
        ) {
            talk.done();
            return Ok(Ended::Done);
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// How many of the rows that can be called are done, as a bar.
fn bar_of(counts: &Value) -> String {
    let count = |name: &str| counts[name].as_u64().unwrap_or(0);
    let never = count("optedOut") + count("faulty") + count("duplicate");
    let rows = count("rows").saturating_sub(never);
    let done = rows.saturating_sub(count("pending") + count("dialling"));
    format!("{} {done}/{rows} rows", bar(done, rows))
}

/// Lists rows of a campaign in the order of the file: one to a line, for programs as JSON.
///
/// # Errors
/// As [`list`].
pub async fn rows(
    arguments: &AskedRows,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "read")?;
    let campaign = path(arguments.id);
    let mut rows = Rows::new(&client, &campaign, arguments.state);
    loop {
        let page = match rows.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(Ended::Done),
            Err(trouble) => return ended(&trouble, &arguments.remote, talk),
        };
        for row in page {
            let line = if arguments.remote.json {
                row.to_string()
            } else {
                shown::row(&row)
            };
            match writeln!(out, "{line}") {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(Ended::Done),
                told => told?,
            }
        }
    }
}
