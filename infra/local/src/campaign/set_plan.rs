//! `cargo run -- campaign plan`: another plan for a campaign, while it runs or before.

use super::{days, pages::path, shown};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::{CampaignId, Day, Hours};
use anyhow::{Context, Result};
use call::{CallingWindow, phone::PhoneNumber};
use clap::Args;
use serde_json::{Value, json};
use settings::Env;
use std::io::Write;

/// Which campaign, and what is to be otherwise.
#[derive(Args, Clone, Debug)]
pub struct SetPlan {
    /// The campaign
    pub id: CampaignId,
    /// When it ends, by the clocks of the place: 2026-12-04T19:00
    #[arg(long)]
    pub until: Option<String>,
    /// When phones may ring, such as 10:00-19:00
    #[arg(long)]
    pub hours: Option<String>,
    /// Whose clocks count, such as Asia/Kolkata
    #[arg(long)]
    pub zone: Option<String>,
    /// On which days of the week, such as mon-sat or mon,wed,fri
    #[arg(long, value_parser = days::days)]
    pub days: Option<days::Days>,
    /// A day on which nobody is called, such as 2026-12-25; may be given again, and takes the place of
    /// those of the plan
    #[arg(long = "holiday", value_name = "DAY", conflicts_with = "no_holidays")]
    pub holidays: Vec<Day>,
    /// Takes all holidays away
    #[arg(long)]
    pub no_holidays: bool,
    /// Phones of this campaign that ring or are talked on at once
    #[arg(long)]
    pub concurrency: Option<u32>,
    /// Most dials in a minute
    #[arg(long, conflicts_with = "no_pace")]
    pub pace: Option<u32>,
    /// Takes the pace away
    #[arg(long)]
    pub no_pace: bool,
    /// Re-dials of a row after its first dial
    #[arg(long)]
    pub retries: Option<u8>,
    /// Who goes first where campaigns share channels: the higher, 0 to 9
    #[arg(long)]
    pub priority: Option<u8>,
    /// The number that is shown to the callee
    #[arg(long, conflicts_with = "no_caller")]
    pub caller: Option<PhoneNumber>,
    /// Shows the number of the service
    #[arg(long)]
    pub no_caller: bool,
    /// Every patient of the file agreed to be recorded: so are calls that begin from now on
    #[arg(long, conflicts_with = "unrecorded")]
    pub recorded: bool,
    /// Records no call that begins from now on
    #[arg(long)]
    pub unrecorded: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Changes what was said of the plan, and shows the whole of it; if nothing was, only shows it.
///
/// # Errors
/// If there is no key, the address is not that of this API, or what was said is none of a plan's.
pub async fn set_plan(
    arguments: &SetPlan,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let client = Client::new(&arguments.remote.url, env, "read and write")?;
    let campaign = path(arguments.id);
    let found = match client.get(&campaign).await {
        Ok(found) => found,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    let wanted = changed(arguments, &found["plan"])?;
    let standing = if wanted == found["plan"] {
        Ok(found)
    } else {
        put(&client, &campaign, &found, &wanted).await
    };
    let standing = match standing {
        Ok(standing) => standing,
        Err(trouble) => return ended(&trouble, &arguments.remote, talk),
    };
    written(if arguments.remote.json {
        writeln!(out, "{:#}", standing["plan"])
    } else {
        writeln!(out, "{}", shown::plan(&standing["plan"]))
    })?;
    Ok(Ended::Done)
}

/// Nobody may have changed it in between: what was shown is what is changed.
async fn put(
    client: &Client,
    campaign: &str,
    found: &Value,
    wanted: &Value,
) -> Result<Value, Trouble> {
    let version = format!("\"{}\"", found["version"]);
    let path = format!("{campaign}/plan");
    client.put_if_match(&path, wanted, &version).await
}

/// The plan as it is to be.
fn changed(arguments: &SetPlan, plan: &Value) -> Result<Value> {
    let mut wanted = plan.clone();
    let hours = window(arguments, shown::text(&plan["hours"]))?;
    if let Some(until) = &arguments.until {
        let moment = Hours::daily(hours.clone()).moment(until).with_context(|| {
            format!("{until}: expected a day and an hour such as 2026-12-04T19:00")
        })?;
        wanted["expiresAt"] = json!(moment);
    }
    wanted["hours"] = json!(hours.to_string());
    if let Some(days) = &arguments.days {
        wanted["days"] = json!(days.words());
    }
    if arguments.no_holidays || !arguments.holidays.is_empty() {
        let holidays = arguments.holidays.iter().map(ToString::to_string);
        wanted["holidays"] = holidays.collect::<Vec<_>>().into();
    }
    let caller = arguments.caller.as_ref().map(PhoneNumber::e164);
    for (name, value) in [
        ("concurrency", arguments.concurrency.map(Value::from)),
        ("dialsPerMinute", arguments.pace.map(Value::from)),
        ("retries", arguments.retries.map(Value::from)),
        ("priority", arguments.priority.map(Value::from)),
        ("caller", caller.map(Value::from)),
        (
            "recordingConsent",
            arguments.recorded.then_some(Value::Bool(true)),
        ),
    ] {
        if let Some(value) = value {
            wanted[name] = value;
        }
    }
    let gone = [
        ("dialsPerMinute", arguments.no_pace),
        ("caller", arguments.no_caller),
        ("recordingConsent", arguments.unrecorded),
    ];
    for (name, _) in gone.into_iter().filter(|(_, is_gone)| *is_gone) {
        if let Some(plan) = wanted.as_object_mut() {
            plan.remove(name);
        }
    }
    Ok(wanted)
}

/// The span of the day and its place, what is not said as it was.
fn window(arguments: &SetPlan, before: &str) -> Result<CallingWindow> {
    let (span, zone) = before.split_once(' ').unwrap_or((before, ""));
    let span = arguments.hours.as_deref().unwrap_or(span);
    let zone = arguments.zone.as_deref().unwrap_or(zone);
    Ok(format!("{span} {zone}").parse()?)
}
