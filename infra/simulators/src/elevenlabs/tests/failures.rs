//! What can be ordered to go wrong.

use super::*;
use crate::speech::samples_in;
use tokio::time::{Instant, timeout};

/// Starts a conversation that fails as ordered; returns what the client met.
async fn meet(behaviour: Behaviour) -> (Vec<Value>, Met, ConversationRecord) {
    let sim = start(one_turn()).await;
    sim.behave([behaviour]);
    let mut client = Client::begin(&sim).await;
    let over = client.until_over().await;
    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    (client.got, over, record)
}

#[tokio::test]
async fn ordered_failures_arrive_as_the_live_service_shows_them() {
    let cases = [
        (Failure::close(1000), 1000, None),
        (
            Failure::error(1002, "llm_timeout"),
            1002,
            Some("/error_event/error_type"),
        ),
        (
            Failure::invalid_api_key(),
            1008,
            Some("/error_event/error_name"),
        ),
        (Failure::crash(), 1011, Some("/error_event/message")),
        (Failure::quota_flat(), 1002, Some("/message")),
        (Failure::quota_close(), 3000, None),
        (
            Failure::queue_timed_out(),
            4300,
            Some("/queue_status_event/status"),
        ),
    ];
    for (failure, code, field) in cases {
        let (got, over, record) = meet(Behaviour::FailAtStart(failure)).await;

        assert_eq!(over, Met::Close(Some(code)));
        assert_eq!(record.close_code(), Some(code));
        assert_eq!(got.is_empty(), field.is_none(), "{got:?}");
        assert!(field.is_none_or(|path| got[0].pointer(path).is_some_and(Value::is_string)));
        assert!(record.ready_at.is_none());
    }
}

#[tokio::test]
async fn a_reset_has_no_close_frame() {
    let (got, over, record) = meet(Behaviour::FailAfter(ms(150), Failure::reset())).await;

    assert_eq!(over, Met::Lost);
    assert_eq!(got[0]["type"], "conversation_initiation_metadata");
    let closed = record.closed.unwrap();
    assert_eq!((closed.by, closed.code), (ClosedBy::AgentReset, None));
    assert!(closed.at >= ms(150));
}

#[tokio::test]
async fn a_failure_can_come_in_the_middle_and_the_next_conversation_is_fine() {
    let script = Script::new([
        Step::Say(short("agent_greeting_hi", 300)),
        Step::Fail(Failure::error(1002, "tts_cascade_error")),
    ]);
    let sim = start(one_turn()).await;
    sim.play([script.with_timing(quick())]);

    let mut first = Client::begin(&sim).await;
    assert_eq!(first.until_over().await, Met::Close(Some(1002)));
    assert_eq!(first.heard(1).len(), samples_in(ms(300)));
    let mut second = Client::begin(&sim).await;
    second.say(&line("callee_age_hi"));
    assert_eq!(second.until_over().await, Met::Close(Some(1000)));

    let codes: Vec<Option<u16>> = sim
        .conversations()
        .iter()
        .map(ConversationRecord::close_code)
        .collect();
    assert_eq!(codes, [Some(1002), Some(1000)]);
}

#[tokio::test]
async fn deadlines_end_a_conversation_with_their_own_error() {
    let mut no_input = one_turn();
    no_input.timing.no_input_after = ms(200);
    let mut no_pong = one_turn();
    no_pong.timing.pong_within = ms(150);
    let mut too_long = one_turn();
    too_long.timing.max_duration = ms(300);
    let cases = [
        (no_input, 1002, "transport_receive_timeout"),
        (no_pong, 1002, "asyncio_timeout"),
        (too_long, 1000, "max_duration_exceeded"),
    ];
    for (script, code, error_type) in cases {
        let sim = start(script).await;
        let mut client = Client::begin(&sim).await;
        client.answers_pings = error_type != "asyncio_timeout";
        if error_type == "transport_receive_timeout" {
            client.next_frame += PATIENCE;
        }

        let error = client.until("error").await;

        assert_eq!(error["error_event"]["error_type"], error_type);
        assert_eq!(client.until_over().await, Met::Close(Some(code)));
    }
}

#[tokio::test]
async fn a_mute_agent_accepts_and_records_but_never_speaks() {
    let sim = start(one_turn()).await;
    sim.behave([Behaviour::Mute]);
    let mut client = Client::begin(&sim).await;

    client.say(&line("callee_age_hi"));
    assert!(timeout(ms(800), client.next_unbounded()).await.is_err());
    client.socket.close(None).await.unwrap();
    assert_eq!(client.until_over().await, Met::Close(None));

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    assert_eq!(client.got, [Value::Null; 0]);
    assert!(record.ready_at.is_none() && record.client_data.is_some());
    assert_eq!(record.callee_pcm, client.sent);
    assert_eq!(record.closed.unwrap().by, ClosedBy::Client);
}

#[tokio::test]
async fn slowness_can_be_ordered_at_the_upgrade_and_at_the_metadata() {
    for behaviour in [
        Behaviour::SlowAccept(ms(200)),
        Behaviour::SlowMetadata(ms(200)),
    ] {
        let sim = start(one_turn()).await;
        sim.behave([behaviour]);
        let begun = Instant::now();
        let mut client = Client::begin(&sim).await;

        client.until("conversation_initiation_metadata").await;

        assert!(begun.elapsed() >= ms(200));
    }
}
