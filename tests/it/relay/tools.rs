//! What the agent does over its own socket: it saves, hands over, and agrees on another call.

use super::world::{Setup, WITHIN, World};
use call::{CallState, EndCause, Outcome, ids::CallId, time::Timestamp};
use serde_json::{Value, json};
use simulators::{
    elevenlabs::{ConversationRecord, Failure, Say, Script, Step},
    speech::line,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

fn tool(name: &str, parameters: Value) -> Step {
    Step::CallTool {
        name: name.to_owned(),
        parameters,
        expects_response: true,
    }
}

async fn world(steps: impl Into<Vec<Step>>) -> World {
    let script = Script::new(steps);
    World::start(Setup {
        script,
        ..Setup::default()
    })
    .await
}

/// What the agent heard of its tools, and whether that was an error.
fn heard(agent: &ConversationRecord) -> Vec<(String, bool)> {
    let results = agent.tool_results.iter().map(|result| {
        let text = result["result"].as_str().unwrap().to_owned();
        (text, result["is_error"] == true)
    });
    results.collect()
}

async fn answers(world: &World, id: CallId) -> Value {
    let record = world.calls.store.record(id).await.unwrap().unwrap();
    let answers = record.answers.iter();
    answers
        .map(|answer| {
            let source = serde_json::to_value(answer.given.source).unwrap();
            (answer.field.clone(), json!([answer.given.value, source]))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[tokio::test]
async fn answers_are_saved_over_the_conversations_socket() {
    let world = world([
        tool(
            "save_patient_response",
            json!({ "field": "age", "value": 42 }),
        ),
        tool(
            "save_patient_data",
            json!({ "city": "जयपुर", "severity": 11 }),
        ),
        tool(
            "save_patient_response",
            json!({ "field": "age", "value": "old" }),
        ),
        tool("drop_table", json!({})),
        tool(
            "save_conversation_summary",
            json!({ "summary": "Asked for age." }),
        ),
    ])
    .await;
    let (id, _stream) = world.talking().await;
    let agent = world
        .agent_until(1, |agent| agent.tool_results.len() == 5)
        .await;
    let severity = "severity: expected one whole number in digits, from 1 to 10";
    let several = json!({ "saved": { "city": "जयपुर" }, "problems": [severity] });
    let expected = [
        (
            json!({ "saved": true, "field": "age", "value": 42 }).to_string(),
            false,
        ),
        (several.to_string(), false),
        (
            "age: expected one whole number in digits, from 0 to 120".to_owned(),
            true,
        ),
        ("there is no such tool".to_owned(), true),
        (json!({ "saved": true }).to_string(), false),
    ];
    let heard: Vec<(Option<Value>, bool)> = heard(&agent).into_iter().map(parsed).collect();
    assert_eq!(heard, expected.into_iter().map(parsed).collect::<Vec<_>>());
    assert!(agent.violations.is_empty(), "{:?}", agent.violations);
    assert_eq!(
        answers(&world, id).await,
        json!({
            "age": [42, "client_tool"], "city": ["जयपुर", "client_tool"],
            "_summary": ["Asked for age.", "client_tool"],
        })
    );
}

/// JSON whatever the order of its fields, or text.
fn parsed((text, is_error): (String, bool)) -> (Option<Value>, bool) {
    let value = serde_json::from_str(&text).unwrap_or(Value::String(text));
    (Some(value), is_error)
}

#[tokio::test]
async fn a_tool_that_nobody_waits_for_runs_without_an_answer() {
    let world = world([Step::CallTool {
        name: "save_patient_response".to_owned(),
        parameters: json!({ "field": "city", "value": "जयपुर" }),
        expects_response: false,
    }])
    .await;
    let (id, _stream) = world.talking().await;
    let saved = timeout(WITHIN, async {
        while answers(&world, id).await == json!({}) {
            sleep(Duration::from_millis(20)).await;
        }
    });
    saved.await.unwrap();
    let agent = world.agent_until(1, |_| true).await;
    assert_eq!(heard(&agent), []);
}

#[tokio::test]
async fn a_call_of_a_tool_that_is_delivered_twice_is_answered_twice_and_run_once() {
    let call = json!({
        "type": "client_tool_call",
        "client_tool_call": {
            "tool_name": "save_patient_response", "tool_call_id": "t1", "event_id": 3,
            "parameters": { "field": "age", "value": 42 },
        },
    });
    let pause = Step::Pause(Duration::from_millis(500));
    let world = world([Step::Send(call.clone()), pause, Step::Send(call)]).await;
    let (id, _stream) = world.talking().await;
    let agent = world
        .agent_until(1, |agent| agent.tool_results.len() == 2)
        .await;
    assert_eq!(agent.tool_results[0], agent.tool_results[1]);
    let record = world.calls.store.record(id).await.unwrap().unwrap();
    assert_eq!(record.session.answers_saved, 1);
    assert_eq!(record.answers[0].given.turn, Some(3));
}

fn age_in_turn(turn: u64, age: u64) -> Step {
    Step::Send(json!({
        "type": "client_tool_call",
        "client_tool_call": {
            "tool_name": "save_patient_response", "tool_call_id": format!("t{turn}-{age}"),
            "event_id": turn, "parameters": { "field": "age", "value": age },
        },
    }))
}

/// Turns start anew in the conversation that replaces a broken one.
#[tokio::test]
async fn a_correction_made_after_the_agent_broke_down_holds() {
    let world = World::start(Setup::default()).await;
    let pause = || Step::Pause(Duration::from_millis(300));
    world.agents.play([
        Script::new([age_in_turn(9, 41), pause(), Step::Fail(Failure::crash())]),
        Script::new([age_in_turn(2, 43), pause()]),
    ]);
    let (id, _stream) = world.talking().await;
    let second = world
        .agent_until(2, |agent| agent.tool_results.len() == 1)
        .await;
    let said: Value = serde_json::from_str(&heard(&second)[0].0).unwrap();
    assert_eq!(said, json!({ "saved": true, "field": "age", "value": 43 }));
    assert_eq!(answers(&world, id).await["age"][0], 43);
}

#[tokio::test]
async fn who_wants_no_more_calls_is_on_the_list_before_the_agent_says_so() {
    let world = world([tool("opt_out", json!({}))]).await;
    let (id, _stream) = world.talking().await;
    let agent = world
        .agent_until(1, |agent| agent.tool_results.len() == 1)
        .await;
    assert_eq!(
        heard(&agent),
        [(json!({ "noted": true }).to_string(), false)]
    );
    let record = world.calls.store.record(id).await.unwrap().unwrap();
    let number = &record.request.patient.phone_number;
    let entry = world.calls.store.opt_out_of(number).await.unwrap().unwrap();
    assert_eq!(
        (entry.by.as_str(), entry.since > record.session.created_at),
        ("agent", true)
    );
    // They may finish talking.
    assert_eq!(record.session.state, CallState::Active);
}

#[tokio::test]
async fn who_wants_to_be_called_again_is_after_the_goodbye() {
    let at: Timestamp = in_an_hour();
    let goodbye = line("agent_goodbye_hi").shortened(Duration::from_secs(1));
    let world = world([
        tool("schedule_callback", json!({ "time": "yesterday" })),
        tool(
            "schedule_callback",
            json!({ "time": "2020-01-01T00:00:00Z" }),
        ),
        tool(
            "schedule_callback",
            json!({ "time": "2126-01-01T00:00:00Z" }),
        ),
        tool("schedule_callback", json!({ "time": at.to_string() })),
        Step::Say(Say::from(goodbye).without_waiting()),
        Step::EndCall,
    ])
    .await;
    let id = world.dialing().await;
    let mut stream = world.connect(id).await;
    let agent = world
        .agent_until(1, |agent| agent.tool_results.len() == 4)
        .await;
    let heard = heard(&agent);
    for (said, is_error) in &heard[..3] {
        assert!(
            *is_error && said.starts_with("time: expected a moment"),
            "{said}"
        );
    }
    let noted: Value = serde_json::from_str(&heard[3].0).unwrap();
    assert_eq!(noted["noted"], true);
    assert!(
        noted["callback"].as_str().unwrap().ends_with("+05:30"),
        "{noted}"
    );
    stream.until_gone().await;
    world.until_retry(id, Outcome::CallbackAgreed).await;
    let session = world.calls.store.load(id).await.unwrap().unwrap();
    assert_eq!(session.dial_at, Some(at));
}

/// A moment an hour from now, in whole seconds.
fn in_an_hour() -> Timestamp {
    use store::clock::{Clock, SystemClock};
    Timestamp::from_millis((SystemClock.now().as_secs() + 3_600) * 1_000)
}

#[tokio::test]
async fn who_asks_for_a_person_is_handed_over_once_the_agent_was_heard() {
    let words = line("agent_goodbye_hi").shortened(Duration::from_secs(1));
    let world = world([
        Step::Say(Say::from(words.clone()).without_waiting()),
        tool("transfer_call", json!({ "number": "+911234567899" })),
    ])
    .await;
    let id = world.dialing().await;
    let mut stream = world.connect(id).await;
    let received = stream.until(|received| !received.texts.is_empty()).await;
    assert_eq!(received.pcm, &words.pcm[..], "heard out");
    let text: Value = serde_json::from_str(&received.texts[0]).unwrap();
    // The number of the settings, not one that the model came up with.
    assert_eq!(
        text,
        json!({ "type": "transfer", "data": { "textContent": "+911234567892" } })
    );
    stream.close().await;
    let session = world.until(id, CallState::Completed).await;
    assert_eq!(session.cause, Some(EndCause::Transferred));
    let agent = world.agent_until(1, |agent| agent.closed.is_some()).await;
    assert_eq!(
        heard(&agent),
        [(json!({ "transferring": true }).to_string(), false)]
    );
}
