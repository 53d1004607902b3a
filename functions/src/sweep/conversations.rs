//! Completing records: reads post-call reports into them, and asks for those
//! that did not come.

use super::{
    Sweep, SweepReport, erasure, recordings,
    work::{CLAIM, wait_after},
};
use crate::app::App;
use agent_tools::is_complete;
use call::{
    CallEvent, CallSession,
    answers::{Given, SUMMARY, Source},
    ids::CallId,
    time::Timestamp,
};
use elevenlabs::{AgentError, Conversation, Conversations};
use logging::metrics::{CONVERSATIONS_MISSING, RECORDS_INCOMPLETE};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use store::{
    ClaimedConversation, ConversationKey, DueLook, Looked, Received, ReportSource, StoreError,
    item::SHARDS,
};

/// Conversations looked after at the same time: as many as end in a second at the busiest.
pub(super) const LOOKS_AT_ONCE_MAX: usize = 16;

/// Waits between questions for a post-call report: the platform's analysis takes a minute or two, an outage
/// of it hours.
const WAITS: [Duration; 6] = [
    Duration::from_mins(1),
    Duration::from_mins(2),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(3),
];

/// How long a post-call report is awaited (24 h): the platform repeats a webhook for 40 minutes at most.
const AWAITED_MAX: Duration = Duration::from_hours(24);

impl Sweep {
    pub(super) async fn complete_records(
        &mut self,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        for shard in 0..SHARDS {
            let room = self.looks.room();
            if room == 0 {
                break;
            }
            let room = room.div_ceil(usize::from(SHARDS - shard));
            let (store, now) = (&self.app.calls.store, self.app.calls.now());
            for look in store.due_looks(shard, now, room).await? {
                let app = self.app.clone();
                match look {
                    DueLook::Conversation(key) => {
                        report.conversations += 1;
                        self.looks.begin(self::look(app, key)).await;
                    }
                    DueLook::Recording(call) => self.looks.begin(recordings::look(app, call)).await,
                }
            }
        }
        Ok(())
    }
}

/// Looks after one conversation once. Trouble with the store leaves it due again when the claim ends.
async fn look(app: Arc<App>, key: ConversationKey) {
    let call_id = key.call_id;
    if let Err(error) = claim_and_look(&app, key).await {
        tracing::warn!(%call_id, %error, "conversation left to a later tick");
    }
}

async fn claim_and_look(app: &App, key: ConversationKey) -> Result<(), StoreError> {
    let (store, now) = (&app.calls.store, app.calls.now());
    let Some(claimed) = store.claim_conversation(key, now, now + CLAIM).await? else {
        return Ok(());
    };
    let session = store.load(claimed.key.call_id).await?;
    let looked = match session.as_ref().filter(|s| s.restricted_at.is_some()) {
        Some(restricted) => Some(erase(app, &claimed, restricted).await?),
        None => complete(app, &claimed, session.as_ref()).await?,
    };
    let Some(looked) = looked else { return Ok(()) };
    let leave = |looked| {
        let (claimed, now) = (&claimed, app.calls.now());
        async move { store.leave_conversation(claimed, &looked, now).await }
    };
    let is_merged = matches!(looked, Looked::Merged(..));
    leave(looked).await?;
    if is_merged {
        notify(app, claimed.key.call_id).await?;
        leave(Looked::Done).await?;
    }
    Ok(())
}

/// Reads a post-call report that is there, or asks for it; `None` if it came meanwhile, and is due by that.
async fn complete(
    app: &App,
    claimed: &ClaimedConversation,
    session: Option<&CallSession>,
) -> Result<Option<Looked>, StoreError> {
    match app.calls.store.report(&claimed.key).await? {
        Some(report) => merge(app, claimed, &report).await.map(Some),
        None => ask(app, claimed, session).await,
    }
}

/// Has the platform forget a conversation, once it has surely finished with it: what is deleted while
/// it runs may be stored again at its end.
async fn erase(
    app: &App,
    claimed: &ClaimedConversation,
    session: &CallSession,
) -> Result<Looked, StoreError> {
    match not_before(app, claimed, Some(session)) {
        Some(until) => Ok(Looked::Postponed(until)),
        None => erasure::look(app, claimed, session).await,
    }
}

/// Tells the call that its record has grown; a call that runs on, or nobody asked about, takes no note.
async fn notify(app: &App, call: CallId) -> Result<(), StoreError> {
    app.calls
        .apply(call, &CallEvent::PostCallReportRead)
        .await?;
    Ok(())
}

/// Asks for a post-call report that has not come; `None` if it is there now, and due by that.
async fn ask(
    app: &App,
    claimed: &ClaimedConversation,
    session: Option<&CallSession>,
) -> Result<Option<Looked>, StoreError> {
    let call_id = claimed.key.call_id;
    if let Some(until) = not_before(app, claimed, session) {
        return Ok(Some(Looked::Postponed(until)));
    }
    let now = app.calls.now();
    if now.since(claimed.stored.awaited_since) >= AWAITED_MAX {
        tracing::error!(conversations_missing = 1, %call_id, attempt = claimed.stored.attempt, "no post-call report");
        CONVERSATIONS_MISSING.note(1.0);
        return Ok(Some(Looked::Missing));
    }
    let again = Looked::Postponed(now + wait_after(&WAITS, claimed.stored.tries));
    let Some(conversations) = &app.conversations else {
        return Ok(Some(again));
    };
    match fetch(&**conversations, claimed).await {
        Ok(Some(report)) => {
            let attempt = claimed.stored.attempt;
            let (store, now) = (&app.calls.store, app.calls.now());
            let received = store
                .receive_conversation(&claimed.key, attempt, &report, ReportSource::Fetched, now)
                .await?;
            tracing::info!(conversations_fetched = 1, %call_id, attempt, outcome = ?received, "post-call report");
            let is_kept = matches!(received, Received::Stored | Received::Known);
            Ok((!is_kept).then_some(Looked::Missing))
        }
        Ok(None) => Ok(Some(again)),
        Err(error) => {
            app.doubt_key(error);
            tracing::warn!(conversations_unfetched = 1, %call_id, %error, "post-call report");
            Ok(Some(again))
        }
    }
}

/// Until when nobody asks: while the conversation runs, and for a while after it.
fn not_before(
    app: &App,
    claimed: &ClaimedConversation,
    session: Option<&CallSession>,
) -> Option<Timestamp> {
    let latest = session.and_then(|session| session.attempt.as_ref());
    let latest = latest.filter(|attempt| attempt.number == claimed.stored.attempt);
    let (now, wait) = (app.calls.now(), app.calls.policy.post_call_wait);
    let until = latest.map(|attempt| attempt.ended_at.unwrap_or(now) + wait);
    until.filter(|until| *until > now)
}

/// The post-call report, once the platform has finished with the conversation.
async fn fetch(
    conversations: &dyn Conversations,
    claimed: &ClaimedConversation,
) -> Result<Option<Vec<u8>>, AgentError> {
    let id = &claimed.key.conversation_id;
    let report = conversations.conversation(id).await?;
    let read: Value = serde_json::from_slice(&report).map_err(|_| AgentError::Unavailable)?;
    let is_over = Conversation::read(&read).is_some_and(|known| known.is_over && known.id == *id);
    Ok(is_over.then_some(report))
}

/// Reads a post-call report into the record. Safe to repeat: what is there already changes nothing.
async fn merge(
    app: &App,
    claimed: &ClaimedConversation,
    report: &[u8],
) -> Result<Looked, StoreError> {
    let (call, attempt) = (claimed.key.call_id, claimed.stored.attempt);
    let report: Value = serde_json::from_slice(report).unwrap_or_default();
    // A webhook wraps what the conversations' endpoint gives bare.
    let Some(read) = Conversation::read(report.get("data").unwrap_or(&report)) else {
        tracing::error!(conversations_missing = 1, call_id = %call, attempt, "a post-call report that cannot be read");
        CONVERSATIONS_MISSING.note(1.0);
        return Ok(Looked::Missing);
    };
    let store = &app.calls.store;
    let mut known: BTreeSet<String> = store.answered(call).await?.into_iter().collect();
    let mut values = app.questionnaire.read_all(&read.collected);
    if let Some(summary) = &read.digest.summary
        && !known.contains(SUMMARY)
    {
        let summary = Value::from(summary.as_str());
        values.values.insert(SUMMARY.to_owned(), summary);
    }
    for (field, value) in values.values {
        let given = Given {
            value,
            at: app.calls.now(),
            attempt,
            source: Source::PostCall,
            conversation: None,
            turn: None,
        };
        store.save_patient_answer(call, &field, &given).await?;
        known.insert(field);
    }
    let is_whole = is_complete(app.questionnaire.fields(), |field| known.contains(field));
    if !is_whole {
        RECORDS_INCOMPLETE.note(1.0);
    }
    let unread = unread(app, &read);
    tracing::info!(
        records_complete = u8::from(is_whole),
        records_incomplete = u8::from(!is_whole),
        call_id = %call,
        attempt,
        unread = unread.len(),
        "post-call report read"
    );
    Ok(Looked::Merged(Box::new(read.digest), unread))
}

/// Fields whose values were not understood, and those that nobody asks for.
fn unread(app: &App, read: &Conversation) -> Vec<String> {
    let values = read.collected.iter();
    let unread = values.filter(|(field, value)| app.questionnaire.read(field, value).is_err());
    unread
        .map(|(field, _)| field.chars().take(64).collect())
        .collect()
}
