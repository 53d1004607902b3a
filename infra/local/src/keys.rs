//! API keys for configuration.

use anyhow::{Context, Result};
use shared::token::{ApiKeys, draw_key, hash_key};

/// Draws a key and prints it once, with its entry for `API_KEYS`.
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
