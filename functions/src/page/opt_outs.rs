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
use crate::{app::App, http::Violation, opt_outs, validate::PHONE_RULE};
use axum::{
    Form,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use call::phone::PhoneNumber;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Numbers that are shown.
const NUMBERS_MAX: usize = 100;

/// What is written as the reason of a number that came from here.
const REASON: &str = "asked for on the page";

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let found = app.calls.store.opt_outs(None, NUMBERS_MAX).await;
    let (entries, next) = found.map_err(PageError::of_store(words))?;
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
        @if next.is_some() { p .quiet { (words.and_more) } }
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
    if !visitor.may_write {
        return Err(PageError::NotAllowed { words });
    }
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
            input #number type="tel" name="number" required autocomplete="off" maxlength="32";
            button { (words.never_call_again) }
        }
    }
}
