//! How many at once, and how many in a second.

use super::{Api, NUMBER, patient};
use reqwest::Method;
use serde_json::json;
use simulators::knowlarity::Dial;
use std::{collections::BTreeMap, time::Duration};

#[tokio::test]
async fn a_call_without_a_channel_waits_for_one() {
    let api = Api::ringing(&[("MAX_CONCURRENT_CALLS", "1")]).await;
    let first = api.call(NUMBER).await;
    let second = api.post(&patient("+911234567891")).await;
    assert_eq!(
        (second.status.as_u16(), &second.body["queued"]),
        (202, &json!(true))
    );
    assert_eq!(second.body["status"], "initiating");
    assert_eq!(api.dialled(), 1);
    api.ask(Method::DELETE, &format!("/api/outbound-call/{first}"))
        .await;
    let id = second.body["sessionId"].as_str().unwrap();
    api.wait_until(id, |record| record["status"] == "dialing")
        .await;
    assert_eq!(api.system.calls.store.channels_in_use().await.unwrap(), 1);
}

#[tokio::test]
async fn the_agents_plan_limits_calls_as_the_carriers_does() {
    let limits = [("MAX_CONCURRENT_CALLS", "5"), ("AGENT_CONCURRENCY", "2")];
    let api = Api::ringing(&limits).await;
    let mut queued = Vec::new();
    for n in 0..4 {
        let answer = api.post(&patient(&format!("+91123456780{n}"))).await;
        queued.push(answer.body["queued"].clone());
    }
    assert_eq!(json!(queued), json!([false, false, true, true]));
    for dialled in [2, 3, 4] {
        api.wait_dials(dialled).await;
        let list = api.get("/api/outbound-calls").await.body;
        let (stats, calls) = (&list["stats"], list["calls"].as_array().unwrap());
        assert_eq!(
            (&stats["channelsInUse"], &stats["channelsMax"]),
            (&json!(2), &json!(2))
        );
        assert_eq!(
            (api.dialled(), &stats["byState"]["dialing"]),
            (dialled, &json!(2))
        );
        let ringing = calls.iter().find(|call| call["status"] == "dialing");
        let id = ringing.unwrap()["sessionId"].as_str().unwrap();
        api.ask(Method::DELETE, &format!("/api/outbound-call/{id}"))
            .await;
    }
}

#[tokio::test]
async fn dials_are_paced() {
    let api = Api::start(&[("DIALS_PER_SECOND", "2")]).await;
    api.dials([Dial::NeverReports; 8]);
    for n in 0..8 {
        api.call(&format!("+91123456780{n}")).await;
    }
    api.wait_dials(8).await;
    let records = api.get("/api/outbound-calls?limit=20").await.body;
    let mut per_second: BTreeMap<String, usize> = BTreeMap::new();
    for call in records["calls"].as_array().unwrap() {
        let record = api.record(call["sessionId"].as_str().unwrap()).await;
        // The second in which a dial was begun is what counts; it may be sent in the next one.
        let began = record["attempts"][0]["startedAt"].as_str().unwrap();
        *per_second.entry(began[..19].to_owned()).or_default() += 1;
    }
    assert_eq!(per_second.values().sum::<usize>(), 8);
    assert!(per_second.values().all(|n| *n <= 2), "{per_second:?}");
    // Eight dials take four seconds of the clock, two whole ones of them between first and last.
    let dials = api.system.knowlarity.as_ref().unwrap().dials();
    let took = dials[7].at - dials[0].at;
    assert!(took >= Duration::from_secs(1), "{took:?}");
}
