//! `cargo run -- call`: one patient called.

use super::watch::{View, watch};
use crate::{
    client::{Client, Trouble},
    news::text,
    remote::{Ended, Remote, Talk, ended, written},
};
use anyhow::Result;
use call::phone::PhoneNumber;
use clap::Args;
use serde_json::{Map, Value, json};
use settings::Env;
use std::io::{self, Write};

/// Whom to call, and what the agent should know.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The number to ring
    #[arg(long, value_name = "NUMBER")]
    pub to: PhoneNumber,
    /// The patient's name
    #[arg(long)]
    pub name: String,
    /// The CRM's own id of the patient
    #[arg(long)]
    pub id: Option<String>,
    /// The language to talk in, such as hi
    #[arg(long)]
    pub language: Option<String>,
    /// What the patient is treated for
    #[arg(long)]
    pub treatment: Option<String>,
    /// What else the agent should know; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub crm: Vec<(String, String)>,
    /// When the phone may ring first, such as 2026-12-01T10:00:00+05:30
    #[arg(long, value_name = "TIME")]
    pub not_before: Option<String>,
    /// When it is too late
    #[arg(long, value_name = "TIME")]
    pub expires_at: Option<String>,
    /// Where the outcomes are sent
    #[arg(long, value_name = "URL")]
    pub callback_url: Option<String>,
    /// The patient agreed to be recorded
    #[arg(long)]
    pub recorded: bool,
    /// Waits for the end of the call and says how it goes; Ctrl-C stops looking, and not the call
    #[arg(long)]
    pub watch: bool,
    /// Names this request: given again with the same one, it makes no second call
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Arguments {
    /// The body of the request; what is not given is left out.
    fn body(&self) -> Value {
        let crm = self.crm.iter().cloned();
        let crm: Map<_, _> = crm.map(|(name, value)| (name, value.into())).collect();
        let patient = [
            ("id", json!(self.id)),
            ("name", json!(self.name)),
            ("phoneNumber", json!(self.to.e164())),
            ("treatmentType", json!(self.treatment)),
            ("crmData", json!(Some(crm).filter(|crm| !crm.is_empty()))),
        ];
        given([
            ("patientData", given(patient)),
            ("language", json!(self.language)),
            ("notBefore", json!(self.not_before)),
            ("expiresAt", json!(self.expires_at)),
            ("callbackUrl", json!(self.callback_url)),
            ("recordingConsent", json!(self.recorded.then_some(true))),
        ])
    }
}

/// An object of the fields that have a value.
fn given<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        given
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

/// Places the call, and says how it goes if that is waited for.
///
/// # Errors
/// If there is no key or the address is not that of this API.
pub async fn place(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let remote = &arguments.remote;
    let client = Client::new(&remote.url, env, "read and write")?;
    // However often it is sent, it rings once.
    let drawn = || store::clock::draw_call_id().to_string();
    let key = arguments.idempotency_key.clone().unwrap_or_else(drawn);
    let body = arguments.body();
    let placed = match client
        .post_once(functions::trigger::PATH, &body, &key)
        .await
    {
        Ok(placed) => placed,
        Err(trouble @ Trouble::Again { .. }) => {
            talk.say(&format!(
                "with --idempotency-key {key} the call is not made twice:"
            ));
            return ended(&trouble, remote, talk);
        }
        Err(trouble) => return ended(&trouble, remote, talk),
    };
    let id = text(&placed["sessionId"]);
    if !arguments.watch {
        written(said(&placed, remote.json, out))?;
        return Ok(Ended::Done);
    }
    talk.say(&format!("call {id}"));
    let view = View {
        remote,
        callee: "patient",
        shows_given: false,
    };
    watch(&client, id, &view, out, talk).await
}

fn said(placed: &Value, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let (id, status) = (text(&placed["sessionId"]), text(&placed["status"]));
    if json {
        writeln!(out, "{placed:#}")
    } else if let Some(at) = placed["nextDialAt"].as_str() {
        writeln!(out, "call {id} is {status}: the phone rings from {at} on")
    } else {
        writeln!(out, "call {id} is {status}")
    }
}
