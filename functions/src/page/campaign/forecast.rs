//! What is to be expected of a campaign from now on.

use crate::{
    app::App,
    campaigns::{Likely, foreseen},
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
use call::time::Timestamp;
use campaign::{CampaignId, grouped, rupees};
use maud::{Markup, html};
use std::sync::Arc;

pub(in crate::page) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let words = visitor.words;
    let id = ids::campaign(words, &id)?;
    let values = query::read(query.as_deref(), &["part"]).map_err(PageError::of(words))?;
    let path = format!("/campaigns/{id}/forecast");
    let body = match values.get("part") {
        None => layout::slow(words, &path),
        Some(_) => body(&app, words, id).await?,
    };
    let body = html! {
        (body)
        @if !visitor.wants_part { p { a href={ "/campaigns/" (id) } { (words.campaign) } } }
    };
    let view = View {
        tab: Tab::Campaigns,
        title: words.forecast,
        live: None,
        body,
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

async fn body(app: &App, words: &'static Words, id: CampaignId) -> Result<Markup, PageError> {
    let zone = &app.report_zone;
    let forecast = foreseen(app, id, None).await;
    let forecast = forecast.map_err(PageError::of(words))?;
    let figures = [
        (words.dials, forecast.dials),
        (words.minutes, forecast.minutes),
        (words.rows_reached, forecast.reached),
        (words.rows_not_reached, forecast.not_reached),
        (words.rows_not_fitting, forecast.not_fitting),
    ];
    let done = |at: Option<Timestamp>| -> Markup {
        html! { @match at { Some(at) => (layout::moment(zone, at)), None => (words.not_before_its_end) } }
    };
    let row = |figure: Likely<u32>| html! { td .number { (grouped(figure.p50)) } td .number { (grouped(figure.p90)) } };
    Ok(html! {
        p { (words.about_forecast) }
        (table::of(
            words.forecast,
            &[
                Head::Text(words.forecast),
                Head::Number(words.likely),
                Head::Number(words.at_worst),
            ],
            &html! {
                tr {
                    th scope="row" { (words.done) }
                    td .number { (done(forecast.done_at.p50)) }
                    td .number { (done(forecast.done_at.p90)) }
                }
                @for (name, figure) in figures { tr { th scope="row" { (name) } (row(figure)) } }
                @if let Some(Likely { p50, p90 }) = forecast.paise {
                    tr {
                        th scope="row" { (words.costs) }
                        td .number { (rupees(p50)) }
                        td .number { (rupees(p90)) }
                    }
                }
            },
        ))
        p .quiet {
            (words.answered) ": " (forecast.assumed.answer_rate) " % "
            "(" (words.from_calls) " " (forecast.assumed.dials_known) "); "
            (words.talk_secs) ": " (forecast.assumed.talk_secs) "; ± " (forecast.assumed.doubt) " %"
        }
    })
}
