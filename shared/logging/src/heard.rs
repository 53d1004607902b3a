//! What of the libraries' own lines is heard.

use tracing::{Level, Metadata};

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

/// Whether an event may reach the log at all.
#[must_use]
pub fn is_heard(event: &Metadata<'_>) -> bool {
    let target = event.target();
    let library = LIBRARIES.iter().find(|(name, _)| target.starts_with(name));
    library.is_none_or(|(_, finest)| event.level() <= finest)
}
