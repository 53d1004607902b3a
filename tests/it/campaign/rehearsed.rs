//! A file gone through with nobody called.

use super::{brought::run, folder, rows, sheet};
use ::campaign::Hours;
use local::campaign::{AskedPlan, Command, Ended, Talk, rehearse::Arguments};
use settings::Env;
use spreadsheet::{Options, Row};
use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::Path,
};
use store::clock::{Clock, SystemClock};

/// Two who can be called, one without a name between them, and one too many.
const FILE: &str = "Mobile,Name,Ward\n\
    01234567801,राहुल शर्मा,A1\n\
    01234567802,,A2\n\
    01234567803,सीता देवी,A3\n\
    01234567804,Asha,A4\n";

/// Hours that are closed now.
fn closed() -> &'static str {
    let now = Hours::usual().hour(SystemClock.now());
    if now.is_some_and(|hour| hour < 12) {
        "22:00-23:00"
    } else {
        "02:00-03:00"
    }
}

fn plan() -> AskedPlan {
    AskedPlan {
        until: None,
        hours: Some(closed().to_owned()),
        days: None,
        holidays: Vec::new(),
        zone: "Asia/Kolkata".to_owned(),
        concurrency: Some(1),
        pace: Some(1),
        retries: Some(1),
        priority: None,
        caller: None,
        promotional: false,
        recorded: false,
    }
}

fn arguments(file: &Path) -> Arguments {
    Arguments {
        sheet: sheet(file),
        name: None,
        plan: plan(),
        rows: 2,
        out: None,
        force: false,
        json: false,
    }
}

fn sheets(file: &Path) -> Vec<String> {
    let opened = File::open(file).unwrap();
    let visit = &mut |_| ControlFlow::Continue(());
    let seen = spreadsheet::read(opened, &Options::default(), visit).unwrap();
    seen.sheet.into_iter().chain(seen.other_sheets).collect()
}

#[tokio::test]
async fn a_rehearsal_calls_nobody_at_any_hour_and_every_row_of_it_says_so() {
    let folder = folder("rehearsed");
    let file = folder.join("patients.csv");
    fs::write(&file, FILE).unwrap();
    let command = Command::Rehearse(Box::new(arguments(&file)));
    let told = run(&command, None).await;
    assert_eq!(told.ended, Ended::Faulty, "a row is to be corrected");
    for line in [
        "3 rows: 2 ready, 1 with errors, 0 twice in the file, 0 opted out",
        "TEST: patients: 3 rows",
    ] {
        assert!(told.out.lines().any(|told| told == line), "{}", told.out);
    }
    assert!(told.talk.starts_with("TEST: nobody is called"));
    let guide = crate::documents::document("shared/campaign/README.md");
    for line in told.talk.lines().take(2) {
        assert!(guide.contains(line), "the guide does not show {line}");
    }
    assert!(told.talk.contains("the first 2 of 3 rows"));
    assert!(told.talk.contains("{{crm_Ward}}"), "{}", told.talk);

    let results = folder.join("patients.rehearsal.xlsx");
    let texts = |row: &Row| -> Vec<String> {
        let cells = row.cells.iter();
        cells.map(|cell| cell.text().into_owned()).collect()
    };
    let found: Vec<Vec<String>> = rows(&results).iter().map(texts).collect();
    let names: Vec<&str> = found[0].iter().map(String::as_str).collect();
    let column = |name| names.iter().position(|it| *it == name).unwrap();
    let numbers: Vec<&str> = found[1..]
        .iter()
        .map(|row| row[column("row")].as_str())
        .collect();
    assert_eq!(numbers, ["2", "3", "4"]);
    for row in &found[1..] {
        assert_eq!(row[column("TEST")], "made up: nobody was called");
        let status = row[column("status")].as_str();
        let is_done = matches!(status, "reached" | "failed");
        assert!(is_done != (status == "faulty"), "{status}");
    }
    let mut sheets = sheets(&results);
    sheets.sort();
    assert_eq!(sheets, ["TEST Hours", "TEST Questions", "TEST Results"]);
    let left: Vec<_> = fs::read_dir(&folder).unwrap().collect();
    assert_eq!(left.len(), 2, "the file and its results alone");

    let env = Env::from_reader(|_| None);
    let (mut out, mut said) = (Vec::new(), Vec::new());
    let mut talk = Talk::into(&mut said);
    let again = command.run(&env, &mut out, &mut talk).await;
    let refused = again.unwrap_err().to_string();
    assert!(refused.contains("is there already"), "{refused}");
    assert!(out.is_empty() && said.is_empty(), "nothing was started");
}

#[tokio::test]
async fn a_file_or_a_plan_that_is_none_is_not_rehearsed() {
    let folder = folder("not_rehearsed");
    let file = folder.join("patients.csv");
    fs::write(&file, "Name,Ward\nAsha,A1\n").unwrap();
    let told = run(&Command::Rehearse(Box::new(arguments(&file))), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert!(told.out.starts_with("no row was looked at"), "{}", told.out);
    fs::write(&file, FILE).unwrap();
    let mut late = arguments(&file);
    late.plan.until = Some("2020-01-01T10:00".to_owned());
    let told = run(&Command::Rehearse(Box::new(late)), None).await;
    assert_eq!(told.ended, Ended::Faulty, "{}", told.talk);
    assert!(told.talk.contains("plan.expiresAt"), "{}", told.talk);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}
