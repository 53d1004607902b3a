//! The simulated campaign manager: uploads a file, starts it, and changes their mind.

use super::{
    crm::{ask, exchange},
    history::Fact,
    process::Process,
    world::{API_KEY, World},
};
use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    body::Body,
    http::{HeaderValue, Request},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use campaign::{CampaignId, Event};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use store::campaigns::{Campaigns, Changed, Sha256};
use tokio::time::sleep;

/// Tries of one request before the manager gives up on it.
const TRIES_MAX: usize = 8;

/// How often it is looked whether the file was read, some seconds apart.
const LOOKS_MAX: usize = 40;

/// Numbers that the campaign's rows have, among them those of the single calls.
const PHONES: u64 = 7;

/// Runs a campaign beside the single calls, in some runs and whenever a fault of campaigns is planted.
pub(super) async fn run_campaign(world: Arc<World>) {
    let is_wanted = world.dice.chance(400);
    if !is_wanted && !world.bug.is_some_and(|bug| bug.is_of_campaigns()) {
        return;
    }
    sleep(world.dice.millis(0, 20_000)).await;
    let (file, rows) = file(&world);
    let Some(id) = create(&world, &file).await else {
        return;
    };
    if upload(&world, id, &file).await.is_none() || !is_read(&world, id).await {
        return;
    }
    world.note(Fact::Imported(id, rows));
    Manager { world: &world, id }.manage().await;
}

/// A file, and how many rows it has.
fn file(world: &World) -> (String, u32) {
    let dice = &world.dice;
    let mut text = "phone,name,patient id\n".to_owned();
    let mut rows = 0;
    for n in 0..3 + dice.below(5) {
        let phone = dice.below(PHONES);
        text += &match dice.below(10) {
            0 => format!("12,Nobody {n},C-{n}\n"),
            _ => format!("91123456780{phone},Patient {n},C-{}\n", dice.below(20)),
        };
        rows += 1;
    }
    (text, rows)
}

async fn create(world: &Arc<World>, file: &str) -> Option<CampaignId> {
    let dice = &world.dice;
    let digest = Sha256::of(file.as_bytes()).to_string();
    let window = dice.pick(&[
        (3, "00:00-24:00 Asia/Kolkata"),
        (1, "09:00-20:59 Asia/Kolkata"),
    ]);
    let expires_at = world.now() + dice.millis(200_000, 600_000);
    let mut plan = json!({
        "expiresAt": expires_at, "hours": window,
        "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        "concurrency": 1 + dice.below(2), "retries": dice.below(3),
    });
    if dice.chance(300) {
        plan["dialsPerMinute"] = json!(1 + dice.below(20));
    }
    let file = json!({
        "name": "patients.csv", "bytes": file.len(), "parts": 1, "sha256": digest,
    });
    let body = json!({ "name": "June", "file": file, "plan": plan });
    let headers = [("idempotency-key", "campaign")];
    for _ in 0..TRIES_MAX {
        match ask(world, "POST", "/api/campaigns", &headers, &body).await {
            Some((201, answer)) => return answer["campaignId"].as_str()?.parse().ok(),
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            // A plan that comes too late for its own hours.
            Some((422, _)) => return None,
            Some((status, answer)) => {
                wrong(world, "a campaign", status, &answer);
                return None;
            }
        }
    }
    None
}

/// Sends the file, and has it imported.
async fn upload(world: &Arc<World>, id: CampaignId, file: &str) -> Option<()> {
    let digest = STANDARD.encode(digest(&SHA256, file.as_bytes()));
    let part = move || {
        Request::put(format!("/api/campaigns/{id}/parts/1"))
            .header("content-type", "application/octet-stream")
            .header("content-digest", format!("sha-256=:{digest}:"))
            .body(Body::from(file.to_owned()))
    };
    let import = move || Request::post(format!("/api/campaigns/{id}/import")).body(Body::empty());
    insist(world, "a part", part).await?;
    insist(world, "an import", import).await
}

/// Sends a request until it is answered.
async fn insist(
    world: &Arc<World>,
    what: &str,
    request: impl Fn() -> Result<Request<Body>, axum::http::Error> + Send,
) -> Option<()> {
    for _ in 0..TRIES_MAX {
        let mut request = request().expect("a request of ours");
        let key = HeaderValue::from_static(API_KEY);
        request.headers_mut().insert("x-api-key", key);
        match exchange(world, request).await {
            Some((200 | 202, _)) => return Some(()),
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            // Its time is over.
            Some((409, _)) => return None,
            Some((status, answer)) => {
                wrong(world, what, status, &answer);
                return None;
            }
        }
    }
    None
}

fn wrong(world: &World, what: &str, status: u16, answer: &Value) {
    let wrong = format!("{what} was answered {status}: {answer}");
    world.note(Fact::Wrong(wrong));
}

async fn is_read(world: &Arc<World>, id: CampaignId) -> bool {
    let path = format!("/api/campaigns/{id}");
    for _ in 0..LOOKS_MAX {
        sleep(world.dice.millis(1_000, 6_000)).await;
        let answer = ask(world, "GET", &path, &[], &Value::Null).await;
        if let Some((200, answer)) = answer {
            match answer["state"].as_str() {
                Some("ready") => return true,
                Some("importing") => {}
                // No row can be called, or the time is over.
                _ => return false,
            }
        }
    }
    false
}

struct Manager<'a> {
    world: &'a Arc<World>,
    id: CampaignId,
}

impl Manager<'_> {
    async fn manage(&self) {
        let dice = &self.world.dice;
        self.go_on(Event::Started).await;
        for _ in 0..dice.below(6) {
            sleep(dice.millis(0, 10_000)).await;
            if dice.chance(700) {
                self.await_a_dial().await;
            }
            self.stop(Event::Paused).await;
            sleep(dice.millis(0, 10_000)).await;
            self.go_on(Event::Resumed).await;
        }
        sleep(dice.millis(10_000, 60_000)).await;
        match dice.below(10) {
            0 | 1 => self.stop(Event::Cancelled).await,
            2..=5 => self.retry_failed().await,
            _ => {}
        }
    }

    /// Waits for the worst moment: a dial of the campaign is about to leave.
    async fn await_a_dial(&self) {
        for _ in 0..10_000 {
            if self.world.is_about_to_dial(self.id) {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Lets the campaign go on; whoever hears no answer may have done it.
    async fn go_on(&self, event: Event) {
        self.world.note(Fact::GoesOn(self.id));
        self.tell(&event).await;
    }

    async fn stop(&self, event: Event) {
        if let Some(Changed::Applied { .. }) = self.tell(&event).await {
            self.world.note(Fact::Stopped(self.id));
        }
    }

    async fn retry_failed(&self) {
        let process = self.world.instance("api");
        let store = &process.calls().store;
        let known = async {
            let (campaign, tally) = (store.campaign(self.id), store.tally(self.id));
            Some((campaign.await.ok()??.round, tally.await.ok()?.failed))
        };
        if let Some(Some((round, failed))) = process.run(known).await {
            let round = round + 1;
            self.go_on(Event::RetryFailed { round, failed }).await;
        }
    }

    /// Tells the campaign, again until there is an answer.
    async fn tell(&self, event: &Event) -> Option<Changed> {
        for _ in 0..TRIES_MAX {
            let process: Arc<Process> = self.world.instance("api");
            let campaigns = Campaigns::of(&process.calls());
            if let Some(Ok(changed)) = process.run(campaigns.apply(self.id, event)).await {
                return Some(changed);
            }
            sleep(self.world.dice.millis(500, 6_000)).await;
        }
        None
    }
}
