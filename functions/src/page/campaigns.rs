//! All campaigns, newest first.

use super::{
    CAMPAIGNS_PATH,
    error::PageError,
    layout::{self, Tab, View},
    table::{self, Head},
    visitor::Visitor,
};
use crate::{app::App, http::Violation, query};
use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use campaign::grouped;
use maud::html;
use std::sync::Arc;
use store::campaigns::CampaignCursor;

const CURSOR_RULE: &str = "what the link to the next page says";

/// Campaigns of one view.
const CAMPAIGNS_MAX: usize = 100;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let (words, zone) = (visitor.words, &app.report_zone);
    let after = cursor(query.as_deref()).map_err(PageError::of(words))?;
    let found = app
        .calls
        .store
        .campaigns(after.as_ref(), CAMPAIGNS_MAX)
        .await;
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
        @if let Some(next) = next {
            p { a href={ (CAMPAIGNS_PATH) "?cursor=" (next) } { (words.next_page) } }
        }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: words.campaigns,
        // Of what comes after the newest nothing is new.
        live: after.is_none().then_some(CAMPAIGNS_PATH),
        body,
        zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// After which campaign the view begins. What asks for the live part begins with the newest.
fn cursor(query: Option<&str>) -> Result<Option<CampaignCursor>, Violation> {
    let values = query::read(query, &["cursor", "part"])?;
    let after = values.get("cursor").map(|text| text.parse());
    after
        .transpose()
        .map_err(|_| Violation::new("cursor", CURSOR_RULE))
}
