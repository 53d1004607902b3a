//! Everything that is logged while the tests run, searched for what must never be there. Whichever
//! test logs it and whenever: the whole run fails at that line.

use std::{
    io::{self, Write},
    process,
    sync::{Mutex, Once},
};
use tracing_subscriber::EnvFilter;

/// Parts of what the tests know of patients (numbers, names, ids, treatments, the CRM's fields and
/// metadata, what they answered and said) and of the secrets that they use.
const PRIVATE: [&str; 19] = [
    "1234567",
    "राहुल",
    "शर्मा",
    "patient_123",
    "heart surgery",
    "Dr. Smith",
    "Cardiology",
    "2024-01-15",
    "june",
    "july",
    "बयालीस",
    "जयपुर",
    "सीने में दर्द",
    "two weeks",
    "ans_",
    "local-key",
    "sim-key",
    "sim-sr-key",
    "?t=",
];

/// Our own crates to the last detail; libraries as far as an operator would ever turn them up.
const FILTER: &str = "info,access=trace,agent_tools=trace,call=trace,elevenlabs=trace,functions=trace,\
    knowlarity=trace,local=trace,logging=trace,relay=trace,settings=trace,store=trace,webhooks=trace";

/// Exit code of a run that logged what it must not.
const LEAKED: i32 = 3;

/// What is kept of the log for a test: who was shown a patient's data.
const REVEALED: &str = "patient data revealed";

static WATCH: Once = Once::new();
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The lines that say that the data of this call's patient was shown.
pub(crate) fn revealed(call: &str) -> Vec<String> {
    let kept = KEPT.lock().unwrap();
    kept.iter()
        .filter(|line| line.contains(call))
        .cloned()
        .collect()
}

/// Starts watching; later calls change nothing.
pub(crate) fn watch() {
    WATCH.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_env_filter(EnvFilter::new(FILTER))
            .with_writer(|| Watcher);
        subscriber.init();
    });
}

struct Watcher;

impl Write for Watcher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if is_private(&text) {
            // Not by a panic: the line may come from a task that nobody waits for.
            let _ = writeln!(io::stderr(), "private data in the log: {text}");
            process::exit(LEAKED);
        }
        if text.contains(REVEALED) {
            KEPT.lock().unwrap().push(text.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn is_private(text: &str) -> bool {
    PRIVATE.iter().any(|private| text.contains(private))
}

#[test]
fn private_data_is_recognised_in_a_log_line() {
    assert!(is_private(r#"{"fields":{"name":"राहुल शर्मा"}}"#));
    assert!(is_private("dialling +911234567890"));
    assert!(is_private(r#"{"crm":{"doctor":"Dr. Smith"}}"#));
    assert!(!is_private(
        r#"{"fields":{"call_id":"07070707-0707-0707-0707-070707070707"}}"#
    ));
}
