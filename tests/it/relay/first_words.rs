//! What is done before anybody picks up, so that the first words come soon.

use super::world::{Setup, WITHIN, World};
use simulators::elevenlabs::RestFault;
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn who_picks_up_waits_for_nothing_that_could_be_had_before() {
    let world = World::start(Setup::default()).await;
    let id = world.dialing().await;
    let asked = async {
        while world.agents.rest_requests().is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
        // The answer, and a connection after it.
        sleep(Duration::from_secs(1)).await;
    };
    timeout(WITHIN, asked).await.unwrap();
    world
        .agents
        .fail_rest(std::iter::repeat_n(RestFault::Status(500), 4));
    let mut stream = world.connect(id).await;
    stream.until(|received| !received.pcm.is_empty()).await;
    assert_eq!(world.agents.rest_requests().len(), 1);
}

#[tokio::test]
async fn nothing_is_asked_of_the_platform_while_no_phone_rings() {
    let world = World::start(Setup::default()).await;
    sleep(Duration::from_secs(4)).await;
    assert_eq!(world.agents.rest_requests().len(), 0);
    let (_, _stream) = world.talking().await;
    let asked = world.agents.rest_requests().len();
    sleep(Duration::from_secs(4)).await;
    assert_eq!(world.agents.rest_requests().len(), asked);
}
