//! The functions that the CRM asks.

use super::*;
use crate::support::patient;
use store::campaigns::Campaigns;
use tests::campaigns::{id_of, importing};

#[tokio::test]
async fn trigger_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let call = patient("+911234567890");
    let request = ("POST", trigger::PATH, call);
    let (function, key) = (trigger::router, "once");
    let first = world.ask_as(key, function, request.clone(), 202).await;
    let again = world.ask_as(key, function, request, 202).await;
    assert_eq!(first["sessionId"], again["sessionId"]);
    world.compare("trigger");
}

#[tokio::test]
async fn trigger_asks_for_no_more_when_a_row_is_tried_out() {
    let world = World::new().await;
    let campaigns = Campaigns::of(&world.app.calls);
    let file = b"phone,name\n01234567890,Rahul\n";
    importing(&campaigns, id_of(1), file).await.unwrap();
    sweep::tick(&world.app).await;
    world.asked.take();
    let path = format!("/api/campaigns/{}/rows/2/test-call", id_of(1));
    let mine = json!({ "phoneNumber": "+911234567891" });
    let request = ("POST", path.as_str(), mine);
    let (function, key) = (trigger::router, "once");
    let first = world.ask_as(key, function, request.clone(), 202).await;
    let again = world.ask_as(key, function, request, 202).await;
    assert_eq!(first["sessionId"], again["sessionId"]);
    world.compare("trigger");
}

#[tokio::test]
async fn status_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let id = world.call("+911234567890").await;
    let path = format!("/api/outbound-call/{id}");
    world.asked.take();
    for request in [
        ("GET", "/health", Value::Null),
        ("GET", &path, Value::Null),
        ("DELETE", &path, Value::Null),
    ] {
        world.ask(status::router, request, 200).await;
    }
    world.compare("status");
}

#[tokio::test]
async fn list_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let request = ("GET", list::PATH, Value::Null);
    let page = world.ask(list::router, request, 200).await;
    assert_eq!(page["calls"].as_array().unwrap().len(), 1);
    let path = format!("{}?patientId=patient_123", list::PATH);
    let page = world
        .ask(list::router, ("GET", &path, Value::Null), 200)
        .await;
    assert_eq!(page["calls"].as_array().unwrap().len(), 1);
    world.compare("list");
}

#[tokio::test]
async fn channels_asks_for_what_its_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.clock.advance(A_WHILE);
    assert_eq!(sweep::tick(&world.app).await.dials, 1);
    // A counter that says less than there is.
    let store = &world.app.calls.store;
    let mut count = store.count_channels().await.unwrap().unwrap();
    count.live = 0;
    assert!(store.set_channels(&count).await.unwrap());
    world.asked.take();
    let request = ("POST", channels::PATH, Value::Null);
    let answer = world.ask(channels::router, request, 200).await;
    assert_eq!(answer, json!({ "before": 0, "after": 1 }));
    world.compare("channels");
}

#[tokio::test]
async fn unknown_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let request = ("GET", unknown::PATH, Value::Null);
    world.ask(unknown::router, request, 200).await;
    world.compare("unknown");
}

#[tokio::test]
async fn opt_outs_ask_for_what_their_role_allows() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let number = json!({ "phoneNumber": "+911234567890" });
    let numbers = json!({ "phoneNumbers": ["+911234567890", "+911234567891"] });
    for (method, body, expected) in [
        ("POST", &number, 201),
        ("POST", &numbers, 200),
        ("POST", &number, 200),
        ("GET", &Value::Null, 200),
        ("DELETE", &number, 204),
    ] {
        let request = (method, opt_outs::PATH, body.clone());
        world.ask(opt_outs::router, request, expected).await;
    }
    let today = world.app.calls.now().to_string()[..10].to_owned();
    let page = json!({ "asOf": today, "phoneNumbers": ["+911234567890"], "complete": true });
    for (method, body) in [("POST", page), ("GET", Value::Null)] {
        let request = (method, dnd_list::PATH, body);
        world.ask(opt_outs::router, request, 200).await;
    }
    let number = json!({ "phoneNumber": "+911234567890" });
    let request = ("POST", complaints::PATH, number);
    world.ask(opt_outs::router, request, 200).await;
    world.compare("opt_outs");
}

#[tokio::test]
async fn reports_ask_for_what_their_roles_allow() {
    let world = World::new().await;
    world.call("+911234567890").await;
    world.asked.take();
    let request = ("GET", reports::analytics::PATH, Value::Null);
    let figures = world.ask(reports::analytics::router, request, 200).await;
    assert_eq!(figures["calls"], 1);
    world.compare("analytics");
    let request = ("GET", reports::export::PATH, Value::Null);
    let page = world.ask(reports::export::router, request, 200).await;
    assert_eq!(page["rows"].as_array().unwrap().len(), 1);
    world.compare("export");
}

#[tokio::test]
async fn dialling_asks_for_what_its_role_allows() {
    let world = World::new().await;
    for (path, status) in [
        (dialling::PAUSE_PATH, "paused"),
        (dialling::RESUME_PATH, "running"),
    ] {
        let request = ("POST", path, json!({}));
        let answer = world.ask(dialling::router, request, 200).await;
        assert_eq!(answer["status"], status);
    }
    let request = ("GET", dialling::PATH, Value::Null);
    world.ask(dialling::router, request, 200).await;
    world.compare("dialling");
}
