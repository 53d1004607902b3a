//! What was recorded goes with the patient.

use super::storage::Moody;
use crate::{
    privacy,
    support::{answer_of, ask, hung_up, patient, picked_up},
    template::fires,
};
use ::recordings::{Recordings, Segment, Stream};
use axum::{body::Body, http::Request};
use bytes::Bytes;
use call::{CallEvent, Policy, ids::CallId};
use functions::{App, sweep};
use logging::metrics::Noted;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::{
    calls::Calls,
    clock::{Clock as _, SystemClock},
};
use tests::meter::{API_KEY, Metered};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const PATIENT: &str = "/api/patients/patient_123";

/// A patient whose call was recorded, functions whose clock stands, and a storage that can be away.
struct Recorded {
    system: Metered,
    app: Arc<App>,
    storage: Arc<Moody>,
    recordings: Recordings,
    call: CallId,
}

impl Recorded {
    /// A call that goes on.
    async fn new() -> Self {
        privacy::watch();
        let system = Metered::start(Policy::default()).await;
        let storage = Arc::new(Moody::default());
        let recordings = Recordings::over(storage.clone());
        let clock = Arc::new(system.clock.clone());
        let calls = Calls::new(system.app.calls.store.clone(), clock, Policy::default());
        let mut app = App::new(calls, system.app.carrier.clone(), system.api_config());
        app.recordings = Some(recordings.clone());
        let app = Arc::new(app);
        let mut body = patient("+911234567890");
        body["patientData"]["id"] = json!("patient_123");
        body["recordingConsent"] = json!(true);
        let key = [("x-api-key", API_KEY)];
        let (status, answer) = ask(&app, "POST", "/api/outbound-call", &key, &body).await;
        assert_eq!(status, 202, "{answer}");
        let call: CallId = answer["sessionId"].as_str().unwrap().parse().unwrap();
        let recorded = Self {
            system,
            app,
            storage,
            recordings,
            call,
        };
        recorded.apply(picked_up()).await;
        recorded.stored(0).await;
        recorded
    }

    /// One that is over, and whose recording can be heard.
    async fn over() -> Self {
        let recorded = Self::new().await;
        recorded.apply(hung_up()).await;
        recorded.system.clock.advance(MINUTE);
        assert_eq!(recorded.listen().await.0, 200);
        recorded
    }

    async fn apply(&self, event: CallEvent) {
        self.app.calls.apply(self.call, &event).await.unwrap();
    }

    /// The relay stores a segment.
    async fn stored(&self, seq: u32) {
        let of = Stream {
            call: self.call,
            attempt: 1,
            stream: 1,
            began: self.app.calls.now(),
        };
        let segment = Segment {
            of,
            seq,
            is_last: false,
        };
        let sound = Bytes::from_static(&[1; 320]);
        self.recordings.put(segment, sound).await.unwrap();
    }

    async fn listen(&self) -> (u16, Value) {
        let path = format!("/api/outbound-call/{}/recording", self.call);
        let request = Request::get(path).header("x-api-key", API_KEY);
        let request = request.body(Body::empty()).unwrap();
        answer_of(&self.app, request).await
    }

    async fn ask(&self, method: &str, path: &str) -> (u16, Value) {
        let key = [("x-api-key", API_KEY)];
        ask(&self.app, method, path, &key, &Value::Null).await
    }

    /// Runs one tick that much later; whether anything is left then.
    async fn is_left_after(&self, wait: Duration) -> bool {
        self.system.clock.advance(wait);
        sweep::tick(&self.app).await;
        self.storage.be_away(false);
        let sound = self.recordings.sound(self.call).await.unwrap();
        !sound.parts().is_empty()
    }

    async fn is_done(&self) -> bool {
        let record = self.app.calls.store.record(self.call).await.unwrap();
        let erasure = record.unwrap().recording_erasure.unwrap();
        erasure.erased_at.is_some()
    }
}

#[tokio::test]
async fn who_is_erased_is_not_heard_any_more_and_then_gone() {
    let recorded = Recorded::over().await;
    assert_eq!(recorded.ask("DELETE", PATIENT).await.0, 202);
    assert_eq!(recorded.listen().await.0, 404, "at once");
    assert!(!recorded.is_done().await);
    assert!(!recorded.is_left_after(SECOND).await);
    assert!(recorded.is_done().await);
}

#[tokio::test]
async fn a_storage_that_is_away_is_asked_until_it_has_erased() {
    let recorded = Recorded::over().await;
    assert_eq!(recorded.ask("DELETE", PATIENT).await.0, 202);
    for wait in [SECOND, MINUTE, MINUTE, 10 * MINUTE] {
        recorded.storage.be_away(true);
        assert!(recorded.is_left_after(wait).await);
        assert!(!recorded.is_done().await, "not before it is gone");
    }
    assert!(recorded.is_left_after(MINUTE).await, "not due yet");
    assert!(!recorded.is_left_after(60 * MINUTE).await);
    assert!(recorded.is_done().await);
}

#[tokio::test]
async fn a_recording_that_is_kept_for_a_day_raises_an_alarm() {
    let recorded = Recorded::over().await;
    assert_eq!(recorded.ask("DELETE", PATIENT).await.0, 202);
    recorded.storage.be_away(true);
    let (noted, _guard) = Noted::start();
    assert!(recorded.is_left_after(24 * 60 * MINUTE).await);
    fires("ConversationsUnerasedAlarm", &noted);
}

#[tokio::test]
async fn what_a_relay_stores_after_the_erasure_is_erased_too() {
    let recorded = Recorded::new().await;
    assert_eq!(recorded.ask("DELETE", PATIENT).await.0, 202);
    assert!(!recorded.is_left_after(SECOND).await);
    assert!(!recorded.is_done().await, "its relay may still be storing");
    recorded.stored(1).await;
    assert!(!recorded.is_left_after(MINUTE).await);
    assert!(recorded.is_done().await);
}

#[tokio::test]
async fn a_hold_keeps_the_recording_until_it_is_taken_away() {
    let recorded = Recorded::over().await;
    let hold = format!("{PATIENT}/hold");
    assert_eq!(recorded.ask("PUT", &hold).await.0, 200);
    assert_eq!(recorded.ask("DELETE", PATIENT).await.0, 202);
    assert!(recorded.is_left_after(SECOND).await);
    assert_eq!(recorded.listen().await.0, 404, "though nobody hears it");
    assert!(recorded.is_left_after(60 * MINUTE).await);
    assert_eq!(recorded.ask("DELETE", &hold).await.0, 204);
    assert!(!recorded.is_left_after(60 * MINUTE).await);
}

#[tokio::test]
async fn nothing_is_recorded_after_the_consent_is_withdrawn() {
    let recorded = Recorded::new().await;
    let path = format!("/api/outbound-call/{}/recording", recorded.call);
    assert_eq!(recorded.ask("DELETE", &path).await.0, 204);
    let request = recorded.app.calls.store.request(recorded.call).await;
    assert!(!request.unwrap().unwrap().recording_consent);
    assert!(!recorded.is_left_after(SECOND).await);
}

#[tokio::test]
async fn a_folder_is_cleared_of_what_is_older_than_data_is_kept() {
    let recorded = Recorded::over().await;
    // The storage's clock is the machine's: by the functions', it stored in the future or long ago.
    let kept = recorded.app.calls.store.retention();
    let ahead = SystemClock.now().as_millis() - recorded.app.calls.now().as_millis();
    let until = Duration::from_millis(ahead.max(0) as u64) + kept;
    assert!(recorded.is_left_after(until - 60 * MINUTE).await);
    assert!(!recorded.is_left_after(2 * 60 * MINUTE).await);
}

#[tokio::test]
async fn a_record_without_a_storage_that_answers_says_nothing_of_it() {
    let recorded = Recorded::over().await;
    recorded.storage.be_away(true);
    let path = format!("/api/outbound-call/{}", recorded.call);
    let (status, record) = recorded.ask("GET", &path).await;
    assert_eq!(status, 200);
    assert!(record["recording"].is_null(), "{record}");
    let (status, refused) = recorded.listen().await;
    assert_eq!((status, &refused["code"]), (503, &json!("unavailable")));
}
