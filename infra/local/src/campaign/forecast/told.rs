//! What is foreseen, in words and as JSON.

use super::stated::Stated;
use ::campaign::{Assumed, Forecast, Foreseen, Plan, grouped, rupees};
use serde_json::{Value, json};
use std::io::{Result, Write};

/// Of 100 runs, how many a figure is not exceeded in: few, half and most.
const PERCENTS: [usize; 3] = [10, 50, 90];

pub(super) struct Told<'a> {
    pub(super) forecast: &'a Forecast,
    pub(super) plan: &'a Plan,
    pub(super) assumed: &'a Assumed,
    /// Rows of the file.
    pub(super) rows: u32,
    pub(super) stated: &'a [Stated],
}

/// A figure of a run, and its names in words and as JSON.
type Figure = (&'static str, &'static str, fn(&Foreseen) -> u32);

const FIGURES: [Figure; 5] = [
    ("dials", "dials", |run| run.dials),
    ("minutes", "minutes", |run| run.minutes),
    ("rows reached", "reached", |run| run.reached),
    ("rows never reached", "failed", |run| run.failed),
    ("rows that do not fit", "left", Foreseen::left),
];

impl Told<'_> {
    pub(super) fn in_words(&self, out: &mut dyn Write) -> Result<()> {
        let (rows, callable) = (grouped(self.rows), grouped(self.forecast.rows));
        writeln!(out, "{rows} rows, {callable} of them can be called")?;
        if self.forecast.rows < self.rows {
            writeln!(out, "(campaign check says why the others cannot)")?;
        }
        let dials = grouped(self.forecast.dials_max);
        let budget = self.plan.dials_max();
        writeln!(
            out,
            "{dials} dials if nobody answers: {budget} for each row\n"
        )?;
        self.table(out)?;
        self.fitting(out)?;
        writeln!(out, "\nthis rests on:")?;
        let wide = self
            .stated
            .iter()
            .map(|one| one.name.len())
            .max()
            .unwrap_or(0);
        for Stated { name, value, from } in self.stated {
            writeln!(out, "  {name:<wide$}  {value}  ({from})")?;
        }
        Ok(())
    }

    fn table(&self, out: &mut dyn Write) -> Result<()> {
        let line = |name: &str, cells: [String; 3]| {
            let [few, half, most] = cells;
            format!("{name:<20}  {few:>17}  {half:>17}  {most:>17}")
        };
        let head = PERCENTS.map(|percent| format!("P{percent}"));
        writeln!(out, "{}", line("", head))?;
        writeln!(
            out,
            "{}",
            line("done", PERCENTS.map(|percent| self.done(percent)))
        )?;
        for (name, _, of) in FIGURES {
            let cells = PERCENTS.map(|percent| grouped(self.forecast.figure(percent, of)));
            writeln!(out, "{}", line(name, cells))?;
        }
        if self.assumed.paise_per_minute.is_some() {
            let cells = PERCENTS.map(|percent| rupees(self.paise(percent).unwrap_or(0)));
            writeln!(out, "{}", line("cost", cells))?;
        }
        Ok(())
    }

    fn fitting(&self, out: &mut dyn Write) -> Result<()> {
        let (runs, fits) = (self.forecast.runs.len(), self.fits());
        match fits {
            _ if self.forecast.rows == 0 => writeln!(out, "\nno row can be called"),
            fits if fits == runs => writeln!(out, "\nevery row finds its end in all {runs} runs"),
            _ => writeln!(
                out,
                "\nevery row finds its end in {fits} of {runs} runs: more calls at once, more hours, a later end or fewer dials would help"
            ),
        }
    }

    /// Runs in which every row fits.
    fn fits(&self) -> usize {
        let runs = self.forecast.runs.iter();
        runs.filter(|run| run.left() == 0).count()
    }

    fn done(&self, percent: usize) -> String {
        let done = self.forecast.done_at(percent);
        done.map_or("not by the end".to_owned(), |at| {
            let clock = self.plan.hours.clock(at);
            // Its place stands among the hours.
            let clock = clock.split(" (").next().unwrap_or_default();
            clock.replace(" on ", " ")
        })
    }

    fn paise(&self, percent: usize) -> Option<u64> {
        let minutes = self.forecast.figure(percent, |run| run.minutes);
        self.assumed.paise(minutes)
    }

    pub(super) fn as_json(&self, out: &mut dyn Write) -> Result<()> {
        let by = |value: &dyn Fn(usize) -> Value| json!({ "p10": value(10), "p50": value(50), "p90": value(90) });
        let stated = self.stated.iter();
        let stated =
            stated.map(|one| json!({ "name": one.name, "value": one.value, "from": one.from }));
        let mut told = json!({
            "rows": self.rows,
            "callable": self.forecast.rows,
            "dialsMax": self.forecast.dials_max,
            "runs": self.forecast.runs.len(),
            "runsThatFit": self.fits(),
            "doneAt": by(&|percent| json!(self.forecast.done_at(percent))),
            "restsOn": stated.collect::<Vec<_>>(),
        });
        for (_, name, of) in FIGURES {
            told[name] = by(&|percent| json!(self.forecast.figure(percent, of)));
        }
        if self.assumed.paise_per_minute.is_some() {
            told["costPaise"] = by(&|percent| json!(self.paise(percent)));
        }
        writeln!(out, "{told:#}")
    }
}
