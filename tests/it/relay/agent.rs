//! What the agent says, and how the agent platform may fail.

use super::world::{Setup, World};
use call::{CallState, EndCause, Outcome, Policy};
use simulators::{
    elevenlabs::{Behaviour, Failure, RestFault, Say, Script, Step},
    speech::{self, line, noise, wav},
};
use std::{path::Path, time::Duration};

const DISCONNECT: &str = r#"{"type":"disconnect"}"#;

#[tokio::test]
async fn caller_audio_from_before_the_agent_is_ready_reaches_it_unharmed() {
    let world = World::start(Setup::default()).await;
    let late = Duration::from_secs(1);
    world.agents.behave([Behaviour::SlowMetadata(late)]);
    let id = world.dialing().await;
    let stream = world.connect(id).await;
    let said = noise(Duration::from_secs(2), 500, 1);
    stream.frames(&said).await;
    world.until(id, CallState::Connected).await;
    let agent = world
        .agent_until(1, |agent| speech::find(&agent.callee_pcm, &said).is_some())
        .await;
    assert!(agent.violations.is_empty(), "{:?}", agent.violations);
    world.until(id, CallState::Active).await;
}

#[tokio::test]
async fn agent_speech_reaches_the_carrier_unharmed() {
    let world = World::start(Setup::default()).await;
    let (_, mut stream) = world.talking().await;
    let greeting = line("agent_greeting_hi").shortened(Duration::from_secs(1));
    let received = stream
        .until(|received| received.pcm.len() >= greeting.pcm.len())
        .await;
    assert_eq!(speech::find(&received.pcm, &greeting.pcm), Some(0));
    assert!(received.texts.is_empty(), "{:?}", received.texts);
}

#[tokio::test]
async fn all_that_was_said_before_end_call_is_played() {
    let goodbye = line("agent_goodbye_hi").shortened(Duration::from_secs(2));
    let script = Script::new([
        Step::Say(Say::from(goodbye.clone()).without_waiting()),
        Step::EndCall,
    ]);
    let world = World::start(Setup {
        script,
        ..Setup::default()
    })
    .await;
    let id = world.dialing().await;
    let received = world.connect(id).await.until_gone().await;
    assert_eq!(received.pcm, &goodbye.pcm[..]);
    assert_eq!(received.texts, [DISCONNECT]);
    assert_eq!(received.samples_before_text, goodbye.pcm.len());
    assert_eq!(received.code, Some(1000));
    let session = world.until(id, CallState::Completed).await;
    assert_eq!(session.cause, Some(EndCause::AgentEnded));
}

/// The callee hears the sorry line and nothing else, and the call is tried again later.
async fn check_sorry(policy: Policy, prepare: impl FnOnce(&World)) {
    let world = World::start(Setup {
        policy,
        ..Setup::default()
    })
    .await;
    prepare(&world);
    let id = world.dialing().await;
    let received = world.connect(id).await.until_gone().await;

    let sorry = our_line("sorry_hi");
    assert!(received.pcm == sorry, "{} samples", received.pcm.len());
    assert_eq!(received.texts, [DISCONNECT]);
    assert_eq!(received.samples_before_text, sorry.len());
    assert_eq!(received.code, Some(1000));
    world.until_retry(id, Outcome::AgentUnavailable).await;
}

#[tokio::test]
async fn a_refused_signed_url_ends_with_the_sorry_line() {
    check_sorry(Policy::default(), |world| {
        world.agents.fail_rest([RestFault::Status(401)]);
    })
    .await;
}

#[tokio::test]
async fn a_refused_upgrade_ends_with_the_sorry_line() {
    check_sorry(Policy::default(), |world| {
        world.agents.behave([Behaviour::RefuseUpgrade(403)]);
    })
    .await;
}

#[tokio::test]
async fn a_policy_close_at_the_start_ends_with_the_sorry_line() {
    check_sorry(Policy::default(), |world| {
        let failure = Failure::close(1008);
        world.agents.behave([Behaviour::FailAtStart(failure)]);
    })
    .await;
}

#[tokio::test]
async fn a_mute_agent_ends_with_the_sorry_line() {
    let policy = Policy {
        agent_ready_timeout: Duration::from_millis(700),
        ..Policy::default()
    };
    check_sorry(policy, |world| {
        let mute = std::iter::repeat_n(Behaviour::Mute, 5);
        world.agents.behave(mute);
    })
    .await;
}

#[tokio::test]
async fn a_crash_in_mid_call_is_followed_by_a_conversation_that_knows_the_first() {
    let world = World::start(Setup::default()).await;
    let after = Duration::from_millis(1_500);
    let crash = Behaviour::FailAfter(after, Failure::crash());
    world.agents.behave([crash]);
    let (id, mut stream) = world.talking().await;
    let first = world
        .agents
        .wait_conversation(1, super::world::WITHIN)
        .await;
    assert_eq!(first.unwrap().close_code(), Some(1011));

    let second = world
        .agent_until(2, |agent| !agent.agent_audio.is_empty())
        .await;
    let earlier = second.dynamic_variables["earlier_conversation"].as_str();
    let greeting = line("agent_greeting_hi");
    assert!(earlier.unwrap().contains(&greeting.text), "{earlier:?}");
    // The greeting again, and the callee is heard.
    let samples = speech::samples_in(Duration::from_secs(2));
    stream.until(|received| received.pcm.len() >= samples).await;
    let said = noise(Duration::from_millis(300), 500, 1);
    stream.frames(&said).await;
    world
        .agent_until(2, |agent| speech::find(&agent.callee_pcm, &said).is_some())
        .await;
    world.until(id, CallState::Active).await;
    assert!(stream.received().texts.is_empty());
}

#[tokio::test]
async fn who_waits_for_an_agent_hears_that_it_takes_a_moment() {
    let world = World::start(Setup::default()).await;
    let late = Duration::from_millis(6_500);
    world.agents.behave([Behaviour::SlowMetadata(late)]);
    let id = world.dialing().await;
    let mut stream = world.connect(id).await;
    stream.stays_live();
    let [moment, tone] = ["one_moment_hi", "tone"].map(our_line);
    let greeting = line("agent_greeting_hi").shortened(Duration::from_secs(1));
    let samples = moment.len() + tone.len() + greeting.pcm.len();
    let received = stream.until(|received| received.pcm.len() >= samples).await;
    let heard = |line: &[i16]| speech::find(&received.pcm, line);
    assert_eq!(heard(&moment), Some(0));
    assert_eq!(heard(&tone), Some(moment.len()));
    assert_eq!(heard(&greeting.pcm), Some(moment.len() + tone.len()));
    assert!(received.texts.is_empty());
}

#[tokio::test]
async fn at_the_second_failure_the_callee_is_told_and_called_again() {
    let world = World::start(Setup::default()).await;
    let after = Duration::from_millis(1_500);
    world.agents.behave([
        Behaviour::FailAfter(after, Failure::crash()),
        Behaviour::FailAfter(after, Failure::crash()),
    ]);
    let (id, mut stream) = world.talking().await;
    stream.stays_live();
    let received = stream.until_gone().await;
    let sorry = our_line("sorry_hi");
    let at = received.pcm.len() - sorry.len();
    assert_eq!(speech::find(&received.pcm, &sorry), Some(at));
    assert_eq!(world.agents.conversations().len(), 2);
    world.until_retry(id, Outcome::AgentUnavailable).await;
}

/// What the relay says itself, sample by sample.
fn our_line(name: &str) -> Vec<i16> {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../relay/assets");
    wav::read(&assets.join(format!("{name}.wav"))).unwrap()
}

#[tokio::test]
async fn no_conversation_begins_for_a_call_that_has_ended() {
    let world = World::start(Setup::default()).await;
    world
        .agents
        .fail_rest([RestFault::Delay(Duration::from_secs(1))]);
    let id = world.dialing().await;
    let stream = world.connect(id).await;
    stream.close().await;
    world.until(id, CallState::Completed).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.agents.conversations().len(), 0);
}
