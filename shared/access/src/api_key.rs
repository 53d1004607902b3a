//! The API's clients: who they are, by the hashes of their keys, and what each may do.

use aws_lc_rs::{constant_time, digest};
use hex::FromHex;
use std::{fmt, str::FromStr};

/// What an API key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Read calls and lists.
    Read,
    /// Place and cancel calls.
    Write,
    /// See patients' names, numbers and words on the page.
    Pii,
    /// Everything.
    Admin,
}

impl FromStr for Scope {
    type Err = InvalidApiKeys;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "pii" => Ok(Self::Pii),
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
#[error(
    "expected name:scope+scope:sha256-in-hex, joined by commas; scopes are read, write, pii, admin"
)]
pub struct InvalidApiKeys;

impl ApiKeys {
    /// Those of an API without clients.
    #[must_use]
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// The clients of this name, each with the SHA-256 of its key; several while a key is changed.
    pub(crate) fn named<'a>(
        &'a self,
        name: &str,
    ) -> impl Iterator<Item = (&'a [u8; digest::SHA256_OUTPUT_LEN], &'a ApiKey)> {
        let all = self.0.iter().map(|(hash, key)| (hash, key));
        all.filter(move |(_, key)| key.name == name)
    }

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
        <[u8; 32]>::from_hex(hash).map_err(|_| InvalidApiKeys)?,
        ApiKey {
            name: name.to_owned(),
            scopes,
        },
    ))
}

/// The hash of a key as `API_KEYS` holds it: 64 hexadecimal digits.
#[must_use]
pub fn hash_key(key: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, key.as_bytes()))
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
        let shown = format!("{keys:?}");
        assert!(shown.contains("crm") && !shown.contains(&hash_key("one")));
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
            &format!(":read:{good}"),
            &format!("{}:read:{good}", "c".repeat(65)),
        ] {
            assert!(text.parse::<ApiKeys>().is_err(), "{text}");
        }
        let longest = format!("{}:read:{good}", "c".repeat(64));
        assert!(longest.parse::<ApiKeys>().is_ok());
    }
}
