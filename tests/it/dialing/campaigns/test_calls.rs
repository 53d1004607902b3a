//! A row tried out at a number of one's own: said is what the row says, and counted is nothing.

use super::*;
use crate::support::ask;
use call::{
    TestOf,
    answers::{Given, Source},
};
use serde_json::{Value, json};

/// Whoever wants to hear what the patient would.
const MINE: &str = "+919876543210";

/// Closed at [`START`], which is 04:10 there.
fn closed() -> Plan {
    Plan {
        hours: Hours::daily("10:00-19:00 Asia/Kolkata".parse().unwrap()),
        caller: Some(phone("+911234567800")),
        ..plan()
    }
}

fn path(id: CampaignId, row: impl std::fmt::Display) -> String {
    format!("/api/campaigns/{id}/rows/{row}/test-call")
}

impl World {
    async fn try_out(&self, path: &str, body: Value, key: Option<&str>) -> (u16, Value) {
        let mut headers = vec![("x-api-key", "key")];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        ask(&self.app, "POST", path, &headers, &body).await
    }

    /// A test call of this row, that rings.
    async fn tried_out(&self, id: CampaignId, row: u32) -> CallId {
        let body = json!({ "phoneNumber": MINE });
        let (status, answer) = self.try_out(&path(id, row), body, None).await;
        assert_eq!((status, &answer["status"]), (202, &json!("dialing")));
        answer["sessionId"].as_str().unwrap().parse().unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        let headers = [("x-api-key", "key")];
        let (status, answer) = ask(&self.app, "GET", path, &headers, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }
}

#[tokio::test]
async fn it_rings_whoever_asks_at_any_hour_with_what_the_row_says() {
    let world = World::start().await;
    let id = world.ready(1, closed(), &numbers(2)).await;
    let call = world.tried_out(id, 3).await;
    let dial = world.carrier.latest.lock().unwrap().clone().unwrap();
    assert_eq!((dial.call_id, dial.to), (call, phone(MINE)));
    assert_eq!(dial.caller, closed().caller);
    let store = &world.calls().store;
    let request = store.request(call).await.unwrap().unwrap();
    let row = store.row(id, 3).await.unwrap().unwrap();
    let mut told = row.entry.unwrap().patient;
    assert_eq!(told.name, "Patient 3");
    told.phone_number = phone(MINE);
    assert_eq!(request.patient, told);
    let body = json!({ "phoneNumber": "+919876543211", "language": "en" });
    let (_, answer) = world.try_out(&path(id, 3), body, None).await;
    let other = answer["sessionId"].as_str().unwrap().parse().unwrap();
    let request = store.request(other).await.unwrap().unwrap();
    assert_eq!(request.language.as_deref(), Some("en"));
}

#[tokio::test]
async fn it_is_marked_and_nothing_of_the_campaign_counts_it() {
    let world = World::start().await;
    let id = world.ready(1, closed(), &numbers(2)).await;
    let before = (world.row(id, 2).await, world.tally(id).await);
    let call = world.tried_out(id, 2).await;
    let session = world.load(call).await;
    assert_eq!(session.campaign, None);
    let of = TestOf {
        campaign_id: id,
        row: 2,
    };
    assert_eq!(session.test_of, Some(of));
    let listed = world.read("/api/outbound-calls").await;
    assert_eq!(listed["calls"][0]["testOf"], json!(of));
    world.pick_up(call, 1).await;
    let given = Given {
        value: json!(57),
        source: Source::Mcp,
        attempt: 1,
        conversation: Some(1),
        turn: Some(1),
        at: world.clock.now(),
    };
    let store = &world.calls().store;
    store
        .save_patient_answer(call, "age", &given)
        .await
        .unwrap();
    world.apply(call, crate::support::hung_up()).await;
    let record = world.read(&format!("/api/outbound-call/{call}")).await;
    assert_eq!(
        (&record["testOf"], &record["status"]),
        (&json!(of), &json!("completed"))
    );
    assert_eq!(record["answers"]["age"]["value"], 57);
    assert_eq!(
        (world.row(id, 2).await, world.tally(id).await),
        before,
        "the row is as it was"
    );
    assert_eq!(world.live(id).await, 0);
    assert_eq!(world.dials().await, 0, "the campaign was not started");
    let results = world.read(&format!("/api/campaigns/{id}/results")).await;
    assert_eq!(results["results"][0]["call"], Value::Null);
    let days = "?from=2026-10-30&to=2026-11-01";
    let figures = world.read(&format!("/api/analytics{days}")).await;
    assert_eq!(figures["calls"], 0, "{figures}");
    let rows = world.read(&format!("/api/export{days}")).await;
    assert_eq!(rows["rows"], json!([]));
}

#[tokio::test]
async fn what_cannot_be_tried_out_is_said_with_the_field() {
    let world = World::start().await;
    let mut numbers = numbers(1);
    numbers.push("12".to_owned());
    let id = world.ready(1, plan(), &numbers).await;
    let mine = json!({ "phoneNumber": MINE });
    let elsewhere = path(CampaignId::from_bytes([9; 16]), 2);
    for (path, body, status, field) in [
        (path(id, 3), mine.clone(), 422, "row"),
        (path(id, 9), mine.clone(), 422, "row"),
        (path(id, "two"), mine.clone(), 422, "row"),
        (path(id, 2), json!({}), 422, "phoneNumber"),
        (
            path(id, 2),
            json!({ "phoneNumber": "12" }),
            422,
            "phoneNumber",
        ),
        (
            path(id, 2),
            json!({ "phoneNumber": MINE, "language": "fr" }),
            422,
            "language",
        ),
        (
            path(id, 2),
            json!({ "phoneNumber": MINE, "name": "x" }),
            422,
            "name",
        ),
        (elsewhere, mine.clone(), 404, ""),
    ] {
        let (answered, answer) = world.try_out(&path, body, None).await;
        let named = answer["error"]["field"].as_str().unwrap_or_default();
        assert_eq!((answered, named), (status, field), "{answer}");
    }
    let now = world.clock.now();
    let store = &world.calls().store;
    store.erase_row("nobody", id, 2, now).await.unwrap();
    let (status, answer) = world.try_out(&path(id, 2), mine.clone(), None).await;
    assert_eq!((status, &answer["error"]["field"]), (422, &json!("row")));
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("erased")
    );
    assert_eq!(world.carrier.dials.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn no_row_is_tried_out_whose_patient_is_erased_meanwhile() {
    let world = World::start().await;
    let id = world.ready(1, plan(), &numbers(1)).await;
    let (calls, now) = (world.calls(), world.clock.now());
    calls.store.erase_row("nobody", id, 2, now).await.unwrap();
    let mut request = crate::support::request_for(MINE);
    request.test_of = Some(TestOf {
        campaign_id: id,
        row: 2,
    });
    let (created, _) = calls.create(&request, None).await.unwrap();
    assert_eq!(created, Created::TurnOver);
    assert_eq!(calls.store.load(request.id).await.unwrap(), None);
}

#[tokio::test]
async fn asked_for_twice_it_rings_once_and_who_wants_no_calls_gets_none() {
    let world = World::start().await;
    let id = world.ready(1, plan(), &numbers(2)).await;
    let mine = json!({ "phoneNumber": MINE });
    let key = Some("one");
    let (_, first) = world.try_out(&path(id, 2), mine.clone(), key).await;
    let (status, again) = world.try_out(&path(id, 2), mine.clone(), key).await;
    assert_eq!((status, &again["sessionId"]), (202, &first["sessionId"]));
    let (status, answer) = world.try_out(&path(id, 3), mine.clone(), key).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (422, &json!("idempotency_key_reused")),
        "another row is another request"
    );
    let (status, answer) = world.try_out(&path(id, 3), mine, None).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("phone_busy"))
    );
    assert_eq!(world.carrier.dials.lock().unwrap().len(), 1);
    let other = json!({ "phoneNumber": "+919876543211" });
    let headers = [("x-api-key", "key")];
    ask(&world.app, "POST", "/api/opt-outs", &headers, &other).await;
    let (status, answer) = world.try_out(&path(id, 2), other, None).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("opted_out"))
    );
}
