//! A campaign of the service, as the API tells it, in words.

use super::told;
use crate::remote::Talk;
use ::campaign::{Hours, RowState, grouped};
use call::{CallingWindow, time::Timestamp};
use serde_json::Value;
use std::io::{Result, Write};

pub(super) use told::ROWS_SHOWN;

/// What was found in a file that was imported: the columns, how many rows can be called, and why the
/// others cannot.
pub(super) fn import(campaign: &Value, rows: &[Value], out: &mut dyn Write) -> Result<()> {
    let errors = list(&campaign["errors"]);
    if !errors.is_empty() {
        writeln!(out, "no row was looked at, because of the file as a whole:")?;
        for error in errors {
            writeln!(out, "  {}", text(&error["message"]))?;
        }
        return Ok(());
    }
    told::columns(&columns(campaign), out)?;
    let count = |name: &str| campaign["counts"][name].as_u64().unwrap_or(0);
    writeln!(
        out,
        "\n{} rows: {} ready, {} with errors, {} twice in the file, {} opted out",
        count("rows"),
        count("pending"),
        count("faulty"),
        count("duplicate"),
        count("optedOut")
    )?;
    let (faulty, others): (Vec<&Value>, Vec<&Value>) =
        rows.iter().partition(|row| row["state"] == "faulty");
    for row in faulty.iter().take(ROWS_SHOWN) {
        for line in fault_lines(row) {
            writeln!(out, "  row {}, {line}", row["row"])?;
        }
    }
    let all = usize::try_from(count("faulty")).unwrap_or(usize::MAX);
    if all > ROWS_SHOWN {
        writeln!(out, "  and {} rows more", all - ROWS_SHOWN)?;
    }
    for row in others.iter().take(ROWS_SHOWN) {
        writeln!(out, "  row {}: {}", row["row"], text(&row["message"]))?;
    }
    Ok(())
}

/// What is to be looked at, and what can be done next.
pub(super) fn beside_import(campaign: &Value, talk: &mut Talk<'_>) {
    for warning in list(&campaign["warnings"]) {
        talk.say(&format!("look: {}", text(warning)));
    }
    let count = |name: &str| campaign[name].as_u64().unwrap_or(0);
    match count("sharedNumbers") {
        0 => {}
        1 => talk.say(
            "look: a row shares its number with another patient: they are called one after the other",
        ),
        rows => talk.say(&format!(
            "look: {rows} rows share their number with another patient: they are called one after the other"
        )),
    }
    match count("roundNumbers") {
        0 => {}
        rows => talk.say(&format!(
            "look: {rows} numbers end in six zeros: look whether Excel has thrown away their last digits"
        )),
    }
    let id = text(&campaign["campaignId"]);
    if campaign["state"] == "draft" {
        talk.say(&format!(
            "campaign {id} has no rows yet: correct the file, and give the command again with --into {id}"
        ));
        return;
    }
    talk.say(&format!("campaign {id} is {}", text(&campaign["state"])));
    if campaign["counts"]["faulty"] != 0 {
        talk.say(&format!(
            "cargo run -- campaign file {id} --out FILE --state faulty writes the rows with errors: correct \
             them there, and import that file as another campaign"
        ));
    }
}

fn columns(campaign: &Value) -> Vec<told::ColumnTold> {
    let columns = list(&campaign["columns"]).iter();
    let columns = columns.map(|column| told::ColumnTold {
        letters: text(&column["column"]).to_owned(),
        header: text(&column["header"]).to_owned(),
        meaning: meaning(text(&column["meaning"])).to_owned(),
        samples: list(&column["samples"])
            .iter()
            .map(|sample| text(sample).to_owned())
            .collect(),
    });
    columns.collect()
}

fn meaning(word: &str) -> &str {
    match word {
        "variable" => told::FOR_THE_AGENT,
        "errors" => told::ERRORS_NOT_READ,
        "nothing" => told::NO_HEADER,
        field => field,
    }
}

/// What is wrong with a row, with the column of each fault.
pub(super) fn fault_lines(row: &Value) -> Vec<String> {
    let faults = list(&row["errors"]).iter();
    let messages = text(&row["message"]).lines();
    let lines = faults.zip(messages);
    lines
        .map(|(fault, message)| format!("column {}, {message}", text(&fault["column"])))
        .collect()
}

/// Where a campaign stands: a few lines.
pub(super) fn status(campaign: &Value, out: &mut dyn Write) -> Result<()> {
    let (name, id) = (text(&campaign["name"]), text(&campaign["campaignId"]));
    writeln!(out, "{name}  {id}")?;
    writeln!(out, "{}", standing(campaign))?;
    writeln!(out, "{}", plan(&campaign["plan"]))?;
    if let Some(live) = live(campaign) {
        writeln!(out, "{live}")?;
    }
    for error in list(&campaign["errors"]) {
        writeln!(out, "  {}", text(&error["message"]))?;
    }
    Ok(())
}

/// What goes on in it, and why nothing does; nothing if it never ran.
fn live(campaign: &Value) -> Option<String> {
    let live = &campaign["live"];
    let hours = text(&campaign["plan"]["hours"]);
    let last = live["lastDialAt"].as_str();
    let dialled = last.map(|last| {
        let (dials, at) = (&live["dials"], clock(hours, last));
        format!(
            "{} calls go on, {dials} dials, the last at {at}",
            live["inFlight"]
        )
    });
    let waits = live["waits"].as_str().map(str::to_owned);
    let told: Vec<String> = dialled.into_iter().chain(waits).collect();
    (!told.is_empty()).then(|| told.join("\n"))
}

/// State and counts in one line.
pub(super) fn standing(campaign: &Value) -> String {
    let state = text(&campaign["state"]);
    let by = match text(&campaign["pausedBy"]) {
        "refusals" => " (the carrier refused one dial after the other)",
        _ => "",
    };
    let counts = &campaign["counts"];
    let buckets = RowState::ALL.into_iter().filter_map(|bucket| {
        let name = if bucket == RowState::OptedOut {
            "optedOut"
        } else {
            bucket.label()
        };
        let count = u32::try_from(counts[name].as_u64()?).ok()?;
        let label = bucket.label().replace('_', " ");
        (count > 0).then(|| format!("{} {label}", grouped(count)))
    });
    let buckets: Vec<String> = buckets.collect();
    let rows = counts["rows"].as_u64().unwrap_or(0);
    let rows = grouped(u32::try_from(rows).unwrap_or(u32::MAX));
    let colon = if buckets.is_empty() { "" } else { ": " };
    format!("{state}{by}, {rows} rows{colon}{}", buckets.join(", "))
}

/// How a campaign is to be carried out, in one line.
pub(super) fn plan(plan: &Value) -> String {
    let words = |value: &Value| {
        let words: Vec<&str> = list(value).iter().map(text).collect();
        words.join(" ")
    };
    let end = clock(text(&plan["hours"]), text(&plan["expiresAt"]));
    let pace = plan["dialsPerMinute"].as_u64();
    let pace = pace.map_or(String::new(), |pace| format!(", {pace} dials a minute"));
    let holidays = match list(&plan["holidays"]).len() {
        0 => String::new(),
        _ => format!(" but {}", words(&plan["holidays"])),
    };
    let recorded = if plan["recordingConsent"] == true {
        ", recorded"
    } else {
        ""
    };
    format!(
        "{} calls{recorded}, {} on {}{holidays}, {} at once{pace}, {} retries, until {end}",
        text(&plan["class"]),
        text(&plan["hours"]),
        words(&plan["days"]),
        plan["concurrency"],
        plan["retries"],
    )
}

/// A moment by the clocks of the campaign's place.
pub(super) fn clock(hours: &str, moment: &str) -> String {
    let hours = hours.parse::<CallingWindow>().map(Hours::daily);
    match (hours, moment.parse::<Timestamp>()) {
        (Ok(hours), Ok(at)) => hours.clock(at),
        _ => moment.to_owned(),
    }
}

/// A campaign in one line of a list.
pub(super) fn line(campaign: &Value) -> String {
    let rows = campaign["rows"].as_u64().unwrap_or(0);
    let rows = grouped(u32::try_from(rows).unwrap_or(u32::MAX));
    let (id, state) = (text(&campaign["campaignId"]), text(&campaign["state"]));
    let made = clock(
        text(&campaign["plan"]["hours"]),
        text(&campaign["createdAt"]),
    );
    let name = text(&campaign["name"]);
    format!("{id}  {state:<9}  {rows:>8} rows  made at {made}  {name}")
}

/// A row in one line.
pub(super) fn row(row: &Value) -> String {
    let (number, state) = (row["row"].as_u64().unwrap_or(0), text(&row["state"]));
    let phone = text(&row["phoneNumber"]);
    let mut line = format!("row {number:<6} {state:<10} {phone:<14}");
    let dials = row["dials"].as_u64().unwrap_or(0);
    if dials > 0 {
        line += &format!(" {dials} dials");
    }
    for told in text(&row["message"]).lines() {
        line += &format!(" {told}");
    }
    for note in list(&row["notes"]) {
        line += &format!(" ({})", text(note));
    }
    line.trim_end().to_owned()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
