//! One call: where it stands, what happened, what was said, who was told.
//!
//! What the patient is called, said and answered is shown to who asks for it and may: each time a line of
//! the log says who did.

use super::{
    error::PageError,
    ids, lanes,
    layout::{self, Tab, View},
    masked, recording,
    table::{self, Head},
    visitor::Visitor,
};
use crate::{
    app::App,
    record::{self, AudioState, Recorded},
    status,
};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use call::{Attempt, CallState, Speaker, Turn, answers::Answer};
use maud::{Markup, html};
use std::sync::Arc;
use store::CallRecord;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let record = found(&app, &visitor, &id).await?;
    Ok(shown(&app, &visitor, &record, Shows::Nothing))
}

/// The same with what belongs to the patient.
pub(super) async fn reveal(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    visitor.needs(visitor.may_reveal)?;
    let record = found(&app, &visitor, &id).await?;
    tracing::info!(call_id = %record.session.id, by = %visitor.name, "patient data revealed");
    let recorded = recording::of(&app, &record).await;
    Ok(shown(&app, &visitor, &record, Shows::All(recorded)))
}

/// Ends a call for good.
pub(super) async fn cancel(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let id = ids::call(words, &id)?;
    status::end(&app, id).await.map_err(PageError::of(words))?;
    tracing::info!(call_id = %id, by = %visitor.name, "call cancelled on the page");
    Ok(Redirect::to(&format!("/calls/{id}")).into_response())
}

async fn found(app: &App, visitor: &Visitor, id: &str) -> Result<CallRecord, PageError> {
    let words = visitor.words;
    let record = record::load(app, ids::call(words, id)?).await;
    record.map_err(PageError::of(words))
}

/// What of the patient's.
enum Shows {
    Nothing,
    /// With what can be heard of the call, unless the storage does not answer.
    All(Option<Recorded>),
}

fn shown(app: &App, visitor: &Visitor, record: &CallRecord, shows: Shows) -> Response {
    let (is_revealed, recorded) = match shows {
        Shows::Nothing => (false, None),
        Shows::All(recorded) => (true, recorded),
    };
    let path = format!("/calls/{}", record.session.id);
    let is_over = record.session.state.is_final();
    let shown = Shown {
        app,
        visitor,
        record,
        is_revealed,
        recorded,
    };
    let view = View {
        tab: Tab::Calls,
        title: visitor.words.one_call,
        live: (!is_over && !is_revealed).then_some(path.as_str()),
        body: shown.body(&path),
        zone: &app.report_zone,
    };
    layout::shown(visitor, view)
}

struct Shown<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    record: &'a CallRecord,
    is_revealed: bool,
    recorded: Option<Recorded>,
}

impl Shown<'_> {
    fn body(&self, path: &str) -> Markup {
        let words = self.visitor.words;
        html! {
            (self.standing())
            div .actions { (self.actions(path)) }
            h2 { (words.answers) }
            (self.answers())
            @for attempt in &self.record.attempts {
                (lanes::of(words, attempt, &self.record.turns, &self.record.answers, &self.record.audio))
            }
            (self.recording())
            h2 { (words.transcript) }
            (self.transcript())
            h2 { (words.attempts) }
            (self.attempts())
            h2 { (words.timeline) }
            (self.timeline())
            h2 { (words.events) }
            (self.events())
        }
    }

    fn standing(&self) -> Markup {
        let (words, zone) = (self.visitor.words, &self.app.report_zone);
        let (call, patient) = (&self.record.session, &self.record.request.patient);
        let (name, number) = if self.is_revealed {
            (patient.name.clone(), call.phone.e164().to_owned())
        } else {
            (masked::name(&patient.name), masked::phone(&call.phone))
        };
        html! {
            dl {
                dt { (words.patient) } dd { (name) }
                dt { (words.number) } dd { (number) }
                dt { (words.state) }
                dd data-told {
                    (words.call_state(call.state))
                    @if let Some(cause) = call.cause { ": " (words.cause(cause)) }
                }
                dt { (words.asked_at) } dd { (layout::moment(zone, call.created_at)) }
                @if let Some(at) = call.dial_at {
                    dt { (words.next_dial) } dd { (layout::moment(zone, at)) }
                }
                @if let Some(of) = call.campaign {
                    dt { (words.campaign) }
                    dd { a href={ "/campaigns/" (of.id) } { (words.row) " " (of.row) } }
                }
                dt { "sessionId" } dd { code { (call.id) } }
            }
        }
    }

    fn actions(&self, path: &str) -> Markup {
        let (words, call) = (self.visitor.words, &self.record.session);
        html! {
            @if self.visitor.may_reveal && !self.is_revealed {
                form method="post" action=(path) { button { (words.reveal) } }
            }
            @if self.visitor.may_write && !call.state.is_final() {
                form method="post" action={ (path) "/cancel" } {
                    button { @if call.state == CallState::Initiating { (words.cancel_waiting) } @else { (words.cancel_live) } }
                }
            }
        }
    }

    fn answers(&self) -> Markup {
        let words = self.visitor.words;
        if self.record.answers.is_empty() {
            return html! { p { (words.none) } };
        }
        html! {
            (table::of(
                words.answers,
                &[
                    Head::Text(words.question),
                    Head::Text(words.answer),
                    Head::Text(words.source),
                    Head::Text(words.conflict),
                ],
                &html! {
                    @for answer in &self.record.answers { (self.answer(answer)) }
                },
            ))
        }
    }

    fn answer(&self, answer: &Answer) -> Markup {
        let words = self.visitor.words;
        let told = |value: &serde_json::Value| match value.as_str() {
            _ if !self.is_revealed => words.hidden.to_owned(),
            Some(text) => text.to_owned(),
            None => value.to_string(),
        };
        html! {
            tr {
                th scope="row" { (words.field(&answer.field)) }
                td {
                    (told(&answer.given.value))
                    @for earlier in &answer.earlier { br; del { (told(&earlier.value)) } }
                }
                td { (answer.given.source.label()) }
                td { @if let Some(other) = &answer.conflict { (told(&other.value)) } }
            }
        }
    }

    /// Of calls that may have been recorded alone.
    fn recording(&self) -> Markup {
        let words = self.visitor.words;
        if !self.record.request.recording_consent && self.record.recording_erasure.is_none() {
            return html! {};
        }
        html! {
            h2 { (words.recording) }
            @if self.is_revealed {
                (recording::player(words, self.record.session.id, self.recorded.as_ref()))
            } @else {
                p { (words.recording_hidden) }
            }
        }
    }

    fn transcript(&self) -> Markup {
        let words = self.visitor.words;
        if self.record.turns.is_empty() {
            return html! { p { (words.none) } };
        }
        if !self.is_revealed {
            return html! { p { (self.record.turns.len()) " " (words.turns_hidden) } };
        }
        let lang = self.record.request.language.as_deref().unwrap_or("hi");
        html! { @for turn in &self.record.turns { (self.turn(turn, lang)) } }
    }

    fn turn(&self, turn: &Turn, lang: &str) -> Markup {
        let words = self.visitor.words;
        let who = match turn.role {
            Speaker::Agent => words.agent,
            Speaker::Callee => words.patient,
        };
        html! {
            p .turn {
                (recording::seek(words, self.recorded.as_ref(), turn))
                span .who { (who) }
                span lang=(lang) { (turn.text) }
                @if turn.interrupted { " " span .quiet { "(" (words.interrupted) ")" } }
            }
        }
    }

    fn attempts(&self) -> Markup {
        let (words, zone) = (self.visitor.words, &self.app.report_zone);
        if self.record.attempts.is_empty() {
            return html! { p { (words.none) } };
        }
        html! {
            (table::of(
                words.attempts,
                &[
                    Head::Number(words.attempt),
                    Head::Text(words.began),
                    Head::Text(words.picked_up),
                    Head::Text(words.ended),
                    Head::Text(words.outcome),
                    Head::Text(words.audio),
                ],
                &html! {
                    @for attempt in &self.record.attempts {
                        tr {
                            th scope="row" .number { (attempt.number) }
                            td { (layout::moment(zone, attempt.started_at)) }
                            td { @if let Some(at) = attempt.answered_at { (layout::moment(zone, at)) } }
                            td { @if let Some(at) = attempt.ended_at { (layout::moment(zone, at)) } }
                            td { @if let Some(outcome) = attempt.outcome { (spaced(outcome.label())) } }
                            td { (self.audio(attempt)) }
                        }
                    }
                },
            ))
        }
    }

    /// What is known of the audio of each stream.
    fn audio(&self, attempt: &Attempt) -> Markup {
        let words = self.visitor.words;
        let streams = record::streams(attempt, &self.record.audio);
        let is_only = streams.len() == 1;
        html! {
            @for audio in streams {
                @if !is_only { (words.stream) " " (audio.stream) ": " }
                @match audio.state {
                    AudioState::Clean => (words.clean),
                    AudioState::Gaps => { (audio.gap_count()) " " (words.gaps) },
                    AudioState::Carried => (words.carried),
                    AudioState::NoReport => (words.no_report),
                }
                @if !is_only { br; }
            }
        }
    }

    fn timeline(&self) -> Markup {
        let (words, zone) = (self.visitor.words, &self.app.report_zone);
        html! {
            (table::of(
                words.timeline,
                &[
                    Head::Text(words.when),
                    Head::Text(words.what),
                    Head::Text(words.state),
                ],
                &html! {
                    @for line in &self.record.events {
                        tr {
                            td { (layout::moment(zone, line.at)) }
                            td { (spaced(&line.event)) }
                            td { (words.call_state(line.to)) }
                        }
                    }
                },
            ))
        }
    }

    fn events(&self) -> Markup {
        let (words, zone) = (self.visitor.words, &self.app.report_zone);
        if self.record.deliveries.is_empty() {
            return html! { p { (words.none) } };
        }
        html! {
            ul {
                @for delivery in &self.record.deliveries {
                    li {
                        (delivery.target.label()) ", "
                        @match (delivery.delivered_at, delivery.parked_at) {
                            (Some(at), _) => { (words.delivered) " " (layout::moment(zone, at)) },
                            (None, Some(at)) => { (words.given_up) " " (layout::moment(zone, at)) },
                            (None, None) => { (words.on_its_way) " " (layout::moment(zone, delivery.queued_at)) },
                        }
                        @if let Some(problem) = &delivery.last_problem { ": " (problem) }
                    }
                }
            }
        }
    }
}

/// A name of the API's as words.
fn spaced(label: &str) -> String {
    label.replace('_', " ")
}
