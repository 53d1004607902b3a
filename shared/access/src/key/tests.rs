//! What each kind of token speaks for, and until when.

use super::*;
use crate::{draw_key, is_same_secret};

const CALL: CallId = CallId::from_bytes([7; 16]);
const OTHER: CallId = CallId::from_bytes([8; 16]);
const NOW: Timestamp = Timestamp::from_millis(1_793_400_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

const TALK: Talk = Talk {
    call: CALL,
    attempt: 1,
    conversation: 3,
};

fn secret(n: u8) -> SecretString {
    SecretString::from(format!("{n}123456789abcdef0123456789abcdef"))
}

fn key() -> TokenKey {
    TokenKey::new(&secret(0)).unwrap()
}

#[test]
fn a_stream_token_admits_its_own_attempt_only() {
    let token = key().stream_token(CALL, 1);
    assert!(key().admits_stream(&token, CALL, 1));
    assert!(!key().admits_stream(&token, CALL, 2));
    assert!(!key().admits_stream(&token, OTHER, 1));
    let session = key().session_token(CALL, NOW + HOUR);
    for forged in ["", "x", &token[1..], &format!("{token}A"), &session] {
        assert!(!key().admits_stream(forged, CALL, 1));
        assert!(!is_stream_token(forged));
    }
    assert!(is_stream_token(&token) && is_stream_token(&key().stream_token(OTHER, 200)));
    assert!(!is_stream_token(&token.replace(&token[..1], "+")));
}

#[test]
fn a_session_token_names_its_call_until_its_time_is_over() {
    let token = key().session_token(CALL, NOW + HOUR);
    assert_eq!(key().session_of(&token, NOW), Ok(CALL));
    let end = NOW + HOUR;
    assert_eq!(key().session_of(&token, end), Err(BadToken::Expired));
    let until = end.as_secs().to_string();
    let longer = token.replace(&until, &(end.as_secs() + 1).to_string());
    let swapped = token.replace(&CALL.to_string(), &OTHER.to_string());
    for foreign in [longer, swapped] {
        assert_eq!(key().session_of(&foreign, NOW), Err(BadToken::Foreign));
    }
    let bare = format!("call_{CALL}");
    for malformed in ["call_", "", "x", &bare, &format!("{bare}.soon.x")] {
        assert_eq!(key().session_of(malformed, NOW), Err(BadToken::Malformed));
    }
}

#[test]
fn an_answer_token_speaks_for_its_own_conversation_until_its_time_is_over() {
    let token = key().answer_token(TALK, NOW + HOUR);
    assert_eq!(key().answers_for(&token, NOW), Ok(TALK));
    let late = key().answers_for(&token, NOW + HOUR);
    assert_eq!(late, Err(BadToken::Expired));
    let until = (NOW + HOUR).as_secs().to_string();
    for foreign in [
        token.replace(".1.3.", ".2.3."),
        token.replace(".1.3.", ".1.4."),
        token.replace(&CALL.to_string(), &OTHER.to_string()),
        token.replace(&until, "9999999999"),
        format!("{token}A"),
        token[..token.len() - 1].to_owned(),
    ] {
        let judged = key().answers_for(&foreign, NOW);
        assert_eq!(judged, Err(BadToken::Foreign), "{foreign}");
    }
    let session = key().session_token(CALL, NOW + HOUR);
    for malformed in ["", "ans_", &session, &token[1..], &token[..50]] {
        let judged = key().answers_for(malformed, NOW);
        assert_eq!(judged, Err(BadToken::Malformed), "{malformed}");
    }
}

#[test]
fn what_the_secret_before_made_holds_as_long_as_it_is_known() {
    let (stream, session, answer) = (
        key().stream_token(CALL, 1),
        key().session_token(CALL, NOW + HOUR),
        key().answer_token(TALK, NOW + HOUR),
    );
    let rotated = TokenKey::new(&secret(1)).unwrap();
    let rotated = rotated.with_previous(&secret(0)).unwrap();
    assert!(rotated.admits_stream(&stream, CALL, 1));
    assert_eq!(rotated.session_of(&session, NOW), Ok(CALL));
    assert_eq!(rotated.answers_for(&answer, NOW), Ok(TALK));
    assert_ne!(
        rotated.stream_token(CALL, 1),
        stream,
        "made with the new one"
    );
    let over = TokenKey::new(&secret(1)).unwrap();
    assert!(!over.admits_stream(&stream, CALL, 1));
    assert_eq!(over.session_of(&session, NOW), Err(BadToken::Foreign));
    assert_eq!(over.answers_for(&answer, NOW), Err(BadToken::Foreign));
}

#[test]
fn a_short_secret_is_refused() {
    let short = SecretString::from("too short");
    assert!(TokenKey::new(&short).is_none());
    assert!(key().with_previous(&short).is_none());
}

#[test]
fn a_credential_says_what_it_is_and_a_key_does_not_say_itself() {
    let key = key();
    for (credential, kind) in [
        (key.session_token(CALL, NOW), Some(TokenKind::Session)),
        (key.answer_token(TALK, NOW), Some(TokenKind::Answer)),
        (draw_key(), None),
    ] {
        assert_eq!(kind_of(&credential), kind);
    }
    assert_eq!(format!("{key:?}"), "TokenKey");
}

#[test]
fn tokens_outlive_their_call_by_minutes_and_a_day() {
    assert_eq!(TALK_TOKEN_KEPT.as_secs(), 600);
    assert_eq!(SESSION_TOKEN_KEPT.as_secs(), 86_400);
}

#[test]
fn secrets_are_drawn_anew_and_told_apart() {
    let (one, other) = (draw_key(), draw_key());
    assert_eq!((one.len(), one == other), (43, false));
    assert!(is_same_secret(&one, &SecretString::from(one.clone())));
    assert!(!is_same_secret(&one, &SecretString::from(other)));
}

#[test]
fn a_token_of_the_page_speaks_for_its_client_until_its_time_or_its_key_is_over() {
    let keys = |text: &str| text.parse::<ApiKeys>().unwrap();
    let entry = |name: &str, key: &str| format!("{name}:read:{}", hash_key(key));
    let (both, until) = (
        keys(&format!("{},{}", entry("ops", "one"), entry("crm", "two"))),
        NOW + HOUR,
    );
    let token = key().page_token("one", "ops", until);
    assert!(!token.contains("one"), "{token}");
    assert_eq!(key().page_of(&token, &both, NOW).unwrap().name, "ops");
    assert_eq!(key().page_of(&token, &both, until), Err(BadToken::Expired));
    // While a key is changed both are known.
    let changing = keys(&format!("{},{}", entry("ops", "new"), entry("ops", "one")));
    assert!(key().page_of(&token, &changing, NOW).is_ok());
    for gone in [entry("ops", "new"), entry("crm", "one")] {
        assert_eq!(
            key().page_of(&token, &keys(&gone), NOW),
            Err(BadToken::Foreign)
        );
    }
    for (forged, said) in [
        (token.replace("ops", "crm"), BadToken::Foreign),
        (token.replace("page_", ""), BadToken::Malformed),
        (key().session_token(CALL, until), BadToken::Malformed),
        (token[..token.len() - 1].to_owned(), BadToken::Foreign),
    ] {
        assert_eq!(key().page_of(&forged, &both, NOW), Err(said), "{forged}");
    }
    assert_eq!(kind_of(&token), None);
}
