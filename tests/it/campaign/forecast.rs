//! What the command foresees, and where it says that this comes from.

use super::*;
use crate::documents::document;
use call::time::Timestamp;
use local::campaign::forecast::{self, Arguments};
use settings::Env;
use std::time::Duration;

/// As in the guide: the sample on ten channels, from a Monday until Friday.
fn asked(file: &Path) -> Arguments {
    Arguments {
        source: source(file),
        until: "2026-12-04T19:00".to_owned(),
        start: Some("2026-11-30T10:00".to_owned()),
        channels: Some(10),
        concurrency: None,
        hours: None,
        days: None,
        holidays: Vec::new(),
        zone: "Asia/Kolkata".to_owned(),
        pace: None,
        retries: None,
        answer_rate: None,
        talk: None,
        doubt: None,
        cost_per_minute: Some(80),
        runs: 200,
        seed: 1,
        json: false,
    }
}

fn with(settings: &'static [(&str, &str)]) -> Env {
    Env::from_reader(move |name| {
        let found = settings.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// How it ended, and what was answered.
fn foreseen(asked: &Arguments, env: &Env) -> anyhow::Result<(Outcome, String)> {
    let (now, mut out) = (Timestamp::from_millis(1_796_013_000_000), Vec::new());
    let outcome = forecast::run(asked, env, now, &mut out, &mut Vec::new())?;
    Ok((outcome, String::from_utf8(out)?))
}

fn json_of(asked: Arguments, env: &Env) -> (Outcome, Value) {
    let asked = Arguments {
        json: true,
        ..asked
    };
    let (outcome, out) = foreseen(&asked, env).unwrap();
    (outcome, serde_json::from_str(&out).unwrap())
}

fn of_rows(name: &str, rows: u32) -> PathBuf {
    let rows: String = (0..rows)
        .map(|row| format!("+9112345{row:05},Asha {row}\n"))
        .collect();
    let file = folder(name).join("patients.csv");
    fs::write(&file, format!("phone,name\n{rows}")).unwrap();
    file
}

#[test]
fn the_example_in_the_guide_is_what_the_command_says() {
    let guide = document("shared/campaign/README.md");
    let block = guide
        .split("$ cargo run -- campaign forecast ")
        .nth(1)
        .unwrap();
    let block = block.split("```").next().unwrap();
    let (outcome, out) = foreseen(&asked(&sample("xlsx")), &with(&[])).unwrap();
    assert_eq!(outcome, Outcome::Fit);
    let shown: Vec<&str> = block.lines().skip(1).collect();
    assert!(shown.len() > 15, "{block}");
    for line in shown.iter().filter(|line| line.trim() != "…") {
        assert!(out.lines().any(|said| said == *line), "{line}\n{out}");
    }
}

#[test]
fn what_is_certain_is_reckoned_by_hand() {
    let certain = Arguments {
        answer_rate: Some(100),
        talk: Some(Duration::ZERO),
        doubt: Some(0),
        channels: Some(1),
        pace: Some(2),
        ..asked(&of_rows("by_hand", 21))
    };
    let (outcome, told) = json_of(certain, &with(&[]));
    assert_eq!(outcome, Outcome::Fit);
    for percent in ["p10", "p50", "p90"] {
        assert_eq!(told["dials"][percent], 21);
        assert_eq!(told["reached"][percent], 21);
        let done = told["doneAt"][percent].as_str().unwrap();
        // Two a minute: the last one leaves in the eleventh, after 10:10 in Kolkata.
        assert!(done.starts_with("2026-11-30T04:40:"), "{done}");
    }
    assert_eq!(told["dialsMax"], 84);
}

#[test]
fn what_does_not_fit_is_said_before_anything_rings() {
    let hasty = Arguments {
        until: "2026-11-30T10:30".to_owned(),
        ..asked(&of_rows("hasty", 500))
    };
    let (outcome, told) = json_of(hasty.clone(), &with(&[]));
    assert_eq!(outcome, Outcome::Faulty);
    assert_eq!(told["doneAt"]["p90"], Value::Null);
    assert_eq!(told["runsThatFit"], 0);
    assert!(told["left"]["p50"].as_u64().unwrap() > 300, "{told}");
    let (_, words) = foreseen(&hasty, &with(&[])).unwrap();
    assert!(
        words.contains("every row finds its end in 0 of 200 runs"),
        "{words}"
    );
}

#[test]
fn every_assumption_says_where_it_comes_from() {
    let from = |told: &Value, name: &str| {
        let all = told["restsOn"].as_array().unwrap();
        let one = all.iter().find(|one| one["name"] == name).unwrap();
        let text = |field: &str| one[field].as_str().unwrap().to_owned();
        (text("value"), text("from"))
    };
    let file = of_rows("stated", 3);
    let (_, told) = json_of(asked(&file), &with(&[]));
    assert_eq!(from(&told, "channels").1, "--channels");
    assert!(from(&told, "answered").1.starts_with("assumed"));
    let settings = with(&[
        ("MAX_CONCURRENT_CALLS", "4"),
        ("RETRY_BUSY", "7m"),
        ("CALLING_WINDOW", "11:00-18:00 Asia/Kolkata"),
    ]);
    let own = Arguments {
        channels: None,
        answer_rate: Some(30),
        ..asked(&file)
    };
    let (_, told) = json_of(own, &settings);
    let (channels, source) = from(&told, "channels");
    assert!(channels.starts_with("4, ") && source == "MAX_CONCURRENT_CALLS");
    assert!(from(&told, "waits between").0.starts_with("busy 7 min"));
    assert_eq!(from(&told, "hours of the service").1, "CALLING_WINDOW");
    assert_eq!(from(&told, "answered").1, "--answer-rate");
    let done = told["doneAt"]["p10"].as_str().unwrap();
    assert!(
        done > "2026-11-30T05:30",
        "the service opens at 11:00: {done}"
    );
}

#[test]
fn a_plan_that_cannot_be_carried_out_and_a_file_that_is_unfit_are_told_apart() {
    let file = of_rows("wrong", 3);
    for (change, says) in [
        (
            Arguments {
                until: "2026-11-29T10:00".to_owned(),
                ..asked(&file)
            },
            "an end in the future",
        ),
        (
            Arguments {
                until: "Friday".to_owned(),
                ..asked(&file)
            },
            "Friday: expected a day and an hour",
        ),
        (
            Arguments {
                hours: Some("9-19".to_owned()),
                ..asked(&file)
            },
            "expected a span of the day",
        ),
        (
            Arguments {
                zone: "Delhi".to_owned(),
                ..asked(&file)
            },
            "IANA time zone",
        ),
        (
            Arguments {
                retries: Some(10),
                ..asked(&file)
            },
            "at most 9 retries",
        ),
        (
            Arguments {
                pace: Some(0),
                ..asked(&file)
            },
            "dials a minute",
        ),
    ] {
        let error = foreseen(&change, &with(&[])).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
    }
    let empty = folder("unfit").join("empty.csv");
    fs::write(&empty, "").unwrap();
    let (outcome, told) = json_of(asked(&empty), &with(&[]));
    assert_eq!(outcome, Outcome::Faulty);
    assert_eq!(told["errors"][0]["code"], "empty_file");
    fs::write(&empty, "phone,name\nnobody,Asha\n").unwrap();
    let (outcome, words) = foreseen(&asked(&empty), &with(&[])).unwrap();
    assert_eq!(outcome, Outcome::Faulty);
    assert!(words.contains("no row can be called"), "{words}");
}

#[test]
fn nothing_of_a_patient_is_said() {
    let (_, words) = foreseen(&asked(&sample("csv")), &with(&[])).unwrap();
    let (_, told) = json_of(asked(&sample("csv")), &with(&[]));
    for said in [words, told.to_string()] {
        assert!(
            !said.contains("12345678") && !said.contains("राहुल"),
            "{said}"
        );
    }
}
