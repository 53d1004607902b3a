//! What is to be expected of a campaign of a running system, in words.

use super::shown::{clock, text};
use ::campaign::grouped;
use serde_json::Value;
use std::io::{Result, Write};

const FIGURES: [(&str, &str); 5] = [
    ("dials", "dials"),
    ("minutes", "minutes"),
    ("rows reached", "reached"),
    ("rows never reached", "notReached"),
    ("rows that do not fit", "notFitting"),
];

/// The figures that half of the runs and nine of ten do not exceed, and what they rest on; `hours` are the
/// campaign's.
pub(super) fn forecast(forecast: &Value, hours: &str, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "\n{:<20}  {:>24}  {:>24}",
        "to be expected", "P50", "P90"
    )?;
    let done = |name: &str| match forecast["doneAt"][name].as_str() {
        Some(at) => {
            let clock = clock(hours, at);
            clock.split(" (").next().unwrap_or_default().to_owned()
        }
        None => "not before its end".to_owned(),
    };
    writeln!(
        out,
        "{:<20}  {:>24}  {:>24}",
        "done",
        done("p50"),
        done("p90")
    )?;
    for (name, field) in FIGURES {
        let figure = |rank: &str| {
            let figure = forecast[field][rank].as_u64().unwrap_or(0);
            grouped(u32::try_from(figure).unwrap_or(u32::MAX))
        };
        writeln!(
            out,
            "{name:<20}  {:>24}  {:>24}",
            figure("p50"),
            figure("p90")
        )?;
    }
    let assumed = &forecast["assumed"];
    let from = |name: &str| match text(&assumed[name]) {
        "history" => format!(
            "as {} dials of the last 30 days tell",
            assumed["dialsKnown"]
        ),
        _ => "assumed; too few calls of your own are known".to_owned(),
    };
    let (rate, talk) = (&assumed["answerRate"], &assumed["talkSecs"]);
    writeln!(
        out,
        "of 100 dials {rate} are answered ({})",
        from("answerRateFrom")
    )?;
    let talk_from = match text(&assumed["talkSecsFrom"]) {
        "history" => "the mean of the last 30 days",
        _ => "assumed",
    };
    writeln!(
        out,
        "a conversation takes {talk} s ({talk_from}); both may be {} % off",
        assumed["doubt"]
    )
}
