//! Rows: every call once, in pages, for programs and for spreadsheets.

use super::*;
use std::collections::BTreeSet;

#[tokio::test]
async fn pages_hold_every_row_once_while_calls_come_in() {
    let world = World::start().await;
    for n in 0..30 {
        world.call(n, Some(json!({ "age": n }))).await;
        world.system.clock.advance(HOUR);
    }
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let path = format!("/api/export?range=week&limit=7{cursor}");
        let answer = world.json(&path).await;
        let rows = answer["rows"].as_array().unwrap();
        ids.extend(rows.iter().map(|row| row["sessionId"].clone()));
        world.call(100 + page, None).await;
        match answer["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let different: BTreeSet<String> = ids.iter().map(ToString::to_string).collect();
    assert_eq!(different.len(), ids.len(), "a row came twice");
    assert!(ids.len() >= 30, "{}", ids.len());
    let completed = world.json("/api/export?range=week&status=completed").await;
    assert_eq!(completed["rows"].as_array().unwrap().len(), 30);
    assert_eq!(completed["rows"][7]["answers"]["age"], 7);
}

#[tokio::test]
async fn a_spreadsheet_reads_what_was_answered_and_runs_none_of_it() {
    let world = World::start().await;
    let tricky = json!({
        "patientName": "=HYPERLINK(\"http://x\")", "age": 42, "healthIssue": "दर्द, \"तेज़\"\nरात में",
        "city": "+cmd", "_summary": "@SUM(1)", "hobby": "chess",
    });
    let id = world.call(1, Some(tricky)).await;
    world.call(2, None).await;
    let (status, headers, first) = world.get("/api/export?format=csv&limit=1").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store");
    let next = headers["next-cursor"].to_str().unwrap();
    let path = format!("/api/export?format=csv&limit=10&cursor={next}");
    let (_, headers, second) = world.get(&path).await;
    assert!(headers.get("next-cursor").is_none());
    let sheet = format!("{first}{second}");
    assert!(sheet.starts_with('\u{feff}') && sheet.contains("\r\n"));
    let sheet = sheet.trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(sheet.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2);
    let cell = |row: usize, name: &str| {
        let at = names.iter().position(|known| known == name).unwrap();
        rows[row][at].to_owned()
    };
    assert_eq!(cell(0, "sessionId"), id.to_string());
    assert_eq!(cell(0, "patientName"), "'=HYPERLINK(\"http://x\")");
    assert_eq!(cell(0, "healthIssue"), "दर्द, \"तेज़\"\nरात में");
    assert_eq!(
        (cell(0, "age"), cell(0, "city")),
        ("42".to_owned(), "'+cmd".to_owned())
    );
    assert_eq!(cell(0, "summary"), "'@SUM(1)");
    assert_eq!(cell(0, "phoneNumber"), "'+911234500001");
    assert_eq!(cell(0, "otherAnswers"), r#"{"hobby":"chess"}"#);
    assert_eq!(
        (cell(0, "status"), cell(1, "status")),
        ("completed".to_owned(), "unfinished".to_owned())
    );
    assert_eq!(
        (cell(0, "cause"), cell(1, "callee")),
        ("callee_hung_up".to_owned(), "राहुल शर्मा".to_owned())
    );
}
