//! What a process logs: our own words by `RUST_LOG`, and little of what libraries say.
//!
//! Libraries that see bodies write them out at their finer levels: answers of patients, numbers,
//! the sound of a call. They stay below their level here whatever `RUST_LOG` says.

mod capture;
pub mod unknown;

pub use capture::Lines;

use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Libraries that see bodies or talk much, by the beginning of their targets, and the finest level
/// at which they are heard.
const LIBRARIES: [(&str, Level); 12] = [
    // It greets at each call of a tool, with the client's words.
    ("rmcp", Level::WARN),
    // It warns of every condition that does not hold, and of a table that is there already.
    ("dynoxide", Level::ERROR),
    ("aws", Level::INFO),
    ("axum", Level::INFO),
    ("h2", Level::INFO),
    ("hyper", Level::INFO),
    ("lambda", Level::INFO),
    ("reqwest", Level::INFO),
    ("rustls", Level::INFO),
    ("tokio_tungstenite", Level::INFO),
    ("tower", Level::INFO),
    ("tungstenite", Level::INFO),
];

/// Level of our own words unless `RUST_LOG` names another.
const DEFAULT: &str = "info";

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON without the time, with which Lambda stamps every line.
    Lambda,
    /// JSON with the time.
    Service,
    /// Text on the standard error stream.
    Terminal,
}

/// Starts the log of this process, unless it has one.
pub fn start(form: Form) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = tracing_subscriber::fmt::layer();
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match form {
        Form::Lambda => lines.json().without_time().boxed(),
        Form::Service => lines.json().boxed(),
        Form::Terminal => lines.with_writer(std::io::stderr).boxed(),
    };
    let subscriber = tracing_subscriber::registry().with(lines);
    // Fails only if a log is there already, and then that one serves.
    let _ = subscriber.with(filter).with(filter_fn(is_heard)).try_init();
}

/// Whether an event may reach the log at all.
#[must_use]
pub fn is_heard(event: &Metadata<'_>) -> bool {
    let target = event.target();
    let library = LIBRARIES.iter().find(|(name, _)| target.starts_with(name));
    library.is_none_or(|(_, finest)| event.level() <= finest)
}

/// Most characters of a foreign word that are logged.
const WORD_CHARS_MAX: usize = 40;

/// A word of a carrier's or a platform's that is not known here, in a form that may be logged: short,
/// without digits, which may be a number, and without any script but Latin, which may be a name.
#[must_use]
pub fn masked(word: &str) -> String {
    let mask = |c: char| match c {
        '0'..='9' => '#',
        'a'..='z' | 'A'..='Z' | ' ' | '_' | '-' | '.' | '/' => c,
        _ => '*',
    };
    word.chars().take(WORD_CHARS_MAX).map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_librarys_body_is_heard_however_much_is_asked_for() {
        let said = Lines::of(|| {
            tracing::trace!(target: "dynoxide::server", body = "secret", "request body");
            tracing::warn!(target: "dynoxide::server", "secret: CreateTable");
            tracing::info!(target: "rmcp::service", "secret: greeting");
            tracing::debug!(target: "aws_smithy_runtime::client", "secret");
            tracing::trace!(target: "tungstenite::protocol", "secret");
            tracing::error!(target: "dynoxide::server", "the disk is full");
            tracing::trace!(target: "store::calls", "our own detail");
        });
        assert!(!said.contains("secret"), "{said}");
        let heard = ["the disk is full", "our own detail"];
        assert!(heard.iter().all(|line| said.contains(line)), "{said}");
    }

    #[test]
    fn a_foreign_word_is_masked_and_short() {
        assert_eq!(
            masked("Customer Missed#+911234567890"),
            "Customer Missed**############"
        );
        assert_eq!(masked("राहुल"), "*****");
        assert_eq!(masked(&"a".repeat(1_000)).len(), WORD_CHARS_MAX);
    }
}
