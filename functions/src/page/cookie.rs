//! What a browser keeps for the page.

use axum::http::{HeaderMap, header::COOKIE};

/// Holds the token of whoever has shown a key, where the address has TLS.
pub(super) const SECURE_COOKIE: &str = "__Host-session";

/// The same on this machine, where it has none.
pub(super) const LOCAL_COOKIE: &str = "session";

/// Holds the language.
pub(super) const LANGUAGE_COOKIE: &str = "language";

/// The value that the browser sends.
pub(super) fn of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).iter();
    let mut pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
