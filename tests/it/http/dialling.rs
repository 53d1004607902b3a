//! No phone rings while nobody could talk, and none when an operator says so.

use super::{Answer, Api, NUMBER, patient};
use call::dialling::BURST;
use local::system::{LOCAL_KEY, Options};
use reqwest::Method;
use serde_json::{Value, json};
use simulators::{
    crm::Receiver,
    elevenlabs::{self, Failure, Script, Step},
    knowlarity::Dial,
};
use webhooks::draw_signing_key;

impl Api {
    async fn dialling(&self) -> Value {
        self.ask(Method::GET, "/api/dialling").await.body
    }

    async fn command(&self, what: &str) -> Answer {
        let path = format!("/api/dialling/{what}");
        let request = self.request(Method::POST, &path).bearer_auth(LOCAL_KEY);
        super::answer(request.json(&json!({}))).await
    }

    /// Asks for a call that waits, and says why it does.
    async fn waits(&self, number: &str, because: &str) -> String {
        let answer = self.post(&patient(number)).await;
        assert_eq!(answer.status, 202);
        assert_eq!(answer.body["queued"], true);
        let id = answer.body["sessionId"].as_str().unwrap().to_owned();
        let record = self.record(&id).await;
        assert_eq!(
            (&record["status"], &record["queuedBecause"]),
            (&json!("initiating"), &json!(because))
        );
        id
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_costs_one_dial_and_no_call() {
    let api = Api::start(&[]).await;
    api.dials([Dial::Status(401), Dial::Answer, Dial::Answer]);
    let first = api.waits(NUMBER, "carrier_auth").await;
    let second = api.waits("+911234567891", "carrier_auth").await;
    assert_eq!(api.dialled(), 1, "the second was not tried");
    assert_eq!(api.dialling().await["carrier"]["cause"], "auth");

    let resumed = api.command("resume").await.body;
    assert_eq!(resumed, json!({ "status": "running" }));
    for id in [first, second] {
        api.wait_until(&id, |record| record["status"] == "active")
            .await;
    }
    assert_eq!(api.dialled(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_refuses_everybody_rings_one_patient() {
    let script = Script::new([Step::Fail(Failure::error(1008, "override_error"))]);
    let api = Api::with(Options {
        elevenlabs: elevenlabs::Settings::with_script(script),
        ..Options::default()
    })
    .await;
    let id = api.call(NUMBER).await;
    let record = api
        .wait_until(&id, |record| !record["attempts"][0]["agentFault"].is_null())
        .await;
    assert_eq!(record["attempts"][0]["agentFault"], "configuration");
    assert_eq!(record["status"], "initiating", "rung again later");
    loop {
        let dialling = api.dialling().await;
        if dialling["status"] == "paused" {
            assert_eq!(dialling["because"], "agent_configuration");
            break;
        }
    }
    api.waits("+911234567891", "agent_configuration").await;
    assert_eq!(api.dialled(), 1);
}

/// Any of them may have rung, and none of it is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_fails_dial_after_dial_is_left_alone() {
    let api = Api::start(&[]).await;
    api.dials([Dial::Status(500); 9]);
    for n in 0..BURST {
        let answer = api.post(&patient(&format!("+91123456781{n}"))).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    api.waits(NUMBER, "carrier_burst").await;
    assert_eq!(api.dialled(), BURST as usize);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_holds_dials_back_and_lets_them_go() {
    let api = Api::start(&[]).await;
    let talking = api.call(NUMBER).await;
    api.wait_until(&talking, |record| record["status"] == "active")
        .await;
    let paused = api.command("pause").await.body;
    assert_eq!(
        (&paused["status"], &paused["operator"]["by"]),
        (&json!("paused"), &json!("local"))
    );
    let waiting = api.waits("+911234567891", "operator").await;
    assert_eq!(api.record(&talking).await["status"], "active", "it goes on");
    assert_eq!(api.dialled(), 1);
    api.command("resume").await;
    api.wait_until(&waiting, |record| record["status"] == "active")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_monitoring_hears_that_calls_wait() {
    let (monitoring, key) = (Receiver::start().await, draw_signing_key());
    let url = monitoring.url("/outcomes");
    let api = Api::start(&[
        ("MONITORING_WEBHOOK_URL", &url),
        ("WEBHOOK_SIGNING_KEYS", &key),
    ])
    .await;
    api.command("pause").await;
    api.waits(NUMBER, "operator").await;
    let notices = monitoring.wait_for(1, super::WAIT).await;
    let notice = &notices[0];
    assert!(notice.is_signed_with(&key));
    let event = notice.json();
    assert_eq!(
        (&event["type"], &event["data"]),
        (&json!("dialling.paused"), &json!({ "because": "operator" }))
    );
}

#[tokio::test]
async fn a_pause_needs_no_body_and_no_content_type() {
    let api = Api::ringing(&[]).await;
    let pause = || {
        api.request(Method::POST, "/api/dialling/pause")
            .bearer_auth(LOCAL_KEY)
    };
    let paused = super::answer(pause()).await;
    assert_eq!(
        (paused.status.as_u16(), &paused.body["status"]),
        (200, &json!("paused"))
    );
    super::answer(pause().header("content-type", "text/plain").body("later"))
        .await
        .is_error(415, "unsupported_content_type");
    super::answer(pause().json(&json!({ "why": "?" })))
        .await
        .is_error(422, "invalid_field");
}

#[tokio::test]
async fn who_may_not_command_dials_does_not() {
    let api = Api::ringing(&[]).await;
    for path in [
        "/api/dialling",
        "/api/dialling/pause",
        "/api/dialling/resume",
    ] {
        let method = if path.ends_with("dialling") {
            Method::GET
        } else {
            Method::POST
        };
        let url = format!("{}{path}", api.system.api_url);
        let request = reqwest::Client::new().request(method, url).json(&json!({}));
        super::answer(request).await.is_error(401, "unauthorized");
    }
    let request = api
        .request(Method::POST, "/api/dialling/pause")
        .bearer_auth(LOCAL_KEY);
    let answer = super::answer(request.json(&json!({ "reason": 7 }))).await;
    answer.names("reason");
    assert_eq!(api.dialling().await, json!({ "status": "running" }));
}

#[tokio::test]
async fn a_body_that_may_be_left_out_may_be_null() {
    let api = Api::start(&[]).await;
    for (body, status) in [(json!(null), 200), (json!({}), 200), (json!([]), 422)] {
        let request = api.request(Method::POST, "/api/dialling/pause");
        let request = request.bearer_auth(LOCAL_KEY).json(&body);
        assert_eq!(super::answer(request).await.status, status, "{body}");
    }
}
