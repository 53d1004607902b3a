//! `Idempotency-Key`: how a client names its request, so that it can send it again.

use crate::http::ApiError;
use access::hash_key;
use axum::http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use store::RequestKey;

/// Where a client names its request.
const KEY_HEADER: &str = "idempotency-key";

/// Says that an answer is that of an earlier request.
pub(crate) const REPLAYED_HEADER: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Longest request key, in characters; UUIDs take 36.
pub const REQUEST_KEY_CHARS_MAX: usize = 255;

const KEY_RULE: &str = "1 to 255 visible ASCII characters";

/// Reads the client's own key of its request, if it gave one.
pub(crate) fn request_key(
    headers: &HeaderMap,
    client: &str,
    body: &Map<String, Value>,
) -> Result<Option<RequestKey>, ApiError> {
    let Some(key) = headers.get(KEY_HEADER) else {
        return Ok(None);
    };
    let is_visible = |key: &&str| {
        (1..=REQUEST_KEY_CHARS_MAX).contains(&key.len())
            && key.bytes().all(|b| b.is_ascii_graphic())
    };
    let key = key.to_str().ok().filter(is_visible);
    let key = key.ok_or_else(|| ApiError::invalid("Idempotency-Key", KEY_RULE))?;
    Ok(Some(RequestKey {
        client: client.to_owned(),
        key_hash: hash_key(key),
        // The map is sorted, so that neither blanks nor the order of fields make it another body.
        request_hash: hash_key(&Value::Object(body.clone()).to_string()),
    }))
}
