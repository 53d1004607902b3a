//! Numbers that want no calls: what is on the list, and putting one on it.

use super::{
    OPT_OUTS_PATH,
    error::PageError,
    layout::{self, Tab, View},
    masked,
    table::{self, Head},
    visitor::Visitor,
    words::Words,
};
use crate::{app::App, http::Violation, opt_outs, query, validate::PHONE_RULE};
use axum::{
    Form,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use call::phone::PhoneNumber;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use store::{OptOut, StoreError};

/// Numbers of one view.
const NUMBERS_MAX: usize = 100;

/// Most pages (20): each takes a query for every one before it. Who looks for one number of many thousands
/// asks the API.
const PAGES_MAX: usize = 20;

const PAGE_RULE: &str = "a page from 1 to 20";

/// What is written as the reason of a number that came from here.
const REASON: &str = "asked for on the page";

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let page = page_of(query.as_deref()).map_err(PageError::of(words))?;
    let found = numbers(&app, page).await;
    let (entries, has_more) = found.map_err(PageError::of_store(words))?;
    let body = html! {
        @if visitor.may_write { (form(words)) }
        @if entries.is_empty() {
            p { (words.none) }
        } @else {
            (table::of(
                words.opt_outs,
                &[
                    Head::Text(words.number),
                    Head::Text(words.since),
                    Head::Text(words.source),
                ],
                &html! {
                    @for entry in &entries {
                        tr {
                            th scope="row" { (masked::phone(&entry.phone_number)) }
                            td { (layout::moment(zone, entry.since)) }
                            td { (entry.by) }
                        }
                    }
                },
            ))
        }
        @if has_more && page < PAGES_MAX {
            p { a href={ (OPT_OUTS_PATH) "?page=" (page + 1) } { (words.next_page) } }
        } @else if has_more {
            p .quiet { (words.and_more) }
        }
    };
    let view = View {
        tab: Tab::OptOuts,
        title: words.opt_outs,
        live: None,
        body,
        zone,
    };
    Ok(layout::shown(&visitor, view))
}

fn page_of(query: Option<&str>) -> Result<usize, Violation> {
    let values = query::read(query, &["page"])?;
    let page = values.get("page").map_or(Some(1), |text| text.parse().ok());
    let page = page.filter(|page| (1..=PAGES_MAX).contains(page));
    page.ok_or_else(|| Violation::new("page", PAGE_RULE))
}

/// The numbers of a page, and whether there are more. Pages are counted, because a mark after which the
/// next one begins would be a number, and stand in an address.
async fn numbers(app: &App, page: usize) -> Result<(Vec<OptOut>, bool), StoreError> {
    let (store, mut after) = (&app.calls.store, None);
    for _ in 1..page {
        after = store.opt_outs(after.as_ref(), NUMBERS_MAX).await?.1;
        if after.is_none() {
            return Ok((Vec::new(), false));
        }
    }
    let (entries, next) = store.opt_outs(after.as_ref(), NUMBERS_MAX).await?;
    Ok((entries, next.is_some()))
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    number: String,
}

/// Puts a number on the list; a call of it that waits, rings or talks ends.
pub(super) async fn add(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Form(wanted): Form<Wanted>,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let number = wanted.number.parse::<PhoneNumber>();
    let number = number.map_err(|_| Violation::new("number", PHONE_RULE));
    let number = number.map_err(PageError::of(words))?;
    let put = opt_outs::put_number(&app, number, &visitor.name, REASON).await;
    put.map_err(PageError::of(words))?;
    Ok(Redirect::to(OPT_OUTS_PATH).into_response())
}

fn form(words: &Words) -> Markup {
    html! {
        form .actions method="post" action=(OPT_OUTS_PATH) {
            label for="number" { (words.number) }
            input #number type="tel" name="number" required autocomplete="off" maxlength="32"
                aria-describedby="number-means";
            button { (words.never_call_again) }
        }
        p #number-means .quiet { (words.forms.number.means) }
    }
}
