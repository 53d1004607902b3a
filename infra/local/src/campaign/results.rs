//! `cargo run -- campaign results`: what came of a campaign, in figures and as a spreadsheet.

use super::{
    back::{kind, number},
    copy::save,
    pages::path,
    shown::{list, text},
};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended, written};
use ::campaign::{CampaignId, Results, RowState, grouped};
use anyhow::{Result, ensure};
use clap::Args;
use functions::campaigns::ResultsBook;
use serde_json::Value;
use settings::Env;
use spreadsheet::{Kind, Refusal, Writer};
use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What stands in each row of a rehearsal's results, and at the names of its sheets.
const TEST: &str = "TEST";

/// Which campaign's results, and where they go.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The campaign
    pub id: CampaignId,
    /// Where the spreadsheet is written: .xlsx with sheets for questions and hours, .csv or .tsv
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Writes the file even if it exists
    #[arg(long)]
    pub force: bool,
    /// Whether they are a rehearsal's, and say so in each row.
    #[arg(skip)]
    pub rehearsed: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Prints what came of a campaign, and writes each row with its original cells and its answers, whole or
/// not at all. The key must be one that may read patients' data.
///
/// # Errors
/// If the place is taken, names no kind of spreadsheet or cannot be written, there is no key, or the
/// address is not that of this API.
pub async fn results(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    let place = arguments.out.as_ref();
    let kind = place
        .map(|place| free(place, arguments.force))
        .transpose()?;
    let client = Client::new(&arguments.remote.url, env, "admin")?;
    let read = match read(&client, arguments, kind, talk).await {
        Ok(read) => read,
        Err(Stop::Trouble(trouble)) => return ended(&trouble, &arguments.remote, talk),
        Err(Stop::Sheet(error)) => return Err(error.into()),
    };
    talk.done();
    let (rows, expected) = (
        read.results.tally.rows(),
        number(&read.campaign["counts"]["rows"]),
    );
    if rows != expected {
        talk.say(&format!(
            "{rows} of {expected} rows were given: give the command again"
        ));
        return Ok(Ended::Again);
    }
    let json = arguments.remote.json;
    written(if json {
        writeln!(out, "{:#}", as_json(&read.results))
    } else {
        in_words(&read, out)
    })?;
    if let (Some(place), Some(writer)) = (place, read.writer) {
        save(place, |out| Ok(writer.finish(1, out)?))?;
        talk.say(&format!("{rows} rows: {}", place.display()));
    }
    Ok(Ended::Done)
}

/// What a spreadsheet at this place is, if it may be written there.
pub(super) fn free(place: &Path, force: bool) -> Result<Kind> {
    let kind = kind(place)?;
    let shown = place.display();
    ensure!(
        force || !place.exists(),
        "{shown} is there already; --force writes it anew"
    );
    Ok(kind)
}

/// Why there is no spreadsheet.
enum Stop {
    Trouble(Trouble),
    Sheet(Refusal),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Sheet(refusal)
    }
}

/// All that was read.
struct Read {
    campaign: Value,
    results: Results,
    /// The spreadsheet, complete but for its end.
    writer: Option<Writer>,
}

async fn read(
    client: &Client,
    arguments: &Arguments,
    kind: Option<Kind>,
    talk: &mut Talk<'_>,
) -> Result<Read, Stop> {
    let path = path(arguments.id);
    let campaign = client.get(&path).await?;
    let marked = arguments.rehearsed.then_some(TEST);
    let (mut book, mut cursor, mut count) = (None, String::new(), 0);
    loop {
        let page = client
            .get(&format!("{path}/results?limit=200{cursor}"))
            .await?;
        let book = match &mut book {
            Some(book) => book,
            None => {
                let questions = list(&page["questions"]).iter();
                let questions = questions.map(|question| text(question).to_owned());
                let begun = ResultsBook::begin(kind, &campaign, questions.collect(), marked)?;
                book.insert(begun)
            }
        };
        for row in list(&page["results"]) {
            book.row(row)?;
        }
        count += list(&page["results"]).len();
        talk.progress(&format!("{count} rows"));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let (results, writer) = match book {
        Some(book) => book.end()?,
        None => (Results::new([]), None),
    };
    Ok(Read {
        campaign,
        results,
        writer,
    })
}

fn as_json(results: &Results) -> Value {
    let questions = results.questions.iter().map(|question| {
        serde_json::json!({
            "question": question.question, "asked": question.asked(),
            "answered": question.answered, "wentOn": question.passed,
            "hungUpHere": question.hung_up_here,
        })
    });
    let hours = (0..).zip(results.hours).filter(|(_, of)| of.rows > 0);
    let hours = hours.map(|(hour, of): (u8, _)| {
        serde_json::json!({ "hour": hour, "rows": of.rows, "reached": of.reached })
    });
    serde_json::json!({
        "rows": results.tally.rows(), "counts": results.tally,
        "questions": questions.collect::<Vec<_>>(), "hours": hours.collect::<Vec<_>>(),
    })
}

fn in_words(read: &Read, out: &mut dyn Write) -> io::Result<()> {
    let Read {
        campaign, results, ..
    } = read;
    let mut tally = results.tally;
    let name = text(&campaign["name"]);
    writeln!(out, "{name}: {} rows", grouped(tally.rows()))?;
    for state in RowState::ALL {
        let count = *tally.of(state);
        if count > 0 {
            writeln!(out, "  {:<10} {:>8}", state.label(), grouped(count))?;
        }
    }
    let asked = results
        .questions
        .iter()
        .any(|question| question.asked() > 0);
    if asked {
        writeln!(
            out,
            "\n{:<24} {:>8} {:>9} {:>16} {:>13}",
            "question", "asked", "answered", "went on without", "hung up here"
        )?;
    }
    for question in results.questions.iter().filter(|_| asked) {
        writeln!(
            out,
            "{:<24} {:>8} {:>9} {:>16} {:>13}",
            question.question,
            grouped(question.asked()),
            grouped(question.answered),
            grouped(question.passed),
            grouped(question.hung_up_here)
        )?;
    }
    Ok(())
}
