//! Tools that change the call itself, offered over the conversation's own socket only.

use super::tool::{Tool, ToolError, ToolUse, missing, tool};
use access::Talk;
use call::{CallEvent, CallRequest, CallingWindow, Rejection, time::Timestamp};
use jiff::{civil, tz::TimeZone};
use serde_json::{Map, Value, json};
use store::{
    OptOut, StoreError,
    calls::{Applied, Calls},
};

/// The tool that hands the callee over to a person. It has no arguments: the number is a setting.
pub const TRANSFER_CALL: &str = "transfer_call";

const OPT_OUT: &str = "opt_out";
const SCHEDULE_CALLBACK: &str = "schedule_callback";

/// Where a time without an offset is taken to be, unless the call has hours of its own.
const ZONE: &str = "Asia/Kolkata";

const TIME_RULE: &str = "a moment from now on, such as 2026-11-24T18:30:00+05:30";

/// Every tool of this kind.
#[must_use]
pub fn all() -> Vec<Tool> {
    let nothing = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let callback = json!({
        "type": "object",
        "properties": {
            "time": {
                "type": "string",
                "description": "When to call again, ISO 8601; without an offset by Indian time",
            },
        },
        "required": ["time"],
        "additionalProperties": false,
    });
    vec![
        tool(
            TRANSFER_CALL,
            "Hands the patient over to a person of the hospital. Say so first: the conversation ends \
             with it.",
            nothing(),
        ),
        tool(
            OPT_OUT,
            "Notes that the patient wants no more calls. Call it as soon as they say so, confirm it, and \
             say goodbye.",
            nothing(),
        ),
        tool(
            SCHEDULE_CALLBACK,
            "Notes when the patient wants to be called again. Say it is noted only after this succeeded, \
             then say goodbye; the last time that was noted counts.",
            callback,
        ),
    ]
}

/// Calls such a tool, but for [`TRANSFER_CALL`], which is the socket owner's to do; `None` if none has
/// this name. What it says is noted is durable.
pub async fn run(
    calls: &Calls,
    request: &CallRequest,
    tool_use: ToolUse,
    name: &str,
    arguments: &Map<String, Value>,
) -> Option<Result<Value, ToolError>> {
    match name {
        OPT_OUT => Some(opt_out(calls, request).await),
        SCHEDULE_CALLBACK => Some(schedule_callback(calls, request, tool_use, arguments).await),
        _ => None,
    }
}

async fn opt_out(calls: &Calls, request: &CallRequest) -> Result<Value, ToolError> {
    let entry = OptOut {
        phone_number: request.patient.phone_number.clone(),
        since: calls.now(),
        by: "agent".to_owned(),
        reason: Some("asked for it in a call".to_owned()),
    };
    calls.store.opt_out(&entry).await?;
    tracing::info!(call_id = %request.id, opt_outs_added = 1, by = "agent", "opt-out");
    Ok(json!({ "noted": true }))
}

async fn schedule_callback(
    calls: &Calls,
    request: &CallRequest,
    tool_use: ToolUse,
    arguments: &Map<String, Value>,
) -> Result<Value, ToolError> {
    let window = request.calling_window.as_ref();
    let window = window.or(calls.policy.calling_window.as_ref());
    let at = arguments.get("time").and_then(Value::as_str);
    let at = at.and_then(|text| moment(text, window));
    let at = at.filter(|at| *at > calls.now());
    let at = at.ok_or_else(|| missing("time", TIME_RULE))?;
    let Talk { call, attempt, .. } = tool_use.talk;
    let agreed = CallEvent::CallbackAgreed { attempt, at };
    let applied = calls.apply(call, &agreed).await;
    match applied.map_err(StoreError::from)? {
        Applied::Changed { session, .. } => Ok(json!({
            "noted": true,
            "callback": session.callback_at.map(|due| by_the_clock(due, window)),
        })),
        Applied::Unchanged { session, reason } => Err(match reason {
            Rejection::TooLate => {
                let end = by_the_clock(session.expires_at, window);
                missing(
                    "time",
                    &format!("a moment before {end}, in the hours of calls"),
                )
            }
            Rejection::NoAttemptLeft => {
                missing("time", "nothing: the call may not be repeated again")
            }
            Rejection::AlreadyApplied
            | Rejection::AttemptOver
            | Rejection::StreamTaken
            | Rejection::StreamReplaced
            | Rejection::NotDue
            | Rejection::Unexpected { .. } => ToolError::NoSuchCall,
        }),
        Applied::NoChannel | Applied::Paced | Applied::Held(_) | Applied::NoSuchCall => {
            Err(ToolError::NoSuchCall)
        }
    }
}

/// A moment with an offset, or one by the clocks of the call's place.
fn moment(text: &str, window: Option<&CallingWindow>) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(at) = text.parse() {
        return Some(at);
    }
    let local: civil::DateTime = text.parse().ok()?;
    let zoned = local.to_zoned_datetime(zone(window)?).ok()?;
    Some(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

/// The moment as the callee's clocks show it, for the agent to say.
fn by_the_clock(at: Timestamp, window: Option<&CallingWindow>) -> String {
    let local = || {
        let moment = jiff::Timestamp::from_millisecond(at.as_millis()).ok()?;
        let local = moment.to_zoned_datetime(zone(window)?);
        Some(local.strftime("%Y-%m-%dT%H:%M%:z").to_string())
    };
    local().unwrap_or_else(|| at.to_string())
}

fn zone(window: Option<&CallingWindow>) -> Option<TimeZone> {
    TimeZone::get(window.map_or(ZONE, CallingWindow::zone)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_an_offset_or_by_the_clocks_of_the_place() {
        let expected: Timestamp = "2026-11-24T13:00:00Z".parse().unwrap();
        for text in [
            "2026-11-24T18:30:00+05:30",
            "2026-11-24T18:30:00",
            "2026-11-24 18:30",
            " 2026-11-24T13:00:00Z ",
        ] {
            assert_eq!(moment(text, None), Some(expected), "{text}");
        }
        let dubai: CallingWindow = "09:00-21:00 Asia/Dubai".parse().unwrap();
        assert_eq!(moment("2026-11-24T17:00:00", Some(&dubai)), Some(expected));
        for text in ["", "tomorrow", "18:30", "2026-11-24T25:00:00"] {
            assert_eq!(moment(text, None), None, "{text}");
        }
        assert_eq!(by_the_clock(expected, None), "2026-11-24T18:30+05:30");
    }
}
