//! Answers of the log that prove nothing.

use super::*;

#[tokio::test]
async fn a_log_without_an_end_is_given_up_and_proves_nothing() {
    let log = Log::start(vec![page(usize::MAX, &[row("Customer Missed#", "0")])]).await;
    let given_up = log.look_up(&query(None)).await;
    assert_eq!(
        (given_up, log.requests().await),
        (Err(LookUpError::Unavailable), 10)
    );
}

#[tokio::test]
async fn an_empty_log_is_no_record_and_nonsense_is_no_answer() {
    use LookUpError::Unavailable;
    for (body, expected) in [
        (r#"{"meta":{"total_count":0},"objects":[]}"#, Ok(None)),
        (r#"{"meta":{"total_count":"0"}}"#, Ok(None)),
        (r#"{"objects":null}"#, Ok(None)),
        ("{}", Ok(None)),
        (r#"{"objects":"none"}"#, Err(Unavailable)),
        ("[]", Err(Unavailable)),
        ("", Err(Unavailable)),
        ("<html>", Err(Unavailable)),
    ] {
        let log = Log::start(vec![body.to_owned()]).await;
        assert_eq!(log.look_up(&query(None)).await, expected, "{body}");
    }
}

#[tokio::test]
async fn each_failure_is_sorted_by_what_may_be_done_next_and_none_is_repeated() {
    use LookUpError::{Refused, Unavailable};
    for (reply, expected) in [
        (
            Reply::Raw("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
            Refused,
        ),
        (
            Reply::Raw("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
            Refused,
        ),
        (
            Reply::Raw("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 429 Too Many\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"objects\":["),
            Unavailable,
        ),
        (Reply::Raw("not http"), Unavailable),
        (Reply::Silence, Unavailable),
        (Reply::Reset, Unavailable),
    ] {
        let server = serve(reply).await;
        let result = client(server.address, &[]).look_up(&query(None)).await;
        assert_eq!(result, Err(expected));
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_page_that_is_too_long_is_no_answer() {
    let padding = " ".repeat(2 * 1024 * 1024);
    let log = Log::start(vec![format!("{padding}{}", page(0, &[]))]).await;
    let env = &[("DIAL_TIMEOUT", "60s")];
    let result = client(log.address, env).look_up(&query(None)).await;
    assert_eq!(result, Err(LookUpError::Unavailable));
}
