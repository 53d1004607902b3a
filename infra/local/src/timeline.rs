//! Follows one call through the API and prints what is new, line by line.

use crate::news::{New, News, is_over, is_reported, text, told};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// Pause between two looks at the call.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Pause without news after which a line says that the call still goes on.
const QUIET_MAX: Duration = Duration::from_secs(5);

/// How long the post-call report of an ended call is waited for.
const ACCOUNT_WAIT: Duration = Duration::from_secs(5);

/// Longest call followed; the demonstration ends well within it.
const FOLLOW_MAX: Duration = Duration::from_secs(55);

/// Prints the call as it happens until it is over; returns its record as the API gives it.
///
/// # Errors
/// If the API fails, or the call does not end in time.
pub async fn follow(client: &reqwest::Client, url: &str, key: &str) -> Result<Value> {
    let mut printer = Printer::new();
    while printer.started.elapsed() < FOLLOW_MAX {
        let reply = client.get(url).header("x-api-key", key).send().await?;
        let record: Value = reply
            .error_for_status()?
            .json()
            .await
            .context("unreadable record")?;
        printer.print_news(&record)?;
        if (is_over(&record) && is_reported(&record)) || printer.waited_for_report(&record) {
            return Ok(record);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bail!("the call did not end within {} s", FOLLOW_MAX.as_secs())
}

struct Printer {
    started: Instant,
    over_since: Option<Instant>,
    last_news: Instant,
    news: News,
    is_terminal: bool,
}

impl Printer {
    #[expect(clippy::disallowed_methods, reason = "times what a person watches")]
    fn new() -> Self {
        let now = Instant::now();
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            started: now,
            over_since: None,
            last_news: now,
            news: News::default(),
            is_terminal,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "times what a person watches")]
    fn waited_for_report(&mut self, record: &Value) -> bool {
        if !is_over(record) {
            return false;
        }
        self.over_since.get_or_insert(Instant::now()).elapsed() >= ACCOUNT_WAIT
    }

    fn print_news(&mut self, record: &Value) -> Result<()> {
        for new in self.news.of(record) {
            match new {
                New::Event(event) => self.line(text(&event["to"]), &told(event))?,
                New::Turn(turn) => {
                    let is_agent = turn["role"] == "agent";
                    let speaker = if is_agent { "  agent" } else { "  patient" };
                    self.line(speaker, text(&turn["text"]))?;
                }
                New::Answer(field, answer) => {
                    let how = text(&answer["source"]);
                    self.line("  saved", &format!("{field} = {} ({how})", answer["value"]))?;
                }
            }
        }
        self.show_progress(text(&record["status"]))
    }

    #[expect(clippy::disallowed_methods, reason = "times what a person watches")]
    fn line(&mut self, head: &str, body: &str) -> Result<()> {
        self.last_news = Instant::now();
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        let at = self.started.elapsed().as_secs_f32();
        let text = format!("{clear}{at:6.1} s  {head:<13} {body}");
        writeln!(std::io::stdout(), "{}", text.trim_end())?;
        Ok(())
    }

    /// On a terminal one line keeps counting; elsewhere a line tells now and then.
    fn show_progress(&mut self, status: &str) -> Result<()> {
        let mut out = std::io::stdout();
        if self.is_terminal {
            write!(
                out,
                "\r{:6.1} s  … {status}",
                self.started.elapsed().as_secs_f32()
            )?;
            out.flush()?;
        } else if self.last_news.elapsed() >= QUIET_MAX {
            self.line("…", &format!("still {status}"))?;
        }
        Ok(())
    }
}
