//! The spreadsheet of a complaint: a row for each dial, with all that held for it.

use ::campaign::Hours;
use anyhow::{Context, Result};
use call::time::Timestamp;
use serde_json::Value;
use spreadsheet::{Kind, Value as Cell, Writer};

/// Where the row of a call that was never dialled leaves off.
const OF_CALL: usize = 12;

/// A row for each dial of each call, and one for a call without any; and how many dials there are.
pub(super) fn sheet(kind: Kind, known: &Value, zone: &str) -> Result<(Writer, usize)> {
    let hours = format!("00:00-24:00 {zone}").parse();
    let hours = Hours::daily(hours.with_context(|| format!("{zone} is no time zone"))?);
    // The patient's number and the one that was shown are texts.
    let mut writer = Writer::new(kind, vec![0, 13]);
    let mut next = 1;
    let mut row = |cells: &[Cell]| {
        let written = writer.row(next, cells);
        next += 1;
        written
    };
    row(&header(zone).map(Cell::Text))?;
    for call in list(&known["calls"]) {
        let of_call = of_call(known, call, &hours);
        let dials = list(&call["dials"]);
        if dials.is_empty() {
            row(&of_call)?;
        }
        for dial in dials {
            let cells = [&of_call[..], &of_dial(dial, &hours)[..]].concat();
            row(&cells)?;
        }
    }
    Ok((writer, dials(known)))
}

/// Dials of all calls.
pub(super) fn dials(known: &Value) -> usize {
    let calls = list(&known["calls"]).iter();
    calls.map(|call| list(&call["dials"]).len()).sum()
}

fn header(zone: &str) -> [String; 20] {
    let at = |what: &str| format!("{what} ({zone})");
    [
        "phone number".to_owned(),
        at("opted out"),
        "do not disturb".to_owned(),
        "session id".to_owned(),
        at("call asked for"),
        "call ended as".to_owned(),
        "campaign".to_owned(),
        "row".to_owned(),
        "consent source".to_owned(),
        "consent time".to_owned(),
        "consent purpose".to_owned(),
        "consent text".to_owned(),
        at("dialled"),
        "caller".to_owned(),
        "class".to_owned(),
        "calling window".to_owned(),
        "attempt".to_owned(),
        "outcome".to_owned(),
        at("answered"),
        at("ended"),
    ]
}

fn of_call(known: &Value, call: &Value, hours: &Hours) -> [Cell; OF_CALL] {
    let (consent, campaign) = (&call["consent"], &call["campaign"]);
    let ended = [&call["cause"], &call["status"]];
    let ended = ended.into_iter().find(|value| !value.is_null());
    [
        cell(&known["phoneNumber"]),
        moment(&known["optedOut"]["since"], hours),
        listed(&known["doNotDisturb"], hours),
        cell(&call["sessionId"]),
        moment(&call["createdAt"], hours),
        cell(ended.unwrap_or(&Value::Null)),
        cell(&campaign["campaignId"]),
        cell(&campaign["row"]),
        cell(&consent["source"]),
        cell(&consent["time"]),
        cell(&consent["purpose"]),
        cell(&consent["text"]),
    ]
}

fn of_dial(dial: &Value, hours: &Hours) -> [Cell; 8] {
    [
        moment(&dial["at"], hours),
        cell(&dial["caller"]),
        cell(&dial["class"]),
        cell(&dial["callingWindow"]),
        cell(&dial["attempt"]),
        cell(&dial["outcome"]),
        moment(&dial["answeredAt"], hours),
        moment(&dial["endedAt"], hours),
    ]
}

/// What is known of the number, as of today.
fn listed(listed: &Value, hours: &Hours) -> Cell {
    if listed.is_null() {
        return Cell::Empty;
    }
    let refused = &listed["refusedAt"];
    let why = match refused.as_str().and_then(|at| at.parse().ok()) {
        Some(at) => format!("the carrier said so at {}", hours.clock(at)),
        None => format!(
            "in the list of {}",
            listed["asOf"].as_str().unwrap_or_default()
        ),
    };
    let counts = listed["counts"] == true;
    Cell::Text(if counts {
        why
    } else {
        format!("{why}, and not in a later one")
    })
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::String(text) => Cell::Text(text.clone()),
        Value::Number(number) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Cell::Empty,
    }
}

fn moment(value: &Value, hours: &Hours) -> Cell {
    let at: Option<Timestamp> = value.as_str().and_then(|text| text.parse().ok());
    let at = at.and_then(|at| hours.date_time(at));
    at.map_or(Cell::Empty, Cell::Date)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
