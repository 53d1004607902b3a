//! Tokens of streams, of the agent's tools and of API sessions: what each speaks for, and until when.

use super::{
    api_key::{ApiKey, ApiKeys, hash_key},
    secret::draw_key,
};
use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use call::{ids::CallId, time::Timestamp};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, time::Duration};

/// Shortest `TOKEN_SECRET` accepted, in bytes: as long as the MAC it keys.
pub const TOKEN_SECRET_BYTES_MIN: usize = 32;

/// How long after the end of the longest conversation its agent may still save (10 min): for a
/// request that was under way or is repeated, and for clocks that differ.
pub const TALK_TOKEN_KEPT: Duration = Duration::from_secs(10 * 60);

/// How long after the latest end of a call its session token still reads the record (24 h).
pub const SESSION_TOKEN_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Characters of a stream's token: a MAC of 32 bytes in base64 without padding.
const STREAM_TOKEN_CHARS: usize = 43;

/// Tells session tokens from API keys at a glance.
const SESSION_PREFIX: &str = "call_";

/// Tells the agent's tokens from others.
const ANSWER_PREFIX: &str = "ans_";

/// Tells tokens of the page from others.
const PAGE_PREFIX: &str = "page_";

/// The key that all tokens are derived from, and the one before it.
#[derive(Clone)]
pub struct TokenKey {
    /// Makes tokens, and checks them.
    current: hmac::Key,
    /// Checks tokens only: those made before a change of the secret.
    previous: Option<hmac::Key>,
}

/// One conversation of an agent with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The call that it belongs to.
    pub call: CallId,
    /// The attempt in which it is held, from 1.
    pub attempt: u8,
    /// Which conversation of the attempt; a later one has a greater number.
    pub conversation: u32,
}

/// Why a token does not hold, as whoever presents it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadToken {
    /// It is cut short, or was never one.
    #[error("is malformed")]
    Malformed,
    /// Its signature belongs to another call, attempt or time, or to a secret that is gone.
    #[error("is not of this call")]
    Foreign,
    /// It was genuine until a moment that has passed.
    #[error("has expired")]
    Expired,
}

impl TokenKey {
    /// Takes the secret, which must have [`TOKEN_SECRET_BYTES_MIN`] bytes or more.
    #[must_use]
    pub fn new(secret: &SecretString) -> Option<Self> {
        let current = hmac_key(secret)?;
        Some(Self {
            current,
            previous: None,
        })
    }

    /// A key that nobody else has, so that no token holds: for a process that has nothing to do with
    /// tokens.
    ///
    /// # Panics
    /// If the machine has no source of randomness.
    #[must_use]
    pub fn unshared() -> Self {
        let drawn = SecretString::from(draw_key());
        Self::new(&drawn).expect("a drawn key is long enough")
    }

    /// Takes also tokens that were made with this secret, which must be as long.
    #[must_use]
    pub fn with_previous(self, secret: &SecretString) -> Option<Self> {
        let previous = Some(hmac_key(secret)?);
        Some(Self { previous, ..self })
    }

    /// The token that admits the audio stream of one attempt, 43 characters, safe in a URL. It holds as
    /// long as its attempt lives; after that it only proves who is to be disconnected.
    #[must_use]
    pub fn stream_token(&self, call: CallId, attempt: u8) -> String {
        self.mac(&stream_claim(call, attempt))
    }

    /// Whether `token` admits the audio stream of this attempt. Compares in constant time.
    #[must_use]
    pub fn admits_stream(&self, token: &str, call: CallId, attempt: u8) -> bool {
        self.verifies(token, &stream_claim(call, attempt))
    }

    /// The token with which the API's client may read and cancel this one call until then.
    #[must_use]
    pub fn session_token(&self, call: CallId, until: Timestamp) -> String {
        let until = until.as_secs();
        let mac = self.mac(&session_claim(call, until));
        format!("{SESSION_PREFIX}{call}.{until}.{mac}")
    }

    /// The call that a session token speaks for now.
    ///
    /// # Errors
    /// [`BadToken`].
    pub fn session_of(&self, token: &str, now: Timestamp) -> Result<CallId, BadToken> {
        let read = || {
            let mut parts = token.strip_prefix(SESSION_PREFIX)?.splitn(3, '.');
            let (call, until) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
            Some((call, until, parts.next()?))
        };
        let (call, until, mac) = read().ok_or(BadToken::Malformed)?;
        self.judge(mac, &session_claim(call, until), until, now)?;
        Ok(call)
    }

    /// The token with which the agent saves what is answered in one conversation, until then.
    #[must_use]
    pub fn answer_token(&self, talk: Talk, until: Timestamp) -> String {
        let Talk {
            call,
            attempt,
            conversation,
        } = talk;
        let until = until.as_secs();
        let mac = self.mac(&answer_claim(talk, until));
        format!("{ANSWER_PREFIX}{call}.{attempt}.{conversation}.{until}.{mac}")
    }

    /// The conversation that an answer token speaks for now.
    ///
    /// # Errors
    /// [`BadToken`].
    pub fn answers_for(&self, token: &str, now: Timestamp) -> Result<Talk, BadToken> {
        let read = || {
            let mut parts = token.strip_prefix(ANSWER_PREFIX)?.splitn(5, '.');
            let talk = Talk {
                call: parts.next()?.parse().ok()?,
                attempt: parts.next()?.parse().ok()?,
                conversation: parts.next()?.parse().ok()?,
            };
            Some((talk, parts.next()?.parse().ok()?, parts.next()?))
        };
        let (talk, until, mac) = read().ok_or(BadToken::Malformed)?;
        self.judge(mac, &answer_claim(talk, until), until, now)?;
        Ok(talk)
    }

    /// What a browser holds in a cookie for whoever has shown this key of the page, until then: the name
    /// and a proof, and not the key. It ends with the key, because a changed one has another hash.
    #[must_use]
    pub fn page_token(&self, key: &str, name: &str, until: Timestamp) -> String {
        let until = until.as_secs();
        let mac = self.mac(&page_claim(&hash_key(key), name, until));
        format!("{PAGE_PREFIX}{name}.{until}.{mac}")
    }

    /// The client for whom a token of the page speaks now.
    ///
    /// # Errors
    /// [`BadToken`]; a client that is not known any more is a foreign one.
    pub fn page_of<'a>(
        &self,
        token: &str,
        keys: &'a ApiKeys,
        now: Timestamp,
    ) -> Result<&'a ApiKey, BadToken> {
        let read = || {
            let mut parts = token.strip_prefix(PAGE_PREFIX)?.splitn(3, '.');
            Some((parts.next()?, parts.next()?.parse().ok()?, parts.next()?))
        };
        let (name, until, mac) = read().ok_or(BadToken::Malformed)?;
        let own = |hash: &[u8; 32]| page_claim(&hex::encode(hash), name, until);
        let (hash, key) = keys
            .named(name)
            .find(|(hash, _)| self.verifies(mac, &own(hash)))
            .ok_or(BadToken::Foreign)?;
        self.judge(mac, &own(hash), until, now)?;
        Ok(key)
    }

    /// Who made a token is asked before when it ends: only a genuine one tells that.
    fn judge(&self, mac: &str, claim: &str, until: i64, now: Timestamp) -> Result<(), BadToken> {
        if !self.verifies(mac, claim) {
            return Err(BadToken::Foreign);
        }
        let is_fresh = now.as_secs() < until;
        is_fresh.then_some(()).ok_or(BadToken::Expired)
    }

    fn mac(&self, claim: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.current, claim.as_bytes()))
    }

    fn verifies(&self, token: &str, claim: &str) -> bool {
        let Ok(mac) = URL_SAFE_NO_PAD.decode(token) else {
            return false;
        };
        let keys = [Some(&self.current), self.previous.as_ref()];
        let mut keys = keys.into_iter().flatten();
        keys.any(|key| hmac::verify(key, claim.as_bytes(), &mac).is_ok())
    }
}

fn hmac_key(secret: &SecretString) -> Option<hmac::Key> {
    let bytes = secret.expose_secret().as_bytes();
    (bytes.len() >= TOKEN_SECRET_BYTES_MIN).then(|| hmac::Key::new(hmac::HMAC_SHA256, bytes))
}

/// What a credential looks like; whether it holds is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A session token: one call, for its CRM.
    Session,
    /// An answer token: one conversation, for its agent.
    Answer,
}

/// Whether this has the form of a stream's token; whether it holds is another question.
#[must_use]
pub fn is_stream_token(token: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    token.len() == STREAM_TOKEN_CHARS && token.bytes().all(is_base64)
}

/// The kind of token that a credential looks like; `None` for an API key.
#[must_use]
pub fn kind_of(credential: &str) -> Option<TokenKind> {
    if credential.starts_with(SESSION_PREFIX) {
        return Some(TokenKind::Session);
    }
    let is_answer = credential.starts_with(ANSWER_PREFIX);
    is_answer.then_some(TokenKind::Answer)
}

fn answer_claim(talk: Talk, until: i64) -> String {
    let Talk {
        call,
        attempt,
        conversation,
    } = talk;
    format!("answer.v2|{call}|{attempt}|{conversation}|{until}")
}

fn stream_claim(call: CallId, attempt: u8) -> String {
    format!("stream.v1|{call}|{attempt}")
}

fn page_claim(hash: &str, name: &str, until: i64) -> String {
    format!("page.v1|{hash}|{name}|{until}")
}

fn session_claim(call: CallId, until: i64) -> String {
    format!("session.v2|{call}|{until}")
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

#[cfg(test)]
mod tests;
