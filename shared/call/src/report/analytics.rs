//! The figures of many calls, row by row.

use super::{
    Billed, Cost, Prices, ReportZone, Row,
    groups::{Groups, Top, age_group},
};
use crate::{
    CallState, EndCause,
    answers::{Field, Kind, Questionnaire},
};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Fields of text whose values are counted: what is asked in order to be counted. Other texts are
/// told by each patient alone, and no group of them says anything.
const COUNTED_TEXTS: [&str; 2] = ["healthIssue", "city"];

/// The field whose values also fall into groups of age.
const AGE: &str = "age";

/// Figures of the calls of a period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    /// Calls that were asked for.
    pub calls: u64,
    /// Calls with a conversation.
    pub completed: u64,
    /// Calls without one.
    pub failed: u64,
    /// Calls that have not ended.
    pub unfinished: u64,
    /// Ended calls by their cause.
    pub causes: BTreeMap<EndCause, u64>,
    /// Rings of the phone, all calls together.
    pub attempts: u64,
    /// Calls in which every question was answered.
    pub data_complete: u64,
    /// Their share of the completed calls, 0 to 1; none if there is none.
    pub completion_rate: Option<f64>,
    /// How long people were on the line, in seconds.
    pub duration_secs: Average,
    /// What of it is taken to be paid for.
    pub billed: Billed,
    /// What that costs; none while no price of a minute is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Cost>,
    /// When people answer: by the hour of the day at the place of the reports, 0 to 23, those of
    /// its dials that tell it.
    pub hours: BTreeMap<u8, HourFigures>,
    /// What was answered, by field, in the order of the questions.
    #[serde(serialize_with = "in_order")]
    #[schema(value_type = BTreeMap<String, FieldFigures>)]
    pub fields: Vec<(String, FieldFigures)>,
    #[serde(skip)]
    zone: ReportZone,
    #[serde(skip)]
    prices: Prices,
}

/// What came of the dials of one hour of the day, over all days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct HourFigures {
    /// Dials that were answered, busy, unanswered or out of reach.
    pub dials: u64,
    /// Those on which somebody picked up.
    pub answered: u64,
}

/// Least, most and average of some numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Average {
    /// How many.
    pub count: u64,
    /// The average, to two decimals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// The most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(skip)]
    sum: i64,
}

impl Average {
    fn add(&mut self, number: i64) {
        self.count += 1;
        self.sum = self.sum.saturating_add(number);
        self.min = Some(self.min.map_or(number, |min| min.min(number)));
        self.max = Some(self.max.map_or(number, |max| max.max(number)));
        self.average = Some(rate(self.sum, self.count));
    }
}

/// A quotient to two decimals.
fn rate(part: i64, whole: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "figures for people, below 2^52")]
    let quotient = part as f64 / whole as f64;
    (quotient * 100.0).round() / 100.0
}

/// What was answered to one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldFigures {
    /// How many answered it.
    pub answered: u64,
    /// Of a field that takes numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Average>,
    /// For genders, and for ages by group: how many of each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, u64>,
    /// For texts that are counted.
    #[serde(flatten)]
    #[schema(value_type = Top)]
    pub texts: Option<Groups>,
    #[serde(skip)]
    is_gender: bool,
}

impl Analytics {
    /// No calls yet; `zone` is the place whose clocks count, and `prices` are those of all calls.
    #[must_use]
    pub fn new(questionnaire: &Questionnaire, zone: ReportZone, prices: Prices) -> Self {
        let fields = questionnaire.fields().iter();
        let fields = fields.map(|field| (field.name.clone(), FieldFigures::of(field)));
        Self {
            calls: 0,
            completed: 0,
            failed: 0,
            unfinished: 0,
            causes: BTreeMap::new(),
            attempts: 0,
            data_complete: 0,
            completion_rate: None,
            duration_secs: Average::default(),
            billed: Billed::default(),
            cost: Cost::of(prices, Billed::default(), 0, 0),
            hours: BTreeMap::new(),
            fields: fields.collect(),
            zone,
            prices,
        }
    }

    /// Adds one call.
    pub fn add(&mut self, row: &Row) {
        self.calls += 1;
        self.attempts += u64::from(row.attempts);
        match row.status {
            Some(CallState::Completed) => self.completed += 1,
            Some(CallState::Failed) => self.failed += 1,
            Some(
                CallState::Initiating
                | CallState::Dialing
                | CallState::Connected
                | CallState::Active
                | CallState::Disconnected,
            )
            | None => self.unfinished += 1,
        }
        if let Some(cause) = row.cause {
            *self.causes.entry(cause).or_default() += 1;
        }
        if let Some(secs) = row.talk_secs {
            self.duration_secs
                .add(i64::try_from(secs).unwrap_or(i64::MAX));
        }
        for rung in &row.rung {
            let Some(hour) = self.zone.hour(rung.at) else {
                continue;
            };
            let figures = self.hours.entry(hour).or_default();
            figures.dials += 1;
            figures.answered += u64::from(rung.outcome.was_answered() == Some(true));
        }
        let mut is_whole = true;
        for (name, figures) in &mut self.fields {
            match row.answers.get(name) {
                Some(value) => figures.add(name, value),
                None => is_whole = false,
            }
        }
        self.data_complete += u64::from(is_whole);
        let whole = i64::try_from(self.data_complete).unwrap_or(i64::MAX);
        self.completion_rate = (self.completed > 0).then(|| rate(whole, self.completed).min(1.0));
        self.billed.add(row);
        self.cost = Cost::of(self.prices, self.billed, self.calls, self.data_complete);
    }
}

impl FieldFigures {
    fn of(field: &Field) -> Self {
        let is_counted = COUNTED_TEXTS.contains(&field.name.as_str());
        Self {
            numbers: matches!(field.kind, Kind::Integer { .. }).then(Average::default),
            texts: (field.kind == Kind::Text && is_counted).then(Groups::default),
            is_gender: field.kind == Kind::Gender,
            ..Self::default()
        }
    }

    fn add(&mut self, name: &str, value: &Value) {
        self.answered += 1;
        if let (Some(numbers), Some(number)) = (&mut self.numbers, value.as_i64()) {
            numbers.add(number);
            if name == AGE {
                *self.groups.entry(age_group(number).to_owned()).or_default() += 1;
            }
        }
        let Some(text) = value.as_str() else { return };
        if let Some(texts) = &mut self.texts {
            texts.add(text);
        }
        if self.is_gender {
            *self.groups.entry(text.to_owned()).or_default() += 1;
        }
    }
}

fn in_order<S: Serializer>(fields: &[(String, FieldFigures)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(fields.iter().map(|(name, figures)| (name, figures)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Outcome, Rung, ids::CallId, time::Timestamp};
    use serde_json::json;

    fn row(status: Option<CallState>, talk_secs: Option<u64>, answers: Value) -> Row {
        let Value::Object(answers) = answers else {
            panic!("answers are an object");
        };
        let ended_with = match status {
            Some(CallState::Failed) => Outcome::Busy,
            _ => Outcome::Answered,
        };
        Row {
            call_id: CallId::from_bytes([7; 16]),
            created_at: Timestamp::from_millis(0),
            patient_id: None,
            patient_name: "राहुल शर्मा".to_owned(),
            phone_number: "+911234567890".parse().unwrap(),
            treatment_type: None,
            status,
            cause: status.map(|status| {
                if status == CallState::Completed {
                    EndCause::AgentEnded
                } else {
                    EndCause::NoAnswer
                }
            }),
            ended_at: None,
            talk_secs,
            attempts: 2,
            rung: [(10, Outcome::NoAnswer), (9, ended_with)]
                .into_iter()
                .map(|(hour, outcome)| Rung {
                    at: Timestamp::from_millis(hour * 3_600_000 + 1_800_000),
                    outcome,
                })
                .collect(),
            answers,
        }
    }

    #[test]
    fn a_row_says_its_state_in_a_word_and_what_was_summed_up() {
        let said = json!({ "_summary": "Pain since May." });
        let over = row(Some(CallState::Failed), None, said);
        assert_eq!(
            (over.status_label(), over.summary()),
            ("failed", Some("Pain since May."))
        );
        let running = row(None, None, json!({ "age": 42 }));
        assert_eq!(
            (running.status_label(), running.summary()),
            ("unfinished", None)
        );
    }

    #[test]
    fn the_figures_are_those_that_a_hand_counts() {
        let whole = |age: i64, city: &str| {
            json!({
                "patientName": "x", "age": age, "gender": "female", "healthIssue": "Back pain",
                "duration": "two weeks", "severity": age % 10 + 1, "city": city,
            })
        };
        let rows = [
            row(Some(CallState::Completed), Some(181), whole(42, "जयपुर")),
            row(Some(CallState::Completed), Some(60), whole(70, "Delhi")),
            row(
                Some(CallState::Completed),
                Some(20),
                json!({ "gender": "male", "city": "delhi " }),
            ),
            row(Some(CallState::Failed), None, json!({})),
            row(
                None,
                None,
                json!({ "_summary": "said", "patientName": "male" }),
            ),
        ];
        let zone: ReportZone = "Asia/Kolkata".parse().unwrap();
        let prices = Prices {
            carrier: "0.80".parse().ok(),
            agent: "7.50".parse().ok(),
        };
        let mut analytics = Analytics::new(&Questionnaire::default(), zone, prices);
        analytics.add(&rows[3]);
        assert_eq!(analytics.completion_rate, None, "of none that completed");
        for row in rows[..3].iter().chain(&rows[4..]) {
            analytics.add(row);
        }
        assert_eq!(
            serde_json::to_value(&analytics).unwrap(),
            json!({
                "calls": 5, "completed": 3, "failed": 1, "unfinished": 1,
                "causes": { "agent_ended": 3, "no_answer": 1 }, "attempts": 10,
                "dataComplete": 2, "completionRate": 0.67,
                "hours": { "15": { "dials": 5, "answered": 4 }, "16": { "dials": 5, "answered": 0 } },
                "durationSecs": { "count": 3, "average": 87.0, "min": 20, "max": 181 },
                // Four minutes, one and one, and one of a ring that led to no conversation.
                "billed": { "carrierMinutes": 7, "agentSecs": 261 },
                "cost": {
                    "paise": 3_823, "carrierPaise": 560, "agentPaise": 3_263,
                    "paisePerCall": 765, "paisePerCompleteRecord": 1_912,
                },
                "fields": {
                    "patientName": { "answered": 3 },
                    "age": {
                        "answered": 2, "groups": { "35-49": 1, "65+": 1 },
                        "numbers": { "count": 2, "average": 56.0, "min": 42, "max": 70 },
                    },
                    "gender": { "answered": 3, "groups": { "female": 2, "male": 1 } },
                    "healthIssue": {
                        "answered": 2, "top": [{ "value": "back pain", "count": 2 }], "others": 0,
                    },
                    "duration": { "answered": 2 },
                    "severity": {
                        "answered": 2, "numbers": { "count": 2, "average": 2.0, "min": 1, "max": 3 },
                    },
                    "city": {
                        "answered": 3, "others": 0,
                        "top": [{ "value": "delhi", "count": 2 }, { "value": "जयपुर", "count": 1 }],
                    },
                },
            })
        );
    }
}
