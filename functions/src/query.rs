//! Query parameters: each known, each once.

use crate::http::Violation;
use std::collections::BTreeMap;

/// How many entries a page has.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Unless asked otherwise.
    pub(crate) default: usize,
    /// At most.
    pub(crate) max: usize,
}

/// Takes a query apart.
pub(crate) fn read(
    query: Option<&str>,
    known: &[&str],
) -> Result<BTreeMap<String, String>, Violation> {
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let mut values = BTreeMap::new();
    for (name, value) in pairs {
        if !known.contains(&name.as_str()) {
            return Err(Violation::unknown(&name, "parameter", known));
        }
        if values.insert(name.clone(), value).is_some() {
            return Err(Violation::new(&name, "the parameter once"));
        }
    }
    Ok(values)
}

/// Takes the query of a form apart: a browser sends what was left empty too, and it says nothing.
pub(crate) fn of_form(
    query: Option<&str>,
    known: &[&str],
) -> Result<BTreeMap<String, String>, Violation> {
    let mut values = read(query, known)?;
    values.retain(|_, value| !value.trim().is_empty());
    Ok(values)
}

/// Reads the parameter `limit`.
pub(crate) fn limit(values: &BTreeMap<String, String>, limits: Limits) -> Result<usize, Violation> {
    let Some(text) = values.get("limit") else {
        return Ok(limits.default);
    };
    let limit = text.parse().ok();
    let limit = limit.filter(|limit| (1..=limits.max).contains(limit));
    limit.ok_or_else(|| Violation::new("limit", format!("a number from 1 to {}", limits.max)))
}
