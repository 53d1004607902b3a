//! `ElevenLabs-Signature`: who sent a post-call webhook, and when.

use aws_lc_rs::hmac;
use call::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// Where a webhook carries its signature; the platform writes `ElevenLabs-Signature`.
pub const SIGNATURE_HEADER: &str = "elevenlabs-signature";

/// How old a signature may be (30 min), as the platform's own verifier has it.
pub const OLD_MAX: Duration = Duration::from_secs(30 * 60);

/// How far ahead of our clock a signature may be (5 min): clocks differ by seconds.
pub const AHEAD_MAX: Duration = Duration::from_secs(5 * 60);

/// Signatures of one header that are looked at; while a secret is changed there are two.
const SIGNATURES_MAX: usize = 8;

/// Why a webhook is not the platform's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSignature {
    /// Expected `t=<seconds>,v0=<64 hex digits>`.
    #[error("the signature cannot be read")]
    Unreadable,
    /// Signed too long ago, or in the future.
    #[error("the signature is not of this time")]
    WrongTime,
    /// Signed with another secret, or for another body.
    #[error("the signature is not of this body")]
    Wrong,
}

/// Checks a webhook's signature, `t=<unix seconds>,v0=<hex HMAC-SHA256 of "<t>." and the body>`, over
/// the body as it came. One of several `v0` by one of several secrets is enough; they are compared in
/// constant time.
///
/// # Errors
/// [`InvalidSignature`].
pub fn verify(
    secrets: &[SecretString],
    header: &str,
    body: &[u8],
    now: Timestamp,
) -> Result<(), InvalidSignature> {
    let parts = || {
        header
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
    };
    let moment = parts().find_map(|(name, value)| (name == "t").then_some(value));
    let moment = moment.ok_or(InvalidSignature::Unreadable)?;
    let secs: i64 = moment.parse().map_err(|_| InvalidSignature::Unreadable)?;
    let millis = secs
        .checked_mul(1_000)
        .ok_or(InvalidSignature::Unreadable)?;
    let signed_at = Timestamp::from_millis(millis);
    if now.since(signed_at) > OLD_MAX || signed_at.since(now) > AHEAD_MAX {
        return Err(InvalidSignature::WrongTime);
    }
    let message = [moment.as_bytes(), body].join(&b'.');
    let tags = parts().filter(|(name, _)| *name == "v0");
    let mut tags = tags
        .take(SIGNATURES_MAX)
        .filter_map(|(_, tag)| hex::decode(tag).ok());
    let is_by = |secret: &SecretString, tag: &[u8]| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        hmac::verify(&key, &message, tag).is_ok()
    };
    if tags.any(|tag| secrets.iter().any(|secret| is_by(secret, &tag))) {
        Ok(())
    } else {
        Err(InvalidSignature::Wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made and accepted by the platform's own verifier.
    const BODY: &str = r#"{"type":"post_call_transcription","event_timestamp":1739537297,"data":{"agent_id":"a","conversation_id":"c"}}"#;
    const TAG: &str = "9c14c6bf17fdf0ba5fc02f953ea2cdfc0eadd0d7aa8ecbfe5833ae8e971a55e7";
    const SIGNED: Timestamp = Timestamp::from_millis(1_900_000_000_000);

    fn check(header: &str, body: &str, now: Timestamp) -> Result<(), InvalidSignature> {
        check_by(&["wsec_test_0123456789abcdef"], header, body, now)
    }

    fn check_by(
        secrets: &[&str],
        header: &str,
        body: &str,
        now: Timestamp,
    ) -> Result<(), InvalidSignature> {
        let secrets: Vec<_> = secrets.iter().map(|text| (*text).into()).collect();
        verify(&secrets, header, body.as_bytes(), now)
    }

    #[test]
    fn one_of_several_secrets_is_enough_and_none_is_not() {
        let header = format!("t=1900000000,v0={TAG}");
        let check = |secrets: &[&str]| check_by(secrets, &header, BODY, SIGNED);
        let (ours, other) = ("wsec_test_0123456789abcdef", "wsec_next");
        assert_eq!(check(&[ours, other]), Ok(()));
        assert_eq!(check(&[other, ours]), Ok(()));
        assert_eq!(check(&[other]), Err(InvalidSignature::Wrong));
        assert_eq!(check(&[]), Err(InvalidSignature::Wrong));
    }

    #[test]
    fn the_platforms_own_signature_is_accepted_and_no_other() {
        use InvalidSignature::{Unreadable, Wrong};
        let none = "0".repeat(64);
        for (header, expected) in [
            (format!("t=1900000000,v0={TAG}"), Ok(())),
            (format!(" t=1900000000 , v0={none}, v0={TAG}"), Ok(())),
            (format!("v0={TAG},t=1900000000,v1=x"), Ok(())),
            (format!("t=1900000001,v0={TAG}"), Err(Wrong)),
            (format!("t=1900000000,v0={none}"), Err(Wrong)),
            (format!("t=1900000000,v0={}", &TAG[..62]), Err(Wrong)),
            (format!("t=1900000000,v1={TAG}"), Err(Wrong)),
            ("t=1900000000,v0=zz,v0=9".to_owned(), Err(Wrong)),
            ("t=1900000000".to_owned(), Err(Wrong)),
            (format!("t=soon,v0={TAG}"), Err(Unreadable)),
            (format!("t=9223372036854775807,v0={TAG}"), Err(Unreadable)),
            (format!("v0={TAG}"), Err(Unreadable)),
            (String::new(), Err(Unreadable)),
        ] {
            assert_eq!(check(&header, BODY, SIGNED), expected, "{header}");
        }
        let header = format!("t=1900000000,v0={TAG}");
        assert_eq!(check(&header, &BODY.replace('c', "d"), SIGNED), Err(Wrong));
    }

    #[test]
    fn a_signature_lasts_half_an_hour_and_is_not_of_the_future() {
        let header = format!("t=1900000000,v0={TAG}");
        let second = Duration::from_secs(1);
        for (now, expected) in [
            (SIGNED + OLD_MAX, Ok(())),
            (SIGNED + OLD_MAX + second, Err(InvalidSignature::WrongTime)),
            (SIGNED - AHEAD_MAX, Ok(())),
            (
                SIGNED - AHEAD_MAX - second,
                Err(InvalidSignature::WrongTime),
            ),
        ] {
            assert_eq!(check(&header, BODY, now), expected, "{now}");
        }
    }
}
