//! Signatures against the published vector.

use super::*;

#[test]
fn the_published_vector_is_reproduced() {
    let at = Timestamp::from_millis(VECTOR_SECS * 1_000 + 999);
    let keys = keys(VECTOR_KEY);
    assert_eq!(keys.sign(VECTOR_ID, at, VECTOR_BODY), VECTOR_SIGNATURE);
    let timestamp = VECTOR_SECS.to_string();
    assert!(keys.verifies(VECTOR_ID, &timestamp, VECTOR_BODY, VECTOR_SIGNATURE));
}

#[test]
fn what_was_tampered_with_is_found_out() {
    let keys = keys(VECTOR_KEY);
    let verifies =
        |id, timestamp, body: &[u8], signature| keys.verifies(id, timestamp, body, signature);
    let (id, at, body) = (VECTOR_ID, "1614265330", VECTOR_BODY);
    assert!(!verifies("msg_other", at, body, VECTOR_SIGNATURE));
    assert!(!verifies(id, "1614265331", body, VECTOR_SIGNATURE));
    assert!(!verifies(id, at, b"{}", VECTOR_SIGNATURE));
    for signature in [
        "",
        "v1",
        "v1,",
        "v1,AAAA",
        "v1a,g0hM9SsE",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ] {
        assert!(!verifies(id, at, body, signature), "{signature}");
    }
}

#[test]
fn every_key_signs_so_that_receivers_can_change_theirs() {
    let (old, new) = (draw_signing_key(), draw_signing_key());
    let at = Timestamp::from_millis(VECTOR_SECS * 1_000);
    let signatures = keys(&format!("{new}, {old}")).sign("id", at, b"{}");
    assert_eq!(signatures.split(' ').count(), 2);
    for key in [&old, &new] {
        assert!(keys(key).verifies("id", "1614265330", b"{}", &signatures));
    }
    let other = keys(&draw_signing_key());
    assert!(!other.verifies("id", "1614265330", b"{}", &signatures));
}

#[test]
fn keys_that_are_none_are_refused_and_not_shown() {
    let short = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAA"; // 21 bytes
    let long = format!("whsec_{}", "AAAA".repeat(22)); // 66 bytes
    for text in [
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        short,
        &long,
        "whsec_%%%%",
    ] {
        assert_eq!(
            text.parse::<SigningKeys>().err(),
            Some(InvalidKeys),
            "{text}"
        );
    }
    assert_eq!(format!("{:?}", keys(VECTOR_KEY)), "SigningKeys(1)");
}
