//! What is known of the dials to a number that complains.

use super::{terms::CALLER, *};
use crate::support::ask;
use serde_json::{Value, json};

const FILE: &str = "phone,name,consent source,consent time,consent purpose,consent text\n\
    01234567800,Asha,form at the desk,2026-10-01,check-ups,I want to hear of check-ups\n";

impl World {
    /// A campaign that sells something, imported from a file and running.
    async fn sold_by(&self, file: &str) -> CampaignId {
        let (campaigns, id) = (self.campaigns(), CampaignId::from_bytes([7; 16]));
        let plan = Plan {
            class: Class::Promotional,
            caller: Some(phone(CALLER)),
            expires_at: START + Duration::from_hours(10 * 24),
            ..plan()
        };
        let now = self.clock.now();
        let draft = Campaign::create(id, "June", plan.clone(), now).unwrap();
        let (bytes, rules) = (file.as_bytes(), ImportRules::default());
        let digest = Sha256::of(bytes);
        let described = CampaignFile::new("june.csv", bytes.len() as u64, 1, digest, rules);
        let store = &campaigns.store;
        store
            .create_campaign(&draft, &described, None)
            .await
            .unwrap();
        let part = store.put_part(id, 1, bytes, digest.into(), now);
        part.await.unwrap();
        campaigns
            .begin_import(id, &["hi".to_owned()])
            .await
            .unwrap();
        for _ in 0..5 {
            self.dials().await;
        }
        self.tell(id, Event::Started).await;
        let opens = plan.next_open(now, None).unwrap();
        self.clock.advance(opens.since(now));
        self.bring(self.today(), &[], true).await;
        id
    }

    async fn complaint(&self, body: Value) -> Value {
        let key = [("x-api-key", "key")];
        let (status, told) = ask(&self.app, "POST", "/api/complaints", &key, &body).await;
        assert_eq!(status, 200, "{told}");
        told
    }
}

#[tokio::test]
async fn each_dial_is_told_with_its_terms_and_the_consent_that_it_rests_on() {
    let world = World::start().await;
    let id = world.sold_by(FILE).await;
    assert_eq!(world.dials().await, 1);
    let first = world.clock.now();
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    let call = world.call_of(id, 2).await;
    world.clock.advance(call.dial_at.unwrap().since(first));
    assert_eq!(world.dials().await, 1);
    let entry = store::OptOut {
        phone_number: phone(&number(0)),
        since: world.clock.now(),
        reason: Some("asked".to_owned()),
        by: "desk".to_owned(),
    };
    world.calls().store.opt_out(&entry).await.unwrap();
    world.carrier_says(id, 2, CarrierStatus::DoNotDisturb).await;
    let told = world.complaint(json!({ "phoneNumber": number(0) })).await;
    let now = world.clock.now();
    let terms = json!({ "caller": CALLER, "class": "promotional", "callingWindow": "00:00-24:00 Asia/Kolkata" });
    let dial = |more: Value| {
        let mut dial = terms.clone();
        dial.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        dial
    };
    let expected = json!({
        "phoneNumber": number(0),
        "optedOut": { "since": now, "by": "desk", "reason": "asked" },
        "doNotDisturb": { "refusedAt": now, "counts": true },
        "calls": [{
            "sessionId": call.id, "createdAt": call.created_at,
            "status": "failed", "cause": "do_not_disturb",
            "campaign": { "campaignId": id, "row": 2 },
            "consent": {
                "source": "form at the desk", "time": "2026-10-01", "purpose": "check-ups",
                "text": "I want to hear of check-ups",
            },
            "dials": [
                dial(json!({ "attempt": 1, "at": first, "outcome": "busy", "endedAt": first })),
                dial(json!({ "attempt": 2, "at": now, "outcome": "refused",
                    "refusalReason": "do_not_disturb", "endedAt": now })),
            ],
        }],
        "withheld": 0,
        "nextCursor": null,
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn calls_come_page_by_page_and_nothing_of_who_is_to_be_erased() {
    let world = World::start().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = world.call(store::clock::draw_call_id(), &number(0)).await;
        world.apply(id, CallEvent::Cancelled).await;
        world.clock.advance(Duration::from_secs(1));
        ids.push(id);
    }
    world.call(store::clock::draw_call_id(), &number(1)).await;
    world.apply(ids[1], CallEvent::Restricted).await;
    let (mut cursor, mut found, mut withheld) = (Value::Null, Vec::new(), Vec::new());
    loop {
        let mut body = json!({ "phoneNumber": number(0), "limit": 1 });
        if !cursor.is_null() {
            body["cursor"] = cursor;
        }
        let page = world.complaint(body).await;
        let calls = page["calls"].as_array().unwrap();
        found.extend(calls.iter().map(|call| call["sessionId"].clone()));
        withheld.push(page["withheld"].clone());
        cursor = page["nextCursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found, [json!(ids[0]), json!(ids[2])]);
    let withheld: u64 = withheld.iter().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(withheld, 1);
    let unknown = world.complaint(json!({ "phoneNumber": number(9) })).await;
    assert_eq!(unknown["calls"], json!([]));
}
