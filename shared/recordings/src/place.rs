//! The setting `RECORDINGS`: whether calls are recorded at all, and where that is kept.

use settings::{ConfigError, Env};
use std::{path::PathBuf, str::FromStr};
use url::Url;

/// Where recordings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine (`file:///folder`).
    Folder(PathBuf),
    /// A bucket of S3 (`s3://bucket/prefix`). Region, keys and endpoint are those of the AWS SDKs' variables.
    Bucket {
        /// Its name.
        bucket: String,
        /// What all names in it begin with; empty for none.
        prefix: String,
    },
}

/// A text that names no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected file:///an/absolute/folder or s3://bucket/prefix")]
pub struct InvalidPlace;

impl Place {
    /// Reads the setting; without it nothing is recorded.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        env.check(Self::of(env))
    }

    /// Reads the setting among others: without it, `Some(None)`; what is wrong is noted.
    #[must_use]
    pub fn of(env: &Env) -> Option<Option<Self>> {
        if env.is_set("RECORDINGS") {
            env.parsed("RECORDINGS").map(Some)
        } else {
            Some(None)
        }
    }
}

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let url = Url::parse(text).map_err(|_| InvalidPlace)?;
        let is_bare = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none();
        let place = match (url.scheme(), url.host_str()) {
            ("file", None | Some("")) => url
                .to_file_path()
                .ok()
                .filter(|path| path.parent().is_some())
                .map(Self::Folder),
            ("s3", Some(bucket)) if is_bucket(bucket) => Some(Self::Bucket {
                bucket: bucket.to_owned(),
                prefix: url.path().trim_matches('/').to_owned(),
            }),
            _ => None,
        };
        place.filter(|_| is_bare).ok_or(InvalidPlace)
    }
}

/// By the rules of S3, near enough that a slip is seen at the start.
fn is_bucket(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.bytes().all(|b| is_plain(b) || b == b'-' || b == b'.')
        && name.bytes().next().is_some_and(is_plain)
        && name.bytes().next_back().is_some_and(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_buckets_are_places() {
        let bucket = |bucket: &str, prefix: &str| Place::Bucket {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
        };
        for (text, place) in [
            ("file:///srv/calls", Place::Folder("/srv/calls".into())),
            (
                "file:///srv/my%20calls/",
                Place::Folder("/srv/my calls/".into()),
            ),
            ("s3://hospital-calls", bucket("hospital-calls", "")),
            ("s3://hospital-calls/a/b/", bucket("hospital-calls", "a/b")),
        ] {
            assert_eq!(text.parse(), Ok(place), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_at_the_start_by_the_settings_name() {
        for text in [
            "/srv/calls",
            "srv/calls",
            "file://host/calls",
            "file:///",
            "s3:///calls",
            "s3://No_Bucket",
            "s3://b",
            "s3://bucket?x=1",
            "s3://key:secret@bucket",
            "https://bucket.s3.amazonaws.com",
        ] {
            let env = Env::from_reader(move |name| (name == "RECORDINGS").then(|| text.to_owned()));
            let error = Place::from_env(&env).unwrap_err().to_string();
            assert!(error.starts_with("RECORDINGS"), "{text}: {error}");
            assert!(error.contains("s3://bucket/prefix"), "{text}: {error}");
        }
        assert_eq!(Place::from_env(&Env::from_reader(|_| None)), Ok(None));
    }
}
