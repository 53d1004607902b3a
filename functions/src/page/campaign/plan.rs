//! A campaign's plan, to be changed by who has read it.

use crate::{
    app::App,
    campaigns::change_plan,
    http::ApiError,
    page::{
        error::PageError,
        ids,
        layout::{self, Tab, View},
        plan::{self, Given, text},
        visitor::Visitor,
    },
};
use axum::{
    Form,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use campaign::grouped;
use maud::html;
use std::sync::Arc;

/// The form.
pub(in crate::page) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let id = ids::campaign(words, &id)?;
    let store = &app.calls.store;
    let known = tokio::try_join!(store.campaign(id), store.tally(id));
    let (campaign, tally) = known.map_err(PageError::of_store(words))?;
    let campaign = campaign.ok_or_else(|| PageError::no_such_campaign(words))?;
    let rows = grouped(tally.open());
    let body = html! {
        p { a href={ "/campaigns/" (id) } { (campaign.name) } }
        form .fields method="post" action={ "/campaigns/" (id) "/plan" } {
            // Which version was read: who changes it must have seen what others did.
            input type="hidden" name="version" value=(campaign.version);
            (plan::fields(words, &campaign.plan))
            button .main { (words.forms.change_plan.replace("{rows}", &rows)) }
        }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: words.forms.plan_of_campaign,
        live: None,
        body,
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// Sets what the form holds, unless somebody has changed the campaign since.
pub(in crate::page) async fn change(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let id = ids::campaign(words, &id)?;
    let version = text(&given, "version").and_then(|version| version.parse().ok());
    let version = version.ok_or(ApiError::NoIfMatch);
    let version: u64 = version.map_err(PageError::of(words))?;
    let changed = change_plan(&app, id, version, plan::body(&given), &visitor.name).await;
    changed.map_err(PageError::of(words))?;
    Ok(Redirect::to(&format!("/campaigns/{id}")).into_response())
}
