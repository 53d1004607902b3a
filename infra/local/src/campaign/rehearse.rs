//! `cargo run -- campaign rehearse`: a file gone through from its import to its results with nobody called.
//!
//! The whole system runs in this process, in memory and with both vendors simulated, whatever the
//! environment names. Nothing is left of it but the results, marked in every row.

mod carried_out;
mod first_rows;
mod people;

use super::{AskedPlan, Found, Sheet, Source, import, judge, results, told};
use crate::remote::{Ended, Remote, Talk};
use crate::system::System;
use ::campaign::{Class, Hours};
use anyhow::{Result, ensure};
use clap::Args;
use serde_json::Value;
use settings::Env;
use std::{io::Write, path::PathBuf, time::Duration};
use store::clock::{Clock, SystemClock};

/// How long a phone rings.
const RING: Duration = Duration::from_secs(2);

/// Until whoever was not reached is rung again.
const RETRY: Duration = Duration::from_secs(5);

/// Rows that a laptop of two cores goes through in a minute.
const ROWS_PER_MINUTE: usize = 40;

/// Which file, what campaign it would make, and where the results go.
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
    /// How many of the rows that can be called are rehearsed, the first ones; 0 for all
    #[arg(long, default_value_t = 20)]
    pub rows: usize,
    /// Where the results are written: .xlsx, .csv or .tsv; patients.rehearsal.xlsx beside patients.xlsx if not
    /// given
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Writes the results even if the file exists
    #[arg(long)]
    pub force: bool,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

impl Arguments {
    fn place(&self) -> PathBuf {
        let beside = || {
            let stem = self.sheet.file.file_stem().unwrap_or_default();
            let name = format!("{}.rehearsal.xlsx", stem.to_string_lossy());
            self.sheet.file.with_file_name(name)
        };
        self.out.clone().unwrap_or_else(beside)
    }

    fn source(&self, env: &Env) -> Source {
        let languages = env.text("AGENT_LANGUAGES");
        let languages = languages.unwrap_or_else(|| "hi,en".to_owned());
        Source {
            sheet: self.sheet.clone(),
            languages: languages
                .split(',')
                .map(|tag| tag.trim().to_owned())
                .collect(),
            opt_outs: None,
            promotional: self.plan.promotional,
        }
    }

    /// The campaign that a command `import` would make there, but for its name.
    fn import(&self, system: &System) -> Result<import::Arguments> {
        let stem = self.sheet.file.file_stem().unwrap_or_default();
        let name = self.name.clone();
        let name = name.unwrap_or_else(|| stem.to_string_lossy().into_owned());
        Ok(import::Arguments {
            sheet: self.sheet.clone(),
            name: Some(format!("TEST: {name}")),
            plan: self.plan.clone(),
            into: None,
            remote: Remote {
                url: system.api_url.parse()?,
                json: self.json,
            },
        })
    }
}

/// Goes through the campaign and writes what came of it. Says to `out` what the file is and what came of
/// it, and to `talk` how far it is.
///
/// # Errors
/// If the file cannot be read, the plan cannot be carried out, or the place of the results is taken: nothing
/// was started then.
pub async fn rehearse(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    results::free(&arguments.place(), arguments.force)?;
    let plan = arguments.plan.body()?;
    may_ring(&plan)?;
    let source = arguments.source(env);
    let found = match judge(&source)? {
        Ok(found) => found,
        Err(unfit) => {
            told::unfit(&unfit, arguments.json, out)?;
            return Ok(Ended::Faulty);
        }
    };
    let upload = first_rows::upload(&source, &found, arguments.rows)?;
    let questionnaire = settings::questionnaire(env);
    let questionnaire = env.check(questionnaire)?;
    introduce(arguments, &found, talk);
    tokio::select! {
        ended = carried_out::carry_out(arguments, &upload, carried_out::options(env, &questionnaire), out, talk) => ended,
        stopped = tokio::signal::ctrl_c() => {
            stopped?;
            talk.say("the rehearsal is stopped, and nothing is left of it");
            Ok(Ended::Interrupted)
        }
    }
}

/// Promotion is held to its hours even here: no plan is taken that leaves them.
fn may_ring(plan: &Value) -> Result<()> {
    if plan["class"] != "promotional" {
        return Ok(());
    }
    let bounds = Class::Promotional.bounds();
    let Some(bounds) = bounds else { return Ok(()) };
    let (now, shown) = (SystemClock.now(), bounds.to_string());
    let opens = Hours::daily(bounds).next_open(now, &[]);
    ensure!(
        opens == Some(now),
        "promotional calls ring within {shown} alone, in a rehearsal too: give the command then"
    );
    Ok(())
}

fn introduce(arguments: &Arguments, found: &Found, talk: &mut Talk<'_>) {
    talk.say("TEST: nobody is called; carrier, agent and patients are simulated on this machine");
    talk.say(&format!(
        "faster than it will be: phones ring {} s, whoever was not reached is rung again after {} s, conversations \
         are cut short, and hours, days, pace and calls at once do not count",
        RING.as_secs(),
        RETRY.as_secs()
    ));
    let (ready, rows) = (found.check.counts().ready, arguments.rows);
    let rehearsed = if rows == 0 { ready } else { rows.min(ready) };
    let minutes = 1 + rehearsed / ROWS_PER_MINUTE;
    if rehearsed < ready {
        talk.say(&format!(
            "the first {rehearsed} of {ready} rows that can be called, in about {minutes} min; --rows 0 takes all \
             of them"
        ));
    } else {
        talk.say(&format!(
            "{ready} rows that can be called, in about {minutes} min"
        ));
    }
}
