//! The rows of a campaign: where each is, and why it is not called.

use crate::{
    app::App,
    campaigns::{Because, RowsWanted, rows_told},
    page::{
        error::PageError,
        ids,
        layout::{self, Tab, View},
        table::{self, Head},
        visitor::Visitor,
        words::Words,
    },
    query,
};
use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use campaign::{Campaign, RowState};
use maud::{Markup, html};
use std::sync::Arc;

pub(in crate::page) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let id = ids::campaign(words, &id)?;
    let values = query::of_form(query.as_deref(), &["state", "cursor"]);
    let wanted = values.and_then(|values| RowsWanted::of(&values));
    let wanted = wanted.map_err(PageError::of(words))?;
    let told = rows_told(&app, id, wanted).await;
    let told = told.map_err(PageError::of(words))?;
    let path = format!("/campaigns/{id}/rows");
    let body = html! {
        (filter(words, &path, wanted.state))
        @if told.rows.is_empty() {
            p { (words.none) }
        } @else {
            (table::of(
                words.rows,
                &[
                    Head::Number(words.row),
                    Head::Text(words.number),
                    Head::Text(words.state),
                    Head::Number(words.dials),
                    Head::Text(words.last_dial),
                    Head::Text(words.because),
                ],
                &html! {
                    @for row in &told.rows {
                        tr {
                            th scope="row" .number {
                                @match row.call {
                                    Some(call) => a href={ "/calls/" (call) } { (row.number) },
                                    None => (row.number),
                                }
                            }
                            td { (row.phone) }
                            td { (words.row_state(row.state)) }
                            td .number { (row.dials) }
                            td { @if let Some(at) = row.last_dial_at { (layout::moment(zone, at)) } }
                            td { (because(words, &told.campaign, row.because.as_ref())) }
                        }
                    }
                },
            ))
        }
        @if let Some(next) = told.next {
            p { a href={ (path) "?cursor=" (next) (told_of(wanted.state)) } { (words.next_page) } }
        }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: &told.campaign.name,
        live: None,
        body,
        zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// Why a row is not called, a line for each fault.
pub(super) fn because(words: &Words, campaign: &Campaign, because: Option<&Because>) -> Markup {
    let reasons = words.reasons;
    html! {
        @match because {
            None => {}
            Some(Because::Faulty(faults)) => {
                @for (header, reason) in faults {
                    div { (header) ": " ((reasons.fault)(*reason)) }
                }
            }
            Some(Because::SameAs(row)) => (reasons.same_as.replace("{row}", &row.to_string())),
            Some(Because::OptedOut) => (reasons.opted_out),
            Some(Because::Listed) => (reasons.listed),
            Some(Because::Waits(wait)) => ((reasons.wait)(campaign, *wait)),
        }
    }
}

fn told_of(state: Option<RowState>) -> String {
    state.map_or(String::new(), |state| format!("&state={}", state.label()))
}

fn filter(words: &Words, path: &str, chosen: Option<RowState>) -> Markup {
    html! {
        form .actions action=(path) {
            label for="row-state" { (words.state) }
            select #row-state name="state" {
                option value="" { (words.all) }
                @for state in RowState::ALL {
                    option value=(state.label()) selected[chosen == Some(state)] {
                        (words.row_state(state))
                    }
                }
            }
            button { (words.show) }
        }
    }
}
