//! One campaign: how far it is, why nothing is dialled, and the commands with what they do.

mod file;
pub(super) mod forecast;
pub(super) mod plan;
pub(super) mod results;
pub(super) mod rows;

use super::{
    error::PageError,
    ids,
    layout::{self, Tab, View},
    plan::{Given, text},
    visitor::Visitor,
    words::Words,
};
use crate::{
    app::App,
    campaigns::{self, Live, tell},
    http::ApiError,
};
use axum::{
    body::Bytes,
    extract::{Path, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use campaign::{Campaign, Event, ROUNDS_MAX, RowState, State, Tally, grouped};
use maud::{Markup, html};
use std::sync::Arc;

pub(super) async fn show(
    Shared(app): Shared<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, PageError> {
    let (words, store) = (visitor.words, &app.calls.store);
    let id = ids::campaign(words, &id)?;
    let (campaign, tally, sheet) =
        tokio::try_join!(store.campaign(id), store.tally(id), store.campaign_file(id))
            .map_err(PageError::of_store(words))?;
    let campaign = campaign.ok_or_else(|| PageError::no_such_campaign(words))?;
    let live = Live::of(&app, &campaign, &tally).await;
    let live = live.map_err(PageError::of(words))?;
    let path = format!("/campaigns/{id}");
    // Before anybody is called the file is what counts; afterwards its rows are.
    let is_begun = !matches!(
        campaign.state,
        State::Draft | State::Importing | State::Ready
    );
    let file = match is_begun {
        true => html! {},
        false => file::shown(&app, &visitor, &campaign, sheet.as_ref(), &tally).await?,
    };
    let body = html! {
        p data-told data-whole[!is_begun && campaign.state != State::Importing] {
            (words.campaign_state(campaign.state))
            @if let Some(wait) = live.wait {
                ": " ((words.reasons.sentence)(&campaign, wait, tally.open()))
            }
        }
        @if campaign.rows > 0 { (progress(words, tally)) }
        @if is_begun { (dialled(words, &app, &live)) }
        @if visitor.may_write { (commands(words, &campaign, &path, &tally, live.in_flight)) }
        @if campaign.rows > 0 { p { a href={ (path) "/rows" } { (words.all_rows) } } }
        (file)
        @if campaign.rows > 0 && !campaign.state.is_over() {
            // Asked for once and by a script, because it takes longer than the rest.
            @if is_begun {
                p { a href={ (path) "/forecast" } { (words.forecast) } }
            } @else {
                h2 { (words.forecast) }
                (layout::slow(words, &format!("{path}/forecast")))
            }
        }
        (planned(words, &campaign))
        @if visitor.may_write && takes_a_plan(&campaign) {
            p { a href={ (path) "/plan" } { (words.forms.plan_of_campaign) } }
        }
        @if let (true, true, Some(sheet)) = (is_begun, visitor.may_take_all, &sheet) {
            (results::buttons(words, &campaign, sheet))
        }
    };
    // What somebody is about to choose a file for is not put in place of itself.
    let is_live = campaign.state == State::Importing || is_begun && !campaign.state.is_over();
    let view = View {
        tab: Tab::Campaigns,
        title: &campaign.name,
        live: is_live.then_some(path.as_str()),
        body,
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// How many calls go on, and how many dials there were.
fn dialled(words: &Words, app: &App, live: &Live) -> Markup {
    html! {
        ul .figures {
            li { strong { (live.in_flight) } (words.calls_that_go_on) }
            li { strong { (live.dials) } (words.dials) }
            @if let Some(at) = live.last_dial_at {
                li { strong { (layout::since(&app.report_zone, at)) } (words.since_last_dial) }
            }
        }
    }
}

/// Has a campaign's file read, or tells it to start, pause, go on, end or call failed rows again.
pub(super) async fn command(
    Shared(app): Shared<Arc<App>>,
    visitor: Visitor,
    Path((id, command)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let id = ids::campaign(words, &id)?;
    let given: Given = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let by = visitor.name.as_str();
    let applied = match command.as_str() {
        "import" => campaigns::begin_import(&app, id, by).await,
        "start" => tell(&app, id, &Event::Started, by).await,
        "pause" => tell(&app, id, &Event::Paused, by).await,
        "resume" => tell(&app, id, &Event::Resumed, by).await,
        "cancel" => tell(&app, id, &Event::Cancelled, by).await,
        "retry-failed" => {
            // Which round was offered: who presses the button twice begins one.
            let round = text(&given, "round").and_then(|round| round.parse().ok());
            campaigns::retry(&app, id, round, by).await
        }
        _ => Err(ApiError::NoSuchRoute),
    };
    applied.map_err(PageError::of(words))?;
    Ok(Redirect::to(&format!("/campaigns/{id}")).into_response())
}

fn progress(words: &Words, mut tally: Tally) -> Markup {
    // What is never called would be done before anything has begun.
    let rows = tally.callable();
    let done = rows - tally.open();
    html! {
        p {
            label for="done" { (grouped(done)) " / " (grouped(rows)) " " (words.rows_done) }
            br;
            progress #done max=(rows.max(1)) value=(done) {}
        }
        dl {
            @for state in RowState::ALL {
                @let count = *tally.of(state);
                @if count > 0 { dt { (words.row_state(state)) } dd { (grouped(count)) } }
            }
        }
    }
}

fn commands(words: &Words, campaign: &Campaign, path: &str, tally: &Tally, live: u32) -> Markup {
    let open = grouped(tally.open());
    let button = |command: &str, is_main: bool, says: String| {
        html! {
            form method="post" action={ (path) "/" (command) } {
                button .main[is_main] { (says) }
            }
        }
    };
    let says = |text: &str| {
        text.replace("{rows}", &open)
            .replace("{live}", &grouped(live))
    };
    html! {
        div .actions {
            @match campaign.state {
                State::Ready => (button("start", true, says(words.start))),
                State::Running => (button("pause", true, says(words.pause))),
                State::Paused => (button("resume", true, says(words.resume))),
                State::Draft | State::Importing | State::Completed | State::Cancelled
                | State::Expired => {}
            }
            @if offers_round(campaign, tally) { (again(words, campaign, path, tally.failed)) }
            @if !campaign.state.is_over() { (button("cancel", false, says(words.cancel_campaign))) }
        }
    }
}

/// Whether its plan may be changed: a completed campaign may call failed rows in other hours.
const fn takes_a_plan(campaign: &Campaign) -> bool {
    !matches!(campaign.state, State::Cancelled | State::Expired)
}

/// Whether failed rows may be called again.
fn offers_round(campaign: &Campaign, tally: &Tally) -> bool {
    let is_in = matches!(
        campaign.state,
        State::Running | State::Paused | State::Completed
    );
    is_in && tally.failed > 0 && campaign.round < ROUNDS_MAX && !campaign.opens_round
}

fn again(words: &Words, campaign: &Campaign, path: &str, failed: u32) -> Markup {
    let round = campaign.round + 1;
    let says = words
        .forms
        .retry_failed
        .replace("{failed}", &grouped(failed));
    html! {
        form method="post" action={ (path) "/retry-failed" } {
            input type="hidden" name="round" value=(round);
            button { (says.replace("{round}", &round.to_string())) }
        }
    }
}

fn planned(words: &Words, campaign: &Campaign) -> Markup {
    let plan = &campaign.plan;
    html! {
        h2 { (words.plan) }
        dl {
            dt { (words.hours) }
            dd {
                (plan.hours.span) ", "
                (plan.hours.days().collect::<Vec<_>>().join(" "))
                @for holiday in &plan.hours.holidays { ", – " (holiday) }
            }
            dt { (words.at_once) } dd { (plan.concurrency) }
            @if let Some(pace) = plan.dials_per_minute {
                dt { (words.dials_a_minute) } dd { (pace) }
            }
            dt { (words.retries) } dd { (plan.retries_max) }
            dt { (words.ends) } dd { (plan.hours.clock(plan.expires_at)) }
            @if plan.recording_consent {
                dt { (words.recording) } dd { (words.recording_agreed) }
            }
        }
    }
}
