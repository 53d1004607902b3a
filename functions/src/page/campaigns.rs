//! All campaigns, newest first.

use super::{
    error::PageError,
    layout::{self, Tab, View},
    table::{self, Head},
    visitor::Visitor,
};
use crate::app::App;
use axum::{extract::State, response::Response};
use campaign::grouped;
use maud::html;
use std::sync::Arc;

/// Campaigns that are shown.
const CAMPAIGNS_MAX: usize = 100;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let found = app.calls.store.campaigns(None, CAMPAIGNS_MAX).await;
    let (campaigns, next) = found.map_err(PageError::of_store(words))?;
    let body = html! {
        @if visitor.may_write {
            p { a href=(super::NEW_CAMPAIGN_PATH) { (words.forms.new_campaign) } }
        }
        @if campaigns.is_empty() {
            p { (words.none) }
        } @else {
            (table::of(
                words.campaigns,
                &[
                    Head::Text(words.name),
                    Head::Text(words.state),
                    Head::Number(words.rows),
                    Head::Text(words.made),
                    Head::Text(words.ends),
                ],
                &html! {
                    @for campaign in &campaigns {
                        tr {
                            th scope="row" {
                                a href={ "/campaigns/" (campaign.id) } { (campaign.name) }
                            }
                            td { (words.campaign_state(campaign.state)) }
                            td .number { (grouped(campaign.rows)) }
                            td { (layout::moment(zone, campaign.created_at)) }
                            td { (layout::moment(zone, campaign.plan.expires_at)) }
                        }
                    }
                },
            ))
        }
        @if next.is_some() { p .quiet { (words.and_more) } }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: words.campaigns,
        live: Some(super::CAMPAIGNS_PATH),
        body,
        zone,
    };
    Ok(layout::shown(&visitor, view))
}
