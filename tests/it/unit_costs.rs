//! What each step of a call costs at the database: requests, and capacity as DynamoDB counts it.
//! The numbers stand in `tests/README.md`; a change of them is a change of the bill.

use crate::support::clean_audio;
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use call::{
    CallEvent, CarrierStatus, HangUp, HungUpBy, Policy, Speaker, Turn,
    ids::{CallId, ConversationId},
};
use campaign::{Event, Hours, Plan, RowEvent};
use functions::sweep;
use insta::assert_snapshot;
use serde_json::{Map, Value, json};
use std::time::Duration;
use store::{ConversationKey, Received, ReportSource, campaigns::Campaigns, clock::Clock as _};
use tests::{
    campaigns::{csv_of, id_of, importing, plan},
    meter::{API_KEY, Cost, Metered},
};
use tower::ServiceExt;

/// Turns of the conversation that is counted.
const TURNS: u32 = 12;

/// Heartbeats of a conversation of three minutes.
const BEATS: u32 = 18;

struct Bill {
    system: Metered,
    lines: String,
}

impl Bill {
    async fn start(policy: Policy) -> Self {
        crate::privacy::watch();
        Self {
            system: Metered::start(policy).await,
            lines: String::new(),
        }
    }

    /// Writes down what was spent since the line before.
    fn line(&mut self, what: &str) -> Cost {
        let cost = self.system.meter.take();
        self.lines += &format!("{what}: {cost}\n");
        cost
    }

    async fn ask(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> Value {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", API_KEY)
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let router = functions::router(self.system.app.clone());
        let answer = router.oneshot(request).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn trigger(&self, number: &str, key: Option<&str>) -> CallId {
        let body = json!({
            "patientData": {
                "id": "patient_123", "name": "राहुल शर्मा", "phoneNumber": number,
                "treatmentType": "heart surgery consultation",
                "crmData": {
                    "lastVisit": "2024-01-15", "doctor": "Dr. Smith", "department": "Cardiology",
                },
            },
            "callbackUrl": "https://crm.example.com/outcomes",
        });
        let answer = self.ask("POST", "/api/outbound-call", key, &body).await;
        answer["sessionId"].as_str().unwrap().parse().unwrap()
    }

    async fn apply(&self, id: CallId, event: CallEvent) {
        self.system.app.calls.apply(id, &event).await.unwrap();
    }

    /// What the relay stores of one conversation, as it stores it.
    async fn converse(&self, id: CallId, attempt: u8) {
        let carrier_call_id = None;
        self.apply(
            id,
            CallEvent::StreamOpened {
                attempt,
                carrier_call_id,
            },
        )
        .await;
        let conversation_id = ConversationId::new("conv_1");
        self.apply(
            id,
            CallEvent::AgentReady {
                attempt,
                stream: 1,
                conversation_id,
            },
        )
        .await;
        self.talk(id, attempt).await;
        let by = HungUpBy::Agent;
        self.apply(
            id,
            CallEvent::HangingUp {
                attempt,
                stream: 1,
                because: HangUp::Agent,
            },
        )
        .await;
        self.apply(
            id,
            CallEvent::HungUp {
                attempt,
                stream: 1,
                by,
            },
        )
        .await;
    }

    /// Its turns, its heartbeats and what is said of its audio.
    async fn talk(&self, id: CallId, attempt: u8) {
        for seq in 1..=TURNS {
            let turn = Turn {
                seq,
                attempt,
                at: self.system.app.calls.now(),
                role: if seq % 2 == 1 {
                    Speaker::Agent
                } else {
                    Speaker::Callee
                },
                text: "हृदय शल्य परामर्श के लिए, कृपया अपनी उम्र बताइए।".to_owned(),
                interrupted: false,
            };
            let store = &self.system.app.calls.store;
            store.save_turn(id, &turn).await.unwrap();
        }
        for _ in 0..BEATS {
            self.system.clock.advance(Duration::from_secs(10));
            self.apply(
                id,
                CallEvent::Heartbeat {
                    attempt,
                    stream: 1,
                    voice: call::Voice::Nobody,
                },
            )
            .await;
        }
        let app = &self.system.app;
        let report = clean_audio(attempt, app.calls.now());
        app.calls.store.save_audio(id, &report).await.unwrap();
    }

    /// What the platform's webhook keeps of that conversation, with an answer to every question.
    async fn report(&self, id: CallId) {
        let answers = json!({
            "patientName": "राहुल शर्मा", "age": 42, "gender": "male", "healthIssue": "सीने में दर्द",
            "duration": "दो हफ़्ते", "severity": 7, "city": "जयपुर",
        });
        let results = answers.as_object().unwrap().iter();
        let results = results.map(|(field, value)| (field.clone(), json!({ "value": value })));
        let turn = json!({
            "role": "agent", "message": "हृदय शल्य परामर्श के लिए, कृपया अपनी उम्र बताइए।",
            "time_in_call_secs": 3,
        });
        let report = json!({
            "conversation_id": "conv_1", "status": "done",
            "transcript": vec![turn; TURNS as usize],
            "metadata": { "start_time_unix_secs": 1_793_400_000, "call_duration_secs": 180 },
            "analysis": {
                "call_successful": "success", "transcript_summary": "All seven were answered.",
                "data_collection_results": results.collect::<Map<_, _>>(),
            },
        });
        let conversation_id = ConversationId::new("conv_1");
        let key = ConversationKey {
            call_id: id,
            conversation_id,
        };
        let (calls, report) = (&self.system.app.calls, report.to_string());
        let source = ReportSource::Webhook;
        let kept =
            calls
                .store
                .receive_conversation(&key, 1, report.as_bytes(), source, calls.now());
        assert_eq!(kept.await.unwrap(), Received::Stored);
    }

    async fn sweep(&self) -> sweep::SweepReport {
        sweep::tick(&self.system.app).await
    }
}

#[tokio::test]
async fn what_each_step_costs() {
    let policy = Policy {
        max_concurrent_calls: 1,
        ..Policy::default()
    };
    let mut bill = Bill::start(policy).await;
    bill.sweep().await;
    bill.line("the first tick of a sweep, nothing due");
    let id = bill.trigger("+911234567890", None).await;
    bill.line("a trigger that dials");
    let waiting = bill.trigger("+911234567891", Some("key")).await;
    bill.line("a trigger that waits for a channel, with a request key");
    bill.trigger("+911234567891", Some("key")).await;
    bill.line("the same again");
    bill.ask(
        "GET",
        &format!("/api/outbound-call/{id}"),
        None,
        &Value::Null,
    )
    .await;
    bill.line("the status of a call that rings");
    bill.apply(
        id,
        CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: call::Voice::Nobody,
        },
    )
    .await;
    bill.line("an event that changes nothing");
    bill.converse(id, 1).await;
    bill.line("the relay's part of a conversation of 3 minutes, 12 turns");
    bill.ask(
        "GET",
        &format!("/api/outbound-call/{id}"),
        None,
        &Value::Null,
    )
    .await;
    bill.line("the status of a call that is over");
    let report = bill.sweep().await;
    assert_eq!((report.dials, report.outcomes), (1, 1));
    bill.line("a tick that dials once and tells one outcome");
    let status = CarrierStatus::Busy;
    bill.apply(waiting, CallEvent::Carrier { attempt: 1, status })
        .await;
    bill.line("a busy line");
    assert_snapshot!(bill.lines);
}

#[tokio::test]
async fn what_a_command_with_a_request_key_costs() {
    let mut bill = Bill::start(Policy::default()).await;
    for what in ["all dials held back, with a request key", "the same again"] {
        let path = "/api/dialling/pause";
        bill.ask("POST", path, Some("key"), &json!({})).await;
        bill.line(what);
    }
    assert_snapshot!(bill.lines);
}

#[tokio::test]
async fn what_whole_calls_cost() {
    let mut bill = Bill::start(Policy::default()).await;
    let id = bill.trigger("+911234567890", None).await;
    bill.converse(id, 1).await;
    assert_eq!(bill.sweep().await.outcomes, 1);
    bill.line("answered at the first dial, its outcome delivered, one tick of a sweep");
    bill.report(id).await;
    bill.line("its post-call report, kept");
    let (first, second) = (bill.sweep().await, bill.sweep().await);
    assert_eq!((first.conversations, second.conversations), (1, 0));
    assert_eq!(first.outcomes + second.outcomes, 1);
    bill.line("seven answers read from it, the CRM informed, two ticks of a sweep");
    let id = bill.trigger("+911234567891", None).await;
    let status = CarrierStatus::Busy;
    bill.apply(id, CallEvent::Carrier { attempt: 1, status })
        .await;
    bill.system.clock.advance(Duration::from_secs(301));
    let report = bill.sweep().await;
    assert_eq!((report.dials, report.outcomes), (1, 1));
    bill.converse(id, 2).await;
    assert_eq!(bill.sweep().await.outcomes, 1);
    bill.line("busy, then answered, both outcomes delivered, two ticks of a sweep");
    assert_snapshot!(bill.lines);
}

#[tokio::test]
async fn what_an_import_costs() {
    let mut bill = Bill::start(Policy::default()).await;
    let csv = csv_of(400, 100);
    let campaigns = Campaigns::of(&bill.system.app.calls);
    importing(&campaigns, id_of(1), csv.as_bytes())
        .await
        .unwrap();
    bill.line("a campaign made, its file of 400 patients uploaded in one part, its import begun");
    bill.sweep().await;
    bill.line("its 400 rows stored by one tick of a sweep");
    let store = &campaigns.store;
    assert_eq!(store.tally(id_of(1)).await.unwrap().rows(), 400);
    bill.line("its rows counted");
    let page = store.rows(id_of(1), None, 0, 200).await.unwrap();
    assert_eq!(page.rows.len(), 200);
    bill.line("a page of 200 rows");
    let cancelled = RowEvent::CampaignCancelled;
    campaigns.apply_row(id_of(1), 2, &cancelled).await.unwrap();
    bill.line("a row moved");
    assert_snapshot!(bill.lines);
}

/// It is looked at each second of every night, and its rows are counted once a minute.
#[tokio::test(start_paused = true)]
async fn a_campaign_that_rests_is_looked_at_and_its_rows_are_not() {
    let bill = Bill::start(Policy::default()).await;
    let campaigns = Campaigns::of(&bill.system.app.calls);
    let id = id_of(1);
    importing(&campaigns, id, csv_of(5, 100).as_bytes())
        .await
        .unwrap();
    sweep::tick(&bill.system.app).await;
    let ten_ticks = async || {
        let _ = bill.system.meter.take();
        sweep::run_for(&bill.system.app, Duration::from_millis(9_500)).await;
        bill.system.meter.take()
    };
    let idle = ten_ticks().await;
    let plan = Plan {
        hours: Hours::usual(),
        ..plan(bill.system.clock.now())
    };
    let plan = Box::new(plan);
    for event in [Event::PlanChanged { plan }, Event::Started] {
        campaigns.apply(id, &event).await.unwrap();
    }
    let resting = ten_ticks().await;
    let more = resting.total_requests() - idle.total_requests();
    let (looks, counts) = (10 * 2, 1);
    assert_eq!(more, looks + counts, "{resting} instead of {idle}");
}
