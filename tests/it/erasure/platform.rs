//! The agent's platform is made to forget as well.

use crate::{
    relay::world::{Setup, World},
    template::fires,
};
use axum::{body::Body, http::Request};
use call::{
    CallState, Policy,
    ids::{CallId, ConversationId},
};
use elevenlabs::{PlatformConversations, RestConfig};
use functions::{App, sweep};
use logging::metrics::Noted;
use secrecy::SecretString;
use serde_json::{Value, json};
use simulators::elevenlabs::{ConversationRecord, RestFault};
use std::{sync::Arc, time::Duration};
use store::clock::{Clock, ManualClock};
use store::{ConversationKey, StoredConversation, calls::Calls};
use tests::meter::{API_KEY, Metered};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A patient who has talked to an agent of the simulated platform; the functions' clock stands.
struct Talked {
    world: World,
    app: Arc<App>,
    clock: ManualClock,
    call: CallId,
}

impl Talked {
    async fn new() -> Self {
        crate::privacy::watch();
        let world = World::start(Setup::default()).await;
        let (call, stream) = world.talking().await;
        stream.close().await;
        world.until(call, CallState::Completed).await;
        world.agent_until(1, |agent| agent.closed.is_some()).await;
        let clock = ManualClock::new(world.calls.clock.now());
        let app = functions_of(&world, &clock).await;
        Self {
            world,
            app,
            clock,
            call,
        }
    }

    async fn ask(&self, method: &str, path: &str) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", API_KEY)
            .body(Body::empty())
            .unwrap();
        crate::support::answer_of(&self.app, request).await
    }

    async fn erase(&self) {
        let (status, answer) = self.ask("DELETE", "/api/patients/patient_123").await;
        assert_eq!(status, 202, "{answer}");
    }

    /// Runs one tick that much later; how often the platform was asked to delete until then.
    async fn after(&self, wait: Duration) -> usize {
        self.clock.advance(wait);
        sweep::tick(&self.app).await;
        let requests = self.world.agents.rest_requests();
        let deletes = requests.iter().filter(|r| r.method == "DELETE");
        deletes.count()
    }

    fn at_platform(&self) -> ConversationRecord {
        self.world.agents.conversation(1).unwrap()
    }

    fn key(&self) -> ConversationKey {
        ConversationKey {
            call_id: self.call,
            conversation_id: ConversationId::new(&self.at_platform().conversation_id),
        }
    }

    async fn stored(&self) -> StoredConversation {
        let record = self.app.calls.store.record(self.call).await;
        record.unwrap().unwrap().conversations.remove(0)
    }
}

/// Functions on the relay's calls, with a clock of their own, that ask the simulated platform.
async fn functions_of(world: &World, clock: &ManualClock) -> Arc<App> {
    let metered = Metered::start(Policy::default()).await;
    let calls = Calls::new(
        world.calls.store.clone(),
        Arc::new(clock.clone()),
        Policy::default(),
    );
    let mut app = App::new(calls, metered.app.carrier.clone(), metered.api_config());
    let platform = RestConfig {
        api_url: world.agents.base_url(),
        api_key: SecretString::from(world.agents.api_key()),
        timeout: 5 * SECOND,
    };
    let platform = PlatformConversations::new(platform).unwrap();
    app.conversations = Some(Arc::new(platform));
    Arc::new(app)
}

#[tokio::test]
async fn the_platforms_copy_is_deleted_however_often_it_fails() {
    let talked = Talked::new().await;
    talked.erase().await;
    // What is deleted while the platform still works on it may come back.
    assert_eq!(talked.after(SECOND).await, 0);
    let faults = [
        RestFault::Status(500),
        RestFault::Status(429),
        RestFault::Status(401),
    ];
    talked.world.agents.fail_rest(faults);
    assert_eq!(talked.after(5 * MINUTE).await, 1);
    assert_eq!(talked.after(SECOND).await, 1, "not due yet");
    assert_eq!(talked.after(MINUTE).await, 2);
    assert_eq!(talked.after(10 * MINUTE).await, 3);
    assert!(!talked.at_platform().is_deleted);
    assert_eq!(talked.after(60 * MINUTE).await, 4);
    assert!(talked.at_platform().is_deleted);
    assert!(talked.stored().await.erased_at.is_some());
    assert_eq!(talked.after(24 * 60 * MINUTE).await, 4, "nobody asks again");
}

#[tokio::test]
async fn a_copy_that_is_kept_for_a_day_raises_an_alarm() {
    let talked = Talked::new().await;
    talked.erase().await;
    talked.after(SECOND).await;
    talked.world.agents.fail_rest([RestFault::Status(500)]);
    let (noted, _guard) = Noted::start();
    talked.after(24 * 60 * MINUTE).await;
    fires("ConversationsUnerasedAlarm", &noted);
}

#[tokio::test]
async fn a_copy_that_is_gone_already_is_deleted() {
    let talked = Talked::new().await;
    let url = format!(
        "{}/v1/convai/conversations/{}",
        talked.world.agents.base_url(),
        talked.at_platform().conversation_id
    );
    let key = talked.world.agents.api_key();
    let by_hand = reqwest::Client::new().delete(url).header("xi-api-key", key);
    assert_eq!(by_hand.send().await.unwrap().status(), 200);
    talked.erase().await;
    assert_eq!(talked.after(6 * MINUTE).await, 2);
    assert!(talked.stored().await.erased_at.is_some());
    assert_eq!(talked.after(60 * MINUTE).await, 2);
}

/// A post-call report is no longer asked for, nor is one that came read into the record.
#[tokio::test]
async fn nothing_more_is_learnt_of_who_is_to_be_erased() {
    let talked = Talked::new().await;
    talked.erase().await;
    talked.after(6 * MINUTE).await;
    let requests = talked.world.agents.rest_requests();
    let asked = requests.iter().filter(|request| {
        request.method == "GET" && request.target.contains("/convai/conversations/")
    });
    assert_eq!(asked.count(), 0);
    let stored = talked.stored().await;
    assert_eq!((stored.received_at, stored.digest), (None, None));
}

#[tokio::test]
async fn a_hold_keeps_the_platforms_copy_until_it_is_released() {
    let talked = Talked::new().await;
    let hold = "/api/patients/patient_123/hold";
    assert_eq!(talked.ask("PUT", hold).await.0, 200);
    talked.erase().await;
    assert_eq!(talked.after(10 * MINUTE).await, 0);
    assert_eq!(talked.ask("DELETE", hold).await.0, 204);
    assert_eq!(talked.after(60 * MINUTE).await, 1);
    assert!(talked.at_platform().is_deleted);
}

/// The conversation that was opening when the call was restricted is known by its webhook alone.
#[tokio::test]
async fn a_conversation_that_only_the_webhook_tells_of_is_deleted_too() {
    let talked = Talked::new().await;
    let (store, now) = (&talked.app.calls.store, talked.clock.now());
    let stranger = ConversationKey {
        conversation_id: ConversationId::new("conv_unheard_of"),
        ..talked.key()
    };
    let forgotten = store.forget_conversation(&stranger, 1, now);
    assert!(!forgotten.await.unwrap(), "the call is not restricted");
    talked.erase().await;
    assert_eq!(talked.after(6 * MINUTE).await, 1);
    assert_eq!(talked.webhook("conv_unheard_of").await, (200, json!(false)));
    assert_eq!(talked.after(SECOND).await, 2);
    let requests = talked.world.agents.rest_requests();
    let last = requests.last().unwrap();
    assert!(last.target.ends_with("/conv_unheard_of"), "{last:?}");
}

impl Talked {
    /// Posts the post-call report of a conversation of this call; status, and whether it was taken.
    async fn webhook(&self, conversation: &str) -> (u16, Value) {
        const SECRET: &str = "wsec_test_0123456789abcdef";
        let mut app = functions_of(&self.world, &self.clock).await;
        Arc::get_mut(&mut app).unwrap().post_call_secrets = vec![SECRET.into()];
        let body = json!({
            "type": "post_call_transcription",
            "data": {
                "conversation_id": conversation, "status": "done", "user_id": self.call,
                "transcript": [], "analysis": {},
            },
        });
        let body = body.to_string();
        let at = self.clock.now().as_secs();
        let signature = simulators::elevenlabs::sign(SECRET, at, body.as_bytes());
        let request = Request::post("/api/elevenlabs/webhook")
            .header("content-type", "application/json")
            .header("elevenlabs-signature", signature)
            .body(Body::from(body))
            .unwrap();
        let (status, answer) = crate::support::answer_of(&app, request).await;
        (status, answer["matched"].clone())
    }
}
