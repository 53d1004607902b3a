//! An answer that was acknowledged is kept, whatever happens around it.

use super::*;
use crate::support::hung_up;

#[tokio::test]
async fn several_answers_at_once_make_the_record_complete() {
    let world = World::start().await;
    let (_, said) = world
        .tool(
            "save_patient_data",
            json!({
                "patientName": "राहुल शर्मा", "age": "42", "gender": "पुरुष",
                "healthIssue": "सीने में दर्द", "duration": "दो हफ़्ते", "severity": 11,
            }),
        )
        .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["saved"]["gender"], "male");
    assert_eq!(
        said["problems"],
        json!(["severity: expected one whole number in digits, from 1 to 10"])
    );
    assert_eq!(world.record().await["dataComplete"], false);
    let (_, said) = world
        .tool("validate_patient_data", json!({ "severity": "7" }))
        .await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (&said["valid"], &said["values"]["severity"]),
        (&json!(true), &json!(7))
    );
    assert!(world.record().await["answers"]["severity"].is_null());
    let rest = json!({ "severity": "7", "city": "जयपुर" });
    world.tool("save_patient_data", rest).await;
    let summary = json!({ "summary": "Pain in the chest for two weeks." });
    world.tool("save_conversation_summary", summary).await;
    let record = world.record().await;
    assert_eq!(record["dataComplete"], true);
    assert_eq!(
        record["summary"]["value"],
        "Pain in the chest for two weeks."
    );
    assert_eq!(record["answers"].as_object().unwrap().len(), 7);
}

#[tokio::test]
async fn an_answer_that_comes_after_the_call_is_kept() {
    let world = World::start().await;
    world.apply(hung_up()).await;
    assert_eq!(world.record().await["status"], "completed");
    let city = json!({ "field": "city", "value": "जयपुर" });
    assert!(!world.tool("save_patient_response", city).await.0);
    assert_eq!(world.record().await["answers"]["city"]["value"], "जयपुर");
}

/// A function whose connection to the database dies with its n-th request, before or after the
/// database has done it.
fn dying(system: &Metered, nth: usize, is_done: bool) -> Arc<App> {
    let (meter, count) = (system.meter.clone(), Arc::new(AtomicUsize::new(0)));
    let client = in_process::client(move |operation, body| {
        let at = count.fetch_add(1, Ordering::Relaxed);
        let reply = (at < nth || (at == nth && is_done)).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply.filter(|_| at < nth) })
    });
    let whole = &system.app;
    let calls = Calls::new(
        CallStore::new(client, "calls"),
        whole.calls.clock.clone(),
        Policy::default(),
    );
    let mut app = App::new(calls, whole.carrier.clone(), system.api_config());
    app.tokens = whole.tokens.clone();
    Arc::new(app)
}

#[tokio::test]
async fn a_power_cut_at_any_request_loses_no_acknowledged_answer() {
    let mut acknowledged = 0;
    for nth in 0..6 {
        for is_done in [false, true] {
            let mut world = World::start().await;
            let whole = world.system.app.clone();
            world.system.app = dying(&world.system, nth, is_done);
            let age = json!({ "field": "age", "value": 42 });
            let (is_error, said) = world.tool("save_patient_response", age.clone()).await;
            world.system.app = whole;
            if is_error {
                assert_eq!(said, "the answer could not be saved, try again");
            } else {
                acknowledged += 1;
                assert_eq!(world.record().await["answers"]["age"]["value"], 42);
            }
            // The agent tries again, and it is there once.
            assert!(!world.tool("save_patient_response", age).await.0);
            let age = world.record().await["answers"]["age"].clone();
            assert_eq!(age["value"], 42);
            assert!(age["earlier"].is_null(), "{age}");
        }
    }
    assert!((4..12).contains(&acknowledged), "{acknowledged} of 12");
}
