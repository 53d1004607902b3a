//! `cargo run -- complaint`: all that a system knows of the dials to a number, for who answers a complaint.

mod sheet;

use crate::{
    campaign::{kind, save},
    client::{Client, Trouble},
    opt_outs::{self, Outcome},
};
use agent_setup::BaseUrl;
use anyhow::{Result, bail, ensure};
use call::phone::PhoneNumber;
use clap::Args;
use functions::complaints::PATH;
use serde_json::{Value, json};
use settings::Env;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Which number, and where what is known of it goes.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The number that complains, such as +911234567890
    pub number: PhoneNumber,
    /// Where it is written: .xlsx, .csv or .tsv with a row for each dial, .json for all of it
    #[arg(long)]
    pub out: PathBuf,
    /// Writes the file even if it exists
    #[arg(long)]
    pub force: bool,
    /// Whose clocks the rows show
    #[arg(long, default_value = "Asia/Kolkata")]
    pub zone: String,
    /// Address of the HTTP API
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: BaseUrl,
}

/// Writes what is known, whole or not at all. The key must have the scope `admin`. No number is shown.
///
/// # Errors
/// If the place is taken, names no kind of file or cannot be written, there is no key, or the address is not
/// that of this API.
pub async fn complaint(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let (place, shown) = (&arguments.out, arguments.out.display());
    let is_json = place
        .extension()
        .is_some_and(|extension| extension == "json");
    let kind = if is_json { None } else { Some(kind(place)?) };
    ensure!(
        arguments.force || !place.exists(),
        "{shown} is there already; --force writes it anew"
    );
    let client = Client::new(&arguments.url, env, "admin")?;
    let known = match read(&client, &arguments.number).await {
        Ok(known) => known,
        Err(Trouble::Refused { message }) => bail!("{message}"),
        Err(trouble) => {
            let then = "nothing was written";
            return opt_outs::ended(&trouble, &arguments.url, talk, then);
        }
    };
    let dials = match kind {
        None => {
            write_json(place, &known)?;
            sheet::dials(&known)
        }
        Some(kind) => {
            let (writer, dials) = sheet::sheet(kind, &known, &arguments.zone)?;
            save(place, |out| Ok(writer.finish(1, out)?))?;
            dials
        }
    };
    let calls = known["calls"].as_array().map_or(0, Vec::len);
    writeln!(out, "{calls} calls, {dials} dials: {shown}")?;
    if known["withheld"] != 0 {
        let withheld = &known["withheld"];
        writeln!(
            out,
            "{withheld} calls are not in it: their patient's data is to be erased"
        )?;
    }
    Ok(Outcome::Complete)
}

fn write_json(place: &Path, known: &Value) -> Result<()> {
    save(place, |out| {
        serde_json::to_writer_pretty(&mut *out, known)?;
        Ok(writeln!(out)?)
    })
}

/// All pages as one.
async fn read(client: &Client, number: &PhoneNumber) -> Result<Value, Trouble> {
    let mut body = json!({ "phoneNumber": number.e164() });
    let (mut calls, mut withheld) = (Vec::new(), 0);
    loop {
        let mut page = client.post(PATH, &body).await?;
        let of_page = page["calls"].as_array_mut().ok_or(Trouble::Other(200))?;
        calls.append(of_page);
        withheld += page["withheld"].as_u64().unwrap_or_default();
        let next = page["nextCursor"].take();
        if next.is_null() {
            page["calls"] = calls.into();
            page["withheld"] = withheld.into();
            if let Value::Object(fields) = &mut page {
                fields.remove("nextCursor");
            }
            return Ok(page);
        }
        body["cursor"] = next;
    }
}
