//! Who looks at the page: a person who has shown an API key, in which language, and whether only the live
//! part of a view is asked for.

use super::{
    cookie::{self, LOCAL_COOKIE, SECURE_COOKIE},
    error::PageError,
    language, safe,
    words::Words,
};
use crate::app::App;
use access::Scope;
use axum::{
    extract::FromRequestParts,
    http::{header::IF_NONE_MATCH, request::Parts},
};
use std::sync::Arc;

/// A person who may look.
pub(super) struct Visitor {
    /// The name of the key that was shown.
    pub(super) name: String,
    pub(super) may_write: bool,
    /// Whether patients' data may be revealed.
    pub(super) may_reveal: bool,
    /// Whether the data of all patients may be taken away at once.
    pub(super) may_take_all: bool,
    pub(super) words: &'static Words,
    /// Whether the live part alone is asked for.
    pub(super) wants_part: bool,
    /// The version of it that the browser has.
    pub(super) has: Option<String>,
}

impl Visitor {
    /// Goes on for who may do it alone.
    pub(super) fn needs(&self, may: bool) -> Result<(), PageError> {
        let words = self.words;
        may.then_some(()).ok_or(PageError::NotAllowed { words })
    }
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, PageError> {
        let headers = &parts.headers;
        let words = language::words(headers);
        let wants_part = parts.uri.query() == Some("part=live");
        let token =
            cookie::of(headers, SECURE_COOKIE).or_else(|| cookie::of(headers, LOCAL_COOKIE));
        let key = token.and_then(|token| {
            let now = app.calls.now();
            app.tokens.page_of(token, &app.keys, now).ok()
        });
        let Some(key) = key.filter(|key| key.allows(Scope::Read)) else {
            return Err(PageError::NotLoggedIn { wants_part });
        };
        if !parts.method.is_safe() && !safe::is_own(headers) {
            return Err(PageError::Foreign { words });
        }
        let has = headers.get(IF_NONE_MATCH);
        Ok(Self {
            name: key.name.clone(),
            may_write: key.allows(Scope::Write),
            may_reveal: key.allows(Scope::Pii),
            may_take_all: key.allows(Scope::Admin),
            words,
            wants_part,
            has: has.and_then(|has| has.to_str().ok()).map(str::to_owned),
        })
    }
}
