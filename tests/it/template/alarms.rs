//! Alarms and dashboard stand on metrics that there are, each alarm has its page in the runbook, and each is
//! raised by its cause in some test.

mod evaluated;
mod of_aws;

pub(crate) use evaluated::fires;

use super::{Template, root, same};
use crate::{boundaries::each_source, documents::document};
use logging::metrics::{METRICS, Metric};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// AWS's own metrics with their dimensions, as its documentation names them.
const OF_AWS: [(&str, &str, &[&str]); 10] = [
    ("AWS/ApiGateway", "4xx", &["ApiId"]),
    ("AWS/ApiGateway", "5xx", &["ApiId"]),
    ("AWS/ApiGateway", "Count", &["ApiId"]),
    ("AWS/ApiGateway", "Latency", &["ApiId"]),
    ("AWS/DynamoDB", "ReadThrottleEvents", &["TableName"]),
    ("AWS/DynamoDB", "WriteThrottleEvents", &["TableName"]),
    ("AWS/Lambda", "Errors", &["FunctionName"]),
    ("AWS/Lambda", "Invocations", &["FunctionName"]),
    // Without a function's name: of the account.
    ("AWS/Lambda", "Throttles", &[]),
    (
        "AWS/NetworkELB",
        "HealthyHostCount",
        &["LoadBalancer", "TargetGroup"],
    ),
];

/// A metric that the template names: its namespace, its name, its dimensions.
type Named = (String, String, BTreeMap<String, Value>);

fn alarms(template: &Template) -> BTreeMap<&str, &Value> {
    template.all("AWS::CloudWatch::Alarm")
}

/// The metrics that an alarm watches; the stack's own namespace is written as the dashboard has it.
fn watched(alarm: &Value) -> Vec<Named> {
    let Some(several) = alarm["Metrics"].as_array() else {
        return vec![named(alarm)];
    };
    let metrics = several.iter().map(|one| &one["MetricStat"]["Metric"]);
    metrics
        .filter(|metric| metric.is_object())
        .map(named)
        .collect()
}

fn named(metric: &Value) -> Named {
    let own = json!({ "Ref": "AWS::StackName" });
    let namespace = if metric["Namespace"] == own {
        "${AWS::StackName}"
    } else {
        metric["Namespace"].as_str().unwrap()
    };
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    let dimensions = dimensions.map(|one| (text(&one["Name"]), one["Value"].clone()));
    (
        namespace.to_owned(),
        text(&metric["MetricName"]),
        dimensions.collect(),
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The metrics that the dashboard shows.
fn shown(template: &Template) -> Vec<Named> {
    let body = &template.resource("Dashboard")["Properties"]["DashboardBody"]["Fn::Sub"];
    let body: Value = serde_json::from_str(body.as_str().unwrap()).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let lines = widgets.flat_map(|widget| widget["properties"]["metrics"].as_array().unwrap());
    lines
        .map(|line| shown_by(line.as_array().unwrap()))
        .collect()
}

/// Namespace, name, then dimensions in pairs, then how it is drawn.
fn shown_by(line: &[Value]) -> Named {
    let words: Vec<&Value> = line.iter().filter(|part| part.is_string()).collect();
    let dimensions = words[2..]
        .chunks(2)
        .map(|pair| (text(pair[0]), pair[1].clone()));
    (text(words[0]), text(words[1]), dimensions.collect())
}

fn own(name: &str) -> &'static Metric {
    let found = METRICS.iter().find(|metric| metric.name == name);
    found.unwrap_or_else(|| panic!("nothing notes {name}"))
}

#[test]
fn every_metric_that_is_watched_shown_or_scaled_by_is_there() {
    let template = Template::read();
    let policy = &template.resource("RelayScalingPolicy")["Properties"];
    let scaled =
        &policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"];
    assert_eq!(scaled["Unit"], own("RelayLoad").unit.name());
    let alarms = alarms(&template);
    let all = alarms.values().flat_map(|alarm| watched(alarm));
    for (namespace, name, dimensions) in all.chain(shown(&template)).chain([named(scaled)]) {
        let by: Vec<&str> = dimensions.keys().map(String::as_str).collect();
        if namespace == "${AWS::StackName}" {
            let known = own(&name).by;
            assert!(
                by.len() < 2 && by.iter().all(|by| Some(*by) == known),
                "{name} by {by:?}"
            );
        } else {
            let known = OF_AWS
                .iter()
                .find(|aws| (aws.0, aws.1) == (&*namespace, &*name));
            assert_eq!(known.map(|aws| aws.2), Some(&*by), "{namespace} {name}");
        }
    }
}

#[test]
fn every_alarm_tells_whoever_wants_to_hear_and_says_when_it_is_over() {
    let notified = json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
    for (id, alarm) in alarms(&Template::read()) {
        assert_eq!(alarm["AlarmActions"], notified, "{id}");
        assert_eq!(alarm["OKActions"], notified, "{id}");
        assert!(alarm["AlarmDescription"].is_string(), "{id}");
    }
}

#[test]
fn every_alarm_has_its_page_in_the_runbook_and_every_page_an_alarm() {
    let template = Template::read();
    let runbook = document("infra/aws/RUNBOOK.md");
    let pages = runbook.split("\n### ").skip(1);
    let pages = pages.map(|page| page.split_once('\n').unwrap());
    let mut titles = BTreeSet::new();
    for (title, page) in pages {
        for part in ["- **Means**: ", "- **Look**: ", "- **Do**: "] {
            assert!(page.contains(part), "{title} lacks {part}");
        }
        titles.insert(title);
    }
    same("pages", titles, alarms(&template).into_keys().collect());
}

/// By a test that causes its trouble and says `fires("TheAlarm", …)`, or `fires_by_aws` with what AWS counts of it.
#[test]
fn every_alarm_is_raised_by_its_cause() {
    let template = Template::read();
    let mut tests = String::new();
    each_source(&root().join("tests/it"), &mut |source| {
        tests.push_str(source)
    });
    let unraised = alarms(&template).into_keys().filter(|id| {
        let said = ["fires", "fires_by_aws"].map(|by| format!("{by}(\"{id}\""));
        !said.iter().any(|said| tests.contains(said))
    });
    assert_eq!(unraised.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_sweep_that_does_not_run_and_a_relay_that_is_not_there_are_alarms() {
    let template = Template::read();
    let alarms = alarms(&template);
    for (id, metric) in [
        ("SweepSilentAlarm", "Invocations"),
        ("NoRelayAlarm", "HealthyHostCount"),
    ] {
        let alarm = alarms[id];
        assert_eq!(alarm["MetricName"], metric);
        assert_eq!(alarm["ComparisonOperator"], "LessThanThreshold");
        assert_eq!(alarm["TreatMissingData"], "breaching");
    }
}

#[test]
fn functions_and_relay_write_their_metrics_where_the_alarms_look() {
    let template = Template::read();
    let namespace = json!({ "Ref": "AWS::StackName" });
    for id in template.functions().into_values() {
        assert_eq!(
            template.function_variables(id)["METRICS_NAMESPACE"],
            namespace,
            "{id}"
        );
    }
    assert_eq!(template.relay_variables()["METRICS_NAMESPACE"], namespace);
    for (file, start) in [
        (
            "functions/src/serve.rs",
            "logging::start(logging::Form::Lambda, metrics)",
        ),
        (
            "relay/src/main.rs",
            "logging::start(logging::Form::Service, metrics)",
        ),
    ] {
        let source = fs::read_to_string(root().join(file)).unwrap();
        assert!(
            source.contains(start),
            "{file} starts its log without metrics"
        );
    }
}

#[test]
fn the_table_of_metrics_is_that_of_the_code() {
    let row = |metric: &Metric| {
        let by = metric.by.map_or("–".to_owned(), |by| format!("`{by}`"));
        let (name, unit) = (metric.name, metric.unit.name());
        format!("| `{name}` | {unit} | {by} | {} |", metric.meaning)
    };
    let expected: Vec<String> = METRICS.iter().map(row).collect();
    let text = document("infra/aws/README.md");
    let table = text
        .split("| metric | unit | by | one value says |")
        .nth(1)
        .unwrap();
    let found = table.lines().skip(2).take_while(|line| !line.is_empty());
    assert_eq!(found.collect::<Vec<_>>(), expected);
}
