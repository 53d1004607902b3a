//! Signatures against the published vector, the guard as a table, the client against a server.

use super::{
    guard::{Public, public_only},
    *,
};
use std::net::{IpAddr, SocketAddr};
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

#[test]
fn only_public_addresses_may_be_called() {
    for (url, expected) in [
        ("https://crm.example.com/hook?a=1", Ok(())),
        ("https://93.184.216.34:8443/", Ok(())),
        ("https://[2606:4700::1111]/", Ok(())),
        ("http://crm.example.com/", Err(TargetError::NotEncrypted)),
        ("ftp://crm.example.com/", Err(TargetError::NotWeb)),
        ("crm.example.com", Err(TargetError::NotWeb)),
        (
            "https://user@crm.example.com/",
            Err(TargetError::HasCredentials),
        ),
        (
            "https://:word@crm.example.com/",
            Err(TargetError::HasCredentials),
        ),
    ] {
        assert_eq!(check_target(url, false), expected, "{url}");
    }
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "printer.local",
        "db.internal",
        "crm",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::]",
        "[::1]",
        "[fc00::1]",
        "[fd12::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2002:a00:1::]",
        "[2001::1]",
    ] {
        let url = format!("https://{host}/hook");
        assert_eq!(
            check_target(&url, false),
            Err(TargetError::Private),
            "{host}"
        );
        assert_eq!(check_target(&url, true), Ok(()), "{host}");
    }
    assert_eq!(check_target("http://127.0.0.1:3000/", true), Ok(()));
}

#[test]
fn a_name_keeps_its_public_addresses_only() {
    let at = |text: &str| SocketAddr::new(text.parse::<IpAddr>().unwrap(), 443);
    let mixed = [at("10.0.0.1"), at("93.184.216.34"), at("::1")];
    assert_eq!(
        public_only(mixed.into_iter()).unwrap(),
        [at("93.184.216.34")]
    );
    assert!(public_only([at("169.254.169.254")].into_iter()).is_err());
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
