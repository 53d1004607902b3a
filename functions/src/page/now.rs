//! What goes on at this moment: calls, channels, who waits for a dial, and what keeps phones from ringing.
//!
//! Cost: as a page of the list of unfinished calls, and one read.

use super::{
    error::PageError,
    layout::{self, Tab, View},
    masked,
    table::{self, Head},
    visitor::Visitor,
    words::Words,
};
use crate::app::App;
use axum::{extract::State, response::Response};
use call::{CallRequest, CallSession, CallState, dialling::Dialling, report::ReportZone};
use maud::{Markup, html};
use std::sync::Arc;

/// Calls that are shown.
const CALLS_MAX: usize = 100;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let (store, words) = (&app.calls.store, visitor.words);
    let (page, stats, in_use, dialling) = tokio::try_join!(
        store.unfinished(None, None, CALLS_MAX),
        store.stats(),
        store.channels_in_use(),
        store.dialling(),
    )
    .map_err(PageError::of_store(words))?;
    let (mut live, mut waiting): (Vec<_>, Vec<_>) = page
        .calls
        .into_iter()
        .partition(|(call, _)| call.state.holds_channel());
    live.sort_by_key(|(call, _)| call.updated_at);
    waiting.sort_by_key(|(call, _)| call.dial_at);
    let count = |state: CallState| stats.0.get(&state).copied().unwrap_or(0);
    let body = html! {
        (alarm(words, &app.report_zone, &dialling))
        ul .figures {
            li {
                strong { (in_use) " / " (app.calls.policy.channels()) }
                label for="channels" { (words.channels_in_use) }
                br;
                meter #channels min="0" max=(app.calls.policy.channels()) value=(in_use) {}
            }
            li { strong { (count(CallState::Active)) } (words.talking) }
            li { strong { (count(CallState::Initiating)) } (words.waiting) }
            li { strong { (count(CallState::Completed)) } (words.completed) }
            li { strong { (count(CallState::Failed)) } (words.failed) }
        }
        p .unseen data-told { (words.talking) ": " (count(CallState::Active)) }
        h2 { (words.live_calls) }
        (live_calls(words, &app.report_zone, &live))
        h2 { (words.next_dials) }
        (next_dials(words, &app.report_zone, &waiting))
        @if page.next.is_some() { p .quiet { (words.and_more) } }
    };
    let view = View {
        tab: Tab::Now,
        title: words.now,
        live: Some(super::NOW_PATH),
        body,
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// Why no phone rings, if none does.
fn alarm(words: &Words, zone: &ReportZone, dialling: &Dialling) -> Markup {
    let Some(held) = dialling.held() else {
        return html! {};
    };
    html! {
        p .alarm {
            (words.nobody_is_dialled) ": " ((words.reasons.held)(held))
            @if let Some(since) = dialling.since() {
                ", " (words.since) " " (layout::moment(zone, since))
            }
        }
    }
}

type Call = (CallSession, CallRequest);

fn live_calls(words: &Words, zone: &ReportZone, calls: &[Call]) -> Markup {
    if calls.is_empty() {
        return html! { p { (words.none) } };
    }
    html! {
        (table::of(
            words.live_calls,
            &[
                Head::Text(words.patient),
                Head::Text(words.number),
                Head::Text(words.state),
                Head::Text(words.who_speaks),
                Head::Number(words.attempt),
                Head::Number(words.for_how_long),
                Head::Number(words.answers),
            ],
            &html! {
                @for (call, request) in calls {
                    tr {
                        th scope="row" { (link(call, request)) }
                        td { (masked::phone(&call.phone)) }
                        td { (words.call_state(call.state)) }
                        td { (speaking(words, zone, call)) }
                        td .number { (attempt(call)) }
                        td .number { (layout::since(zone, began(call))) }
                        td .number { (call.answers_saved) }
                    }
                }
            },
        ))
    }
}

/// Whose voice was heard at the last heartbeat, and when that was.
fn speaking(words: &Words, zone: &ReportZone, call: &CallSession) -> Markup {
    let Some(speaking) = call.speaking else {
        return html! {};
    };
    html! { (words.voice(speaking.who)) " " span .quiet { (layout::since(zone, speaking.at)) } }
}

/// Since when its phone rings or is talked on.
fn began(call: &CallSession) -> call::time::Timestamp {
    let attempt = call.attempt.as_ref();
    attempt.map_or(call.created_at, |attempt| {
        attempt.answered_at.unwrap_or(attempt.started_at)
    })
}

fn attempt(call: &CallSession) -> u8 {
    call.attempt.as_ref().map_or(0, |attempt| attempt.number)
}

fn next_dials(words: &Words, zone: &ReportZone, calls: &[Call]) -> Markup {
    if calls.is_empty() {
        return html! { p { (words.none) } };
    }
    html! {
        (table::of(
            words.next_dials,
            &[
                Head::Text(words.patient),
                Head::Text(words.number),
                Head::Text(words.next_dial),
                Head::Number(words.attempts_so_far),
            ],
            &html! {
                @for (call, request) in calls {
                    tr {
                        th scope="row" { (link(call, request)) }
                        td { (masked::phone(&call.phone)) }
                        td { @if let Some(at) = call.dial_at { (layout::moment(zone, at)) } }
                        td .number { (attempt(call)) }
                    }
                }
            },
        ))
    }
}

fn link(call: &CallSession, request: &CallRequest) -> Markup {
    html! { a href={ "/calls/" (call.id) } { (masked::name(&request.patient.name)) } }
}
