//! The alarms look for what the sweep really logs.

use super::{Template, root};
use std::{collections::BTreeMap, fs, path::Path};

/// Everything in a folder of sources, as one text.
fn sources(folder: &Path) -> String {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| {
            let path = file.unwrap().path();
            if path.is_dir() {
                sources(&path)
            } else {
                fs::read_to_string(path).unwrap()
            }
        })
        .collect()
}

/// The metric filters' fields, by metric.
fn fields(template: &Template) -> BTreeMap<&str, &str> {
    let filters = template.all("AWS::Logs::MetricFilter");
    let fields = filters.into_values().map(|filter| {
        assert_eq!(filter["LogGroupName"]["Ref"], "SweepLogs");
        let pattern = filter["FilterPattern"].as_str().unwrap();
        let field = pattern
            .strip_prefix("{ $.fields.")
            .and_then(|rest| rest.strip_suffix(" = * }"));
        let metric = filter["MetricTransformations"][0]["MetricName"].as_str();
        (metric.unwrap(), field.expect("a filter of one field"))
    });
    fields.collect()
}

#[test]
fn a_filter_reads_a_field_that_the_sweep_logs() {
    let template = Template::read();
    let folder = root().join("functions/src");
    let code = fs::read_to_string(folder.join("sweep.rs")).unwrap();
    let code = code + &sources(&folder.join("sweep"));
    let fields = fields(&template);
    assert!(!fields.is_empty());
    for field in fields.into_values() {
        assert!(
            code.contains(&format!("{field} = ")),
            "nothing logs {field}"
        );
    }
}

#[test]
fn every_metric_has_an_alarm_that_tells_the_operator() {
    let template = Template::read();
    let fields = fields(&template);
    let alarms = template.all("AWS::CloudWatch::Alarm");
    for alarm in alarms.values() {
        let told = &alarm["AlarmActions"]["Fn::If"][1][0]["Ref"];
        assert_eq!(told, "AlarmTopicArn");
        let metric = alarm["MetricName"].as_str().unwrap();
        assert!(metric == "Invocations" || fields.contains_key(metric));
    }
    for metric in fields.into_keys() {
        let watched = alarms.values().any(|alarm| alarm["MetricName"] == metric);
        assert!(watched, "nobody watches {metric}");
    }
}
