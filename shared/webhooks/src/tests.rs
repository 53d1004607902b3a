//! What the client sends a receiver, and what it makes of each answer.

mod signatures;
mod targets;

use super::{guard::Public, *};
use call::{delivery::Target, time::Timestamp};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};

/// The test vector of the Standard Webhooks reference libraries.
const VECTOR_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const VECTOR_ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const VECTOR_SECS: i64 = 1_614_265_330;
const VECTOR_BODY: &[u8] = br#"{"test": 2432232314}"#;
const VECTOR_SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

const TIMEOUT: Duration = Duration::from_millis(500);

fn keys(text: &str) -> SigningKeys {
    text.parse().unwrap()
}

/// A receiver that answers each request with `reply`, or with silence; and what it was sent.
async fn receiver(reply: Option<&'static str>) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel(8);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut text = String::new();
            let mut buffer = [0; 4096];
            while !text.ends_with('}') {
                let read = socket.read(&mut buffer).await.unwrap();
                text += std::str::from_utf8(&buffer[..read]).unwrap();
            }
            sender.send(text).await.unwrap();
            match reply {
                Some(reply) => drop(socket.write_all(reply.as_bytes()).await),
                None => std::future::pending().await,
            }
        }
    });
    (url, requests)
}

fn notice(url: &str, target: Target) -> Notice {
    Notice {
        context: None,
        id: VECTOR_ID.to_owned(),
        at: Timestamp::from_millis(VECTOR_SECS * 1_000),
        url: url.to_owned(),
        target,
        body: VECTOR_BODY.to_vec(),
    }
}

fn notifier(allows_private: bool) -> HttpNotifier {
    HttpNotifier::new(keys(VECTOR_KEY), TIMEOUT, allows_private).unwrap()
}

async fn post(reply: &'static str) -> Result<(), NotifyError> {
    let (url, _requests) = receiver(Some(reply)).await;
    notifier(true).post(&notice(&url, Target::Callback)).await
}

#[test]
fn a_notice_is_shown_without_what_it_tells_and_without_the_address() {
    let notice = notice("https://crm.example.com/secret", Target::Callback);
    let shown = format!("{notice:?}");
    assert_eq!(shown, format!("Notice({} to callback)", notice.id));
}

#[tokio::test]
async fn an_event_arrives_signed_as_the_specification_says() {
    let (url, mut requests) = receiver(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let sent = notifier(true).post(&notice(&url, Target::Callback)).await;
    assert_eq!(sent, Ok(()));
    let request = requests.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
    for line in [
        "content-type: application/json".to_owned(),
        format!("webhook-id: {VECTOR_ID}"),
        format!("webhook-timestamp: {VECTOR_SECS}"),
        format!("webhook-signature: {VECTOR_SIGNATURE}"),
    ] {
        assert!(
            head.lines().any(|found| found == line),
            "{line} is not in {head}"
        );
    }
    assert_eq!(body.as_bytes(), VECTOR_BODY);
}

#[tokio::test]
async fn each_answer_says_what_may_be_done_next() {
    let refused = |status, secs: Option<u64>| {
        let retry_after = secs.map(Duration::from_secs);
        Err(NotifyError::Refused {
            status,
            retry_after,
        })
    };
    assert_eq!(
        post("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await,
        Ok(())
    );
    assert_eq!(
        post("HTTP/1.1 410 Gone\r\n\r\n").await,
        Err(NotifyError::Gone)
    );
    assert_eq!(post("HTTP/1.1 500 No\r\n\r\n").await, refused(500, None));
    let patience = "HTTP/1.1 429 Slow\r\nretry-after: 90\r\n\r\n";
    assert_eq!(post(patience).await, refused(429, Some(90)));
    let elsewhere = "HTTP/1.1 307 Go\r\nlocation: http://169.254.169.254/\r\n\r\n";
    assert_eq!(post(elsewhere).await, refused(307, None));
    assert_eq!(
        post("not HTTP at all\r\n\r\n").await,
        Err(NotifyError::Unreachable)
    );
}

#[tokio::test]
async fn silence_and_closed_doors_are_no_answer() {
    let (url, _requests) = receiver(None).await;
    let silent = notifier(true).post(&notice(&url, Target::Monitoring)).await;
    assert_eq!(silent, Err(NotifyError::Unreachable));
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}/", free.local_addr().unwrap());
    drop(free);
    let refused = notifier(true)
        .post(&notice(&closed, Target::Callback))
        .await;
    assert_eq!(refused, Err(NotifyError::Unreachable));
}

#[tokio::test]
async fn the_guard_stands_before_callbacks_and_not_before_the_operators_own_address() {
    let (url, mut requests) = receiver(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let guarded = notifier(false);
    let callback = guarded.post(&notice(&url, Target::Callback)).await;
    assert_eq!(callback, Err(NotifyError::Forbidden));
    assert!(requests.try_recv().is_err(), "nothing was sent");
    assert_eq!(
        guarded.post(&notice(&url, Target::Monitoring)).await,
        Ok(())
    );
}

/// Names are looked up anew at each delivery, and may lead elsewhere than when they were stored.
#[tokio::test]
async fn a_public_name_that_leads_to_a_private_address_is_not_called() {
    let (url, mut requests) = receiver(Some("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let private: SocketAddr = url
        .trim_start_matches("http://")
        .trim_end_matches("/hook")
        .parse()
        .unwrap();
    let public = Public::by(move |name| {
        assert_eq!(name, "crm.example.org");
        Box::pin(async move { Ok(vec![private]) })
    });
    let guarded = HttpNotifier::guarded_by(public, keys(VECTOR_KEY), TIMEOUT, false).unwrap();
    let named = format!("https://crm.example.org:{}/hook", private.port());
    let posted = guarded.post(&notice(&named, Target::Callback)).await;
    assert_eq!(posted, Err(NotifyError::Forbidden));
    assert!(requests.try_recv().is_err(), "nothing was sent");
}
