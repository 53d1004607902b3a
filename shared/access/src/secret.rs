//! Drawing and comparing secrets.

use aws_lc_rs::constant_time;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// Draws a new key: 32 random bytes, 43 characters.
///
/// # Panics
/// If the machine has no source of randomness.
#[must_use]
pub fn draw_key() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the machine has a source of randomness");
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two secrets are the same, in a time that does not tell where they differ.
#[must_use]
pub fn is_same_secret(presented: &str, expected: &SecretString) -> bool {
    let expected = expected.expose_secret().as_bytes();
    constant_time::verify_slices_are_equal(presented.as_bytes(), expected).is_ok()
}
