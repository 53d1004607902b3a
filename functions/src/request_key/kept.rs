//! An answer as it is stored with the key of its request.

use super::REPLAYED_HEADER;
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, LOCATION},
        response::Parts,
    },
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest body of an answer that is kept, in bytes (256 KiB): an item of DynamoDB holds 400 KB. The longest
/// is that of 100 opt-outs, near 50 KiB.
pub(super) const BODY_BYTES_MAX: usize = 256 * 1024;

/// What an answer says beside its status and its body.
const HEADERS: [HeaderName; 3] = [CONTENT_TYPE, ETAG, LOCATION];

/// An answer that is given again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

/// Whether this status is an answer to keep: what was done, or could not be done as things stand. A request
/// that was never taken may be corrected or sent again under the same key.
pub(super) fn is_kept(status: StatusCode) -> bool {
    status.is_success() || status == StatusCode::CONFLICT
}

/// Whether nobody may keep the answer, as patients' data.
pub(super) fn is_unkept(parts: &Parts) -> bool {
    parts.headers.get(CACHE_CONTROL) == Some(&HeaderValue::from_static("no-store"))
}

impl Kept {
    /// The answer with this body, unless that is no text.
    pub(super) fn of(parts: &Parts, body: &Bytes) -> Option<Self> {
        let headers = HEADERS.iter().filter_map(|name| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.to_string(), value.to_owned()))
        });
        Some(Self {
            status: parts.status.as_u16(),
            headers: headers.collect(),
            body: String::from_utf8(body.to_vec()).ok()?,
        })
    }

    /// The answer again, which says so. None if it is not what [`Self::of`] made.
    pub(super) fn again(self) -> Option<Response> {
        let status = StatusCode::from_u16(self.status).ok()?;
        let mut answer = (status, Body::from(self.body)).into_response();
        let headers = answer.headers_mut();
        headers.insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
        for (name, value) in self.headers {
            let name: HeaderName = name.parse().ok()?;
            headers.insert(name, value.parse().ok()?);
        }
        Some(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_decided_is_kept() {
        for status in [200, 201, 202, 204, 409] {
            assert!(is_kept(StatusCode::from_u16(status).unwrap()), "{status}");
        }
        for status in [308, 400, 401, 403, 404, 412, 413, 415, 422, 429, 500, 503] {
            assert!(!is_kept(StatusCode::from_u16(status).unwrap()), "{status}");
        }
    }

    #[tokio::test]
    async fn an_answer_comes_back_as_it_was() {
        let headers = [
            (CONTENT_TYPE, "application/json"),
            (ETAG, "\"7\""),
            (LOCATION, "/api/campaigns/7"),
        ];
        let first = (StatusCode::CREATED, headers.clone(), "{\"name\":\"जून\"}").into_response();
        let (parts, body) = first.into_parts();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.unwrap();
        let kept = Kept::of(&parts, &body).unwrap();
        let stored = serde_json::to_string(&kept).unwrap();
        let kept: Kept = serde_json::from_str(&stored).unwrap();
        let (again, text) = kept.again().unwrap().into_parts();
        let text = axum::body::to_bytes(text, BODY_BYTES_MAX).await.unwrap();
        assert_eq!((again.status, text), (StatusCode::CREATED, body));
        for (name, value) in headers {
            assert_eq!(again.headers.get_all(&name).iter().count(), 1);
            assert_eq!(again.headers[name], value);
        }
        assert_eq!(again.headers[REPLAYED_HEADER], "true");
    }
}
