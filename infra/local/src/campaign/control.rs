//! `cargo run -- campaign start`, `pause`, `resume`, `cancel` and `retry-failed`.

use super::{pages::path, shown};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::CampaignId;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use settings::Env;
use std::io::Write;

/// Which campaign.
#[derive(Args, Clone, Debug)]
pub struct Named {
    /// The campaign
    pub id: CampaignId,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Which campaign is started.
#[derive(Args, Clone, Debug)]
pub struct Start {
    /// The campaign.
    #[command(flatten)]
    pub named: Named,
    /// Starts nothing, and says what is to be expected if it were
    #[arg(long)]
    pub dry_run: bool,
}

/// What is asked of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Rows are called.
    Start,
    /// No further dial leaves.
    Pause,
    /// It goes on.
    Resume,
    /// It ends for good.
    Cancel,
    /// Failed rows are called again.
    RetryFailed,
}

impl Verb {
    const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
            Self::RetryFailed => "retry-failed",
        }
    }
}

/// Asks it of the campaign, and says where it stands then. The same twice is answered the same.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn command(
    verb: Verb,
    named: &Named,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&named.remote.url, env, "read and write")?;
    let campaign = match ask(&client, verb, named).await {
        Ok(campaign) => campaign,
        Err(trouble) => return ended(&trouble, &named.remote, talk),
    };
    written(if named.remote.json {
        writeln!(out, "{campaign:#}")
    } else {
        let (name, state) = (&campaign["name"], &campaign["state"]);
        let in_flight = campaign["inFlight"].as_u64().unwrap_or(0);
        let (name, state) = (shown::text(name), shown::text(state));
        writeln!(out, "{name} is {state}, {in_flight} calls go on")
    })?;
    Ok(Ended::Done)
}

async fn ask(client: &Client, verb: Verb, named: &Named) -> Result<Value, Trouble> {
    let campaign = path(named.id);
    let mut body = json!({});
    if verb == Verb::RetryFailed {
        // Named, so that a request that comes late begins nothing else.
        let round = client.get(&campaign).await?["round"].as_u64();
        body["round"] = (round.unwrap_or(0) + 1).into();
    }
    client
        .post(&format!("{campaign}/{}", verb.word()), &body)
        .await
}
