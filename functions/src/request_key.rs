//! `Idempotency-Key`: how a client names its request, so that it can send it again.
//!
//! Every `POST` of a client takes one. What creates something at each request keeps the key with it, in one
//! transaction ([`KEEPS_ITS_OWN`]); for all others [`once`] does.

mod kept;
mod once;

pub(crate) use once::{is_keyed, keep_answers};

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

/// Operations that store the key together with what they create.
const KEEPS_ITS_OWN: [&str; 3] = ["placeCall", "placeTestCall", "createCampaign"];

const KEY_RULE: &str = "1 to 255 visible ASCII characters";

/// Reads the client's own key of its request, if it gave one.
///
/// # Errors
/// [`ApiError::Invalid`] if it is none.
pub(crate) fn request_key(
    headers: &HeaderMap,
    client: &str,
    body: &Map<String, Value>,
) -> Result<Option<RequestKey>, ApiError> {
    // The map is sorted, so that neither blanks nor the order of fields make it another body.
    let asked = || Value::Object(body.clone()).to_string();
    named(headers, client, asked)
}

/// The key of a request by this client that asks for what `asked` says.
fn named(
    headers: &HeaderMap,
    client: &str,
    asked: impl FnOnce() -> String,
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
        request_hash: hash_key(&asked()),
    }))
}
