//! What came of the rows, asked of the API.

use super::*;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::answers::{Given, Source};
use serde_json::{Value, json};
use tower::ServiceExt;

impl World {
    async fn results(&self, id: CampaignId, query: &str) -> Value {
        let (status, results) = self.ask(id, "results", query).await;
        assert_eq!(status, 200, "{results}");
        results
    }

    async fn ask(&self, id: CampaignId, what: &str, query: &str) -> (u16, Value) {
        let path = format!("/api/campaigns/{id}/{what}{query}");
        let request = Request::get(path).header("x-api-key", "key");
        let request = request.body(Body::empty()).unwrap();
        let router = functions::campaigns::router(self.app.clone());
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let is_kept_nowhere = answer.headers().get("cache-control");
        let is_kept_nowhere = is_kept_nowhere.is_some_and(|value| value == "no-store");
        assert!(what != "results" || is_kept_nowhere);
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    async fn answer(&self, id: CampaignId, number: u32, field: &str, value: Value) {
        let call = self.call_of(id, number).await.id;
        let given = Given {
            value,
            source: Source::Mcp,
            attempt: 1,
            conversation: Some(1),
            turn: Some(1),
            at: self.clock.now(),
        };
        let store = &self.calls().store;
        store
            .save_patient_answer(call, field, &given)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn each_row_is_given_with_what_stands_in_it_and_what_came_of_it() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(3)).await;
    world.dials().await;
    world.answer(id, 2, "age", json!(57)).await;
    world.talk(id, 2).await;
    world
        .carrier_says(id, 3, CarrierStatus::InvalidNumber)
        .await;
    let results = world.results(id, "").await;
    assert_eq!(results["questions"][1], "age");
    let rows = results["results"].as_array().unwrap();
    assert_eq!(rows.len(), 3);
    let (reached, failed, waiting) = (&rows[0], &rows[1], &rows[2]);
    assert_eq!(reached["cells"], json!([number(0), "Patient 2"]));
    assert_eq!(
        (&reached["row"], &reached["state"], &reached["dials"]),
        (&json!(2), &json!("reached"), &json!(1))
    );
    let call = &reached["call"];
    assert_eq!(
        (&call["status"], &call["cause"], &call["answers"]),
        (
            &json!("completed"),
            &json!("agent_ended"),
            &json!({ "age": 57 })
        )
    );
    assert_eq!(failed["call"]["cause"], "invalid_number");
    assert_eq!(waiting["state"], "pending");
    assert!(waiting.get("call").is_none());
}

#[tokio::test]
async fn page_by_page_no_row_is_lost_and_none_given_twice() {
    let world = World::start().await;
    let id = world.ready(1, plan(), &numbers(50)).await;
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.results(id, &format!("?limit=7{cursor}")).await;
        let rows = page["results"].as_array().unwrap();
        found.extend(rows.iter().map(|row| row["row"].as_u64().unwrap()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, (2..52).collect::<Vec<u64>>());
}

#[tokio::test]
async fn who_is_erased_gave_no_answer_that_is_told() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(1)).await;
    world.dials().await;
    world.answer(id, 2, "age", json!(57)).await;
    world.talk(id, 2).await;
    let call = world.call_of(id, 2).await.id;
    world.apply(call, CallEvent::Restricted).await;
    let results = world.results(id, "").await;
    assert!(results["results"][0].get("call").is_none(), "{results}");
}

#[tokio::test]
async fn what_is_to_be_expected_is_said_of_the_rows_that_are_not_done() {
    let world = World::start().await;
    let id = world.ready(1, plan(), &numbers(20)).await;
    let (status, whole) = world.ask(id, "forecast", "?paisePerMinute=80").await;
    assert_eq!((status, &whole["rows"]), (200, &json!(20)));
    assert_eq!(whole["dialsMax"], 40, "{whole}");
    assert_eq!(
        whole["paise"]["p50"],
        whole["minutes"]["p50"].as_u64().unwrap() * 80
    );
    let everybody = world.ask(id, "forecast", "?answerRate=100&doubt=0").await.1;
    assert_eq!(everybody["dials"], json!({ "p50": 20, "p90": 20 }));
    assert_eq!(everybody["reached"]["p90"], 20);
    assert_eq!(everybody["notFitting"]["p90"], 0);
    assert!(everybody.get("paise").is_none());

    world.tell(id, Event::Started).await;
    world.dials().await;
    world.talk(id, 2).await;
    let rest = world.ask(id, "forecast", "").await.1;
    assert_eq!(rest["rows"], 19);
    for query in ["?answerRate=101", "?talkSecs=0", "?seed=x", "?other=1"] {
        assert_eq!(world.ask(id, "forecast", query).await.0, 422, "{query}");
    }
}

#[tokio::test]
async fn earlier_calls_tell_how_many_will_answer_and_how_long_they_talk() {
    let world = World::start().await;
    let before = world.running(1, plan(), &numbers(64)).await;
    for rows in (2..66).collect::<Vec<u32>>().chunks(2) {
        world.dials().await;
        for row in rows {
            match row % 4 {
                0 => world.carrier_says(before, *row, CarrierStatus::Busy).await,
                _ => world.talk(before, *row).await,
            }
        }
    }
    world.tell(before, Event::Cancelled).await;
    ends::settle(&world, before).await;
    world.clock.advance(Duration::from_secs(1));

    let id = world.ready(2, plan(), &numbers(20)).await;
    let assumed = &world.ask(id, "forecast", "").await.1["assumed"];
    let hour = usize::from(plan().hours.hour(START).unwrap());
    let rates = assumed["answerRateByHour"].as_array();
    let rates = rates.unwrap_or_else(|| panic!("{assumed}"));
    assert_eq!(
        (&assumed["answerRate"], &assumed["answerRateFrom"]),
        (&json!(75), &json!("history")),
        "{assumed}"
    );
    assert_eq!(
        (&assumed["dialsKnown"], rates.len(), &rates[hour]),
        (&json!(64), 24, &json!(75))
    );
    let busy_at_once = world.ask(id, "forecast", "?doubt=0").await.1;
    assert_eq!(
        (&assumed["talkSecs"], &assumed["talkSecsFrom"]),
        (&json!(180), &json!("assumed")),
        "48 conversations are too few"
    );
    assert!(busy_at_once["reached"]["p50"].as_u64() > Some(15));
    let asked = &world.ask(id, "forecast", "?answerRate=10").await.1["assumed"];
    assert_eq!(
        (&asked["answerRate"], &asked["answerRateFrom"]),
        (&json!(10), &json!("query"))
    );
    assert!(asked.get("answerRateByHour").is_none());
}

#[tokio::test]
async fn a_row_says_why_it_is_not_called() {
    let world = World::start().await;
    let id = world.ready(1, plan(), &numbers(3)).await;
    let waits = async || {
        let rows = world.ask(id, "rows", "").await.1;
        let rows = rows["rows"].as_array().unwrap().clone();
        let waits = rows
            .iter()
            .map(|row| row["waits"].as_str().map(str::to_owned));
        waits.collect::<Vec<_>>()
    };
    let all = |words: &str| vec![Some(words.to_owned()); 3];
    assert_eq!(waits().await, all("not started, the campaign is ready"));
    world.tell(id, Event::Started).await;
    assert_eq!(waits().await, [None, None, None]);
    world.dials().await;
    let full = "as many calls go on as the campaign may have";
    assert_eq!(waits().await[2].as_deref(), Some(full));
    world.tell(id, Event::Paused).await;
    assert_eq!(waits().await, all("paused by a person"));
    world.tell(id, Event::Resumed).await;
    world
        .carrier_says(id, 2, CarrierStatus::InvalidNumber)
        .await;
    assert_eq!(waits().await[0], None, "it is done");
}
