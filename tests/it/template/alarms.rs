//! The alarms hear what the sweep really logs.

use super::{Template, root, same};
use crate::boundaries::each_source;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Fields of the sweep's log that call for a person when they are not zero, by metric.
const ALARMING: [(&str, &str); 6] = [
    ("ChannelDrift", "channel_drift"),
    ("ConversationsMissing", "conversations_missing"),
    ("ConversationsUnerased", "conversations_unerased"),
    ("DiallingPaused", "dialling_paused"),
    ("OutcomesParked", "outcomes_parked"),
    ("SweepErrors", "sweep_errors"),
];

/// Fields that are counted to be looked at.
const TELLING: [(&str, &str); 1] = [("RecordsIncomplete", "records_incomplete")];

/// Where the functions' JSON lines hold the fields of an event.
const FIELDS: &str = "$.fields.";

/// The sweep's sources, its own module and those below it.
fn sweep_source() -> String {
    let folder = root().join("functions/src/sweep");
    let mut source = fs::read_to_string(folder.with_extension("rs")).unwrap();
    each_source(&folder, &mut |file| source.push_str(file));
    source
}

/// Whether some log line of the source has the field.
fn logs(source: &str, field: &str) -> bool {
    let lines = source.split("tracing::").skip(1);
    lines
        .map(|line| line.split(");").next().unwrap_or_default())
        .flat_map(|line| line.split(['(', ',', '\n']))
        .any(|part| part.trim_start().starts_with(&format!("{field} = ")))
}

/// The fields that a filter pattern names.
fn fields_of(pattern: &str) -> BTreeSet<String> {
    let names = pattern.split("$.").skip(1).map(|rest| {
        let path = rest
            .split(|c: char| !c.is_alphanumeric() && !"._".contains(c))
            .next()
            .unwrap();
        let name = format!("$.{path}");
        name.strip_prefix(FIELDS)
            .unwrap_or_else(|| panic!("{name} is not a field of an event"))
            .to_owned()
    });
    names.collect()
}

/// Metric and properties of every filter.
fn filters(template: &Template) -> BTreeMap<&str, &Value> {
    let filters = template.all("AWS::Logs::MetricFilter").into_values();
    filters
        .map(|filter| {
            let metric = filter["MetricTransformations"][0]["MetricName"].as_str();
            (metric.unwrap(), filter)
        })
        .collect()
}

#[test]
fn filters_read_fields_that_the_sweep_logs() {
    let template = Template::read();
    let source = sweep_source();
    let log = &template.resource(template.functions()["sweep"])["Properties"]["LoggingConfig"];
    let mut read = BTreeSet::new();
    for (metric, filter) in filters(&template) {
        assert_eq!(filter["LogGroupName"], log["LogGroup"], "{metric}");
        for field in fields_of(filter["FilterPattern"].as_str().unwrap()) {
            assert!(logs(&source, &field), "the sweep logs no {field}");
            read.insert((metric.to_owned(), field));
        }
    }
    let expected = ALARMING.iter().chain(&TELLING);
    let expected = expected.map(|(metric, field)| ((*metric).to_owned(), (*field).to_owned()));
    same("filters", read, expected.collect());
}

#[test]
fn metrics_count_the_field_that_their_filter_reads() {
    for (metric, filter) in filters(&Template::read()) {
        let value = filter["MetricTransformations"][0]["MetricValue"].as_str();
        let fields = fields_of(filter["FilterPattern"].as_str().unwrap());
        match value.unwrap() {
            "1" => {}
            path => assert_eq!(fields_of(path), fields, "{metric}"),
        }
    }
}

/// The functions' log lines as `cold_start` makes them.
#[test]
fn an_event_in_the_functions_log_has_its_fields_where_the_filters_look() {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    #[derive(Default)]
    struct Lines(Mutex<Vec<u8>>);
    impl io::Write for &Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    for (file, form) in [
        (
            "functions/src/serve.rs",
            "logging::start(logging::Form::Lambda,",
        ),
        (
            "shared/logging/src/lib.rs",
            "Form::Lambda => lines.json().without_time()",
        ),
    ] {
        let source = fs::read_to_string(root().join(file)).unwrap();
        assert!(source.contains(form), "the functions log in another form");
    }

    let lines = Arc::new(Lines::default());
    let log = tracing_subscriber::fmt()
        .json()
        .without_time()
        .with_writer(lines.clone())
        .finish();
    tracing::subscriber::with_default(log, || {
        tracing::error!(channel_drift = -1_i64, "drift");
    });
    let line: Value = serde_json::from_slice(&lines.0.lock().unwrap()).unwrap();
    assert_eq!(line["fields"]["channel_drift"], -1);
}

#[test]
fn every_alarm_watches_a_metric_that_there_is_and_tells_whoever_wants_to_hear() {
    let template = Template::read();
    let filters = filters(&template);
    let mut watched = BTreeSet::new();
    for (id, alarm) in template.all("AWS::CloudWatch::Alarm") {
        let metric = alarm["MetricName"].as_str().unwrap();
        if alarm["Namespace"] == "AWS/Lambda" {
            assert!(["Errors", "Invocations"].contains(&metric), "{id}");
            let sweep = json!({ "Name": "FunctionName", "Value": { "Ref": template.functions()["sweep"] } });
            assert_eq!(alarm["Dimensions"], json!([sweep]), "{id}");
        } else {
            let written = &filters[metric]["MetricTransformations"][0]["MetricNamespace"];
            assert_eq!(alarm["Namespace"], *written, "{id}");
            watched.insert(metric);
        }
        let notified = json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopicArn" }], { "Ref": "AWS::NoValue" }] });
        assert_eq!(alarm["AlarmActions"], notified, "{id}");
    }
    let alarming = ALARMING.map(|(metric, _)| metric);
    same("metrics", watched, BTreeSet::from(alarming));
}

#[test]
fn a_sweep_that_does_not_run_is_an_alarm() {
    let template = Template::read();
    let alarms = template.all("AWS::CloudWatch::Alarm");
    let silent = alarms.values().any(|alarm| {
        alarm["MetricName"] == "Invocations"
            && alarm["ComparisonOperator"] == "LessThanThreshold"
            && alarm["TreatMissingData"] == "breaching"
    });
    assert!(silent);
}
