//! Keys for configuration.

use access::{ApiKeys, draw_key, hash_key};
use anyhow::{Context, Result};
use webhooks::draw_signing_key;

/// Draws an API key and prints it once, with its entry for `API_KEYS`.
///
/// # Errors
/// If name or scopes are not what `API_KEYS` takes.
pub fn draw(name: &str, scopes: &str) -> Result<()> {
    let key = draw_key();
    let entry = format!("{name}:{scopes}:{}", hash_key(&key));
    entry.parse::<ApiKeys>().context("cannot make this key")?;
    println!("key, give it to the client:  {key}");
    println!("entry, add it to API_KEYS:   {entry}");
    Ok(())
}

/// Draws a key that signs outcomes and prints it once.
pub fn draw_signing() {
    println!(
        "put it first in WEBHOOK_SIGNING_KEYS, and give it to the receivers:  {}",
        draw_signing_key()
    );
}
