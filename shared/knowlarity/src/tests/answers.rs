//! What each answer to a dial means, and what silence and broken connections do.

use super::*;

fn hindered(because: Hindrance) -> DialError {
    DialError::NotSent {
        retry_after: None,
        because,
    }
}

/// Dials once, with this reply.
async fn check(reply: Reply, expected: DialError) {
    let server = serve(reply).await;
    let result = client(server.address, &[]).dial(&request()).await;
    assert_eq!(result, Err(expected));
    assert_eq!(server.requests.load(Ordering::SeqCst), 1, "asked once");
}

#[tokio::test]
async fn each_refusal_is_sorted_by_what_may_be_done_next_and_none_is_repeated() {
    for (reply, expected) in [
        (
            Reply::Raw("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
            hindered(Hindrance::Auth),
        ),
        (
            Reply::Raw(
                "HTTP/1.1 403 Forbidden\r\ncontent-length: 23\r\n\r\n{\"message\":\"Forbidden\"}",
            ),
            hindered(Hindrance::Auth),
        ),
        (
            Reply::Raw(
                "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\nPlease enter a valid number in international format",
            ),
            DialError::Refused(RefusalReason::InvalidNumber),
        ),
        (
            Reply::Raw("HTTP/1.1 402 Payment Required\r\ncontent-length: 0\r\n\r\n"),
            hindered(Hindrance::Balance),
        ),
        (
            Reply::Raw(
                "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"success\":false,\"message\":\"Insufficient balance\"}",
            ),
            hindered(Hindrance::Balance),
        ),
        (
            Reply::Raw(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            ),
            DialError::NotSent {
                retry_after: Some(Duration::from_secs(7)),
                because: Hindrance::RateLimited,
            },
        ),
        (
            Reply::Raw("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\n\r\n"),
            hindered(Hindrance::RateLimited),
        ),
    ] {
        check(reply, expected).await;
    }
}

#[tokio::test]
async fn what_tells_nothing_of_the_dial_leaves_it_unknown_and_is_not_repeated() {
    for reply in [
        Reply::Raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"),
        Reply::Raw("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"error\":\"E 42\"}"),
        Reply::Raw("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"),
        Reply::Raw("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"),
        Reply::Raw("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"),
        Reply::Raw("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"),
        Reply::Raw("not http"),
        Reply::Silence,
        Reply::Reset,
    ] {
        check(reply, DialError::Unknown).await;
    }
}

#[tokio::test]
async fn an_answer_without_an_id_is_accepted_and_an_id_is_found_first() {
    let accepted = |reply| async move {
        let server = serve(Reply::Raw(reply)).await;
        client(server.address, &[])
            .dial(&request())
            .await
            .unwrap()
            .carrier_call_id
    };
    assert_eq!(
        accepted("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await,
        None
    );
    assert_eq!(
        accepted("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\noops").await,
        None
    );
    assert_eq!(accepted(ACCEPTED).await, Some(CarrierCallId::new("c9")));
}

#[tokio::test]
async fn a_refused_connection_proves_that_nothing_was_sent() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let result = client(closed, &[]).dial(&request()).await;
    assert_eq!(result, Err(hindered(Hindrance::NoConnection)));
}

#[tokio::test]
async fn a_connection_that_is_never_ready_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = Vec::new();
        socket.read_to_end(&mut hello).await.unwrap();
        hello
    });
    let client = client_at(format!("https://{address}"), &[("DIAL_TIMEOUT", "3s")]);
    let result = client.dial(&request()).await;
    assert_eq!(result, Err(hindered(Hindrance::NoConnection)));
    assert!(!held.await.unwrap().is_empty(), "TLS was begun");
}

#[tokio::test]
async fn a_failed_tls_handshake_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = socket.read(&mut hello).await;
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        std::future::pending::<()>().await;
    });
    let (client, request) = (client_at(url, &[("DIAL_TIMEOUT", "60s")]), request());
    let result = tokio::time::timeout(Duration::from_secs(4), client.dial(&request));
    let result = result.await.expect("the alert is not waited out");
    assert_eq!(result, Err(hindered(Hindrance::NoConnection)));
}

#[tokio::test]
async fn a_long_answer_is_read_up_to_the_bound() {
    let (head, line) = ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", [b' '; 1024]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        read_request(&mut socket).await;
        socket.write_all(head.as_bytes()).await.unwrap();
        while socket.write_all(&line).await.is_ok() {}
    });
    let (client, request) = (client(address, &[("DIAL_TIMEOUT", "60s")]), request());
    let dialed = tokio::time::timeout(Duration::from_secs(10), client.dial(&request));
    let dialed = dialed.await.expect("the rest is not waited for").unwrap();
    assert_eq!(dialed.carrier_call_id, None);
}
