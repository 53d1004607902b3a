//! Numbers that must fit together: ports, and who may wait how long.

use super::{Template, root};
use call::{Policy, time::Timestamp};
use functions::{FUNCTIONS, Need, sweep::time_to_tick};
use relay::server::{IN_SERVICE_PATH, LEAVE_MAX};
use serde_json::Value;
use settings::VARIABLES;
use std::{fs, time::Duration};

/// How long API Gateway waits for a function at most.
const API_GATEWAY_MAX: Duration = Duration::from_secs(30);

/// The most that Fargate grants between SIGTERM and SIGKILL.
const STOP_TIMEOUT_MAX: Duration = Duration::from_secs(120);

/// How long NLB was seen to hand new connections to a target that leaves.
const LATE_STREAMS: Duration = Duration::from_secs(120);

/// Between two starts of the sweep.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

fn secs(value: &Value) -> Duration {
    Duration::from_secs(value.as_u64().unwrap())
}

/// A variable that the template sets, or else its default.
fn setting(set: Option<&Value>, name: &str) -> Duration {
    let text = set.and_then(Value::as_str).unwrap_or_else(|| default(name));
    Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap())
}

fn default(name: &str) -> &'static str {
    let variable = VARIABLES.iter().find(|variable| variable.name == name);
    variable.and_then(|variable| variable.default).unwrap()
}

fn timeout(template: &Template, id: &str) -> Duration {
    let own = &template.resource(id)["Properties"]["Timeout"];
    secs(if own.is_null() {
        &template.0["Globals"]["Function"]["Timeout"]
    } else {
        own
    })
}

fn target_attribute(template: &Template, key: &str) -> String {
    let targets = &template.resource("RelayTargets")["Properties"]["TargetGroupAttributes"];
    let attributes = super::pairs(targets, "Key", "Value");
    attributes
        .get(key)
        .unwrap_or_else(|| panic!("{key} is not set"))
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_function_answers_before_the_api_gives_up_and_outlasts_its_dial() {
    let template = Template::read();
    for (name, needs) in FUNCTIONS {
        let (name, id) = (*name, template.functions()[name]);
        let variables = template.function_variables(id);
        let dial = setting(variables.get("DIAL_TIMEOUT"), "DIAL_TIMEOUT");
        let dials = needs.contains(&Need::Carrier);
        assert!(
            !dials || dial < timeout(&template, id),
            "{name} ends before its dial"
        );
        let is_behind_the_api = name != "sweep";
        assert!(
            !is_behind_the_api || timeout(&template, id) < API_GATEWAY_MAX,
            "{name} is too slow"
        );
    }
}

#[test]
fn one_sweep_follows_the_other_and_lives_to_see_its_dials_end() {
    let template = Template::read();
    let id = template.functions()["sweep"];
    let sweep = &template.resource(id)["Properties"];
    assert_eq!(
        sweep["Events"]["EachMinute"]["Properties"]["Schedule"],
        "rate(1 minute)"
    );
    let variables = template.function_variables(id);
    let ticks = setting(variables.get("SWEEP_DURATION"), "SWEEP_DURATION");
    let dial = setting(variables.get("DIAL_TIMEOUT"), "DIAL_TIMEOUT");
    assert!(ticks < SWEEP_INTERVAL, "sweeps would pile up");
    assert!(
        ticks + dial < timeout(&template, id),
        "a sweep ends before its last dial"
    );
    let post = setting(variables.get("WEBHOOK_TIMEOUT"), "WEBHOOK_TIMEOUT");
    assert!(
        ticks + post < timeout(&template, id),
        "a sweep ends before its last outcome is delivered"
    );
    let (start, left) = (Timestamp::from_millis(0), timeout(&template, id));
    assert_eq!(
        time_to_tick(ticks, start + left, start),
        ticks,
        "a sweep would stop looking long before the next one starts"
    );
    // One that is late overlaps with the next; one slot would refuse the next for a whole minute.
    let reserved = &sweep["ReservedConcurrentExecutions"]["Fn::If"];
    assert_eq!(
        (&reserved[0], &reserved[1]),
        (&"ReservesSweep".into(), &2.into())
    );
    let by_default = &template.0["Parameters"]["SweepReservation"]["Default"];
    assert_eq!(by_default, "false", "a new account could not deploy");
}

#[test]
fn a_deployment_waits_for_the_longest_call() {
    let template = Template::read();
    let attribute = |key| target_attribute(&template, key);
    let policy = Policy::default();
    let allowed = &template.0["Parameters"]["MaxCallDuration"]["AllowedValues"];
    assert_eq!(
        allowed.as_array().unwrap().last().unwrap(),
        default("MAX_CALL_DURATION")
    );
    let longest = policy.agent_ready_timeout + policy.max_call_duration + LATE_STREAMS;
    for key in [
        "deregistration_delay.timeout_seconds",
        "target_health_state.unhealthy.draining_interval_seconds",
    ] {
        let granted = Duration::from_secs(attribute(key).parse().unwrap());
        assert!(
            granted >= longest,
            "{key} is {granted:?}, a call may take {longest:?}"
        );
    }
    for key in [
        "deregistration_delay.connection_termination.enabled",
        "target_health_state.unhealthy.connection_termination.enabled",
    ] {
        assert_eq!(attribute(key), "false", "{key} cuts calls");
    }
}

#[test]
fn the_balancer_asks_whether_a_relay_is_in_service_and_learns_it_before_streams_are_refused() {
    let template = Template::read();
    let targets = &template.resource("RelayTargets")["Properties"];
    assert_eq!(targets["HealthCheckPath"], IN_SERVICE_PATH);
    let interval = secs(&targets["HealthCheckIntervalSeconds"]);
    let answers = u32::try_from(targets["UnhealthyThresholdCount"].as_u64().unwrap()).unwrap();
    let set = template.relay_variables();
    let notice = set.get("DRAIN_NOTICE").and_then(Value::as_str);
    let notice = notice.unwrap_or_else(|| default("DRAIN_NOTICE"));
    assert_eq!((notice, LATE_STREAMS.as_secs()), ("2m", 120));
    assert!(interval * answers < LATE_STREAMS);
}

#[test]
fn the_relay_drains_before_it_is_killed() {
    let template = Template::read();
    let granted = secs(&template.relay_container()["StopTimeout"]);
    let drain = setting(
        template.relay_variables().get("DRAIN_TIMEOUT"),
        "DRAIN_TIMEOUT",
    );
    assert!(
        drain + LEAVE_MAX < granted && granted <= STOP_TIMEOUT_MAX,
        "{drain:?} of {granted:?}"
    );
}

#[test]
fn the_relay_is_reached_on_the_port_it_listens_on() {
    let template = Template::read();
    let set = template.relay_variables();
    let listen = set
        .get("RELAY_LISTEN")
        .and_then(Value::as_str)
        .unwrap_or_else(|| default("RELAY_LISTEN"));
    let port: u16 = listen.strip_prefix("0.0.0.0:").unwrap().parse().unwrap();

    let dockerfile = fs::read_to_string(root().join("infra/aws/Dockerfile")).unwrap();
    assert!(
        dockerfile.contains(&format!("EXPOSE {port}\n")),
        "the image exposes another port"
    );
    let properties = |id| &template.resource(id)["Properties"];
    for (what, written) in [
        (
            "container",
            &template.relay_container()["PortMappings"][0]["ContainerPort"],
        ),
        (
            "service",
            &properties("RelayService")["LoadBalancers"][0]["ContainerPort"],
        ),
        ("target group", &properties("RelayTargets")["Port"]),
        (
            "way in",
            &properties("RelaySecurityGroup")["SecurityGroupIngress"][0]["FromPort"],
        ),
    ] {
        assert_eq!(*written, port, "{what}");
    }
}
