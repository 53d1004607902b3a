//! In which language a browser is answered.

use super::{
    cookie::{self, LANGUAGE_COOKIE},
    words::Words,
};
use axum::http::{HeaderMap, header::ACCEPT_LANGUAGE};

/// The language that was chosen, or else the first that the browser names of those there are.
pub(super) fn words(headers: &HeaderMap) -> &'static Words {
    let chosen = cookie::of(headers, LANGUAGE_COOKIE).and_then(Words::of);
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    let mut accepted = accepted.unwrap_or_default().split(',');
    chosen.unwrap_or_else(|| {
        let first = accepted.find_map(|language| {
            let code = language.trim().split(['-', ';']).next()?;
            Words::of(code)
        });
        first.unwrap_or_default()
    })
}
