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
    /// More than one answer holds.
    TooLarge { words: &'static Words },
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

    /// What a person is told, and how a program; nothing where somebody is to log in first.
    fn message(&self) -> Option<(&'static Words, StatusCode, String)> {
        let forbidden = StatusCode::FORBIDDEN;
        match self {
            Self::NotLoggedIn { .. } => None,
            Self::Foreign { words } => Some((words, forbidden, words.foreign_request.to_owned())),
            Self::NotAllowed { words } => Some((words, forbidden, words.key_may_not.to_owned())),
            Self::TooLarge { words } => {
                let message = words.forms.results_too_large.to_owned();
                Some((words, StatusCode::PAYLOAD_TOO_LARGE, message))
            }
            Self::Api { words, error } => {
                let message = (words.reasons.error)(words, error);
                Some((words, error.status(), message))
            }
        }
    }

    /// Where somebody is to log in first; a script cannot.
    fn to_the_door(&self) -> Response {
        if matches!(self, Self::NotLoggedIn { wants_part: true }) {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        Redirect::to(LOGIN_PATH).into_response()
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
        let Some((words, status, message)) = self.message() else {
            return self.to_the_door();
        };
        told(words, status, &message)
    }
}

/// The same for a script, which shows the message in its own place.
pub(super) struct Said(PageError);

impl Said {
    pub(super) fn of(words: &'static Words) -> impl FnOnce(ApiError) -> Self {
        move |error| Self(PageError::Api { words, error })
    }
}

impl From<PageError> for Said {
    fn from(error: PageError) -> Self {
        Self(error)
    }
}

impl IntoResponse for Said {
    fn into_response(self) -> Response {
        match self.0.message() {
            Some((_, status, message)) => (status, message).into_response(),
            None => StatusCode::UNAUTHORIZED.into_response(),
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
