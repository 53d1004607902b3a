//! An alarm of the template, evaluated as CloudWatch does over what was noted.

use super::{Template, alarms, text};
use logging::metrics::{METRICS, Noted, Value as Noting};
use serde_json::Value;

/// Holds that the alarm is raised by what was noted in one of its periods, if the trouble lasts for as
/// many of them as it wants, and is not raised by silence.
#[track_caller]
pub(crate) fn fires(id: &str, noted: &Noted) {
    let template = Template::read();
    let alarms = alarms(&template);
    let alarm = alarms
        .get(id)
        .unwrap_or_else(|| panic!("there is no alarm {id}"));
    let noted = noted.all();
    let value = measured(alarm, &noted);
    let value = value.unwrap_or_else(|| panic!("{id} hears nothing of {:?}", names(&noted)));
    assert!(
        breaches(&template, alarm, value),
        "{id} is silent at {value}"
    );
    assert_eq!(
        alarm["TreatMissingData"], "notBreaching",
        "{id} without values"
    );
}

/// Holds that an alarm on AWS's own metrics is raised by what AWS counts, as its documentation says, of what
/// happened in one period; by silence, if that is nothing.
#[track_caller]
pub(crate) fn fires_by_aws(id: &str, counted: &[(&str, f64)]) {
    assert!(
        is_raised_by_aws(id, counted),
        "{id} is silent at {counted:?}"
    );
}

/// Whether AWS would raise it.
pub(crate) fn is_raised_by_aws(id: &str, counted: &[(&str, f64)]) -> bool {
    let template = Template::read();
    let alarm = alarms(&template)[id];
    let counted = counted.iter().map(|(metric, value)| Noting {
        metric: (*metric).to_owned(),
        value: *value,
        ..Noting::default()
    });
    match measured(alarm, &counted.collect::<Vec<_>>()) {
        Some(value) => breaches(&template, alarm, value),
        None => alarm["TreatMissingData"] == "breaching",
    }
}

fn names(noted: &[Noting]) -> Vec<&str> {
    noted.iter().map(|noted| noted.metric.as_str()).collect()
}

/// What one period comes to; nothing without values.
fn measured(alarm: &Value, noted: &[Noting]) -> Option<f64> {
    let Some(several) = alarm["Metrics"].as_array() else {
        return statistic(alarm, &alarm["Statistic"], noted);
    };
    let value_of = |id: &str| {
        let one = several.iter().find(|one| one["Id"] == id).unwrap();
        let one = &one["MetricStat"];
        statistic(&one["Metric"], &one["Stat"], noted)
    };
    let returned = several.iter().find(|one| one["ReturnData"] != false);
    let expression = text(&returned.unwrap()["Expression"]);
    if expression.starts_with("IF(") {
        conditional(&expression, value_of)
    } else {
        filled(&expression, value_of)
    }
}

/// `FILL(id, 0) + FILL(id, 0)`.
fn filled(expression: &str, value_of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let ids = expression.split(" + ").map(|part| {
        let id = part.strip_prefix("FILL(");
        id.and_then(|id| id.strip_suffix(", 0)"))
            .unwrap_or_else(|| panic!("{expression} is no sum that this test reads"))
    });
    let values: Vec<f64> = ids.filter_map(value_of).collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

/// `IF(id >= number, id, number)`.
fn conditional(expression: &str, value_of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let parts = expression
        .strip_prefix("IF(")
        .and_then(|rest| rest.strip_suffix(')'));
    let parts: Vec<&str> = parts.unwrap().split(", ").collect();
    let [condition, then, otherwise] = parts[..] else {
        panic!("{expression} is no condition that this test reads")
    };
    let (id, least) = condition.split_once(" >= ").unwrap();
    if value_of(id)? >= least.parse().unwrap() {
        value_of(then)
    } else {
        otherwise.parse().ok()
    }
}

fn statistic(metric: &Value, statistic: &Value, noted: &[Noting]) -> Option<f64> {
    let name = text(&metric["MetricName"]);
    // AWS counts of the thing that the dimensions name, and of nothing else here.
    let is_of_aws = metric["Namespace"].as_str().is_some();
    let is_own = METRICS.iter().any(|metric| metric.name == name);
    assert!(is_of_aws || is_own, "{name}");
    let part = &metric["Dimensions"][0];
    let is_of_it = |noting: &&Noting| {
        let own = noting.part.as_ref();
        let is_part = |(by, part): &(String, String)| {
            metric["Dimensions"][0]["Name"] == **by && metric["Dimensions"][0]["Value"] == **part
        };
        noting.metric == name && (is_of_aws || part.is_null() || own.is_some_and(is_part))
    };
    let values: Vec<f64> = noted
        .iter()
        .filter(is_of_it)
        .map(|noting| noting.value)
        .collect();
    let count = f64::from(u32::try_from(values.len()).unwrap());
    let sum: f64 = values.iter().sum();
    (!values.is_empty()).then(|| match statistic.as_str().unwrap() {
        "Sum" => sum,
        "Average" => sum / count,
        "SampleCount" => count,
        "Maximum" => values.iter().copied().fold(f64::MIN, f64::max),
        "Minimum" => values.iter().copied().fold(f64::MAX, f64::min),
        other => panic!("{other} is no statistic that this test knows"),
    })
}

fn breaches(template: &Template, alarm: &Value, value: f64) -> bool {
    let threshold = &alarm["Threshold"];
    let parameter = threshold["Ref"].as_str();
    let threshold = parameter.map_or(threshold, |name| &template.0["Parameters"][name]["Default"]);
    let threshold = threshold.as_f64().unwrap();
    match alarm["ComparisonOperator"].as_str().unwrap() {
        "GreaterThanThreshold" => value > threshold,
        "GreaterThanOrEqualToThreshold" => value >= threshold,
        "LessThanThreshold" => value < threshold,
        other => panic!("{other} is no comparison that this test knows"),
    }
}

#[test]
fn an_alarm_is_silent_below_its_threshold_and_about_other_parts() {
    use logging::metrics::{AGENT_UNAVAILABLE, ANSWERED_PERCENT, CARRIER_REFUSALS};
    let template = Template::read();
    let alarms = alarms(&template);
    let is_raised = |id: &str, noted: &Noted| {
        let alarm = alarms[id];
        measured(alarm, &noted.all()).is_some_and(|value| breaches(&template, alarm, value))
    };
    let (noted, _guard) = Noted::start();
    CARRIER_REFUSALS.note_of("balance", 1.0);
    (0..4).for_each(|_| AGENT_UNAVAILABLE.note_of("busy", 1.0));
    (0..19).for_each(|_| ANSWERED_PERCENT.note(0.0));
    assert!(is_raised("CarrierBalanceAlarm", &noted));
    for id in [
        "CarrierKeyAlarm",
        "AgentUnavailableAlarm",
        "AnsweredShareAlarm",
    ] {
        assert!(!is_raised(id, &noted), "{id}");
    }
    ANSWERED_PERCENT.note(0.0);
    AGENT_UNAVAILABLE.note_of("quota", 1.0);
    assert!(is_raised("AnsweredShareAlarm", &noted) && is_raised("AgentUnavailableAlarm", &noted));
    (0..5).for_each(|_| ANSWERED_PERCENT.note(100.0));
    assert!(!is_raised("AnsweredShareAlarm", &noted));
}
