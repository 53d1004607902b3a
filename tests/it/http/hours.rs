//! When a phone may ring.

use super::{Api, NUMBER, patient};
use call::time::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;
use store::clock::{Clock, SystemClock};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A window of one hour in UTC that opens this long from now.
fn window_in(wait: Duration) -> String {
    let hour = |at: Timestamp| at.to_string()[11..16].to_owned();
    let opens = SystemClock.now() + wait;
    // Midnight, as the end of a window, is written 24:00.
    let closes = hour(opens + HOUR).replace("00:00", "24:00");
    format!("{}-{closes} UTC", hour(opens))
}

fn patient_within(window: &str) -> Value {
    let mut body = patient(NUMBER);
    body["callingWindow"] = json!(window);
    body
}

#[tokio::test]
async fn a_call_for_later_is_not_dialled_now() {
    let api = Api::ringing(&[]).await;
    let mut body = patient(NUMBER);
    body["notBefore"] = json!("2099-01-01T09:00:00+05:30");
    api.post(&body).await.names("notBefore");
    let soon = store::clock::Clock::now(&SystemClock) + Duration::from_secs(600);
    body["notBefore"] = json!(soon);
    let accepted = api.post(&body).await;
    assert_eq!(
        (accepted.status.as_u16(), &accepted.body["queued"]),
        (202, &json!(true))
    );
    assert_eq!(accepted.body["nextDialAt"], json!(soon));
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn outside_its_window_a_call_waits() {
    let api = Api::ringing(&[]).await;
    let window = window_in(2 * HOUR);
    let answer = api.post(&patient_within(&window)).await;
    let seen = (answer.status.as_u16(), &answer.body["queued"]);
    assert_eq!(seen, (202, &json!(true)), "{}", answer.body);
    let record = api.record(answer.body["sessionId"].as_str().unwrap()).await;
    assert_eq!(record["callingWindow"], window);
    let opens: Timestamp = record["nextDialAt"].as_str().unwrap().parse().unwrap();
    let wait = opens.since(SystemClock.now());
    assert!((HOUR..=2 * HOUR).contains(&wait), "{wait:?}");
    let timeline = record["timeline"].as_array().unwrap();
    let [created] = &timeline[..] else {
        panic!("{timeline:?}")
    };
    let expected = json!({ "sequence": 1, "at": record["createdAt"], "by": "api",
        "event": "created", "to": "initiating" });
    assert_eq!(created, &expected);
    assert_eq!(
        (&record["attempts"], &record["events"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn the_services_own_window_is_narrowed_by_a_request_and_not_replaced() {
    let own = window_in(2 * HOUR);
    let api = Api::ringing(&[("CALLING_WINDOW", &own)]).await;
    let first = api.post(&patient(NUMBER)).await.body;
    assert_eq!(first["queued"], true);
    let mut body = patient_within(&window_in(Duration::ZERO));
    body["patientData"]["phoneNumber"] = json!("+911234567891");
    let apart = api.post(&body).await;
    apart.names("callingWindow");
    let message = apart.body["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(&own), "{message}");
    // The second half of the hour is both its own and the service's.
    let half = HOUR / 2;
    body["callingWindow"] = json!(window_in(2 * HOUR + half));
    let narrowed = api.post(&body).await.body;
    let moment =
        |body: &Value| -> Timestamp { body["nextDialAt"].as_str().unwrap().parse().unwrap() };
    assert_eq!(moment(&narrowed).since(moment(&first)), half);
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn a_request_replaces_the_services_window_where_that_is_allowed() {
    let settings = [
        ("CALLING_WINDOW", window_in(2 * HOUR)),
        ("CALLING_WINDOW_OVERRIDE", "true".to_owned()),
    ];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let api = Api::ringing(&settings).await;
    assert_eq!(api.post(&patient(NUMBER)).await.body["queued"], true);
    let mut open = patient_within(&window_in(Duration::ZERO));
    open["patientData"]["phoneNumber"] = json!("+911234567891");
    assert_eq!(api.post(&open).await.body["status"], "dialing");
    assert_eq!(api.dialled(), 1);
}

#[tokio::test]
async fn a_window_that_makes_no_sense_is_named() {
    let api = Api::ringing(&[]).await;
    for window in [
        json!("09:00-21:00"),
        json!("09:00-21:00 Asia/Kalkutta"),
        json!("9-21 Asia/Kolkata"),
        json!("24:30-25:00 Asia/Kolkata"),
        json!("09:00-09:00 Asia/Kolkata"),
        json!("09:00–21:00 Asia/Kolkata"),
        json!(9),
        json!({ "from": "09:00" }),
    ] {
        let mut body = patient(NUMBER);
        body["callingWindow"] = window;
        api.post(&body).await.names("callingWindow");
    }
    assert_eq!(api.dialled(), 0);
}

#[tokio::test]
async fn a_call_that_expires_before_its_window_opens_is_refused_at_once() {
    let api = Api::ringing(&[]).await;
    let mut body = patient_within(&window_in(2 * HOUR));
    body["expiresAt"] = json!(SystemClock.now() + HOUR);
    api.post(&body).await.names("expiresAt");
    // It opens before the call expires, but the call may not be dialled until it has closed.
    body["notBefore"] = json!(SystemClock.now() + 4 * HOUR);
    body["expiresAt"] = json!(SystemClock.now() + 5 * HOUR);
    api.post(&body).await.names("expiresAt");
    let list = api.get("/api/outbound-calls").await.body;
    assert_eq!(list["calls"], json!([]));
    // Its last moment is the first one of the window.
    body["notBefore"] = Value::Null;
    body["expiresAt"] = json!(SystemClock.now() + 3 * HOUR);
    let accepted = api.post(&body).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let opens = &accepted.body["nextDialAt"];
    body["patientData"]["phoneNumber"] = json!("+911234567891");
    body["expiresAt"] = opens.clone();
    api.post(&body).await.names("expiresAt");
}
