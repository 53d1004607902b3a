//! Values that break a rule.

use std::fmt;

/// Longest part of an unknown field's name that is given back, in characters. Names are short;
/// the bound keeps a body from being echoed through its own keys.
const FIELD_CHARS_MAX: usize = 64;

/// A value that breaks a rule: where, and what is wrong. Never holds the value itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub(crate) struct Violation {
    /// Dotted path of the field, or the name of a query parameter.
    pub field: String,
    /// What is wrong, and what would have been valid.
    problem: String,
}

impl Violation {
    /// Says that `field` should have been `expected`.
    #[must_use]
    pub(crate) fn new(field: &str, expected: impl fmt::Display) -> Self {
        Self::of(field, format!("expected {expected}"))
    }

    /// Says that `field` must be there, as `expected`.
    #[must_use]
    pub(crate) fn missing(field: &str, expected: impl fmt::Display) -> Self {
        Self::of(field, format!("missing; expected {expected}"))
    }

    /// Says that nothing is called `field`; the names of this `kind` are `known`.
    #[must_use]
    pub(crate) fn unknown(field: &str, kind: &str, known: &[&str]) -> Self {
        let known = known.join(", ");
        Self::of(field, format!("unknown {kind}; expected one of {known}"))
    }

    /// Says that `field` holds another type of JSON than text.
    #[must_use]
    pub(crate) fn no_string(field: &str, expected: impl fmt::Display) -> Self {
        Self::of(field, format!("a string is expected: {expected}"))
    }

    /// Says of `field` what a rule of the domain says, in its own words.
    #[must_use]
    pub(crate) fn said(field: &str, rule: impl fmt::Display) -> Self {
        Self::of(field, rule.to_string())
    }

    fn of(field: &str, problem: String) -> Self {
        let field = field
            .chars()
            .filter(|c| !c.is_control())
            .take(FIELD_CHARS_MAX)
            .collect();
        Self { field, problem }
    }
}
