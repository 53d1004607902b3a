//! The way in: an API key is shown once, and the browser holds a token that speaks for it for a day's work.

use super::{
    LOGIN_PATH, NOW_PATH,
    cookie::{LANGUAGE_COOKIE, LOCAL_COOKIE, SECURE_COOKIE},
    document,
    error::PageError,
    language, safe,
    visitor::Visitor,
    words::Words,
};
use crate::app::App;
use access::Scope;
use axum::{
    Form,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{HOST, SET_COOKIE},
    },
    response::{Html, IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};

/// How long a browser is let in without showing the key again (8 h): a working day.
const SESSION: Duration = Duration::from_hours(8);

/// How long a browser keeps the language (400 days, the most that browsers keep anything).
const LANGUAGE_KEPT: Duration = Duration::from_hours(400 * 24);

#[derive(Deserialize)]
pub(super) struct Shown {
    key: String,
}

pub(super) async fn show(headers: HeaderMap) -> Response {
    let words = language::words(&headers);
    Html(form(words, None).into_string()).into_response()
}

/// Lets in whoever shows a key that may read.
pub(super) async fn enter(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(shown): Form<Shown>,
) -> Result<Response, PageError> {
    let words = language::words(&headers);
    if !safe::is_own(&headers) {
        return Err(PageError::Foreign { words });
    }
    let presented = shown.key.trim();
    let key = app.keys.authenticate(presented);
    let Some(key) = key.filter(|key| key.allows(Scope::Read)) else {
        let again = form(words, Some(words.wrong_key));
        return Ok((StatusCode::UNAUTHORIZED, Html(again.into_string())).into_response());
    };
    let until = app.calls.now() + SESSION;
    let token = app.tokens.page_token(presented, &key.name, until);
    tracing::info!(by = %key.name, "page entered");
    let place = if is_local(&headers) {
        format!("{LOCAL_COOKIE}={token}; Path=/")
    } else {
        format!("{SECURE_COOKIE}={token}; Path=/; Secure")
    };
    let cookie = format!(
        "{place}; HttpOnly; SameSite=Lax; Max-Age={}",
        SESSION.as_secs()
    );
    Ok(with_cookies(Redirect::to(NOW_PATH), &[cookie]))
}

/// Has the browser forget its token.
pub(super) async fn leave(visitor: Visitor) -> Response {
    tracing::info!(by = %visitor.name, "page left");
    let gone = "Path=/; HttpOnly; SameSite=Lax; Max-Age=0";
    let cookies = [
        format!("{SECURE_COOKIE}=; Secure; {gone}"),
        format!("{LOCAL_COOKIE}=; {gone}"),
    ];
    with_cookies(Redirect::to(LOGIN_PATH), &cookies)
}

/// Has the browser remember the language.
pub(super) async fn language(Path(code): Path<String>) -> Response {
    let Some(words) = Words::of(&code) else {
        return Redirect::to(NOW_PATH).into_response();
    };
    let kept = LANGUAGE_KEPT.as_secs();
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age={kept}",
        words.code
    );
    with_cookies(Redirect::to(NOW_PATH), &[cookie])
}

/// Whether the page is looked at on the machine that serves it, where there is no TLS.
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let name = host.unwrap_or_default();
    let name = match name.strip_prefix('[') {
        Some(address) => address.split(']').next(),
        None => name.split(':').next(),
    };
    matches!(name, Some("localhost" | "127.0.0.1" | "::1"))
}

fn with_cookies(answer: impl IntoResponse, cookies: &[String]) -> Response {
    let mut answer = answer.into_response();
    let values = cookies
        .iter()
        .filter_map(|text| HeaderValue::from_str(text).ok());
    for value in values {
        answer.headers_mut().append(SET_COOKIE, value);
    }
    answer
}

fn form(words: &'static Words, problem: Option<&str>) -> Markup {
    let body = html! {
        h1 { (words.log_in) }
        @if let Some(problem) = problem {
            p #problem role="alert" { (problem) }
        }
        form method="post" action=(LOGIN_PATH) {
            // Whom a password manager keeps the key for.
            input type="text" value="API" autocomplete="username" hidden;
            label for="key" { (words.api_key) }
            input #key type="password" name="key" autocomplete="current-password" required
                autofocus aria-describedby=[problem.map(|_| "problem")];
            button { (words.log_in) }
        }
        p { (words.about_keys) }
    };
    document::bare(words, words.log_in, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        let local = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_str(host).unwrap());
            is_local(&headers)
        };
        for host in [
            "localhost",
            "localhost:3000",
            "127.0.0.1:3000",
            "[::1]:3000",
        ] {
            assert!(local(host), "{host}");
        }
        for host in [
            "api.example.org",
            "localhost.example.org",
            "127.0.0.1.example.org:80",
        ] {
            assert!(!local(host), "{host}");
        }
        assert!(!is_local(&HeaderMap::new()));
    }
}
