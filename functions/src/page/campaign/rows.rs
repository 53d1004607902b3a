//! The rows of a campaign: where each is, and why it is not called.

use super::id_of;
use crate::{
    app::App,
    campaigns::rows_told,
    page::{
        error::PageError,
        layout::{self, Tab, View},
        visitor::Visitor,
        words::Words,
    },
    query,
};
use axum::{
    extract::{Path, RawQuery, State},
    response::Response,
};
use campaign::RowState;
use maud::{Markup, html};
use std::sync::Arc;

/// Rows of one view.
const ROWS_MAX: usize = 100;

pub(in crate::page) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let id = id_of(words, &id)?;
    let values = query::read(query.as_deref(), &["state", "after"]);
    let values = values.map_err(PageError::of(words))?;
    let state = values.get("state").and_then(|text| {
        let mut all = RowState::ALL.into_iter();
        all.find(|state| state.label() == text)
    });
    let after = values.get("after").and_then(|text| text.parse().ok());
    let told = rows_told(&app, id, state, after.unwrap_or(0), ROWS_MAX).await;
    let told = told.map_err(PageError::of(words))?;
    let path = format!("/campaigns/{id}/rows");
    let body = html! {
        (filter(words, &path, state))
        @if told.rows.is_empty() {
            p { (words.none) }
        } @else {
            div .wide tabindex="0" role="region" aria-label=(words.rows) {
                table {
                    thead {
                        tr {
                            th scope="col" .number { (words.row) }
                            th scope="col" { (words.number) }
                            th scope="col" { (words.state) }
                            th scope="col" .number { (words.dials) }
                            th scope="col" { (words.last_dial) }
                            th scope="col" { (words.because) }
                        }
                    }
                    tbody {
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
                                td { (row.because) }
                            }
                        }
                    }
                }
            }
        }
        @if let Some(next) = told.next {
            p { a href={ (path) "?after=" (next) (told_of(state)) } { (words.next_page) } }
        }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: &told.name,
        live: None,
        body,
        zone,
    };
    Ok(layout::shown(&visitor, view))
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
