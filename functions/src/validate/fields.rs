//! The fields of a body's objects, one by one, and the free values among them.

use super::{FLAG_RULE, FREE_RULE, MOMENT_RULE};
use crate::http::Violation;
use call::{rules::is_free, time::Timestamp};
use serde_json::{Map, Value};
use std::str::FromStr;

/// The fields of one object, taken out one by one.
pub(crate) struct Fields {
    path: &'static str,
    left: Map<String, Value>,
}

impl Fields {
    pub(crate) fn new(
        path: &'static str,
        object: Map<String, Value>,
        known: &[&str],
    ) -> Result<Self, Violation> {
        let fields = Self { path, left: object };
        match fields
            .left
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            Some(unknown) => Err(Violation::unknown(&fields.path_of(unknown), "field", known)),
            None => Ok(fields),
        }
    }

    pub(crate) fn violation(&self, name: &str, expected: &str) -> Violation {
        Violation::new(&self.path_of(name), expected)
    }

    /// Says that a field must be there; `null` counts as absent.
    pub(crate) fn missing(&self, name: &str, expected: &str) -> Violation {
        Violation::missing(&self.path_of(name), expected)
    }

    fn path_of(&self, name: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("{}{dot}{name}", self.path)
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(
        &mut self,
        name: &str,
        rule: &str,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<Option<String>, Violation> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if is_valid(&text) => Ok(Some(text)),
            Some(Value::String(_)) => Err(self.violation(name, rule)),
            Some(_) => Err(Violation::no_string(&self.path_of(name), rule)),
        }
    }

    pub(crate) fn moment(&mut self, name: &str) -> Result<Option<Timestamp>, Violation> {
        self.parsed(name, MOMENT_RULE)
    }

    /// A text that a type of the domain reads.
    pub(crate) fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        rule: &str,
    ) -> Result<Option<T>, Violation> {
        let text = self.text(name, rule, |text| text.parse::<T>().is_ok())?;
        Ok(text.and_then(|text| text.parse().ok()))
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, name: &str) -> Result<Option<bool>, Violation> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.violation(name, FLAG_RULE)),
        }
    }

    /// A whole number that fits its type.
    pub(crate) fn number<T: TryFrom<u64>>(
        &mut self,
        name: &str,
        rule: &str,
    ) -> Result<Option<T>, Violation> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let number = value.as_u64().and_then(|number| T::try_from(number).ok());
        number.map(Some).ok_or_else(|| self.violation(name, rule))
    }

    /// A list of at most `max` texts, each of which must be `valid`; the first that is not is named by
    /// its place, from 0.
    pub(crate) fn texts<T>(
        &mut self,
        name: &str,
        max: usize,
        rule: &str,
        valid: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<Vec<T>>, Violation> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let Value::Array(items) = value else {
            return Err(self.violation(name, &format!("a list: {rule}")));
        };
        if items.len() > max {
            return Err(self.violation(name, &format!("at most {max} in the list")));
        }
        let read = |(index, item): (usize, &Value)| {
            let item = item.as_str().and_then(&valid);
            item.ok_or_else(|| self.violation(&format!("{name}[{index}]"), rule))
        };
        let read: Result<Vec<T>, Violation> = items.iter().enumerate().map(read).collect();
        read.map(Some)
    }

    pub(crate) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>, Violation> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(self.violation(name, "an object")),
        }
    }

    pub(super) fn free(&mut self, name: &str) -> Result<Map<String, Value>, Violation> {
        let Some(object) = self.object(name)? else {
            return Ok(Map::new());
        };
        if is_free(&object) {
            return Ok(object);
        }
        Err(self.violation(name, FREE_RULE))
    }
}
