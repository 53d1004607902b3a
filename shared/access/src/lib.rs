//! Who may do what: stream tokens, session tokens and API keys.
//!
//! Tokens are derived from one secret, so nothing about them is stored; that each stream token
//! admits one live stream only is the fold's rule.

mod api_key;
mod config;
mod key;
mod secret;

pub use api_key::{ApiKey, ApiKeys, InvalidApiKeys, Scope, hash_key};
pub use key::{
    BadToken, SESSION_TOKEN_KEPT, TALK_TOKEN_KEPT, TOKEN_SECRET_BYTES_MIN, Talk, TokenKey,
    TokenKind, is_stream_token, kind_of,
};
pub use secret::{draw_key, is_same_secret};
