//! What anybody can put into a header: tokens, keys, traces, and numbers in an address.

use access::{ApiKeys, TokenKey, is_stream_token};
use call::{ids::CallId, phone::PhoneNumber, time::Timestamp, trace::TraceContext};
use secrecy::SecretString;

/// Any text as each of them: nothing that was not made here holds, and what is read is printed alike.
pub(super) fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let secret = SecretString::from("0123456789abcdef0123456789abcdef");
    let key = TokenKey::new(&secret).expect("32 bytes");
    let now = Timestamp::from_millis(1_793_400_000_000);
    let call = CallId::from_bytes([7; 16]);
    assert!(key.session_of(&text, now).is_err());
    assert!(key.answers_for(&text, now).is_err());
    assert!(!key.admits_stream(&text, call, 1));
    assert!(!is_stream_token(&text) || text.len() == 43);
    if let Ok(keys) = text.parse::<ApiKeys>() {
        assert!(key.page_of(&text, &keys, now).is_err());
    }
    if let Ok(trace) = text.parse::<TraceContext>() {
        let printed: TraceContext = trace.to_string().parse().expect("it was printed");
        assert_eq!((printed.trace, printed.span), (trace.trace, trace.span));
    }
    if let Ok(id) = text.parse::<CallId>() {
        assert_eq!(id.to_string().parse().ok(), Some(id));
    }
    if let Ok(phone) = text.parse::<PhoneNumber>() {
        assert_eq!(phone.e164().parse(), Ok(phone.clone()));
        assert!(!format!("{phone} {phone:?}").contains(phone.e164()));
    }
}
