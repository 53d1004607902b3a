//! What the carrier means by an answer that is no: a table of texts, because its texts are
//! unpublished and accounts differ.

use super::carrier::DialError;
use call::{Hindrance, RefusalReason};
use serde_json::Value;
use std::str::FromStr;

/// What a text says about the dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// About the number: another try gets the same answer.
    Refused(RefusalReason),
    /// About our account or the moment: nothing was dialled, and the call waits.
    Hindered(Hindrance),
}

/// The names of meanings in a setting.
const NAMES: [(&str, Meaning); 8] = [
    (
        "invalid_number",
        Meaning::Refused(RefusalReason::InvalidNumber),
    ),
    ("dnd", Meaning::Refused(RefusalReason::DoNotDisturb)),
    ("rejected", Meaning::Refused(RefusalReason::Rejected)),
    ("auth", Meaning::Hindered(Hindrance::Auth)),
    ("balance", Meaning::Hindered(Hindrance::Balance)),
    ("account", Meaning::Hindered(Hindrance::Account)),
    ("channels_busy", Meaning::Hindered(Hindrance::ChannelsBusy)),
    ("rate_limited", Meaning::Hindered(Hindrance::RateLimited)),
];

/// Texts that were seen, or that other telephony providers use; the setting's own come first.
const KNOWN: &str = "international format=invalid_number; invalid number=invalid_number; \
    valid number=invalid_number; ndnc=dnd; dnd=dnd; do not disturb=dnd; \
    insufficient=balance; low balance=balance; no balance=balance; recharge=balance; \
    plan expired=account; account expired=account; suspended=account; deactivated=account; \
    inactive=account; channel limit=channels_busy; no channel=channels_busy; \
    channels are busy=channels_busy; concurrent=channels_busy; limit exceeded=rate_limited; \
    too many requests=rate_limited; unauthori=auth; forbidden=auth; api key=auth; \
    invalid token=auth; authentication=auth";

/// Longest pattern, in characters.
const PATTERN_CHARS_MAX: usize = 100;

/// Which text in an answer means what; the first that is found decides.
///
/// Written `text=meaning; text=meaning`. Texts are compared without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorTable(Vec<(String, Meaning)>);

/// A table that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected `text=meaning` pairs joined by `;`, with a meaning of invalid_number, dnd, rejected, auth, balance, account, channels_busy, rate_limited"
)]
pub struct InvalidErrorTable;

impl Default for ErrorTable {
    fn default() -> Self {
        Self(pairs(KNOWN).expect("a test reads the known texts"))
    }
}

impl FromStr for ErrorTable {
    type Err = InvalidErrorTable;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut table = pairs(text).ok_or(InvalidErrorTable)?;
        table.extend(Self::default().0);
        Ok(Self(table))
    }
}

fn pairs(text: &str) -> Option<Vec<(String, Meaning)>> {
    let parts = text.split(';').filter(|part| !part.trim().is_empty());
    parts.map(pair).collect()
}

fn pair(text: &str) -> Option<(String, Meaning)> {
    let (pattern, name) = text.rsplit_once('=')?;
    let pattern = pattern.trim().to_lowercase();
    let meaning = NAMES.iter().find(|(known, _)| *known == name.trim())?.1;
    let is_sound = !pattern.is_empty() && pattern.chars().count() <= PATTERN_CHARS_MAX;
    is_sound.then_some((pattern, meaning))
}

impl ErrorTable {
    /// What an answer means that says no. One that is not in the table proves nothing: the phone may
    /// ring all the same.
    pub(super) fn read(&self, body: &[u8]) -> DialError {
        let text = String::from_utf8_lossy(body).to_lowercase();
        let found = self.0.iter().find(|(pattern, _)| text.contains(pattern));
        match found.map(|(_, meaning)| *meaning) {
            Some(Meaning::Refused(reason)) => DialError::Refused(reason),
            Some(Meaning::Hindered(because)) => DialError::NotSent {
                retry_after: None,
                because,
            },
            None => DialError::Unknown,
        }
    }
}

/// Whether an answer with a status of success says in its body that there was none.
pub(super) fn is_denial(answer: &Value) -> bool {
    let says_no = |value: &Value| match value {
        Value::Bool(is_good) => !is_good,
        Value::String(word) => matches!(
            word.to_lowercase().as_str(),
            "false" | "error" | "fail" | "failed" | "failure"
        ),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    let words = ["/success", "/status", "/success/status", "/result"];
    let has_error = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Object(all) => !all.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    };
    let code = answer.get("status_code").and_then(|code| match code {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    words
        .iter()
        .filter_map(|path| answer.pointer(path))
        .any(says_no)
        || ["error", "errors"]
            .iter()
            .any(|key| has_error(&answer[*key]))
        || code.is_some_and(|code| code >= 400)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn hindered(because: Hindrance) -> DialError {
        DialError::NotSent {
            retry_after: None,
            because,
        }
    }

    #[test]
    fn texts_mean_what_the_table_says_and_nothing_else() {
        use {Hindrance as H, RefusalReason as R};
        let table: ErrorTable = "credit is over=balance; Nummer=rejected".parse().unwrap();
        for (text, expected) in [
            (
                "Please enter a valid number",
                DialError::Refused(R::InvalidNumber),
            ),
            ("Number is in NDNC", DialError::Refused(R::DoNotDisturb)),
            ("Your CREDIT is over", hindered(H::Balance)),
            ("falsche NUMMER", DialError::Refused(R::Rejected)),
            ("Insufficient balance", hindered(H::Balance)),
            ("Account suspended", hindered(H::Account)),
            ("All channels are busy", hindered(H::ChannelsBusy)),
            ("Invalid API key", hindered(H::Auth)),
            ("Limit Exceeded", hindered(H::RateLimited)),
            ("computer says no", DialError::Unknown),
            ("", DialError::Unknown),
        ] {
            assert_eq!(table.read(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        for text in ["balance", "=balance", "text=nothing", "a=b=balance;c"] {
            assert_eq!(text.parse::<ErrorTable>(), Err(InvalidErrorTable), "{text}");
        }
        assert_eq!("".parse(), Ok(ErrorTable::default()));
    }

    #[test]
    fn a_body_can_deny_what_its_status_says() {
        for denial in [
            json!({ "success": false }),
            json!({ "status": "error", "message": "x" }),
            json!({ "success": { "status": "Failed" } }),
            json!({ "error": { "message": "x" } }),
            json!({ "status_code": "402" }),
        ] {
            assert!(is_denial(&denial), "{denial}");
        }
        for taken in [
            json!({}),
            json!({ "success": { "status": "success", "call_id": "1" } }),
            json!({ "success": true, "call_id": "1", "status": "initiated" }),
            json!({ "order_id": 1, "result": "placed order successfully", "status_code": 1 }),
            json!({ "error": null, "data": { "call_ids": [{ "call_id": "1" }] } }),
        ] {
            assert!(!is_denial(&taken), "{taken}");
        }
    }
}
