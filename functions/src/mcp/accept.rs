//! What a client takes, and answers in that form: the platform's own client asks for an event stream
//! alone, which the protocol's library refuses.

use super::message;
use crate::http::ApiError;
use axum::{
    body::{Body, to_bytes},
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use rmcp::model::ErrorCode;
use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    /// One event with the same JSON, then the end of the stream.
    EventStream,
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";

/// The form that the client wants: JSON, unless it takes an event stream only.
pub(super) fn wanted(headers: &HeaderMap) -> Form {
    let values = headers.get_all(ACCEPT).iter();
    let values = values.filter_map(|value| value.to_str().ok());
    let mut kinds = values
        .flat_map(|value| value.split(','))
        .map(|kind| {
            kind.split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        })
        .filter(|kind| !kind.is_empty())
        .peekable();
    let is_stream_only = kinds.peek().is_some() && kinds.all(|kind| kind == EVENT_STREAM);
    if is_stream_only {
        Form::EventStream
    } else {
        Form::Json
    }
}

/// What the library wants to hear, whatever the client takes.
pub(super) fn both() -> HeaderValue {
    HeaderValue::from_static("application/json, text/event-stream")
}

/// Gives an answer of the library its form, and its errors the API's own words.
pub(super) async fn shape(answer: Response, form: Form) -> Response {
    let kind = answer.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(JSON.as_bytes()));
    if !is_json {
        // What it takes for no message, it refuses in plain text.
        let is_refused = answer.status().is_client_error();
        return if is_refused {
            message::refusal(ErrorCode::INVALID_REQUEST)
        } else {
            answer
        };
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(json) = to_bytes(body, usize::MAX).await else {
        return ApiError::Internal.into_response();
    };
    let Ok(mut said) = serde_json::from_slice::<Value>(&json) else {
        return ApiError::Internal.into_response();
    };
    message::plain(&mut said);
    parts.headers.remove(CONTENT_LENGTH);
    if form == Form::Json || !parts.status.is_success() {
        return Response::from_parts(parts, Body::from(said.to_string()));
    }
    let kind = HeaderValue::from_static(EVENT_STREAM);
    parts.headers.insert(CONTENT_TYPE, kind);
    let event = format!("event: message\ndata: {said}\n\n");
    Response::from_parts(parts, Body::from(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stream_is_sent_only_to_who_takes_nothing_else() {
        for (accept, expected) in [
            (None, Form::Json),
            (Some(""), Form::Json),
            (Some("*/*"), Form::Json),
            (Some("application/json"), Form::Json),
            (Some("application/json, text/event-stream"), Form::Json),
            (Some("text/event-stream"), Form::EventStream),
            (Some("Text/Event-Stream; q=0.9"), Form::EventStream),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(wanted(&headers), expected, "{accept:?}");
        }
    }
}
