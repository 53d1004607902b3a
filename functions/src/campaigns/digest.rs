//! `Content-Digest`: what a body's bytes are held to (RFC 9530).

use crate::http::{ApiError, Violation};
use axum::http::HeaderMap;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use store::campaigns::Sha256;

const HEADER: &str = "content-digest";

const FORM_RULE: &str = "the SHA-256 of the body, as sha-256=:<base64>:";
const SAME_RULE: &str = "the SHA-256 of the body as it came: send it again";

/// Holds a body to its digest, and gives that back.
pub(super) fn checked(headers: &HeaderMap, body: &[u8]) -> Result<[u8; 32], ApiError> {
    let said = headers.get(HEADER);
    let said = said.ok_or_else(|| Violation::missing("Content-Digest", FORM_RULE))?;
    let said = said.to_str().ok().and_then(sha256_of);
    let said = said.ok_or_else(|| Violation::new("Content-Digest", FORM_RULE))?;
    if Sha256::from(said) == Sha256::of(body) {
        return Ok(said);
    }
    Err(Violation::new("Content-Digest", SAME_RULE).into())
}

/// The SHA-256 among the digests that a header names.
fn sha256_of(header: &str) -> Option<[u8; 32]> {
    let mut digests = header.split(',').map(str::trim);
    let base64 = digests.find_map(|digest| {
        let value = digest.strip_prefix("sha-256=:")?;
        value.strip_suffix(':')
    })?;
    STANDARD.decode(base64).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(HEADER.parse().unwrap(), value.parse().unwrap())])
    }

    /// The example of RFC 9530, appendix D.
    const BODY: &[u8] = b"{\"hello\": \"world\"}\n";
    const DIGEST: &str = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:";

    #[test]
    fn a_body_is_held_to_its_sha_256_among_other_digests() {
        for value in [DIGEST.to_owned(), format!("sha-512=:AA==:, {DIGEST}")] {
            let digest = checked(&headers(&value), BODY).unwrap();
            assert_eq!(Sha256::from(digest), Sha256::of(BODY));
        }
    }

    #[test]
    fn another_body_and_another_form_are_refused() {
        let field = |error| {
            let ApiError::Invalid(violation) = error else {
                panic!("{error}")
            };
            violation.to_string()
        };
        let changed = field(checked(&headers(DIGEST), b"{}").unwrap_err());
        assert!(changed.contains("as it came"), "{changed}");
        for value in [
            "",
            "sha-256=RK",
            "sha-256=:RK:",
            "sha-512=:AA==:",
            "md5=:AA==:",
        ] {
            let said = field(checked(&headers(value), BODY).unwrap_err());
            assert!(said.contains("sha-256=:<base64>:"), "{said}");
        }
        let said = field(checked(&HeaderMap::new(), BODY).unwrap_err());
        assert!(said.starts_with("Content-Digest: missing"), "{said}");
    }
}
