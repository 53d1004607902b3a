use super::*;
use elevenlabs::{ElevenLabsConfig, RestConfig};
use futures_util::StreamExt;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_tungstenite::accept_async;

/// Asks a platform that is not there.
fn agent() -> ElevenLabs {
    with_key("key")
}

fn with_key(key: &str) -> ElevenLabs {
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let rest = RestConfig {
        api_url: "http://127.0.0.1:9".to_owned(),
        api_key: SecretString::from(key),
        timeout: Duration::from_secs(1),
    };
    let agent_id = "agent_x".to_owned();
    ElevenLabs::new(ElevenLabsConfig { rest, agent_id }).unwrap()
}

fn url(text: &str) -> SecretString {
    SecretString::from(text)
}

fn keeping(agent: &ElevenLabs, since: Instant) -> Spares {
    let spares = Spares::default();
    spares.keep(agent, url("ws://a.example/1"));
    spares.kept().urls[0].since = since;
    spares
}

#[test]
fn an_address_says_where_it_leads() {
    let of = |text| Host::of(&url(text)).map(|host| (host.name, host.port, host.has_tls));
    let host = |name: &str, port, has_tls| Some((name.to_owned(), port, has_tls));
    for (text, expected) in [
        ("wss://a.example/c?t=1", host("a.example", 443, true)),
        ("wss://a.example:8443/c", host("a.example", 8443, true)),
        ("ws://127.0.0.1:5/c", host("127.0.0.1", 5, false)),
        ("ws://[::1]/c", host("::1", 80, false)),
        ("https://a.example/c", None),
        ("wss:///c", None),
        ("", None),
    ] {
        assert_eq!(of(text).ok(), expected, "{text}");
    }
}

#[tokio::test]
async fn an_address_is_used_once_by_its_own_agent_while_it_holds() {
    let agent = agent();
    let spares = keeping(&agent, Instant::now());
    assert!(spares.url(&agent, "another").await.is_err());
    assert!(spares.url(&agent, "agent_x").await.is_ok());
    assert!(spares.url(&agent, "agent_x").await.is_err());

    let old = Instant::now() - SPARE_URL_KEPT;
    let spares = keeping(&agent, old);
    assert!(spares.url(&agent, "agent_x").await.is_err());
}

#[tokio::test]
async fn an_address_that_was_asked_for_with_another_key_is_not_used() {
    let (before, now) = (with_key("before"), with_key("now"));
    let spares = keeping(&before, Instant::now());
    assert!(spares.url(&now, "agent_x").await.is_err());
    assert!(spares.url(&before, "agent_x").await.is_ok());

    let spares = keeping(&before, Instant::now());
    assert!(spares.fill(&Tasks::default(), &now).await.is_ok());
    assert!(spares.kept().urls.is_empty(), "it takes no other's place");
}

#[tokio::test]
async fn a_spare_connection_that_was_closed_costs_one_more_and_no_call() {
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = url(&format!("ws://{}/c", host.local_addr().unwrap()));
    let (spares, tasks) = (Spares::default(), Tasks::default());
    spares.kept().host = Host::of(&address).ok();
    let spare = spares.connect(&tasks, &Host::of(&address).unwrap()).await;
    let spare = (spare.unwrap(), Instant::now());
    spares.kept().connections.push_back(spare);
    drop(host.accept().await.unwrap());

    let serve = async {
        let (socket, _) = host.accept().await.unwrap();
        accept_async(socket).await.unwrap()
    };
    let upgrade = spares.upgrade(&tasks, &address, WebSocketConfig::default());
    let (_, upgraded) = tokio::join!(serve, upgrade);
    assert!(upgraded.is_ok());
    assert_eq!(spares.connections(), 0);
}

#[tokio::test]
async fn a_spare_connection_is_used_before_another_is_opened() {
    let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = url(&format!("ws://{}/c", host.local_addr().unwrap()));
    let (spares, tasks) = (Spares::default(), Tasks::default());
    spares.want(1);
    spares.keep(&agent(), address.clone());
    assert!(spares.fill(&tasks, &agent()).await.is_ok());
    let (socket, _) = host.accept().await.unwrap();
    drop(host);

    let upgrade = spares.upgrade(&tasks, &address, WebSocketConfig::default());
    let (served, upgraded) = tokio::join!(accept_async(socket), upgrade);
    let mut served = served.unwrap();
    drop(upgraded.unwrap());
    assert!(served.next().await.is_none_or(|read| read.is_err()));
}

#[tokio::test]
async fn nothing_is_had_that_nobody_wants_and_never_more_than_the_bound() {
    let spares = Spares::default();
    assert!(
        spares.fill(&Tasks::default(), &agent()).await.is_ok(),
        "nobody asks a platform that is not there"
    );
    spares.want(1_000);
    assert_eq!(spares.wanted.load(Ordering::Relaxed), SPARES_MAX);
}
