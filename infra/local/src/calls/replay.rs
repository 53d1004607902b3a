//! `cargo run -- events replay`: outcomes sent again.

use crate::{
    client::{Client, Trouble},
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use call::ids::CallId;
use clap::Args;
use functions::replay::PATH;
use serde_json::json;
use settings::Env;
use std::io::Write;

/// Which outcomes.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Those of this call
    #[arg(required_unless_present = "parked")]
    pub id: Option<CallId>,
    /// All that were given up
    #[arg(long, conflicts_with = "id")]
    pub parked: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Has them sent again, all that there are.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn replay(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "write")?;
    let queued = match all(&client, arguments).await {
        Ok(queued) => queued,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    written(if arguments.remote.json {
        writeln!(out, "{}", json!({ "queued": queued }))
    } else {
        writeln!(out, "{queued} outcomes are sent again within seconds")
    })?;
    Ok(Ended::Done)
}

async fn all(client: &Client, arguments: &Arguments) -> Result<u64, Trouble> {
    let body = match arguments.id {
        Some(id) => json!({ "sessionId": id }),
        None => json!({ "parked": true }),
    };
    let mut queued = 0;
    loop {
        let answer = client.post(PATH, &body).await?;
        queued += answer["queued"].as_u64().ok_or(Trouble::Other(202))?;
        if answer["more"] != true {
            return Ok(queued);
        }
    }
}
