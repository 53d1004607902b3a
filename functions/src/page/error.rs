//! Why a view is not shown, as a person is told.

use super::{LOGIN_PATH, document, language, words::Words};
use crate::http::ApiError;
use axum::{
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use store::StoreError;

/// Why a view is not shown.
pub(super) enum PageError {
    /// Nobody is logged in.
    NotLoggedIn {
        /// Whether a script asks, which cannot log in.
        wants_part: bool,
    },
    /// The request was sent by another site.
    Foreign { words: &'static Words },
    /// The key may not do this.
    NotAllowed { words: &'static Words },
    /// As the API would answer.
    Api {
        words: &'static Words,
        error: ApiError,
    },
}

impl PageError {
    pub(super) fn of<E: Into<ApiError>>(words: &'static Words) -> impl FnOnce(E) -> Self {
        move |error| Self::Api {
            words,
            error: error.into(),
        }
    }

    pub(super) fn of_store(words: &'static Words) -> impl FnOnce(StoreError) -> Self {
        Self::of(words)
    }

    pub(super) const fn no_such_call(words: &'static Words) -> Self {
        let error = ApiError::NoSuchCall;
        Self::Api { words, error }
    }

    pub(super) const fn no_such_campaign(words: &'static Words) -> Self {
        let error = ApiError::NoSuchCampaign;
        Self::Api { words, error }
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        match self {
            Self::NotLoggedIn { wants_part: true } => StatusCode::UNAUTHORIZED.into_response(),
            Self::NotLoggedIn { wants_part: false } => Redirect::to(LOGIN_PATH).into_response(),
            Self::Foreign { words } => told(words, StatusCode::FORBIDDEN, words.foreign_request),
            Self::NotAllowed { words } => told(words, StatusCode::FORBIDDEN, words.key_may_not),
            Self::Api { words, error } => told(words, error.status(), &error.to_string()),
        }
    }
}

/// What is answered where there is no view.
pub(super) async fn no_such_view(headers: HeaderMap) -> Response {
    let words = language::words(&headers);
    told(words, StatusCode::NOT_FOUND, words.no_such_view)
}

fn told(words: &'static Words, status: StatusCode, message: &str) -> Response {
    let body = html! {
        h1 { (words.not_shown) }
        p { (message) }
        p { a href="/" { (words.now) } }
    };
    let page = document::bare(words, words.not_shown, &body);
    (status, axum::response::Html(page.into_string())).into_response()
}
