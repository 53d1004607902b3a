//! A call is cancelled in every state.

use super::{Api, NUMBER, patient};
use local::system::Options;
use reqwest::Method;
use serde_json::json;
use simulators::{
    elevenlabs::{self, Script, Step},
    knowlarity::{self, Dial, EndedBy},
};
use std::time::Duration;

impl Api {
    /// Cancels; the status, and what the call's cause then is.
    async fn cancel(&self, id: &str) -> super::Answer {
        let path = format!("/api/outbound-call/{id}");
        self.ask(Method::DELETE, &path).await
    }

    #[track_caller]
    fn assert_cancelled(answer: &super::Answer) {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let standing = (&answer.body["status"], &answer.body["cause"]);
        assert_eq!(standing, (&json!("failed"), &json!("cancelled")));
    }

    async fn assert_no_channel_is_taken(&self) {
        assert_eq!(self.system.calls.store.channels_in_use().await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_call_that_waits_is_never_dialled() {
    let api = Api::ringing(&[("MAX_CONCURRENT_CALLS", "1")]).await;
    let first = api.call(NUMBER).await;
    let waiting = api.call("+911234567891").await;
    assert_eq!(api.record(&waiting).await["status"], "initiating");
    Api::assert_cancelled(&api.cancel(&waiting).await);
    api.cancel(&first).await;
    // Its number is free again, and with it the channel: the next call is dialled at once.
    api.call("+911234567891").await;
    assert_eq!(api.dialled(), 2);
}

#[tokio::test]
async fn a_call_that_rings_stays_cancelled() {
    let api = Api::ringing(&[]).await;
    let id = api.call(NUMBER).await;
    for _ in 0..2 {
        Api::assert_cancelled(&api.cancel(&id).await);
    }
    let record = api.record(&id).await;
    assert_eq!(record["attempts"][0]["state"], "closed");
    api.assert_no_channel_is_taken().await;
}

#[tokio::test]
async fn a_call_between_two_attempts_is_not_dialled_again() {
    let api = Api::start(&[("RETRY_BUSY", "2s")]).await;
    api.dials([Dial::Busy, Dial::Answer]);
    let id = api.call(NUMBER).await;
    let waiting = api.wait_until(&id, |record| {
        record["status"] == "initiating" && record["attempts"][0]["outcome"] == "busy"
    });
    let due = waiting.await["nextDialAt"].clone();
    Api::assert_cancelled(&api.cancel(&id).await);
    api.outlast(&due, 2).await;
    assert_eq!(
        api.record(&id).await["attempts"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_a_cancelled_ring_is_hung_up_on() {
    // The ring is long enough to be cancelled on a busy machine.
    let api = Api::with(Options {
        knowlarity: knowlarity::Settings {
            ring: Duration::from_secs(2),
            ..knowlarity::Settings::default()
        },
        ..Options::default()
    })
    .await;
    let id = api.call(NUMBER).await;
    assert_eq!(api.record(&id).await["status"], "dialing");
    Api::assert_cancelled(&api.cancel(&id).await);
    let carrier = api.system.knowlarity.as_ref().unwrap();
    let call = carrier.wait_call(1, super::WAIT).await.unwrap();
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    assert!(call.heard.is_empty());
    let agent = api.system.elevenlabs.as_ref().unwrap();
    assert_eq!(agent.conversations().len(), 0);
    let attempts = api.record(&id).await["attempts"].clone();
    assert_eq!(attempts[0]["outcome"], "cancelled");
    assert_eq!(attempts.as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_hung_up() {
    let api = Api::start(&[("HEARTBEAT_TIMEOUT", "10m")]).await;
    let id = api.call(NUMBER).await;
    api.wait_until(&id, |record| record["status"] == "active")
        .await;
    Api::assert_cancelled(&api.cancel(&id).await);
    api.assert_no_channel_is_taken().await;
    // The relay's own look finds it: no heartbeat comes within the time of this test.
    let carrier = api.system.knowlarity.as_ref().unwrap();
    let call = carrier.wait_call(1, super::WAIT).await.unwrap();
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    Api::assert_cancelled(&api.cancel(&id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_came_to_another_end_is_a_conflict() {
    let script = Script::new([Step::say("agent_city_hi"), Step::EndCall]);
    let api = Api::with(Options {
        elevenlabs: elevenlabs::Settings::with_script(script),
        ..Options::default()
    })
    .await;
    api.dials([Dial::InvalidNumber, Dial::Answer]);
    let refused = api.post(&patient(NUMBER)).await.body;
    let failed = refused["sessionId"].as_str().unwrap().to_owned();
    let completed = api.call("+911234567891").await;
    for (id, status) in [(failed, "failed"), (completed, "completed")] {
        // Once the post-call report has been read, nothing is written any more.
        let is_read = |record: &serde_json::Value| {
            let conversations = record["conversations"].as_array().unwrap();
            conversations
                .iter()
                .all(|read| read["mergedAt"].is_string())
        };
        let ended = api.wait_until(&id, |record| record["status"] == status && is_read(record));
        let record = ended.await;
        let answer = api.cancel(&id).await;
        answer.is_error(409, "already_ended");
        let error = &answer.body["error"];
        assert_eq!(
            (&error["status"], &error["sessionId"]),
            (&json!(status), &json!(id))
        );
        assert_eq!(api.record(&id).await, record);
    }
}
