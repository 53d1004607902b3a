//! `cargo run -- campaign forecast`: what is to be expected of calling a spreadsheet, before anything
//! rings.

mod parsed;
mod stated;
mod told;

use super::{Outcome, Source, days, judge};
use ::campaign::{
    Assumed, Class, Day, Forecast, Foreseen, Plan, Question, RUNS_DEFAULT, RUNS_MAX, Span,
};
use anyhow::{Context, Result};
use call::{Policy, time::Timestamp};
use clap::Args;
use settings::Env;
use std::{
    io::{ErrorKind, Write},
    time::Duration,
};

/// Which file, how it is to be called, and what is assumed.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The file.
    #[command(flatten)]
    pub source: Source,
    /// When the campaign ends, by the clocks of the place: 2026-12-04T19:00
    #[arg(long)]
    pub until: String,
    /// When it begins, by the same clocks; now if not given
    #[arg(long)]
    pub start: Option<String>,
    /// Phones that may ring or be talked on at once; the service's channels if not given
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub channels: Option<u32>,
    /// Phones of this campaign that ring or are talked on at once; as many as channels if not given
    #[arg(long)]
    pub concurrency: Option<u32>,
    /// When phones may ring [assumed: 10:00-19:00]
    #[arg(long)]
    pub hours: Option<String>,
    /// On which days of the week, such as mon-sat or mon,wed,fri [assumed: mon-sat]
    #[arg(long, value_parser = days::days)]
    pub days: Option<days::Days>,
    /// A day on which nobody is called, such as 2026-12-25; may be given again
    #[arg(long = "holiday", value_name = "DAY")]
    pub holidays: Vec<Day>,
    /// Whose clocks count
    #[arg(long, default_value = "Asia/Kolkata")]
    pub zone: String,
    /// Most dials in a minute; no pace of its own if not given
    #[arg(long)]
    pub pace: Option<u32>,
    /// Re-dials of a row after its first dial; the service's if not given
    #[arg(long)]
    pub retries: Option<u8>,
    /// Of 100 dials, how many are answered [assumed: 60%]
    #[arg(long, value_parser = parsed::percent)]
    pub answer_rate: Option<u8>,
    /// How long a conversation takes on average, such as 3m; half of it to one and a half are likely
    /// [assumed: 3m]
    #[arg(long, value_parser = parsed::time)]
    pub talk: Option<Duration>,
    /// By how much answered share and talk time may be off as a whole [assumed: 10%]
    #[arg(long, value_parser = parsed::percent)]
    pub doubt: Option<u8>,
    /// What a minute of conversation costs in all, in rupees: 0.80
    #[arg(long, value_parser = parsed::paise, value_name = "RUPEES")]
    pub cost_per_minute: Option<u32>,
    /// Times that the campaign is gone through
    #[arg(long, default_value_t = RUNS_DEFAULT, value_parser = clap::value_parser!(u32).range(1..=i64::from(RUNS_MAX)))]
    pub runs: u32,
    /// Decides all chance: the same seed gives the same forecast
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// What is gone through.
struct Asked {
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    start: Timestamp,
}

/// Goes through the campaign many times and prints what came of it to `out`. What is not part of the
/// answer goes to `talk`. It is fit if nine of ten times every row finds its end.
///
/// # Errors
/// If the file is not there, the plan cannot be carried out, or something cannot be written.
pub fn run(
    arguments: &Arguments,
    env: &Env,
    now: Timestamp,
    out: &mut dyn Write,
    talk: &mut dyn Write,
) -> Result<Outcome> {
    let asked = asked(arguments, env, now)?;
    let found = match judge(&arguments.source)? {
        Ok(found) => found,
        Err(unfit) => {
            super::told::unfit(&unfit, arguments.json, out)?;
            return Ok(Outcome::Faulty);
        }
    };
    super::told::beside(&found, talk)?;
    let forecast = Forecast::of(&Question {
        plan: &asked.plan,
        policy: &asked.policy,
        assumed: &asked.assumed,
        numbers: &found.numbers,
        start: asked.start,
        seed: arguments.seed,
        runs: arguments.runs,
    });
    let told = told::Told {
        forecast: &forecast,
        plan: &asked.plan,
        assumed: &asked.assumed,
        rows: u32::try_from(found.check.counts().rows()).unwrap_or(u32::MAX),
        stated: &stated::all(arguments, &asked),
    };
    let said = if arguments.json {
        told.as_json(out)
    } else {
        told.in_words(out)
    };
    match said {
        // Whoever reads the answer has read enough of it.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        said => said?,
    }
    let is_fit = forecast.rows > 0 && forecast.figure(90, Foreseen::left) == 0;
    Ok(if is_fit {
        Outcome::Fit
    } else {
        Outcome::Faulty
    })
}

fn asked(arguments: &Arguments, env: &Env, now: Timestamp) -> Result<Asked> {
    let mut policy = settings::policy(env)?;
    policy.max_concurrent_calls = arguments.channels.unwrap_or(policy.max_concurrent_calls);
    let hours = days::hours(
        arguments.hours.as_deref(),
        arguments.days.as_ref(),
        &arguments.holidays,
        &arguments.zone,
    )?;
    let moment = |text: &str| {
        let moment = hours.moment(text);
        moment
            .with_context(|| format!("{text}: expected a day and an hour such as 2026-12-04T19:00"))
    };
    let start = arguments.start.as_deref().map_or(Ok(now), moment)?;
    let usual = Plan::usual(&policy, moment(&arguments.until)?);
    let plan = Plan {
        class: if arguments.source.promotional {
            Class::Promotional
        } else {
            Class::Service
        },
        concurrency: arguments.concurrency.unwrap_or(usual.concurrency),
        dials_per_minute: arguments.pace,
        retries_max: arguments.retries.unwrap_or(usual.retries_max),
        hours,
        ..usual
    };
    plan.check(start, policy.calling_window.as_ref())?;
    Ok(Asked {
        plan,
        policy,
        assumed: assumed(arguments),
        start,
    })
}

fn assumed(arguments: &Arguments) -> Assumed {
    let usual = Assumed::default();
    let answered = arguments.answer_rate.map(|rate| [u16::from(rate) * 10; 24]);
    Assumed {
        answered_permille: answered.unwrap_or(usual.answered_permille),
        talk: arguments.talk.map_or(usual.talk, Span::around),
        doubt_percent: arguments.doubt.unwrap_or(usual.doubt_percent),
        paise_per_minute: arguments.cost_per_minute,
        ..usual
    }
}
