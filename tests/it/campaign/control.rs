//! Commands to a campaign of a running system: each once and twice, by the API and by the command line.

use super::{
    brought::{Told, remote, run},
    service::{Answer, READER, Service, answer},
};
use ::campaign::CampaignId;
use local::campaign::{
    Command, Ended,
    control::{Named, Start},
    status::Status,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::knowlarity::Dial;
use std::time::Duration;

const LOOKS_MAX: usize = 300;

fn file(rows: usize) -> String {
    let row = |n| format!("012345678{n:02},Asha {n}\n");
    "Phone,Name\n".to_owned() + &(0..rows).map(row).collect::<String>()
}

impl Service {
    pub(super) fn dials<const N: usize>(&self, dials: [Dial; N]) {
        self.system.knowlarity.as_ref().unwrap().behave(dials);
    }

    /// Makes a campaign of so many rows that can be called and has it imported; its path.
    pub(super) async fn ready(&self, rows: usize, plan: Value) -> String {
        let file = file(rows);
        let mut wanted = super::service::wanted(file.as_bytes(), 1);
        wanted["plan"]["retries"] = json!(0);
        for (name, value) in plan.as_object().unwrap() {
            wanted["plan"][name] = value.clone();
        }
        let made = self.post("/api/campaigns", &wanted).await.is(201);
        let path = format!("/api/campaigns/{}", made["campaignId"].as_str().unwrap());
        self.put_part(&path, 1, file.as_bytes()).await.is(200);
        self.ask(&path, "import").await.is(202);
        self.until(&path, |campaign| campaign["state"] == "ready")
            .await;
        path
    }

    async fn ask(&self, campaign: &str, command: &str) -> Answer {
        self.post(&format!("{campaign}/{command}"), &json!({}))
            .await
    }

    async fn until(&self, campaign: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        for _ in 0..LOOKS_MAX {
            let found = self.get(campaign).await.is(200);
            if is_so(&found) {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("still {}", self.get(campaign).await.body)
    }

    async fn set_plan(&self, campaign: &str, if_match: Option<&str>, plan: &Value) -> Answer {
        let mut request = self.request(Method::PUT, &format!("{campaign}/plan"));
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        answer(request.json(plan)).await
    }
}

pub(super) fn id_of(campaign: &str) -> CampaignId {
    campaign.rsplit('/').next().unwrap().parse().unwrap()
}

fn start(named: Named) -> Command {
    let dry_run = false;
    Command::Start(Start { named, dry_run })
}

/// Gives a command twice; both are answered the same.
async fn twice(command: fn(Named) -> Command, service: &Service, campaign: &str) -> Told {
    let named = Named {
        id: id_of(campaign),
        remote: remote(service),
    };
    let (first, again) = (
        run(&command(named.clone()), None).await,
        run(&command(named), None).await,
    );
    assert_eq!((first.ended, &first.talk), (again.ended, &again.talk));
    assert_eq!(first.out, again.out);
    first
}

#[tokio::test]
async fn every_command_twice_is_as_once() {
    let service = Service::start().await;
    service.dials([Dial::NeverReports; 2]);
    let campaign = service.ready(3, json!({ "concurrency": 2 })).await;
    let refused = twice(Command::Pause, &service, &campaign).await;
    assert_eq!(refused.ended, Ended::Faulty);
    assert_eq!(refused.talk, "the campaign was not started\n");
    let started = twice(start, &service, &campaign).await;
    assert!(
        started.out.starts_with("Follow-up is running, "),
        "{}",
        started.out
    );
    let full = service
        .until(&campaign, |campaign| campaign["live"]["dials"] == 2)
        .await;
    assert_eq!(full["live"]["inFlight"], 2);
    let waits = "as many calls go on as the campaign may have, 3 left";
    assert_eq!(full["live"]["waits"], waits);
    let paused = twice(Command::Pause, &service, &campaign).await;
    assert_eq!((paused.ended, paused.ended.code()), (Ended::Done, 0));
    assert_eq!(paused.out, "Follow-up is paused, 2 calls go on\n");
    let told = service.get(&campaign).await.is(200);
    assert_eq!(told["live"]["waits"], "paused by a person, 3 left");
    assert_eq!(told["pausedBy"], "person");
    let status = Command::Status(Status {
        id: id_of(&campaign),
        watch: false,
        forecast: false,
        remote: remote(&service),
    });
    let status = run(&status, None).await;
    assert!(
        status
            .out
            .contains("\n2 calls go on, 2 dials, the last at "),
        "{}",
        status.out
    );
    assert!(
        status.out.ends_with("\npaused by a person, 3 left\n"),
        "{}",
        status.out
    );
    let refused = twice(start, &service, &campaign).await;
    assert_eq!(refused.talk, "the campaign is paused: resume it\n");
    let resumed = twice(Command::Resume, &service, &campaign).await;
    assert_eq!(resumed.out, "Follow-up is running, 2 calls go on\n");
    let cancelled = twice(Command::Cancel, &service, &campaign).await;
    assert_eq!(cancelled.out, "Follow-up is cancelled, 2 calls go on\n");
    let refused = twice(Command::Resume, &service, &campaign).await;
    assert_eq!(refused.talk, "the campaign is cancelled and stays so\n");
    let told = service
        .until(&campaign, |campaign| campaign["counts"]["pending"] == 0)
        .await;
    assert_eq!(told["counts"]["cancelled"], 1);
    let audit = told["audit"].as_array().unwrap().iter();
    let events: Vec<&str> = audit.map(|line| line["event"].as_str().unwrap()).collect();
    let commands = ["started", "paused", "resumed", "cancelled"];
    let found: Vec<&str> = events
        .into_iter()
        .filter(|event| commands.contains(event))
        .collect();
    assert_eq!(found, commands);
}

#[tokio::test]
async fn failed_rows_are_called_again_once_for_each_wish() {
    let service = Service::start().await;
    service.dials([Dial::Busy; 8]);
    let campaign = service.ready(2, json!({})).await;
    service.ask(&campaign, "start").await.is(200);
    let watch = Command::Status(Status {
        id: id_of(&campaign),
        watch: true,
        forecast: false,
        remote: remote(&service),
    });
    let watched = run(&watch, None).await;
    assert_eq!(watched.ended, Ended::Done);
    let lines: Vec<&str> = watched.out.lines().collect();
    assert!(lines[0].starts_with("running, 2 rows: "), "{}", watched.out);
    assert_eq!(lines.last(), Some(&"completed, 2 rows: 2 failed"));
    let again = async |body: Value| {
        let path = format!("{campaign}/retry-failed");
        service.post(&path, &body).await
    };
    for round in [0, 1, 6] {
        again(json!({ "round": round })).await.names("round");
    }
    for _ in 0..2 {
        let begun = again(json!({ "round": 2 })).await.is(200);
        assert_eq!(begun["round"], 2);
    }
    let over = |campaign: &Value| campaign["state"] == "completed";
    let done = service.until(&campaign, over).await;
    assert_eq!(
        (&done["live"]["dials"], &done["round"]),
        (&json!(4), &json!(2))
    );
    // What comes late begins nothing.
    let late = again(json!({ "round": 2 })).await.is(200);
    assert_eq!(
        (&late["state"], &late["round"]),
        (&json!("completed"), &json!(2))
    );
    let told = twice(Command::RetryFailed, &service, &campaign).await;
    assert_eq!(told.ended, Ended::Done);
    let done = service.until(&campaign, over).await;
    assert_eq!(
        (&done["live"]["dials"], &done["round"]),
        (&json!(6), &json!(3))
    );
}

#[tokio::test]
async fn a_plan_is_changed_by_who_has_read_it_as_it_is() {
    let service = Service::start().await;
    let campaign = service.ready(1, json!({})).await;
    let read = service.get(&campaign).await;
    let tag = read.etag.clone().unwrap();
    let mut plan = read.is(200)["plan"].clone();
    plan["concurrency"] = json!(7);
    let set = async |tag: Option<&str>, plan: &Value| service.set_plan(&campaign, tag, plan).await;
    set(None, &plan).await.refused(428, "if_match_required");
    for tag in ["*", "3", "\"x\""] {
        set(Some(tag), &plan).await.names("If-Match");
    }
    set(Some("\"1\""), &plan)
        .await
        .refused(412, "changed_meanwhile");
    let mut wrong = plan.clone();
    wrong["concurrency"] = json!(0);
    set(Some(&tag), &wrong).await.names("concurrency");
    wrong.as_object_mut().unwrap().remove("concurrency");
    set(Some(&tag), &wrong).await.names("concurrency");
    let mut other = plan.clone();
    other["class"] = json!("promotional");
    set(Some(&tag), &other).await.names("caller");
    other["caller"] = json!("+911401234567");
    other["hours"] = json!("10:00-21:00 Asia/Kolkata");
    set(Some(&tag), &other).await.refused(409, "campaign_state");
    // The same change sent again is done, though the tag is that of before.
    for _ in 0..2 {
        let changed = set(Some(&tag), &plan).await;
        assert_ne!(changed.etag.as_ref(), Some(&tag));
        assert_eq!(changed.is(200)["plan"], plan);
    }
    plan["concurrency"] = json!(8);
    set(Some(&tag), &plan)
        .await
        .refused(412, "changed_meanwhile");
    let told = service.get(&campaign).await.is(200);
    let last = told["audit"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["event"], "plan_changed");
    assert_ne!(last["planBefore"]["concurrency"], 7);
}

#[tokio::test]
async fn commands_need_their_scope_a_campaign_and_its_rows() {
    let service = Service::start().await;
    let draft = service.campaign(file(1).as_bytes(), 1).await;
    let nobody = "/api/campaigns/00000000-0000-4000-8000-000000000000";
    for command in ["start", "pause", "resume", "cancel", "retry-failed"] {
        let path = format!("{draft}/{command}");
        let reader = service.request_of(READER, Method::POST, &path);
        answer(reader).await.refused(403, "forbidden");
        service
            .ask(nobody, command)
            .await
            .refused(404, "no_such_campaign");
        if command != "cancel" {
            let refused = service.ask(&draft, command).await;
            refused.refused(409, "campaign_state");
        }
    }
    service.ask(&draft, "cancel").await.is(200);
    let import = service.ask(&draft, "import").await;
    let refused = import.refused(409, "campaign_state");
    assert_eq!(
        refused["error"]["message"],
        "the campaign is cancelled and stays so"
    );
}
