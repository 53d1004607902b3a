//! The calls of one day, and those of one patient.
//!
//! A patient is searched by the CRM's id in the body of a request, because an address is written into
//! logs on its way.

use super::{
    CALLS_PATH,
    error::PageError,
    layout::{self, Tab, View},
    masked,
    table::{self, Head},
    visitor::Visitor,
    words::Words,
};
use crate::{app::App, query, reports};
use axum::{
    Form,
    extract::{RawQuery, State},
    response::Response,
};
use call::{
    CallState,
    report::{Period, ReportZone, Row},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Calls of one view: with them it stays below 100 kB.
const CALLS_MAX: usize = 150;

/// The calls of a day, today's if none is named.
pub(super) async fn of_day(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let words = visitor.words;
    let values = query::of_form(query.as_deref(), &["day", "status", "cursor"]);
    let values = values.map_err(PageError::of(words))?;
    let given = |name: &str| values.get(name).map(String::as_str);
    let day = given("day");
    let status = reports::status_of(given("status")).map_err(PageError::of(words))?;
    let before = reports::cursor_of(given("cursor")).map_err(PageError::of(words))?;
    let now = app.calls.now();
    let period = Period::read(None, day, day, now, &app.report_zone);
    let period = period.map_err(PageError::of(words))?;
    let page =
        app.calls
            .store
            .report_page_back(period.from, period.until, before.as_ref(), CALLS_MAX);
    let (mut rows, next) = page.await.map_err(PageError::of_store(words))?;
    if let Some(status) = status {
        rows.retain(|row| row.status_label() == status);
    }
    let day = period.first.to_string();
    let body = html! {
        (filter(words, &day, status))
        (search(words))
        h2 { (words.calls) " " (day) }
        (table(words, &app.report_zone, &rows))
        @if let Some(next) = next {
            p {
                a href={
                    (CALLS_PATH) "?day=" (day) "&status=" (status.unwrap_or_default())
                    "&cursor=" (next)
                } { (words.earlier_calls) }
            }
        }
    };
    Ok(shown(&app, &visitor, body))
}

#[derive(Deserialize)]
pub(super) struct Search {
    patient: String,
}

/// The calls of the patient whom the CRM calls so.
pub(super) async fn of_patient(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(search_for): Form<Search>,
) -> Result<Response, PageError> {
    let (words, store) = (visitor.words, &app.calls.store);
    let ids = store.calls_of_patient(search_for.patient.trim()).await;
    let ids = ids.map_err(PageError::of_store(words))?;
    let rows = store.report_rows(&ids[..ids.len().min(CALLS_MAX)]).await;
    let rows = rows.map_err(PageError::of_store(words))?;
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.created_at));
    let body = html! {
        (search(words))
        h2 { (words.calls_of_the_patient) }
        (table(words, &app.report_zone, &rows))
    };
    Ok(shown(&app, &visitor, body))
}

fn shown(app: &App, visitor: &Visitor, body: Markup) -> Response {
    let view = View {
        tab: Tab::Calls,
        title: visitor.words.calls,
        live: None,
        body,
        zone: &app.report_zone,
    };
    layout::shown(visitor, view)
}

fn filter(words: &Words, day: &str, status: Option<&str>) -> Markup {
    let states = [
        ("unfinished", words.unfinished),
        ("completed", words.call_state(CallState::Completed)),
        ("failed", words.call_state(CallState::Failed)),
    ];
    html! {
        form .actions action=(CALLS_PATH) {
            label for="day" { (words.day) }
            input #day type="date" name="day" value=(day);
            label for="status-filter" { (words.state) }
            select #status-filter name="status" {
                option value="" { (words.all) }
                @for (value, word) in states {
                    option value=(value) selected[status == Some(value)] { (word) }
                }
            }
            button { (words.show) }
        }
    }
}

fn search(words: &Words) -> Markup {
    html! {
        form .actions method="post" action=(CALLS_PATH) role="search" {
            label for="patient" { (words.patient_id) }
            input #patient name="patient" required autocomplete="off" maxlength="128";
            button { (words.search) }
        }
    }
}

fn table(words: &Words, zone: &ReportZone, rows: &[Row]) -> Markup {
    if rows.is_empty() {
        return html! { p { (words.none) } };
    }
    html! {
        (table::of(
            words.calls,
            &[
                Head::Text(words.asked_at),
                Head::Text(words.patient),
                Head::Text(words.number),
                Head::Text(words.state),
                Head::Text(words.because),
                Head::Number(words.attempts_so_far),
                Head::Number(words.talk_secs),
                Head::Number(words.answers),
            ],
            &html! {
                @for row in rows {
                    tr {
                        td {
                            a href={ "/calls/" (row.call_id) } {
                                (layout::moment(zone, row.created_at))
                            }
                        }
                        td { (masked::name(&row.patient_name)) }
                        td { (masked::phone(&row.phone_number)) }
                        td {
                            @match row.status {
                                Some(state) => (words.call_state(state)),
                                None => (words.unfinished),
                            }
                        }
                        td { @if let Some(cause) = row.cause { (words.cause(cause)) } }
                        td .number { (row.attempts) }
                        td .number { @if let Some(secs) = row.talk_secs { (secs) } }
                        td .number { (answered(row)) }
                    }
                }
            },
        ))
    }
}

/// Questions that were answered.
fn answered(row: &Row) -> usize {
    row.answers.len() - usize::from(row.summary().is_some())
}
