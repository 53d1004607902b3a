//! What an integrator sees of each case of the sandbox.

use super::{World, settings};
use crate::{documents::document, support::patient};
use local::{
    system::{LOCAL_KEY, Options},
    up::{Arguments, outcomes::Outcomes},
};
use serde_json::{Value, json};
use settings::Env;
use simulators::cases::{Case, Chosen};
use std::{net::SocketAddr, time::Duration};
use tokio::task::JoinSet;

/// Longest wait for the end of a call.
const PATIENCE: Duration = Duration::from_secs(180);

fn nothing() -> Env {
    Env::from_reader(|_| None)
}

fn arguments(case: Option<Case>) -> Arguments {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Arguments {
        fast_retries: true,
        case: Chosen(case),
        ..Arguments::at(any, any)
    }
}

/// What `up` starts, in seconds instead of minutes, and with one re-dial.
fn sandbox(case: Option<Case>) -> Options {
    let mut options = Options {
        reads_environment: false,
        ..arguments(case).options(&nothing())
    };
    options.knowlarity.ring = Duration::from_millis(300);
    options.settings.extend(settings([
        ("RETRIES_MAX", "1"),
        ("RETRY_BUSY", "1s"),
        ("RETRY_NO_ANSWER", "1s"),
        ("RETRY_UNREACHABLE", "1s"),
        ("RETRY_AGENT_UNAVAILABLE", "1s"),
        ("RETRY_CONNECTION_LOST", "1s"),
        ("RING_TIMEOUT", "5s"),
        ("ANSWER_MARGIN", "10s"),
        ("RECONCILE_MARGIN", "2s"),
        ("DIAL_TIMEOUT", "4s"),
        ("DISCONNECT_GRACE", "10s"),
        ("MAX_CONCURRENT_CALLS", "30"),
    ]));
    options
}

/// Places a call to this number; the answer, which a refused number makes a 422.
async fn place(url: String, number: &str) -> Value {
    let client = reqwest::Client::new();
    let request = client.post(format!("{url}/api/outbound-call"));
    let request = request
        .header("x-api-key", LOCAL_KEY)
        .json(&patient(number));
    request.send().await.unwrap().json().await.unwrap()
}

/// Calls the number of a case until that is over; its record.
async fn called(world: &World, number: &str) -> Value {
    let answer = place(world.system.api_url.clone(), number).await;
    let id = answer["sessionId"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    world.ended(id).await
}

fn outcomes(record: &Value) -> Vec<&str> {
    let attempts = record["attempts"].as_array().unwrap().iter();
    attempts
        .map(|one| one["outcome"].as_str().unwrap_or("none"))
        .collect()
}

/// The record of a call once it has ended: twenty at once, on a machine that does other things, take their time.
async fn ended(world: &World, id: &str) -> Value {
    let is_over =
        |record: &Value| matches!(record["status"].as_str(), Some("completed" | "failed"));
    let over = async {
        loop {
            let record = world.record(id).await;
            if is_over(&record) {
                return record;
            }
            tokio::time::sleep(super::LOOK).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, over).await;
    found.unwrap_or_else(|_| panic!("call {id} does not end"))
}

/// How a call of each case ends: its state, cause and the outcomes of its attempts.
fn expected(case: Case) -> (&'static str, &'static str, &'static [&'static str]) {
    match case {
        Case::Answer
        | Case::AgentHangsUp
        | Case::NothingSaved
        | Case::LineReturns
        | Case::OptsOut => ("completed", "agent_ended", &["answered"]),
        Case::SaysNothing => ("completed", "agent_ended", &["answered"]),
        Case::HangsUp => ("completed", "callee_hung_up", &["answered"]),
        Case::BusyOnce => ("completed", "agent_ended", &["busy", "answered"]),
        Case::CallsBack => ("completed", "agent_ended", &["callback_agreed", "answered"]),
        Case::Busy => ("failed", "busy", &["busy", "busy"]),
        Case::NoAnswer | Case::NeverReports | Case::NeverReplies => {
            ("failed", "no_answer", &["no_answer", "no_answer"])
        }
        Case::SwitchedOff => ("failed", "unreachable", &["unreachable", "unreachable"]),
        Case::Rejected => ("failed", "rejected", &["refused"]),
        Case::InvalidNumber => ("failed", "invalid_number", &["refused"]),
        Case::LineBreaks => ("completed", "carrier_ended", &["answered"]),
        Case::LineDead => (
            "failed",
            "connection_lost",
            &["connection_lost", "connection_lost"],
        ),
        Case::AgentUnreachable | Case::AgentBreaksDown => (
            "failed",
            "agent_unavailable",
            &["agent_unavailable", "agent_unavailable"],
        ),
        // Every call waits then.
        Case::KeyRefused => ("initiating", "", &[]),
    }
}

fn is_as_expected(case: Case, record: &Value) -> bool {
    let (status, cause, attempts) = expected(case);
    record["status"] == status && record["cause"] == cause && outcomes(record) == attempts
}

#[tokio::test]
async fn each_number_of_the_sandbox_behaves_as_its_case_and_no_other_does() {
    let world = World::start(sandbox(None)).await;
    let mut calls = JoinSet::new();
    let ours = super::NUMBER;
    let cases = Case::ALL
        .into_iter()
        .filter(|case| *case != Case::KeyRefused);
    let numbers = cases.map(|case| (case, case.number()));
    for (nth, (case, number)) in (0..).zip(numbers.chain([(Case::Answer, ours)])) {
        let url = world.system.api_url.clone();
        calls.spawn(async move {
            // One after the other, so that a small machine can speak and listen for all of them.
            tokio::time::sleep(Duration::from_secs(nth)).await;
            (case, number, place(url, number).await)
        });
    }
    let mut wrong = Vec::new();
    for (case, number, answer) in calls.join_all().await {
        let id = answer["sessionId"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"));
        let record = ended(&world, id).await;
        if !is_as_expected(case, &record) {
            let found = (&record["status"], &record["cause"], outcomes(&record));
            wrong.push(format!("{} {number}: {found:?}", case.name()));
        }
        let has_answers = !record["answers"].as_object().unwrap().is_empty();
        let may_have = matches!(
            case,
            Case::Answer | Case::BusyOnce | Case::LineReturns | Case::CallsBack
        );
        let may_have_some = matches!(case, Case::HangsUp | Case::LineBreaks);
        if has_answers != may_have && !may_have_some {
            wrong.push(format!("{}: {}", case.name(), record["answers"]));
        }
        let lines = record["timeline"].as_array().unwrap().iter();
        let was_lost = lines.filter(|line| line["to"] == "disconnected").count() > 0;
        if was_lost != matches!(case, Case::LineReturns | Case::LineBreaks | Case::LineDead) {
            wrong.push(format!("{}: {}", case.name(), record["timeline"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let again = place(world.system.api_url.clone(), Case::OptsOut.number()).await;
    assert_eq!(again["error"]["code"], "opted_out");
}

#[tokio::test]
async fn a_case_that_is_chosen_holds_for_every_other_number() {
    let world = World::start(sandbox(Some(Case::AgentHangsUp))).await;
    let (chosen, own) = tokio::join!(
        called(&world, super::NUMBER),
        called(&world, Case::Busy.number())
    );
    assert!(is_as_expected(Case::AgentHangsUp, &chosen), "{chosen:#}");
    assert_eq!(chosen["answers"], json!({}));
    assert!(is_as_expected(Case::Busy, &own), "{own:#}");
}

#[tokio::test]
async fn a_key_that_is_refused_lets_every_call_wait() {
    let world = World::start(sandbox(None)).await;
    let answer = place(world.system.api_url.clone(), Case::KeyRefused.number()).await;
    let id = answer["sessionId"].as_str().unwrap();
    let waiting = world.wait_until(id, |record| record["queuedBecause"] == "carrier_auth");
    assert_eq!(waiting.await["status"], "initiating");
}

#[test]
fn fast_retries_leave_what_is_set_as_it_is() {
    let env = Env::from_reader(|name| (name == "RETRY_BUSY").then(|| "7m".to_owned()));
    let options = arguments(None).options(&env);
    assert_eq!(options.settings.get("RETRY_BUSY"), None);
    assert_eq!(options.settings["RETRY_CARRIER_ERROR"], "5s");
    assert_eq!(options.settings.len(), 5);
    let slow = Arguments {
        fast_retries: false,
        ..arguments(None)
    };
    assert!(slow.options(&env).settings.is_empty());
}

#[tokio::test]
async fn each_outcome_is_printed_once_with_its_signature_judged() {
    let mut options = sandbox(None);
    let key = webhooks::draw_signing_key();
    options
        .settings
        .insert("WEBHOOK_SIGNING_KEYS".to_owned(), key);
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let printer = Outcomes::listen(any, &nothing(), &mut options.settings)
        .await
        .unwrap();
    let world = World::start(options).await;
    let url = format!("{}/api/outbound-call", world.system.api_url);
    for (case, callback) in [(Case::Busy, None), (Case::Rejected, Some(printer.url()))] {
        let mut body = patient(case.number());
        body["callbackUrl"] = json!(callback);
        let request = reqwest::Client::new()
            .post(&url)
            .header("x-api-key", LOCAL_KEY);
        let reply = request.json(&body).send().await.unwrap();
        let reply: Value = reply.json().await.unwrap();
        world.ended(reply["sessionId"].as_str().unwrap()).await;
    }
    let mut out = Vec::new();
    let printed = printer.print(&world.system.calls, &mut out);
    assert!(
        tokio::time::timeout(Duration::from_secs(4), printed)
            .await
            .is_err()
    );
    let out = String::from_utf8(out).unwrap();
    let kinds: Vec<&str> = out
        .lines()
        .filter_map(|line| line.split(" {").next())
        .collect();
    let (ended, failed) = (
        "call.attempt_ended (signature right)",
        "call.failed (signature right)",
    );
    assert_eq!(kinds, [ended, failed, failed], "{out}");
    let with_transcript = out
        .lines()
        .filter(|line| line.contains("\"transcript\""))
        .count();
    assert_eq!(with_transcript, 1, "{out}");
}

#[tokio::test]
async fn who_is_told_of_every_call_already_is_not_replaced() {
    let env = Env::from_reader(|name| {
        let set = [("MONITORING_WEBHOOK_URL", "https://example.org/")];
        let found = set.iter().find(|(set, _)| *set == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut settings = settings([(
        "WEBHOOK_SIGNING_KEYS",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )]);
    assert!(Outcomes::listen(any, &env, &mut settings).await.is_err());
    assert_eq!(settings.len(), 1);
}

#[test]
fn the_guide_has_a_row_for_each_case() {
    let guide = document("infra/simulators/README.md");
    for case in Case::ALL {
        let row = format!(
            "| `{}` | `--{}` | {} | ",
            case.number(),
            case.name(),
            case.says().to_lowercase()
        );
        let found = guide
            .lines()
            .filter(|line| line.to_lowercase().starts_with(&row))
            .count();
        assert_eq!(found, 1, "{row}");
    }
}
