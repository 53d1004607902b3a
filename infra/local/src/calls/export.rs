//! `cargo run -- export`: the calls of some days with their answers.

use crate::{
    campaign::save,
    client::{Client, Trouble},
    news::list as values,
    remote::{Ended, Remote, Talk, ended, written},
};
use ::campaign::Day;
use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};
use functions::reports::export::PATH;
use serde_json::Value;
use settings::Env;
use std::{
    io::{self, Write},
    path::PathBuf,
};

/// How they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a spreadsheet: UTF-8 with its mark, one row to a call
    Csv,
    /// One array
    Json,
}

/// Which calls, and where they go.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The first day, by the midnights of REPORT_ZONE
    #[arg(long, value_name = "DAY")]
    pub from: Day,
    /// The last day, which is included
    #[arg(long, value_name = "DAY")]
    pub to: Day,
    /// How they are written
    #[arg(long, value_enum, default_value = "csv")]
    pub format: Format,
    /// The file to write; they are printed without it
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Writes that file even if it exists
    #[arg(long)]
    pub force: bool,
    /// The system; --json says as JSON how many bytes were written.
    #[command(flatten)]
    pub remote: Remote,
}

/// Gets them page by page, and writes them once all are there.
///
/// # Errors
/// If the file is there already or cannot be written, there is no key, or the address is not that of this API.
pub async fn export(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    if let Some(path) = arguments.out.as_ref().filter(|path| path.exists()) {
        let path = path.display();
        ensure!(
            arguments.force,
            "{path} is there already; --force writes it anew"
        );
    }
    let client = Client::new(&arguments.remote.url, env, "admin")?;
    let got = match arguments.format {
        Format::Csv => csv(&client, arguments, talk).await,
        Format::Json => json(&client, arguments, talk).await,
    };
    let bytes = match got {
        Ok(bytes) => bytes,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    talk.done();
    match &arguments.out {
        None => written(out.write_all(&bytes).and_then(|()| out.flush()))?,
        Some(path) => {
            save(path, |file| Ok(file.write_all(&bytes)?))?;
            written(told(path, bytes.len(), arguments.remote.json, out))?;
        }
    }
    Ok(Ended::Done)
}

fn told(path: &std::path::Path, bytes: usize, json: bool, out: &mut dyn Write) -> io::Result<()> {
    let path = path.display().to_string();
    if json {
        return writeln!(
            out,
            "{}",
            serde_json::json!({ "file": path, "bytes": bytes })
        );
    }
    writeln!(
        out,
        "{bytes} bytes are in {path}: patients' data, readable by you alone"
    )
}

/// Where a page is asked for.
fn path(arguments: &Arguments, format: &str, cursor: Option<&str>) -> String {
    let (from, to) = (arguments.from, arguments.to);
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
    format!("{PATH}?format={format}&from={from}&to={to}{cursor}")
}

async fn csv(client: &Client, asked: &Arguments, talk: &mut Talk<'_>) -> Result<Vec<u8>, Trouble> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = client
            .get_page(&path(asked, "csv", cursor.as_deref()))
            .await?;
        all.extend(page.0);
        talk.progress(&format!("{} bytes", all.len()));
        cursor = page.1;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

async fn json(client: &Client, asked: &Arguments, talk: &mut Talk<'_>) -> Result<Vec<u8>, Trouble> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = client.get(&path(asked, "json", cursor.as_deref())).await?;
        all.extend_from_slice(values(&page["rows"]));
        talk.progress(&format!("{} calls", all.len()));
        cursor = page["nextCursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            return Ok(format!("{:#}\n", Value::from(all)).into_bytes());
        }
    }
}
