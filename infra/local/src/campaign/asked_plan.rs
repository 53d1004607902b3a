//! The plan of a campaign, as it is given at the command line.

use super::days;
use ::campaign::{Day, Hours};
use anyhow::{Context, Result};
use call::phone::PhoneNumber;
use clap::Args;
use serde_json::{Map, Value, json};
use std::time::Duration;
use store::clock::{Clock, SystemClock};

/// How long a campaign lives whose end is not given.
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a campaign is to be carried out. What is not given is decided by the service.
#[derive(Args, Clone, Debug)]
pub struct AskedPlan {
    /// When the campaign ends, by the clocks of the place: 2026-12-04T19:00; the end of the day a week from
    /// now if not given
    #[arg(long)]
    pub until: Option<String>,
    /// When phones may ring [10:00-19:00]
    #[arg(long)]
    pub hours: Option<String>,
    /// On which days of the week, such as mon-sat or mon,wed,fri [mon-sat]
    #[arg(long, value_parser = days::days)]
    pub days: Option<days::Days>,
    /// A day on which nobody is called, such as 2026-12-25; may be given again
    #[arg(long = "holiday", value_name = "DAY")]
    pub holidays: Vec<Day>,
    /// Whose clocks count
    #[arg(long, default_value = "Asia/Kolkata")]
    pub zone: String,
    /// Phones of this campaign that ring or are talked on at once; as many as the service has channels if
    /// not given
    #[arg(long)]
    pub concurrency: Option<u32>,
    /// Most dials in a minute; no pace of its own if not given
    #[arg(long)]
    pub pace: Option<u32>,
    /// Re-dials of a row after its first dial; the service's if not given
    #[arg(long)]
    pub retries: Option<u8>,
    /// Who goes first where campaigns share channels: the higher, 0 to 9
    #[arg(long)]
    pub priority: Option<u8>,
    /// The number that is shown to the callee; the service's if not given. Promotional calls need one of
    /// the series 140
    #[arg(long)]
    pub caller: Option<PhoneNumber>,
    /// The calls sell something: every row needs the patient's consent
    #[arg(long)]
    pub promotional: bool,
    /// Every patient of the file agreed to be recorded
    #[arg(long)]
    pub recorded: bool,
}

/// The end of this day a week ahead, by the clocks of the place: the same command again on one day asks
/// for the same, and makes no second campaign.
fn week_from_now(hours: &Hours) -> String {
    let clock = hours.clock(SystemClock.now() + WEEK + DAY);
    let day = clock.split(' ').nth(2).unwrap_or_default();
    format!("{day}T00:00")
}

impl AskedPlan {
    /// The plan as the API takes it.
    pub(super) fn body(&self) -> Result<Value> {
        let hours = days::hours(
            self.hours.as_deref(),
            self.days.as_ref(),
            &self.holidays,
            &self.zone,
        )?;
        let until = self.until.clone().unwrap_or_else(|| week_from_now(&hours));
        let until = hours.moment(&until).with_context(|| {
            format!("{until}: expected a day and an hour such as 2026-12-04T19:00")
        })?;
        let plan = json!({
            "class": if self.promotional { "promotional" } else { "service" },
            "hours": hours.span.to_string(),
            "days": hours.days().collect::<Vec<_>>(),
            "holidays": hours.holidays.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "concurrency": self.concurrency, "dialsPerMinute": self.pace, "retries": self.retries,
            "priority": self.priority, "expiresAt": until.to_string(),
            "caller": self.caller.as_ref().map(PhoneNumber::e164),
            "recordingConsent": self.recorded.then_some(true),
        });
        let Value::Object(plan) = plan else {
            return Ok(plan);
        };
        let given = plan.into_iter().filter(|(_, value)| !value.is_null());
        Ok(Value::Object(given.collect::<Map<_, _>>()))
    }
}
