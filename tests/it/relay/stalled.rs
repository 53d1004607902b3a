//! A peer that takes nothing holds up nobody else, and is given up.

use super::{
    metrics::{metrics, value},
    world::{Setup, World},
};
use call::CallState;
use futures_util::{SinkExt, StreamExt};
use simulators::{
    elevenlabs::{Behaviour, Say, Script, Step},
    speech::{self, line, noise},
};
use std::time::Duration;
use tokio::{
    net::TcpSocket,
    time::{interval, sleep, timeout},
};
use tokio_tungstenite::{client_async, tungstenite::Message};

/// Longest wait for a peer to be given up: what the system keeps for it plays for seconds first.
const LONGEST: Duration = Duration::from_secs(60);

/// An agent that talks for long, and says what it says by itself.
fn talkative() -> Setup {
    let long = line("agent_greeting_hi");
    let says = (0..12).map(|_| Step::Say(Say::from(long.clone()).without_waiting()));
    Setup {
        script: Script::new(says.collect::<Vec<_>>()),
        ..Setup::default()
    }
}

#[tokio::test]
async fn an_agent_that_takes_no_audio_is_heard_until_another_takes_its_place() {
    let world = World::start(talkative()).await;
    let after = Duration::from_millis(500);
    world.agents.behave([Behaviour::DeafAfter(after)]);
    let (id, mut stream) = world.talking().await;
    sleep(after).await;
    let before = stream.received().pcm.len();
    // Faster than anybody speaks, and more than the system keeps for a peer.
    let much = noise(Duration::from_secs(12), 500, 1);
    for piece in much.chunks(16_000) {
        stream.binary(speech::to_bytes(piece)).await;
    }
    world.agent_until(2, |_| true).await;
    let during = stream.received().pcm.len() - before;
    assert!(
        during > speech::samples_in(Duration::from_millis(1_200)),
        "{during} samples while it was stalled"
    );
    let text = metrics(&world).await;
    assert_eq!(
        value(&text, "relay_stalled_sockets_total{of=\"agent\"}"),
        1.0
    );
    stream.until(|received| received.pcm.len() > before).await;
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn an_agent_that_does_not_even_answer_pings_is_replaced() {
    let world = World::start(Setup::default()).await;
    let after = Duration::from_millis(500);
    world.agents.behave([Behaviour::DeafAfter(after)]);
    let (_, stream) = world.talking().await;
    let mut seconds = interval(Duration::from_secs(1));
    let second = world
        .agents
        .wait_until(2, LONGEST, |agent| !agent.agent_audio.is_empty());
    tokio::pin!(second);
    loop {
        tokio::select! {
            found = &mut second => break drop(found.unwrap()),
            _ = seconds.tick() => stream.binary(vec![0; 640]).await,
        }
    }
    let text = metrics(&world).await;
    let closed = "relay_agent_closings_total{reason=\"transient\"}";
    assert_eq!(value(&text, closed), 1.0);
    assert!(!text.contains("relay_stalled_sockets_total{"));
}

#[tokio::test]
async fn a_carrier_that_reads_nothing_is_heard_and_then_given_up() {
    let world = World::start(talkative()).await;
    let id = world.dialing().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8 * 1024).unwrap();
    let tcp = socket.connect(world.address).await.unwrap();
    let address = format!("ws://{}{}", world.address, world.target(id));
    let (carrier, _) = client_async(address, tcp).await.unwrap();
    let (mut carrier, unread) = carrier.split();
    world.until(id, CallState::Active).await;
    let said = noise(Duration::from_secs(1), 500, 1);
    let silence = vec![0_u8; 640];
    let stalled = async {
        loop {
            let text = metrics(&world).await;
            if text.contains("relay_stalled_sockets_total{of=\"carrier\"} 1") {
                return text;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    let stalled = timeout(LONGEST, stalled);
    tokio::pin!(stalled);
    let mut frames = interval(Duration::from_millis(20));
    let mut said_so_far = speech::to_bytes(&said);
    let text = loop {
        tokio::select! {
            text = &mut stalled => break text.unwrap(),
            _ = frames.tick() => {
                let rest = said_so_far.split_off(said_so_far.len().min(640));
                let frame = if said_so_far.is_empty() { silence.clone() } else { said_so_far };
                said_so_far = rest;
                let _ = carrier.send(Message::binary(frame)).await;
            }
        }
    };
    assert_eq!(value(&text, "relay_calls"), 1.0, "it may come back");
    let agent = world.agent_until(1, |_| true).await;
    assert!(speech::find(&agent.callee_pcm, &said).is_some());
    drop(unread);
    let mut back = world.connect(id).await;
    back.until(|received| !received.pcm.is_empty()).await;
}
