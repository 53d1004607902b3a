//! How each operation is asked, by its id in the API's description.

use super::{Asked, FILE, NUMBER, World, asked};
use crate::support::patient;
use campaign::Event;
use serde_json::{Value, json};
use std::time::Duration;
use store::campaigns::{Campaigns, ImportRules, PART_BYTES_MAX, Sha256};
use tests::campaigns::{id_of, upload};

impl World {
    /// What is asked of an operation at a moment at which it is not refused.
    pub(super) async fn prepared(&self, operation: &str, seed: u8) -> Asked {
        let id = id_of(seed);
        let of = |rest: &str| format!("/api/campaigns/{id}/{rest}");
        let now = self.system.app.calls.now();
        match operation {
            "placeCall" => asked("/api/outbound-call", patient("+911234567891")),
            "placeTestCall" => {
                self.campaign(id, &[]).await;
                asked(
                    of("rows/2/test-call"),
                    json!({ "phoneNumber": "+911234567892" }),
                )
            }
            "createCampaign" => {
                let file = json!({
                    "name": "patients.csv", "bytes": FILE.len(), "parts": 1,
                    "sha256": Sha256::of(FILE).to_string(),
                });
                let plan = json!({ "expiresAt": now + Duration::from_hours(48) });
                let body = json!({ "name": "June", "file": file, "plan": plan });
                asked("/api/campaigns", body)
            }
            "importFile" => {
                let campaigns = Campaigns::of(&self.system.app.calls);
                let rules = ImportRules::default();
                let made = upload(&campaigns, id, FILE, rules, PART_BYTES_MAX).await;
                made.unwrap();
                asked(of("import"), Value::Null)
            }
            "startCampaign" => {
                self.campaign(id, &[]).await;
                asked(of("start"), Value::Null)
            }
            "pauseCampaign" => {
                self.campaign(id, &[Event::Started]).await;
                asked(of("pause"), Value::Null)
            }
            "resumeCampaign" => {
                self.campaign(id, &[Event::Started, Event::Paused]).await;
                asked(of("resume"), Value::Null)
            }
            "cancelCampaign" => {
                self.campaign(id, &[Event::Started]).await;
                asked(of("cancel"), Value::Null)
            }
            "retryFailed" => {
                self.campaign(id, &[]).await;
                asked(of("retry-failed"), json!({ "round": 2 }))
            }
            "addOptOut" => asked("/api/opt-outs", json!({ "phoneNumber": NUMBER })),
            "bringDndList" => {
                let day = &now.to_string()[..10];
                let body = json!({ "asOf": day, "phoneNumbers": [NUMBER], "complete": true });
                asked("/api/dnd-list", body)
            }
            "answerComplaint" => asked("/api/complaints", json!({ "phoneNumber": NUMBER })),
            "replayEvents" => asked("/api/events/replay", json!({ "parked": true })),
            "reconcileChannels" => asked("/api/channels/reconcile", Value::Null),
            "pauseDialling" => asked("/api/dialling/pause", json!({ "reason": "a fire drill" })),
            "resumeDialling" => asked("/api/dialling/resume", Value::Null),
            new => panic!("say how {new} is asked"),
        }
    }
}
