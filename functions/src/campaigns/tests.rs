//! Bodies that make a campaign, as the API reads them.

use super::{body::Wanted, plan};
use crate::http::Violation;
use call::{Policy, time::Timestamp};
use campaign::{Class, Plan};
use serde_json::{Map, Value, json};

const NOW: Timestamp = Timestamp::from_millis(1_793_400_000_000); // 2026-10-30T22:40:00Z

fn minimal() -> Value {
    json!({
        "name": "Follow-up after surgery",
        "file": { "name": "patients.xlsx", "bytes": 9_000_000, "parts": 3, "sha256": "ab".repeat(32) },
        "plan": { "expiresAt": "2026-11-06T19:00:00+05:30" },
    })
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(object) = value else {
        panic!("the case is no object")
    };
    object
}

fn read_by(body: Value, policy: &Policy) -> Result<Wanted, Violation> {
    Wanted::read(object(body), policy, NOW)
}

fn read(body: Value) -> Result<Wanted, Violation> {
    read_by(body, &Policy::default())
}

fn with(pointer: &str, name: &str, value: Value) -> Value {
    let mut body = minimal();
    body.pointer_mut(pointer).unwrap()[name] = value;
    body
}

#[test]
fn who_names_an_end_alone_has_the_usual_plan() {
    let wanted = read(minimal()).unwrap();
    let end = "2026-11-06T13:30:00Z".parse().unwrap();
    assert_eq!(wanted.plan, Plan::usual(&Policy::default(), end));
    assert_eq!((wanted.file.bytes, wanted.file.parts), (9_000_000, 3));
    assert_eq!(wanted.name, "Follow-up after surgery");
}

#[test]
fn a_plan_is_read_whole_and_shown_as_it_was_given() {
    let plan = json!({
        "class": "promotional", "hours": "11:00-18:00 Asia/Kolkata", "days": ["mon", "wed"],
        "holidays": ["2026-11-04"], "concurrency": 3, "dialsPerMinute": 10, "retries": 1,
        "priority": 9, "expiresAt": "2026-11-06T13:30:00.000Z", "caller": "+911400000000",
        "recordingConsent": true,
    });
    let wanted = read(with("", "plan", plan.clone())).unwrap();
    assert_eq!(wanted.plan.class, Class::Promotional);
    let shown = serde_json::to_value(plan::PlanView::of(&wanted.plan)).unwrap();
    assert_eq!(shown, plan);
    // What is shown can be sent back, and names everything.
    assert_eq!(plan::read("", object(shown), None).unwrap(), wanted.plan);
}

#[test]
fn a_plan_that_takes_the_place_of_another_leaves_nothing_out() {
    let usual = Plan::usual(&Policy::default(), NOW);
    let whole = serde_json::to_value(plan::PlanView::of(&usual)).unwrap();
    for name in [
        "class",
        "hours",
        "days",
        "concurrency",
        "retries",
        "priority",
        "expiresAt",
    ] {
        let mut plan = object(whole.clone());
        plan.remove(name).unwrap();
        let missing = plan::read("", plan, None).unwrap_err();
        assert_eq!(missing.field, name);
    }
}

#[test]
fn the_first_field_that_breaks_a_rule_is_named() {
    for (pointer, name, value, field) in [
        ("", "name", json!(""), "name"),
        ("", "name", Value::Null, "name"),
        ("", "file", Value::Null, "file"),
        ("", "plan", json!([]), "plan"),
        ("", "rows", json!(1), "rows"),
        ("", "phoneColumn", json!("a\nb"), "phoneColumn"),
        ("", "requiredVariables", json!("ward"), "requiredVariables"),
        (
            "",
            "requiredVariables",
            json!(["ward", ""]),
            "requiredVariables[1]",
        ),
        (
            "",
            "requiredVariables",
            json!(vec!["w"; 51]),
            "requiredVariables",
        ),
        ("/file", "name", Value::Null, "file.name"),
        ("/file", "bytes", json!(0), "file.bytes"),
        ("/file", "bytes", json!(15_000_001), "file.bytes"),
        ("/file", "bytes", json!("9"), "file.bytes"),
        ("/file", "parts", json!(0), "file.parts"),
        ("/file", "parts", json!(101), "file.parts"),
        ("/file", "parts", json!(70_000), "file.parts"),
        ("/file", "sha256", json!("ab"), "file.sha256"),
        ("/file", "delimiter", json!("\""), "file.delimiter"),
        ("/file", "delimiter", json!("और"), "file.delimiter"),
    ] {
        names(with(pointer, name, value.clone()), &value, field);
    }
}

#[test]
fn the_first_rule_that_a_plan_breaks_is_named() {
    for (pointer, name, value, field) in [
        ("/plan", "class", json!("gift"), "plan.class"),
        ("/plan", "hours", json!("10-19"), "plan.hours"),
        ("/plan", "days", json!([]), "plan.days"),
        ("/plan", "days", json!(["mon", "Monday"]), "plan.days[1]"),
        ("/plan", "days", json!(vec!["mon"; 8]), "plan.days"),
        (
            "/plan",
            "holidays",
            json!(["2026-02-30"]),
            "plan.holidays[0]",
        ),
        ("/plan", "concurrency", json!(0), "plan.concurrency"),
        ("/plan", "concurrency", json!(1_001), "plan.concurrency"),
        ("/plan", "concurrency", json!(-1), "plan.concurrency"),
        ("/plan", "concurrency", json!(1.5), "plan.concurrency"),
        (
            "/plan",
            "dialsPerMinute",
            json!(6_001),
            "plan.dialsPerMinute",
        ),
        ("/plan", "retries", json!(10), "plan.retries"),
        ("/plan", "retries", json!(300), "plan.retries"),
        ("/plan", "priority", json!(10), "plan.priority"),
        ("/plan", "expiresAt", Value::Null, "plan.expiresAt"),
        (
            "/plan",
            "expiresAt",
            json!("2026-10-30T22:40:00Z"),
            "plan.expiresAt",
        ),
        (
            "/plan",
            "expiresAt",
            json!("2027-01-30T00:00:00Z"),
            "plan.expiresAt",
        ),
        ("/plan", "caller", json!("140"), "plan.caller"),
        ("/plan", "caller", json!("+911400000000"), "plan.caller"),
    ] {
        names(with(pointer, name, value.clone()), &value, field);
    }
}

/// The field is named, and nothing of its value comes back.
#[track_caller]
fn names(body: Value, value: &Value, field: &str) {
    let violation = read(body).expect_err(field);
    assert_eq!(violation.field, field, "{violation}");
    if let Value::String(text) = value
        && text.len() > 3
    {
        assert!(!violation.to_string().contains(text), "{violation}");
    }
}

#[test]
fn a_plan_for_promotion_must_name_its_number() {
    let violation = read(with("/plan", "class", json!("promotional"))).unwrap_err();
    assert_eq!(violation.field, "plan.caller");
    assert!(violation.to_string().contains("series 140"), "{violation}");
}

#[test]
fn a_plan_that_never_may_ring_is_refused_with_the_hours_of_the_service_in_mind() {
    let night = || with("/plan", "hours", json!("22:00-23:00 Asia/Kolkata"));
    assert!(read(night()).is_ok());
    let policy = Policy {
        calling_window: Some("09:00-21:00 Asia/Kolkata".parse().unwrap()),
        ..Policy::default()
    };
    let violation = read_by(night(), &policy).unwrap_err();
    assert_eq!(violation.field, "plan.hours");
    assert!(
        violation.to_string().contains("no phone may ring"),
        "{violation}"
    );
}
