//! Standard Webhooks signatures, symmetric: `v1`, HMAC-SHA256 over id, moment and body.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use call::time::Timestamp;
use std::{fmt, ops::RangeInclusive, str::FromStr};

/// What a key begins with, by the specification.
const PREFIX: &str = "whsec_";

/// Bytes of a key, by the specification.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// Bytes of a key that we draw.
const DRAWN_BYTES: usize = 32;

/// The version of a symmetric signature.
const VERSION: &str = "v1";

/// Keys that sign, newest first. Every one signs, so that receivers can take their time with a
/// change of keys.
#[derive(Clone)]
pub struct SigningKeys(Vec<hmac::Key>);

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKeys({})", self.0.len())
    }
}

/// The text is not a list of signing keys. The message never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected keys joined by commas, each whsec_ and the base64 of 24 to 64 bytes")]
pub struct InvalidKeys;

impl FromStr for SigningKeys {
    type Err = InvalidKeys;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let keys = text.split(',').map(|key| {
            let encoded = key.trim().strip_prefix(PREFIX)?;
            let bytes = STANDARD.decode(encoded).ok()?;
            let is_fit = KEY_BYTES.contains(&bytes.len());
            is_fit.then(|| hmac::Key::new(hmac::HMAC_SHA256, &bytes))
        });
        keys.collect::<Option<_>>().map(Self).ok_or(InvalidKeys)
    }
}

impl SigningKeys {
    /// The value of `webhook-signature`: one `v1,<base64>` for each key, joined by blanks.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &[u8]) -> String {
        let message = signed_part(id, &at.as_secs().to_string(), body);
        let signatures = self.0.iter().map(|key| {
            let tag = STANDARD.encode(hmac::sign(key, &message));
            format!("{VERSION},{tag}")
        });
        signatures.collect::<Vec<_>>().join(" ")
    }

    /// Whether any of the signatures is one of ours, compared in constant time. The age of
    /// `timestamp` is the caller's to judge.
    #[must_use]
    pub fn verifies(&self, id: &str, timestamp: &str, body: &[u8], signatures: &str) -> bool {
        let message = signed_part(id, timestamp, body);
        signatures.split(' ').any(|signature| {
            let tag = signature
                .split_once(',')
                .filter(|(version, _)| *version == VERSION)
                .and_then(|(_, tag)| STANDARD.decode(tag).ok());
            tag.is_some_and(|tag| {
                self.0
                    .iter()
                    .any(|key| hmac::verify(key, &message, &tag).is_ok())
            })
        })
    }
}

fn signed_part(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), timestamp.as_bytes(), body].join(&b'.')
}

/// Draws a new key, as it stands in the settings and is given to receivers.
///
/// # Panics
/// If the machine has no source of randomness.
#[must_use]
pub fn draw_signing_key() -> String {
    let mut bytes = [0; DRAWN_BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the machine has a source of randomness");
    format!("{PREFIX}{}", STANDARD.encode(bytes))
}
