//! `cargo run -- dialling`: whether phones ring, and all dials held back.

use crate::{
    client::{Client, Trouble},
    news::text,
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use clap::{Args, Subcommand};
use functions::dialling::{PATH, PAUSE_PATH, RESUME_PATH};
use serde_json::{Value, json};
use settings::Env;
use std::io::{self, Write};

/// What is asked of all dials.
#[derive(Subcommand, Clone, Debug)]
pub enum Dialling {
    /// Says whether phones ring, and what holds them back
    Status(Remote),
    /// Holds all dials back: calls wait, and what rings or talks goes on
    Pause(Pause),
    /// Lets dials go on, also those that a breaker holds back
    Resume(Remote),
}

/// Why they are held back.
#[derive(Args, Clone, Debug)]
pub struct Pause {
    /// What others are told
    #[arg(long)]
    pub reason: Option<String>,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Does it, and says where that leaves all dials.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn dialling(
    asked: &Dialling,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let (remote, scope) = match asked {
        Dialling::Status(remote) => (remote, "read"),
        Dialling::Resume(remote) => (remote, "admin"),
        Dialling::Pause(pause) => (&pause.remote, "admin"),
    };
    let client = Client::new(&remote.url, env, scope)?;
    let answer = match ask(&client, asked).await {
        Ok(answer) => answer,
        Err(trouble) => return ended(&trouble, remote, talk),
    };
    written(if remote.json {
        writeln!(out, "{answer:#}")
    } else {
        tell(&answer, out)
    })?;
    Ok(Ended::Done)
}

async fn ask(client: &Client, asked: &Dialling) -> Result<Value, Trouble> {
    match asked {
        Dialling::Status(_) => client.get(PATH).await,
        Dialling::Resume(_) => client.post(RESUME_PATH, &json!({})).await,
        Dialling::Pause(pause) => {
            let reason = pause.reason.as_ref();
            let body = reason.map_or(json!({}), |reason| json!({ "reason": reason }));
            client.post(PAUSE_PATH, &body).await
        }
    }
}

fn tell(answer: &Value, out: &mut dyn Write) -> io::Result<()> {
    let Some(because) = answer["because"].as_str() else {
        return writeln!(out, "phones ring");
    };
    writeln!(out, "no phone rings: {because}")?;
    let pause = &answer["operator"];
    if let Some(by) = pause["by"].as_str() {
        let reason = pause["reason"].as_str();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        writeln!(out, "  since {} by {by}{reason}", text(&pause["since"]))?;
    }
    Ok(())
}
