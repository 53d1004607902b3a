//! The list of what is asked.

use super::{Field, InvalidAnswer, Kind};
use serde_json::{Map, Value};
use std::str::FromStr;

/// Most fields of a questionnaire: ElevenLabs collects 25 by itself, more than a call can ask.
pub const FIELDS_MAX: usize = 25;

/// What is asked in a call, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Questionnaire(Vec<Field>);

/// The text is no questionnaire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a JSON list of 1 to 25 fields with different names, each with name, description and \
     kind: text, gender, or integer with min and max"
)]
pub struct InvalidQuestionnaire;

/// Several values at once, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What was understood.
    pub values: Map<String, Value>,
    /// What was not.
    pub problems: Vec<InvalidAnswer>,
    /// Fields that no value was given for.
    pub missing: Vec<String>,
}

impl Default for Questionnaire {
    /// What the hospital asks unless it says otherwise.
    fn default() -> Self {
        let field = |name: &str, kind, description: &str| Field {
            name: name.to_owned(),
            kind,
            description: description.to_owned(),
        };
        Self(vec![
            field("patientName", Kind::Text, "Full name of the patient"),
            field("age", Kind::Integer { min: 0, max: 120 }, "Age in years"),
            field("gender", Kind::Gender, "Gender"),
            field("healthIssue", Kind::Text, "What the patient suffers from"),
            field("duration", Kind::Text, "Since when, in the patient's words"),
            field(
                "severity",
                Kind::Integer { min: 1, max: 10 },
                "How bad it is, 10 the worst",
            ),
            field("city", Kind::Text, "City where the patient lives"),
        ])
    }
}

impl FromStr for Questionnaire {
    type Err = InvalidQuestionnaire;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fields: Vec<Field> = serde_json::from_str(text).map_err(|_| InvalidQuestionnaire)?;
        let is_new = |n: usize| fields[..n].iter().all(|other| other.name != fields[n].name);
        let is_fit = (1..=FIELDS_MAX).contains(&fields.len())
            && fields.iter().all(Field::is_fit)
            && (0..fields.len()).all(is_new);
        is_fit.then_some(Self(fields)).ok_or(InvalidQuestionnaire)
    }
}

impl Questionnaire {
    /// The fields, in the order of the questions.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.0
    }

    /// Reads one value.
    ///
    /// # Errors
    /// [`InvalidAnswer`], also for a field that is not asked for.
    pub fn read(&self, field: &str, value: &Value) -> Result<Value, InvalidAnswer> {
        match self.0.iter().find(|known| known.name == field) {
            Some(known) => known.read(value),
            None => Err(InvalidAnswer {
                field: "field".to_owned(),
                expected: format!("one of {}", self.names().join(", ")),
            }),
        }
    }

    /// Reads several values; one that is not understood spoils no other.
    #[must_use]
    pub fn read_all(&self, given: &Map<String, Value>) -> Reading {
        let mut reading = Reading::default();
        for (field, value) in given {
            match self.read(field, value) {
                Ok(value) => {
                    reading.values.insert(field.clone(), value);
                }
                Err(problem) => reading.problems.push(problem),
            }
        }
        let is_missing = |name: &&str| !given.contains_key(*name);
        let missing = self.names().into_iter().filter(is_missing);
        reading.missing = missing.map(str::to_owned).collect();
        reading
    }

    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|field| field.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_read_as_their_field_stores_them() {
        let default = Questionnaire::default();
        for (field, value, read) in [
            ("age", json!(42), json!(42)),
            ("age", json!(42.0), json!(42)),
            ("age", json!(" ४२"), json!(42)),
            ("age", json!(120), json!(120)),
            ("gender", json!("महिला"), json!("female")),
            ("severity", json!("7"), json!(7)),
            ("city", json!(" दिल्ली "), json!("दिल्ली")),
            ("duration", json!(3), json!("3")),
        ] {
            assert_eq!(default.read(field, &value), Ok(read), "{field} {value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named_and_not_repeated() {
        let default = Questionnaire::default();
        for (field, value, problem) in [
            (
                "age",
                json!(121),
                "age: expected one whole number in digits, from 0 to 120",
            ),
            (
                "age",
                json!(-1),
                "age: expected one whole number in digits, from 0 to 120",
            ),
            (
                "age",
                json!(42.5),
                "age: expected one whole number in digits, from 0 to 120",
            ),
            (
                "severity",
                json!(0),
                "severity: expected one whole number in digits, from 1 to 10",
            ),
            (
                "gender",
                json!("?"),
                "gender: expected male, female or other",
            ),
            (
                "city",
                json!(" "),
                "city: expected 1 to 500 characters of text",
            ),
            (
                "city",
                json!("x".repeat(501)),
                "city: expected 1 to 500 characters of text",
            ),
            (
                "city",
                json!("a\u{0}b"),
                "city: expected 1 to 500 characters of text",
            ),
            (
                "city",
                json!(["x"]),
                "city: expected 1 to 500 characters of text",
            ),
            (
                "hobby",
                json!("x"),
                "field: expected one of patientName, age, gender, healthIssue, duration, severity, city",
            ),
        ] {
            let error = default.read(field, &value).unwrap_err();
            assert_eq!(error.to_string(), problem);
        }
    }

    #[test]
    fn one_bad_value_spoils_no_other() {
        let given = json!({ "age": "old", "city": "पुणे", "gender": "male" });
        let reading = Questionnaire::default().read_all(given.as_object().unwrap());
        assert_eq!(
            json!(reading.values),
            json!({ "city": "पुणे", "gender": "male" })
        );
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(
            reading.missing,
            ["patientName", "healthIssue", "duration", "severity"]
        );
    }

    #[test]
    fn a_questionnaire_is_read_from_json_or_refused_whole() {
        let text = r#"[{"name":"bp","kind":"integer","min":50,"max":250,"description":"Systolic"},
            {"name":"note","kind":"text","description":"Anything else"}]"#;
        let questionnaire: Questionnaire = text.parse().unwrap();
        assert_eq!(questionnaire.read("bp", &json!("120")), Ok(json!(120)));
        for text in [
            "",
            "[]",
            "{}",
            r#"[{"name":"bp","kind":"integer","min":9,"max":1,"description":"x"}]"#,
            r#"[{"name":"b p","kind":"text","description":"x"}]"#,
            r#"[{"name":"bp","kind":"date","description":"x"}]"#,
            r#"[{"name":"bp","kind":"text","description":" "}]"#,
            r#"[{"name":"a","kind":"text","description":"x"},{"name":"a","kind":"text","description":"x"}]"#,
        ] {
            assert_eq!(
                text.parse::<Questionnaire>(),
                Err(InvalidQuestionnaire),
                "{text}"
            );
        }
    }
}
