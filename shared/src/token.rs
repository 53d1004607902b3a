//! Who may do what: stream tokens, session tokens and API keys.
//!
//! Tokens are derived from one secret, so nothing about them is stored; that each stream token
//! admits one live stream only is the fold's rule.

use crate::ids::CallId;
use aws_lc_rs::{constant_time, digest, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use std::{fmt, str::FromStr};

/// Shortest `TOKEN_SECRET` accepted, in bytes: as long as the MAC it keys.
pub const TOKEN_SECRET_BYTES_MIN: usize = 32;

/// The key that all tokens are derived from.
#[derive(Clone)]
pub struct TokenKey(hmac::Key);

impl TokenKey {
    /// Takes the secret, which must have [`TOKEN_SECRET_BYTES_MIN`] bytes or more.
    #[must_use]
    pub fn new(secret: &SecretString) -> Option<Self> {
        let bytes = secret.expose_secret().as_bytes();
        (bytes.len() >= TOKEN_SECRET_BYTES_MIN)
            .then(|| Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The token that admits the audio stream of one attempt, 43 characters, safe in a URL.
    #[must_use]
    pub fn stream_token(&self, call: CallId, attempt: u8) -> String {
        self.mac(&stream_claim(call, attempt))
    }

    /// Whether `token` admits the audio stream of this attempt. Compares in constant time.
    #[must_use]
    pub fn admits_stream(&self, token: &str, call: CallId, attempt: u8) -> bool {
        self.verifies(token, &stream_claim(call, attempt))
    }

    /// The token with which the API's client may read and cancel this one call.
    #[must_use]
    pub fn session_token(&self, call: CallId) -> String {
        format!("{SESSION_PREFIX}{call}.{}", self.mac(&session_claim(call)))
    }

    /// The call that a genuine session token speaks for.
    #[must_use]
    pub fn session_of(&self, token: &str) -> Option<CallId> {
        let (call, mac) = token.strip_prefix(SESSION_PREFIX)?.split_once('.')?;
        let call = call.parse().ok()?;
        self.verifies(mac, &session_claim(call)).then_some(call)
    }

    /// The token with which the agent saves what is answered in one conversation.
    #[must_use]
    pub fn answer_token(&self, talk: Talk) -> String {
        let Talk {
            call,
            attempt,
            conversation,
        } = talk;
        let mac = self.mac(&answer_claim(talk));
        format!("{ANSWER_PREFIX}{call}.{attempt}.{conversation}.{mac}")
    }

    /// The conversation that a genuine answer token speaks for.
    #[must_use]
    pub fn answers_for(&self, token: &str) -> Option<Talk> {
        let mut parts = token.strip_prefix(ANSWER_PREFIX)?.splitn(4, '.');
        let talk = Talk {
            call: parts.next()?.parse().ok()?,
            attempt: parts.next()?.parse().ok()?,
            conversation: parts.next()?.parse().ok()?,
        };
        let is_genuine = self.verifies(parts.next()?, &answer_claim(talk));
        is_genuine.then_some(talk)
    }

    fn mac(&self, claim: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, claim.as_bytes()))
    }

    fn verifies(&self, token: &str, claim: &str) -> bool {
        let mac = URL_SAFE_NO_PAD.decode(token);
        mac.is_ok_and(|mac| hmac::verify(&self.0, claim.as_bytes(), &mac).is_ok())
    }
}

/// One conversation of an agent with a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Talk {
    /// The call.
    pub call: CallId,
    /// The attempt.
    pub attempt: u8,
    /// Which conversation of the attempt; a later one has a greater number.
    pub conversation: u32,
}

/// Tells session tokens from API keys at a glance.
const SESSION_PREFIX: &str = "call_";

/// Tells the agent's tokens from others.
const ANSWER_PREFIX: &str = "ans_";

/// What a credential looks like; whether it holds is another question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A session token: one call, for its CRM.
    Session,
    /// An answer token: one conversation, for its agent.
    Answer,
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

fn answer_claim(talk: Talk) -> String {
    let Talk {
        call,
        attempt,
        conversation,
    } = talk;
    format!("answer.v2|{call}|{attempt}|{conversation}")
}

fn stream_claim(call: CallId, attempt: u8) -> String {
    format!("stream.v1|{call}|{attempt}")
}

fn session_claim(call: CallId) -> String {
    format!("session.v1|{call}")
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey")
    }
}

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Read calls and lists.
    Read,
    /// Place and cancel calls.
    Write,
    /// Everything.
    Admin,
}

impl FromStr for Scope {
    type Err = InvalidApiKeys;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "admin" => Ok(Self::Admin),
            _ => Err(InvalidApiKeys),
        }
    }
}

/// One client of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Who it is; appears in logs and counters.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

impl ApiKey {
    /// Whether this key may do what `scope` covers.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }
}

/// The API's clients, by the SHA-256 of their keys.
#[derive(Clone)]
pub struct ApiKeys(Vec<([u8; digest::SHA256_OUTPUT_LEN], ApiKey)>);

/// The text is not a list of API keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected name:scope+scope:sha256-in-hex, joined by commas; scopes are read, write, admin")]
pub struct InvalidApiKeys;

impl ApiKeys {
    /// The client that presents this key. Every entry is compared, each in constant time.
    #[must_use]
    pub fn authenticate(&self, presented: &str) -> Option<&ApiKey> {
        let hash = digest::digest(&digest::SHA256, presented.as_bytes());
        self.0.iter().fold(None, |found, (expected, key)| {
            let is_same = constant_time::verify_slices_are_equal(expected, hash.as_ref()).is_ok();
            if is_same { Some(key) } else { found }
        })
    }
}

impl FromStr for ApiKeys {
    type Err = InvalidApiKeys;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(|entry| entry_of(entry.trim()))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn entry_of(text: &str) -> Result<([u8; 32], ApiKey), InvalidApiKeys> {
    let parts: Vec<&str> = text.split(':').collect();
    let [name, scopes, hash] = parts[..] else {
        return Err(InvalidApiKeys);
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_name) {
        return Err(InvalidApiKeys);
    }
    let scopes = scopes
        .split('+')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    Ok((
        hash_of(hash).ok_or(InvalidApiKeys)?,
        ApiKey {
            name: name.to_owned(),
            scopes,
        },
    ))
}

fn hash_of(hex: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if hex.len() != 2 * hash.len() || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// The hash of a key as `API_KEYS` holds it: 64 hexadecimal digits.
#[must_use]
pub fn hash_key(key: &str) -> String {
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    hash.as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

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

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(_, key)| key))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: CallId = CallId::from_bytes([7; 16]);
    const OTHER: CallId = CallId::from_bytes([8; 16]);

    fn key() -> TokenKey {
        TokenKey::new(&SecretString::from("0123456789abcdef0123456789abcdef")).unwrap()
    }

    #[test]
    fn a_stream_token_admits_its_own_attempt_only() {
        let token = key().stream_token(CALL, 1);
        assert!(key().admits_stream(&token, CALL, 1));
        assert!(!key().admits_stream(&token, CALL, 2));
        assert!(!key().admits_stream(&token, OTHER, 1));
        assert!(!key().admits_stream(&key().session_token(CALL), CALL, 1));
        for forged in ["", "x", &token[1..], &format!("{token}A")] {
            assert!(!key().admits_stream(forged, CALL, 1));
        }
    }

    #[test]
    fn a_session_token_names_its_call() {
        let token = key().session_token(CALL);
        assert_eq!(key().session_of(&token), Some(CALL));
        let swapped = token.replace(&CALL.to_string(), &OTHER.to_string());
        assert_eq!(key().session_of(&swapped), None);
        assert_eq!(key().session_of("call_"), None);
    }

    #[test]
    fn an_answer_token_speaks_for_its_own_conversation_only() {
        let talk = Talk {
            call: CALL,
            attempt: 1,
            conversation: 3,
        };
        let token = key().answer_token(talk);
        assert_eq!(key().answers_for(&token), Some(talk));
        let other_attempt = token.replace(".1.3.", ".2.3.");
        let other_conversation = token.replace(".1.3.", ".1.4.");
        let other_call = token.replace(&CALL.to_string(), &OTHER.to_string());
        let session = key().session_token(CALL);
        for forged in [
            "",
            "ans_",
            &other_attempt,
            &other_conversation,
            &other_call,
            &session,
            &token[1..],
        ] {
            assert_eq!(key().answers_for(forged), None, "{forged}");
        }
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(TokenKey::new(&SecretString::from("too short")).is_none());
    }

    #[test]
    fn api_keys_are_known_by_their_hash() {
        let text = format!(
            "crm:read+write:{},ops:admin:{}",
            hash_key("one"),
            hash_key("two")
        );
        let keys: ApiKeys = text.parse().unwrap();
        let crm = keys.authenticate("one").unwrap();
        assert_eq!(crm.name, "crm");
        assert!(crm.allows(Scope::Write) && !crm.allows(Scope::Admin));
        assert!(keys.authenticate("two").unwrap().allows(Scope::Write));
        assert!(keys.authenticate("three").is_none());
        assert!(!format!("{keys:?}").contains(&hash_key("one")));
    }

    #[test]
    fn malformed_api_keys_are_refused() {
        let good = hash_key("one");
        for text in [
            "",
            "crm",
            "crm:read",
            "crm:read:abc",
            &format!("crm:read:{}", "+f".repeat(32)),
            &format!("crm:read:{}g", &good[1..]),
            &format!("crm::{good}"),
            &format!("crm:everything:{good}"),
            &format!("c r m:read:{good}"),
            &format!("crm:read:{good},"),
        ] {
            assert!(text.parse::<ApiKeys>().is_err(), "{text}");
        }
    }
}
