//! What goes wrong with relays raises its alarm.

use super::world::{Setup, WITHIN, World};
use crate::template::fires;
use logging::metrics::{Noted, RELAY_LOAD};
use simulators::elevenlabs::RestFault;
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn patients_for_whom_there_is_no_agent_raise_an_alarm() {
    let world = World::start(Setup::default()).await;
    let (noted, _guard) = Noted::start();
    let faults = [401; 5].map(RestFault::Status);
    world.agents.fail_rest(faults);
    let mut streams = Vec::new();
    for _ in 0..5 {
        let id = world.dialing().await;
        streams.push(world.connect(id).await);
    }
    for stream in &mut streams {
        stream.until_gone().await;
    }
    let is_noted = async {
        while noted.of(&logging::metrics::AGENT_UNAVAILABLE).len() < 5 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WITHIN, is_noted).await.unwrap();
    fires("AgentUnavailableAlarm", &noted);
}

#[tokio::test]
async fn a_full_relay_and_a_call_that_a_shutdown_cuts_raise_alarms() {
    let mut world = World::start(Setup {
        calls_max: 1,
        drain_timeout: Duration::from_secs(1),
        ..Setup::default()
    })
    .await;
    let (_, stream) = world.talking().await;
    stream.stays_live();
    let (noted, _guard) = Noted::start();
    let is_told = async {
        while noted.of(&RELAY_LOAD).is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WITHIN, is_told).await.unwrap();
    fires("RelaysFullAlarm", &noted);
    world.shut_down();
    assert_eq!(world.stopped().await, 1);
    fires("CallsCutAlarm", &noted);
}

#[tokio::test]
async fn relays_that_start_again_and_again_raise_an_alarm() {
    let (noted, _guard) = Noted::start();
    for _ in 0..11 {
        drop(World::start(Setup::default()).await);
    }
    fires("RelayRestartsAlarm", &noted);
}
