//! On which terms a row's phone rings: which number is shown, in which hours, and what is kept of it.

use super::*;
use crate::support::ask;
use serde_json::{Value, json};

pub(super) const CALLER: &str = "+911409876543";

/// Calls that sell something, at every hour at which they may.
pub(super) fn sells() -> Plan {
    Plan {
        class: Class::Promotional,
        caller: Some(phone(CALLER)),
        ..plan()
    }
}

impl World {
    /// A campaign that sells something, at the first moment at which it may.
    async fn selling(&self, numbers: &[String]) -> CampaignId {
        let id = self.running(1, sells(), numbers).await;
        let opens = sells().next_open(START, None).unwrap();
        self.clock.advance(opens.since(START));
        self.bring(self.today(), &[], true).await;
        id
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        let key = [("x-api-key", "key")];
        let (status, body) = ask(&self.app, "GET", path, &key, &Value::Null).await;
        assert_eq!(status, 200, "{body}");
        body
    }
}

#[tokio::test]
async fn the_carrier_is_told_the_campaigns_number_and_that_it_sells() {
    let world = World::start().await;
    world.selling(&numbers(1)).await;
    assert_eq!(world.dials().await, 1);
    let dialled = world.carrier.latest.lock().unwrap().clone().unwrap();
    assert_eq!(
        (dialled.caller, dialled.is_promotional),
        (Some(phone(CALLER)), true)
    );
}

#[tokio::test]
async fn a_row_may_be_recorded_if_the_plan_says_that_the_patients_agreed() {
    let world = World::start().await;
    for recording_consent in [true, false] {
        let plan = Plan {
            recording_consent,
            ..plan()
        };
        let seed = u8::from(recording_consent) + 1;
        let id = world.running(seed, plan, &[number(seed.into())]).await;
        assert_eq!(world.dials().await, 1);
        let call = world.call_of(id, 2).await.id;
        let request = world.app.calls.store.request(call).await.unwrap();
        assert_eq!(request.unwrap().recording_consent, recording_consent);
        world.carrier_says(id, 2, CarrierStatus::Busy).await;
    }
}

#[tokio::test]
async fn a_call_of_a_row_says_whose_it_is_and_on_which_terms_each_of_its_phones_rang() {
    let world = World::start().await;
    let id = world.selling(&numbers(1)).await;
    world.dials().await;
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    let call = world.call_of(id, 2).await;
    world
        .clock
        .advance(call.dial_at.unwrap().since(world.clock.now()));
    world.dials().await;
    let record = world.get(&format!("/api/outbound-call/{}", call.id)).await;
    assert_eq!(record["campaign"], json!({"campaignId": id, "row": 2}));
    let attempts = record["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    for attempt in attempts {
        let terms = ["caller", "class", "callingWindow"].map(|name| &attempt[name]);
        let kept = [CALLER, "promotional", "00:00-24:00 Asia/Kolkata"];
        assert_eq!(terms, kept.map(|text| json!(text)).each_ref());
    }
    let list = world.get("/api/outbound-calls").await;
    assert_eq!(list["calls"][0]["campaign"], record["campaign"]);
}

#[tokio::test]
async fn a_single_call_is_a_service_call_of_no_campaign() {
    let world = World::start().await;
    let id = world.call(in_shard(0), &number(0)).await;
    let path = format!("/api/outbound-call/{id}");
    let record = world.get(&path).await;
    assert_eq!(record["campaign"], Value::Null);
    assert_eq!(world.dials().await, 1);
    let record = world.get(&path).await;
    assert_eq!(record["attempts"][0]["class"], "service");
}
