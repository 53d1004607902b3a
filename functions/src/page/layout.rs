//! What all views have in common.

use super::words::Words;
use super::{
    CALLS_PATH, CAMPAIGNS_PATH, FIGURES_PATH, LOGOUT_PATH, NOW_PATH, OPT_OUTS_PATH, assets,
    document, visitor::Visitor,
};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ETAG, VARY},
    },
    response::{Html, IntoResponse, Response},
};
use call::{report::ReportZone, time::Timestamp};
use maud::{Markup, html};

/// Which of the views it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Now,
    Calls,
    Campaigns,
    OptOuts,
    Figures,
}

/// One view.
pub(super) struct View<'a> {
    pub(super) tab: Tab,
    pub(super) title: &'a str,
    /// The address of it, if it changes while it is looked at.
    pub(super) live: Option<&'a str>,
    pub(super) body: Markup,
    /// By whose clocks times are shown.
    pub(super) zone: &'a ReportZone,
}

/// The whole page, or the live part alone and only if the browser has another.
pub(super) fn shown(visitor: &Visitor, view: View<'_>) -> Response {
    let tag = tag_of(&view.body);
    if !visitor.wants_part {
        return Html(whole(visitor, view, &tag).into_string()).into_response();
    }
    let part = view.body.into_string();
    let is_known = visitor.has.as_deref() == Some(&tag);
    let mut answer = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Html(part).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(ETAG, tag);
    }
    let varies = HeaderValue::from_static("cookie, accept-language");
    answer.headers_mut().insert(VARY, varies);
    answer
}

/// The entity tag of a live part (RFC 9110 §8.8.3). A whole view says which one its own has: what changes
/// before the script first asks is a change too.
fn tag_of(part: &Markup) -> String {
    format!("\"{}\"", assets::short_hash(&part.0))
}

/// What a script asks a view for that it puts into a place of its own.
pub(super) const LIVE: &str = "live";

/// In place of what takes long to add up: a script asks for it once the rest is there. Who has none follows
/// a link to all of it.
pub(super) fn slow(words: &Words, path: &str) -> Markup {
    let sign = if path.contains('?') { '&' } else { '?' };
    html! {
        div data-load={ (path) (sign) "part=" (LIVE) } {
            p { a href={ (path) (sign) "part=whole" } { (words.show) } }
        }
    }
}

fn whole(visitor: &Visitor, view: View<'_>, tag: &str) -> Markup {
    let words = visitor.words;
    let tabs = [
        (Tab::Now, NOW_PATH, words.now),
        (Tab::Calls, CALLS_PATH, words.calls),
        (Tab::Campaigns, CAMPAIGNS_PATH, words.campaigns),
        (Tab::OptOuts, OPT_OUTS_PATH, words.opt_outs),
        (Tab::Figures, FIGURES_PATH, words.figures),
    ];
    let content = html! {
        header {
            nav aria-label=(words.views) {
                @for (tab, path, word) in tabs {
                    a href=(path) aria-current=[(tab == view.tab).then_some("page")] { (word) }
                }
            }
            (way_out(visitor))
        }
        main #main tabindex="-1" {
            h1 { (view.title) }
            @if let Some(path) = view.live {
                p .updates {
                    label { input #updates type="checkbox" checked; " " (words.updates) }
                    " " span #freshness {}
                }
                div #live data-live={ (path) "?part=live" } data-tag=(tag) data-stale=(words.stale)
                    data-fresh=(words.fresh) { (view.body) }
            } @else {
                (view.body)
            }
        }
        p #status .unseen role="status" {}
        footer {
            p { (words.times_are_of) " " (view.zone) "." }
            (document::languages())
        }
    };
    document::document(words, view.title, &content)
}

/// The form by which a browser is to forget who looks.
fn way_out(visitor: &Visitor) -> Markup {
    html! {
        form method="post" action=(LOGOUT_PATH) {
            span { (visitor.name) }
            button { (visitor.words.log_out) }
        }
    }
}

/// A moment by the clocks of the hospital's place.
pub(super) fn moment(zone: &ReportZone, at: Timestamp) -> Markup {
    html! { time datetime=(at) { (zone.clock(at)) } }
}

/// How long ago a moment was, once a script counts; until then when it was.
pub(super) fn since(zone: &ReportZone, at: Timestamp) -> Markup {
    html! { time datetime=(at) data-since { (zone.clock(at)) } }
}
