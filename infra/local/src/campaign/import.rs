//! `cargo run -- campaign import`: a file brought to a running system, and what it says of it.
//!
//! Nothing is called. The same command again goes on where it broke off: it names the same campaign, and
//! sends the parts that are missing.

use super::{
    Sheet,
    asked_plan::AskedPlan,
    pages::{Rows, path},
    shown,
    upload::Upload,
};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::CampaignId;
use anyhow::Result;
use clap::Args;
use functions::campaigns::PATH;
use serde_json::{Value, json};
use settings::Env;
use std::{io::Write, time::Duration};
use store::campaigns::Sha256;

/// Between two looks at how far the import is.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Which file, and what campaign it makes.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The file.
    #[command(flatten)]
    pub sheet: Sheet,
    /// What people call the campaign; the file's name if not given
    #[arg(long)]
    pub name: Option<String>,
    /// The plan.
    #[command(flatten)]
    pub plan: AskedPlan,
    /// The campaign that this file is for, if one was made before and has no rows; its plan stays
    #[arg(long, value_name = "ID", conflicts_with_all = ["name", "until", "hours", "days", "holidays", "concurrency", "pace", "retries", "priority", "caller", "promotional", "recorded"])]
    pub into: Option<CampaignId>,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Brings the file to the system, has it read and says to `out` what was found. How far it is goes to
/// `talk`.
///
/// # Errors
/// If the file cannot be read or is too large, the plan cannot be read, there is no key, or the address is
/// not that of this API. Nothing was sent then, but to a wrong address.
pub async fn import(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let upload = Upload::read(&arguments.sheet.file)?;
    let body = body(arguments, &upload)?;
    let client = Client::new(&arguments.remote.url, env, "read and write")?;
    let brought = bring(&client, arguments, &upload, &body, talk).await;
    talk.done();
    let brought = match brought {
        Ok(brought) => brought,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    if arguments.remote.json {
        written(writeln!(out, "{:#}", brought.as_json()))?;
    } else {
        written(shown::import(&brought.campaign, &brought.rows, out))?;
        shown::beside_import(&brought.campaign, talk);
    }
    Ok(brought.ended())
}

/// What the system says of the file.
pub(super) struct Brought {
    pub(super) campaign: Value,
    /// Rows that are not called: all of them for programs, else the first.
    pub(super) rows: Vec<Value>,
}

impl Brought {
    fn as_json(&self) -> Value {
        let mut told = self.campaign.clone();
        told["rowsNotCalled"] = self.rows.clone().into();
        told
    }

    pub(super) fn ended(&self) -> Ended {
        let is_fit = self.campaign["counts"]["faulty"] == 0 && self.campaign["state"] != "draft";
        if is_fit { Ended::Done } else { Ended::Faulty }
    }
}

pub(super) fn body(arguments: &Arguments, upload: &Upload) -> Result<Value> {
    let sheet = &arguments.sheet;
    let file = upload.announced(sheet.sheet.as_deref(), sheet.delimiter);
    let mut body = json!({
        "file": file, "phoneColumn": sheet.phone_column, "requiredVariables": sheet.required,
    });
    if arguments.into.is_none() {
        let stem = sheet.file.file_stem().unwrap_or_default();
        let stem = stem.to_string_lossy().into_owned();
        body["name"] = arguments.name.clone().unwrap_or(stem).into();
        body["plan"] = arguments.plan.body()?;
    }
    Ok(body)
}

pub(super) async fn bring(
    client: &Client,
    arguments: &Arguments,
    upload: &Upload,
    body: &Value,
    talk: &mut Talk<'_>,
) -> Result<Brought, Trouble> {
    let path = match arguments.into {
        Some(id) => {
            let path = path(id);
            client.put_json(&format!("{path}/file"), body).await?;
            path
        }
        None => {
            // The same wish has the same key, so that it makes one campaign.
            let key = Sha256::of(body.to_string().as_bytes()).to_string();
            let made = client.post_once(PATH, body, &key).await?;
            path(made["campaignId"].as_str().ok_or(Trouble::Other(201))?)
        }
    };
    let campaign = client.get(&path).await?;
    if campaign["state"] == "draft" {
        let missing = campaign["file"]["missing"].as_array();
        let missing = missing.map_or(&[][..], Vec::as_slice);
        upload.send(client, &path, missing, talk).await?;
        client.post(&format!("{path}/import"), &Value::Null).await?;
    }
    let campaign = read_whole(client, &path, talk).await?;
    let most = if arguments.remote.json {
        usize::MAX
    } else {
        shown::ROWS_SHOWN
    };
    let mut rows = Vec::new();
    for state in ["faulty", "duplicate", "opted_out"] {
        rows.extend(Rows::new(client, &path, Some(state)).take(most).await?);
    }
    Ok(Brought { campaign, rows })
}

/// Waits until the file was read.
async fn read_whole(client: &Client, path: &str, talk: &mut Talk<'_>) -> Result<Value, Trouble> {
    loop {
        let campaign = client.get(path).await?;
        if campaign["state"] != "importing" {
            return Ok(campaign);
        }
        let rows = campaign["import"]["rows"].as_u64().unwrap_or(0);
        talk.progress(&format!("{rows} rows read"));
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
