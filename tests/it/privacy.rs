//! Everything that is logged while the tests run, searched for what must never be there.

use std::{
    io,
    sync::{Mutex, Once, PoisonError},
};
use tracing_subscriber::EnvFilter;

/// Parts of phone numbers, names, words said and secrets that the tests use.
const PRIVATE: [&str; 8] = [
    "1234567890",
    "1234567891",
    "राहुल",
    "बयालीस",
    "local-key",
    "sim-key",
    "sim-sr-key",
    "?t=",
];

/// Our own crates to the last detail; libraries as far as an operator would ever turn them up.
const FILTER: &str = "info,shared=trace,functions=trace,relay=trace,local=trace";

static WATCH: Once = Once::new();
static LEAKS: Mutex<Vec<String>> = Mutex::new(Vec::new());

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

/// Fails if anything private reached the log so far.
pub(crate) fn assert_nothing_leaked() {
    let leaks = LEAKS.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(leaks.is_empty(), "private data in the log: {leaks:#?}");
}

struct Watcher;

impl io::Write for Watcher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        if is_private(&text) {
            LEAKS
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_private(text: &str) -> bool {
    PRIVATE.iter().any(|private| text.contains(private))
}

#[test]
fn private_data_is_recognised_in_a_log_line() {
    assert!(is_private(r#"{"fields":{"name":"राहुल शर्मा"}}"#));
    assert!(is_private("dialling +911234567890"));
    assert!(!is_private(
        r#"{"fields":{"call_id":"07070707-0707-0707-0707-070707070707"}}"#
    ));
}
