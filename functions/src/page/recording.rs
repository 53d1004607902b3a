//! The sound of one call, for who may see its patient's data: each time a line of the log says who listened.

use super::{error::PageError, ids, visitor::Visitor, words::Words};
use crate::{
    app::App,
    record::{self, Recorded, RecordingState},
    recording,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use call::{Turn, ids::CallId};
use maud::{Markup, html};
use std::{error::Error, sync::Arc, time::Duration};
use store::CallRecord;

/// How long before its words are written down somebody began to say them, about (2 s).
const BEFORE: Duration = Duration::from_secs(2);

/// The WAV file, or the part of it that the player asks for.
pub(super) async fn listen(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_reveal)?;
    let record = record::load(&app, ids::call(words, &id)?).await;
    let record = record.map_err(PageError::of(words))?;
    let answer = recording::answer(&app, &record, &headers, &visitor.name).await;
    answer.map_err(PageError::of(words))
}

/// What can be heard, if the call may have been recorded; nothing while the storage does not answer.
pub(super) async fn of(app: &App, record: &CallRecord) -> Option<Recorded> {
    let recorded = Recorded::of(app, record).await;
    recorded
        .inspect_err(|error| {
            let error: &dyn Error = error;
            tracing::warn!(call_id = %record.session.id, error, "nothing is known of the recording");
        })
        .ok()
}

/// A player, or why there is none.
pub(super) fn player(words: &Words, id: CallId, recorded: Option<&Recorded>) -> Markup {
    let says = match recorded.map(|recorded| recorded.state) {
        Some(RecordingState::Ready) => {
            let path = format!("/calls/{id}/recording");
            return html! {
                audio #sound controls preload="none" src=(path) aria-label=(words.recording) {}
                p .quiet { (words.who_is_left_and_right) }
            };
        }
        Some(RecordingState::Pending) => words.recording_pending,
        Some(RecordingState::Erased) => words.recording_erased,
        Some(RecordingState::None) => words.none,
        None => words.recording_away,
    };
    html! { p { (says) } }
}

/// A button that plays from where a turn was about to be said.
pub(super) fn seek(words: &Words, recorded: Option<&Recorded>, turn: &Turn) -> Markup {
    let Some(at) = recorded.and_then(|recorded| offset(recorded, turn)) else {
        return html! {};
    };
    let (secs, shown) = (at.as_secs(), clock(at));
    html! {
        button type="button" .seek data-seek=(secs) aria-label={ (words.listen_from) " " (shown) } { (shown) }
        " "
    }
}

/// Where in the file that is.
fn offset(recorded: &Recorded, turn: &Turn) -> Option<Duration> {
    let mut begins = Duration::ZERO;
    let mut found = None;
    for part in recorded.sound.parts() {
        if part.of.attempt == turn.attempt && part.of.began <= turn.at {
            let since = turn.at.since(part.of.began).min(part.duration());
            found = Some(begins + since.saturating_sub(BEFORE));
        }
        begins += part.duration();
    }
    found
}

/// Minutes and seconds.
fn clock(at: Duration) -> String {
    format!("{}:{:02}", at.as_secs() / 60, at.as_secs() % 60)
}
