//! A row that is called ready is one that the trigger takes.

use super::rows;
use campaign::{Bucket, Check, Entry, Rules};
use local::system::{LOCAL_KEY, Options, System};
use serde_json::{Value, json};
use std::time::Duration;
use store::clock::{Clock, SystemClock, draw_call_id};

/// What the ready rows of a table will be asked for, but for those that share a number.
fn entries(table: &[Vec<String>]) -> Vec<Entry> {
    let rules = Rules {
        languages: vec!["hi".to_owned(), "en".to_owned()],
        ..Rules::default()
    };
    let mut check = Check::begin(1, &table[0], rules).unwrap();
    let rows = (2..).zip(&table[1..]);
    let rows = rows.map(|(number, cells)| check.row(number, cells, &mut |_| false));
    let ready = rows.filter(|row| row.bucket == Bucket::Ready && row.notes.is_empty());
    ready.map(|row| row.entry.unwrap()).collect()
}

/// The trigger's body for a row, not to be dialled while the test runs.
fn body(entry: &Entry) -> Value {
    let request = entry.request(draw_call_id());
    json!({
        "patientData": request.patient, "language": request.language,
        "notBefore": SystemClock.now() + Duration::from_secs(3_600),
    })
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Rows at the edge of what is taken.
fn edges() -> Vec<Vec<String>> {
    let header = [
        "Phone",
        "Name",
        "Patient ID",
        "Treatment",
        "Language",
        "a note",
    ];
    let name = "र".repeat(200);
    let (id, treatment, note) = ("x".repeat(128), "t".repeat(200), "n".repeat(8_000));
    let rows = [
        ["+911234567860", &name, &id, &treatment, "hi", &note],
        [
            "+91–12345–67861",
            "🙂 \u{200b}O'Brien",
            "",
            "",
            "",
            "two\nlines",
        ],
        ["१२३४५६७८६२", "=1+1", "'=2", "#1", "English", "'+3"],
        ["+44 20 7946 0019", "\u{a0}A\u{a0}", "0", "0", "HI", "\u{1}"],
    ];
    let rows = rows.iter().map(|row| texts(row));
    [texts(&header)].into_iter().chain(rows).collect()
}

#[tokio::test]
async fn every_ready_row_is_taken_by_the_trigger() {
    crate::privacy::watch();
    let system = System::start(Options::default()).await.unwrap();
    let sample = rows(&super::sample("xlsx")).into_iter();
    let sample: Vec<Vec<String>> = sample
        .map(|row| {
            row.cells
                .iter()
                .map(|cell| cell.text().into_owned())
                .collect()
        })
        .collect();
    let (of_sample, of_edges) = (entries(&sample), entries(&edges()));
    assert_eq!((of_sample.len(), of_edges.len()), (24, 4));
    let client = reqwest::Client::new();
    let url = format!("{}/api/outbound-call", system.api_url);
    for entry in of_sample.iter().chain(&of_edges) {
        let request = client.post(&url).header("X-API-Key", LOCAL_KEY);
        let answer = request.json(&body(entry)).send().await.unwrap();
        let status = answer.status();
        assert_eq!(status, 202, "{}", answer.text().await.unwrap());
    }
    system.stop().await.unwrap();
}
