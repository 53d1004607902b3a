//! The sound of a call on the page.

use super::*;
use ::recordings::{HEADER_BYTES, Segment, Stream};
use call::{Speaker, Turn, ids::CallId};
use reqwest::header::RANGE;

/// Bytes that were stored.
const STORED: usize = 16_000 * 9;

/// A call that is over, nine seconds of it recorded; its view.
async fn recorded(page: &Page) -> (CallId, String) {
    let mut body = crate::support::patient("+911234567890");
    body["recordingConsent"] = json!(true);
    let placed = page.api("/api/outbound-call", &body).await;
    let id = placed["sessionId"].as_str().unwrap().to_owned();
    let call: CallId = id.parse().unwrap();
    let calls = &page.system.calls;
    let began = calls.now();
    for event in [crate::support::picked_up(), crate::support::hung_up()] {
        calls.apply(call, &event).await.unwrap();
    }
    let turn = Turn {
        attempt: 1,
        at: began + Duration::from_secs(7),
        seq: 1,
        role: Speaker::Callee,
        text: "जी हाँ".to_owned(),
        interrupted: false,
    };
    calls.store.save_turn(call, &turn).await.unwrap();
    let of = Stream {
        call,
        attempt: 1,
        stream: 1,
        began,
    };
    let segment = Segment {
        of,
        seq: 0,
        is_last: true,
    };
    let sound = vec![7; STORED].into();
    page.system.recordings.put(segment, sound).await.unwrap();
    (call, format!("/calls/{id}"))
}

#[tokio::test]
async fn who_may_see_a_patient_listens_on_the_page_and_nobody_else() {
    let page = Page::start().await;
    let (_, path) = recorded(&page).await;
    let sound = format!("{path}/recording");
    let (doctor, reader) = (page.enter(DOCTOR).await, page.enter(READER).await);

    let hidden = page.get(&doctor, &path).await.body;
    assert!(hidden.contains("Recording") && !hidden.contains("<audio"));
    let view = page.press(&doctor, &path).await.body;
    let player = format!("<audio id=\"sound\" controls preload=\"none\" src=\"{sound}\"");
    assert!(view.contains(&player), "{view}");
    assert!(
        view.contains("data-seek=\"5\""),
        "two seconds before the turn"
    );

    let request = page.request(Method::GET, &sound).header(COOKIE, &doctor);
    let reply = request.header(RANGE, "bytes=0-99").send().await.unwrap();
    assert_eq!(reply.status(), StatusCode::PARTIAL_CONTENT);
    let whole = format!("bytes 0-99/{}", HEADER_BYTES + STORED);
    assert_eq!(reply.headers()["content-range"], whole.as_str());
    assert_eq!(reply.headers()["cache-control"], "no-store");
    assert_eq!(reply.bytes().await.unwrap().len(), 100);
    let told = crate::privacy::revealed(path.rsplit('/').next().unwrap());
    let by_doctor = told.iter().filter(|line| line.contains(r#""by":"doctor""#));
    assert_eq!((told.len(), by_doctor.count()), (2, 2), "{told:?}");
    let policy = page.get(&doctor, &path).await;
    assert!(
        policy
            .header("content-security-policy")
            .contains("media-src 'self'")
    );

    assert_eq!(
        page.get(&reader, &sound).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(page.get("", &sound).await.status, StatusCode::SEE_OTHER);
    page.system.stop().await.unwrap();
}

#[tokio::test]
async fn why_nothing_can_be_heard_is_said_in_the_language_of_the_page() {
    let page = Page::start().await;
    let (call, path) = recorded(&page).await;
    let doctor = page.enter(DOCTOR).await;
    let now = page.system.calls.now();
    page.system
        .calls
        .store
        .forget_recording(call, now)
        .await
        .unwrap();
    for (language, says) in [("en", "consent was withdrawn"), ("hi", "सहमति वापस ली गई")]
    {
        let cookies = format!("{doctor}; language={language}");
        let view = page.press(&cookies, &path).await.body;
        assert!(view.contains(says) && !view.contains("<audio"), "{view}");
    }
    let sound = format!("{path}/recording");
    assert_eq!(
        page.get(&doctor, &sound).await.status,
        StatusCode::NOT_FOUND
    );
    page.system.stop().await.unwrap();
}
