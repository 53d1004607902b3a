//! What was lost of a call's audio, and what was recorded of it, in words.

use crate::news::{list, text};
use serde_json::Value;

/// A line for each stream that was clean or of which nothing is known, and one for each gap; and
/// whether it can be listened to, if it was to be recorded.
pub(super) fn told(record: &Value) -> Vec<String> {
    let attempts = list(&record["attempts"]);
    let streams: Vec<(&Value, &Value)> = attempts
        .iter()
        .flat_map(|attempt| {
            let streams = list(&attempt["audio"]).iter();
            streams.map(move |stream| (&attempt["number"], stream))
        })
        .collect();
    let is_only = streams.len() == 1;
    let mut lines = Vec::new();
    for (attempt, stream) in streams {
        let of = if is_only {
            String::new()
        } else {
            format!("attempt {attempt}, stream {}: ", stream["stream"])
        };
        let gaps = list(&stream["gaps"]);
        if gaps.is_empty() {
            let state = text(&stream["state"]).replace('_', " ");
            lines.push(format!("  audio   {of}{state}"));
        }
        lines.extend(gaps.iter().map(|one| format!("  audio   {of}{}", gap(one))));
        if let Some(more) = stream["moreGaps"].as_u64() {
            lines.push(format!("  audio   {of}{more} more gaps"));
        }
    }
    lines.extend(recording(&record["recording"]));
    lines
}

fn recording(recording: &Value) -> Option<String> {
    let state = recording["state"]
        .as_str()
        .filter(|state| *state != "none")?;
    let secs = recording["durationMs"]
        .as_f64()
        .map(|ms| format!(", {:.1} s", ms / 1_000.0));
    Some(format!("  recording   {state}{}", secs.unwrap_or_default()))
}

fn gap(gap: &Value) -> String {
    let secs = |ms: &Value| format!("{:.1} s", ms.as_f64().unwrap_or(0.0) / 1_000.0);
    let missed = if gap["to"] == "agent" {
        "the agent missed the patient"
    } else {
        "the patient missed the agent"
    };
    let why = text(&gap["because"]).replace('_', " ");
    let (length, at) = (secs(&gap["lengthMs"]), secs(&gap["atMs"]));
    format!("{missed} for {length} at {at}: {why}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_clean_call_is_said_to_be_clean_and_gaps_are_told_with_their_moment() {
        let clean = json!({ "stream": 1, "state": "clean" });
        let record = json!({ "attempts": [{ "number": 1, "audio": [clean] }, { "number": 2 }] });
        assert_eq!(told(&record), ["  audio   clean"]);
        let lossy = json!({
            "stream": 1, "state": "gaps", "moreGaps": 2,
            "gaps": [
                { "to": "callee", "atMs": 1600, "lengthMs": 750, "because": "under_run" },
                { "to": "agent", "atMs": 9000, "lengthMs": 2020, "because": "stream_lost" },
            ],
        });
        let unknown = json!({ "stream": 2, "state": "no_report" });
        let record = json!({ "attempts": [{ "number": 3, "audio": [lossy, unknown] }] });
        assert_eq!(
            told(&record),
            [
                "  audio   attempt 3, stream 1: the patient missed the agent for 0.8 s at 1.6 s: under run",
                "  audio   attempt 3, stream 1: the agent missed the patient for 2.0 s at 9.0 s: stream lost",
                "  audio   attempt 3, stream 1: 2 more gaps",
                "  audio   attempt 3, stream 2: no report",
            ]
        );
        assert_eq!(told(&json!({ "attempts": [{ "number": 1 }] })), [""; 0]);
    }

    #[test]
    fn what_was_recorded_is_said_unless_nothing_was() {
        for (recording, line) in [
            (
                json!({ "state": "ready", "durationMs": 34_210 }),
                Some("  recording   ready, 34.2 s"),
            ),
            (json!({ "state": "pending" }), Some("  recording   pending")),
            (json!({ "state": "none" }), None),
        ] {
            let told = told(&json!({ "attempts": [], "recording": recording }));
            assert_eq!(told, Vec::from_iter(line.map(str::to_owned)));
        }
    }
}
