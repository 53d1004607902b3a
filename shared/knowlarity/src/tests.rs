//! The dial client against a server that answers raw HTTP.

mod call_log;

use super::*;
use crate::KnowlarityConfig;
use serde_json::{Value, json};
use settings::Env;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What the server does once it has read the request.
#[derive(Clone, Copy)]
enum Reply {
    Raw(&'static str),
    Silence,
    Reset,
}

struct Server {
    address: std::net::SocketAddr,
    requests: Arc<AtomicU32>,
    last: Arc<tokio::sync::Mutex<String>>,
}

async fn serve(reply: Reply) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicU32::new(0));
    let last = Arc::new(tokio::sync::Mutex::new(String::new()));
    let (count, seen) = (requests.clone(), last.clone());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            *seen.lock().await = read_request(&mut socket).await;
            match reply {
                Reply::Raw(text) => drop(socket.write_all(text.as_bytes()).await),
                Reply::Silence => std::future::pending().await,
                Reply::Reset => drop(socket),
            }
        }
    });
    Server {
        address,
        requests,
        last,
    }
}

async fn read_request(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = socket.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..read]);
        let all = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = all.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase().lines().find_map(|line| {
            line.strip_prefix("content-length:")
                .map(|n| n.trim().parse::<usize>().unwrap())
        });
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return all;
        }
    }
}

fn client(address: std::net::SocketAddr, extra: &'static [(&str, &str)]) -> Knowlarity {
    client_at(format!("http://{address}"), extra)
}

fn client_at(url: String, extra: &'static [(&str, &str)]) -> Knowlarity {
    let env = Env::from_reader(move |name| {
        let given = extra.iter().find(|(known, _)| *known == name);
        given.map(|(_, value)| (*value).to_owned()).or_else(|| {
            Some(match name {
                "KNOWLARITY_API_URL" => url.clone(),
                "KNOWLARITY_API_KEY" => "sr-key".to_owned(),
                "KNOWLARITY_APPLICATION_KEY" => "application-key".to_owned(),
                "KNOWLARITY_CALLER_ID" => "+911234567890".to_owned(),
                "SERVER_WEBSOCKET_URL" => "wss://relay.example.com/knowlarity-stream".to_owned(),
                "DIAL_TIMEOUT" => "300ms".to_owned(),
                _ => return None,
            })
        })
    });
    Knowlarity::new(KnowlarityConfig::from_env(&env).unwrap()).unwrap()
}

fn request() -> DialRequest {
    DialRequest {
        call_id: CallId::from_bytes([7; 16]),
        attempt: 2,
        to: "+911234567891".parse().unwrap(),
        token: "the-token".to_owned(),
    }
}

const CALL: &str = "07070707-0707-0707-0707-070707070707";

#[track_caller]
fn json_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap()
}

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n\
    {\"success\":{\"status\":\"success\",\"message\":\"Call successfully placed\",\"call_id\":\"c9\"}}";

#[tokio::test]
async fn the_flow_is_that_of_the_users_document() {
    let server = serve(Reply::Raw(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"call_id\":\"c9\"}",
    ))
    .await;
    let dialed = client(server.address, &[]).dial(&request()).await.unwrap();
    assert_eq!(dialed.carrier_call_id, Some(CarrierCallId::new("c9")));

    let sent = server.last.lock().await.clone();
    let head = sent.to_lowercase();
    assert!(head.starts_with("post /basic/v1/account/call/makecall http/1.1"));
    assert!(
        head.contains("authorization: sr-key\r\n")
            && head.contains("x-api-key: application-key\r\n")
    );
    let metadata = format!(
        "{{\"client_meta_id\":\"{CALL}\",\"sessionId\":\"{CALL}\",\"attempt\":2,\"t\":\"the-token\"}}"
    );
    let mut body = json_of(&sent);
    let given = body["ivr_flow"]["flow"]["nodes"][1]["config"]["metadata"].take();
    let given = given.as_str().unwrap();
    assert!(given.len() <= 1024 && !given.contains(' '), "{given}");
    let given: Value = serde_json::from_str(given).unwrap();
    assert_eq!(given, serde_json::from_str::<Value>(&metadata).unwrap());
    assert_eq!(
        body,
        json!({
            "k_number": "+911234567890", "customer_number": "+911234567891",
            "caller_id": "+911234567890", "direct_connect": true,
            "ivr_flow": { "flow": { "nodes": [
                { "id": "welcome", "type": "play", "audio": { "type": "tts",
                    "text": "कृपया एक क्षण प्रतीक्षा करें, हम आपको हमारे सहायक से जोड़ रहे हैं।",
                    "language": "hi" }, "next": "stream_node" },
                { "id": "stream_node", "type": "stream", "config": {
                    "wss_url": format!("wss://relay.example.com/knowlarity-stream/{CALL}?t=the-token"),
                    "sampling_rate": "16k", "metadata": null } },
            ] } },
        })
    );
}

#[tokio::test]
async fn kapps_ivr_sends_its_own_body_and_path() {
    let server = serve(Reply::Raw(
        "HTTP/1.1 201 Created\r\nconnection: close\r\n\r\n{\"data\":{\"call_ids\":[{\"call_id\":\"k1\"}]}}",
    ))
    .await;
    let client = client(
        server.address,
        &[
            ("KNOWLARITY_DIALECT", "kapps_ivr"),
            ("KNOWLARITY_DIAL_PATH", "/webapi/hospital/api/call"),
            ("KNOWLARITY_IVR_ID", "1000000001"),
        ],
    );
    let dialed = client.dial(&request()).await.unwrap();
    assert_eq!(dialed.carrier_call_id, Some(CarrierCallId::new("k1")));
    let sent = server.last.lock().await.clone();
    assert!(sent.starts_with("POST /webapi/hospital/api/call HTTP/1.1"));
    assert_eq!(
        json_of(&sent),
        json!({
            "ivr_id": "1000000001", "k_number": "+911234567890", "caller_id": "+911234567890",
            "customer_number": "+911234567891", "is_promotional": "false",
            "metadata": { "client_meta_id": CALL, "sessionId": CALL, "attempt": 2, "t": "the-token" },
        })
    );
}

#[tokio::test]
async fn the_accounts_id_stands_where_the_dial_path_has_its_place() {
    let server = serve(Reply::Raw(ACCEPTED)).await;
    let client = client(
        server.address,
        &[
            ("KNOWLARITY_DIAL_PATH", "webapi/{account_id}/api/call"),
            ("KNOWLARITY_ACCOUNT_ID", "hospital-7"),
        ],
    );
    client.dial(&request()).await.unwrap();
    let sent = server.last.lock().await.clone();
    assert!(sent.starts_with("POST /webapi/hospital-7/api/call HTTP/1.1"));
}

fn hindered(because: Hindrance) -> DialError {
    DialError::NotSent {
        retry_after: None,
        because,
    }
}

#[tokio::test]
async fn each_answer_is_sorted_by_what_may_be_done_next_and_none_is_repeated() {
    use RefusalReason as R;
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
            DialError::Refused(R::InvalidNumber),
        ),
        (
            Reply::Raw("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\n{}"),
            DialError::Unknown,
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
            Reply::Raw("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"error\":\"E 42\"}"),
            DialError::Unknown,
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
        (
            Reply::Raw("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"),
            DialError::Unknown,
        ),
        (
            Reply::Raw("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"),
            DialError::Unknown,
        ),
        (
            Reply::Raw("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"),
            DialError::Unknown,
        ),
        (
            Reply::Raw("HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\n\r\n"),
            DialError::Unknown,
        ),
        (Reply::Raw("not http"), DialError::Unknown),
        (Reply::Silence, DialError::Unknown),
        (Reply::Reset, DialError::Unknown),
    ] {
        let server = serve(reply).await;
        let result = client(server.address, &[]).dial(&request()).await;
        assert_eq!(result, Err(expected));
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
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
    let result = client_at(format!("https://{address}"), &[])
        .dial(&request())
        .await;
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
