//! Relays follow the calls: what the template's comments reckon is so.

use super::Template;
use logging::metrics::RELAY_LOAD;
use relay::defaults::{BACKLOG_MAX, CARRIER_HZ, PLAYOUT_MAX};
use serde_json::json;

/// CPU that a second of a call takes at most, as measured, in milliseconds.
const CPU_MS_MAX: f64 = 1.1;

fn parameter(template: &Template, name: &str) -> f64 {
    let default = &template.0["Parameters"][name]["Default"];
    let text = default.as_str().map(|text| text.parse().unwrap());
    text.or_else(|| default.as_f64()).unwrap()
}

#[test]
fn a_relay_that_is_full_has_half_its_cpu_and_some_memory_left() {
    let template = Template::read();
    let calls = parameter(&template, "RelayCallsMax");
    let cpu_ms = 1_000.0 * parameter(&template, "RelayCpu") / 1_024.0;
    assert!(calls * CPU_MS_MAX <= cpu_ms / 2.0);
    // The agent's speech and the caller's audio at their bounds, in 16-bit samples.
    let held = (PLAYOUT_MAX + BACKLOG_MAX).as_secs_f64() * f64::from(CARRIER_HZ) * 2.0;
    let megabytes = calls * held / 1_000_000.0;
    assert!((780.0..790.0).contains(&megabytes), "{megabytes}");
    assert!(megabytes <= 0.8 * parameter(&template, "RelayMemory"));
}

#[test]
fn relays_are_added_at_half_their_load_and_taken_away_slowly() {
    let template = Template::read();
    let target = &template.resource("RelayScaling")["Properties"];
    assert_eq!(target["MinCapacity"], json!({ "Ref": "RelayMin" }));
    assert_eq!(target["MaxCapacity"], json!({ "Ref": "RelayMax" }));
    assert!(parameter(&template, "RelayMin") >= 2.0);
    let policy = &template.resource("RelayScalingPolicy")["Properties"];
    let policy = &policy["TargetTrackingScalingPolicyConfiguration"];
    let followed = json!({
        "Namespace": { "Ref": "AWS::StackName" },
        "MetricName": RELAY_LOAD.name,
        "Statistic": "Average",
        "Unit": RELAY_LOAD.unit.name(),
    });
    assert_eq!(policy["CustomizedMetricSpecification"], followed);
    assert_eq!(policy["TargetValue"], 50);
    let longest = call::Policy::default().max_call_duration.as_secs();
    assert!(policy["ScaleInCooldown"].as_u64().unwrap() > longest);
    assert!(policy["ScaleOutCooldown"].as_u64().unwrap() <= 60);
    let service = &template.resource("RelayService")["Properties"];
    // None on purpose until the secrets are filled; afterwards a deployment does not take it back.
    let desired = json!({ "Fn::If": ["HasRelays", { "Ref": "AWS::NoValue" }, 0] });
    assert_eq!(service["DesiredCount"], desired);
    let limit = &template.relay_variables()["RELAY_CALLS_MAX"];
    assert_eq!(*limit, json!({ "Ref": "RelayCallsMax" }));
}
