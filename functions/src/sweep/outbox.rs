//! Telling the CRM and the operator's monitoring how calls went: at least once, signed, for days.

use super::{Sweep, SweepReport};
use crate::{App, record::Collected};
use call::{
    AuditEvent, CallRequest, CallState, EndCause, RefusalReason, delivery::Target, ids::CallId,
    time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::time::Duration;
use store::{Delivery, DeliveryKey, StoreError, Tried};
use webhooks::{Notice, Notifier, NotifyError};

/// How long a claimed delivery is out of the others' reach (60 s): longer than a try may take, so
/// that two processes do not both try, and short enough after a crash.
const CLAIM: Duration = Duration::from_secs(60);

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// Waits between tries, the schedule that the Standard Webhooks specification recommends.
const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    minutes(5),
    minutes(30),
    minutes(2 * 60),
    minutes(5 * 60),
    minutes(10 * 60),
    minutes(14 * 60),
    minutes(20 * 60),
    minutes(24 * 60),
];

/// How long an outcome is tried before it is parked (3 days).
const TRIED_MAX: Duration = minutes(3 * 24 * 60);

/// Longest wait that a receiver may ask for by `Retry-After`.
const RETRY_AFTER_MAX: Duration = minutes(24 * 60);

impl Sweep {
    pub(super) async fn deliver_outcomes(
        &mut self,
        report: &mut SweepReport,
    ) -> Result<(), StoreError> {
        let Some(notifier) = self.app.notifier.clone() else {
            return Ok(());
        };
        let filled = self.posts.fill(&self.app).await;
        // Whatever was found before the store failed waits for nothing.
        self.posts.start(&self.app, &notifier);
        report.outcomes += filled?;
        Ok(())
    }
}

/// Tries one delivery once; whether the receiver answered, if it was asked. Trouble with the store
/// leaves it due again when the claim ends.
pub(super) async fn deliver(app: &App, notifier: &dyn Notifier, key: DeliveryKey) -> Option<bool> {
    match claim_and_try(app, notifier, key).await {
        Ok(has_answered) => has_answered,
        Err(error) => {
            tracing::warn!(call_id = %key.call_id, seq = key.seq, %error, "outcome left to a later tick");
            None
        }
    }
}

async fn claim_and_try(
    app: &App,
    notifier: &dyn Notifier,
    key: DeliveryKey,
) -> Result<Option<bool>, StoreError> {
    let now = app.calls.now();
    let store = &app.calls.store;
    let Some(delivery) = store.claim(key, now, now + CLAIM).await? else {
        return Ok(None);
    };
    let known = known(app, &delivery).await?;
    let (result, is_asked) = match known.and_then(|known| notice(app, &delivery, known)) {
        Some(notice) => (notifier.post(&notice).await, true),
        None => (Err(NotifyError::Gone), false),
    };
    let has_answered = is_asked.then_some(result != Err(NotifyError::Unreachable));
    let now = app.calls.now();
    let tried = judge(&delivery, result, now);
    log(&delivery, &tried);
    store.settle(&delivery, &tried, now).await?;
    Ok(has_answered)
}

/// What is known of a call, as far as it may be told.
struct Known {
    request: CallRequest,
    /// The patient's data is to be erased: that the call ended is told, and no more.
    is_restricted: bool,
    /// What the call was made for.
    collected: Option<Collected>,
}

/// Reads what a receiver may be told now; `None` if nothing is known of the call any more. What was
/// collected is told to the CRM that placed the call, at its end.
async fn known(app: &App, delivery: &Delivery) -> Result<Option<Known>, StoreError> {
    let (store, id) = (&app.calls.store, delivery.call_id);
    if delivery.target == Target::Callback && delivery.outcome.to.is_final() {
        let record = store.record(id).await?;
        return Ok(record.map(|record| {
            let is_restricted = record.session.restricted_at.is_some();
            let (answers, turns) = (record.answers, record.turns);
            let whole = Collected::of(answers, record.conversations, turns, &app.questionnaire);
            Known {
                request: record.request,
                is_restricted,
                collected: (!is_restricted).then_some(whole),
            }
        }));
    }
    let session = store.load(id).await?;
    let request = store.request(id).await?;
    Ok(request.zip(session).map(|(request, session)| Known {
        request,
        is_restricted: session.restricted_at.is_some(),
        collected: None,
    }))
}

/// The message, unless nobody is there to get it any more.
fn notice(app: &App, delivery: &Delivery, known: Known) -> Option<Notice> {
    let url = match delivery.target {
        Target::Callback => known.request.callback_url.clone()?,
        Target::Monitoring => app.monitoring_url.clone()?,
    };
    Some(Notice {
        id: format!("{}.{}", delivery.call_id, delivery.outcome.seq),
        at: app.calls.now(),
        url,
        target: delivery.target,
        body: serde_json::to_vec(&Event::of(delivery, known)).expect("an event is plain data"),
    })
}

fn judge(delivery: &Delivery, result: Result<(), NotifyError>, now: Timestamp) -> Tried {
    let Err(error) = result else {
        return Tried::Delivered;
    };
    let problem = error.to_string();
    if error == NotifyError::Gone || now.since(delivery.queued_at) >= TRIED_MAX {
        return Tried::Parked(problem);
    }
    let nth = usize::try_from(delivery.tries.saturating_sub(1)).unwrap_or(usize::MAX);
    let planned = WAITS[nth.min(WAITS.len() - 1)];
    let asked = match error {
        NotifyError::Refused { retry_after, .. } => retry_after,
        NotifyError::Forbidden | NotifyError::Gone | NotifyError::Unreachable => None,
    };
    let wait = planned.max(asked.unwrap_or_default().min(RETRY_AFTER_MAX));
    Tried::Postponed(now + wait, problem)
}

fn log(delivery: &Delivery, tried: &Tried) {
    let (id, seq, tries) = (delivery.call_id, delivery.outcome.seq, delivery.tries);
    let target = delivery.target.label();
    match tried {
        Tried::Delivered => {
            tracing::info!(outcomes_delivered = 1, call_id = %id, seq, target, tries, "outcome delivered");
        }
        Tried::Postponed(_, problem) => {
            tracing::warn!(outcomes_failed = 1, call_id = %id, seq, target, tries, problem, "outcome not delivered yet");
        }
        Tried::Parked(problem) => {
            tracing::error!(outcomes_parked = 1, call_id = %id, seq, target, tries, problem, "outcome given up");
        }
    }
}

/// What a receiver reads. The same event has the same `webhook-id` each time; what was collected may
/// have grown between two tries.
#[derive(Serialize)]
struct Event {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: Timestamp,
    data: Data,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    session_id: CallId,
    /// Rises with each event of one call; events may arrive in another order.
    sequence: u32,
    status: CallState,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<EndCause>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<RefusalReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<String>,
    /// The CRM's own data, for the CRM alone.
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    #[serde(flatten)]
    collected: Option<Collected>,
}

impl Event {
    fn of(delivery: &Delivery, known: Known) -> Self {
        let outcome = &delivery.outcome;
        let CallRequest {
            patient, metadata, ..
        } = known.request;
        let is_shown = !known.is_restricted;
        let is_crm = delivery.target == Target::Callback;
        Self {
            kind: kind(outcome),
            timestamp: outcome.at,
            data: Data {
                session_id: delivery.call_id,
                sequence: outcome.seq,
                status: outcome.to,
                cause: outcome.cause,
                attempt: outcome.attempt,
                outcome: outcome.outcome.map(|outcome| outcome.label()),
                refusal_reason: outcome.outcome.and_then(|outcome| outcome.refusal()),
                patient_id: patient.id.filter(|_| is_shown),
                metadata: Some(metadata)
                    .filter(|_| is_shown && is_crm)
                    .unwrap_or_default(),
                collected: known.collected,
            },
        }
    }
}

fn kind(outcome: &AuditEvent) -> &'static str {
    match outcome.to {
        _ if outcome.is_update() => "call.updated",
        CallState::Completed => "call.completed",
        CallState::Failed => "call.failed",
        CallState::Initiating
        | CallState::Dialing
        | CallState::Connected
        | CallState::Active
        | CallState::Disconnected => "call.attempt_ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::call_request;
    use call::{Actor, Outcome};

    const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

    fn delivery(tries: u32) -> Delivery {
        let outcome = AuditEvent {
            seq: 9,
            at: START,
            by: Actor::Carrier,
            event: "carrier_busy".to_owned(),
            from: Some(CallState::Dialing),
            to: CallState::Initiating,
            attempt: Some(1),
            outcome: Some(Outcome::Busy),
            cause: None,
        };
        Delivery {
            tries,
            ..Delivery::new(CallId::from_bytes([7; 16]), Target::Callback, outcome)
        }
    }

    fn failed(status: u16, retry_after: Option<u64>) -> Result<(), NotifyError> {
        Err(NotifyError::Refused {
            status,
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    #[test]
    fn an_outcome_is_tried_for_three_days_and_then_parked() {
        let (mut now, mut tries) = (START, 0);
        loop {
            tries += 1;
            match judge(&delivery(tries), failed(500, None), now) {
                Tried::Postponed(until, problem) => {
                    assert!(until > now && !problem.is_empty());
                    now = until;
                }
                Tried::Parked(_) => break,
                Tried::Delivered => panic!("a failure was taken for a success"),
            }
        }
        assert_eq!(tries, 10);
        let tried_for = now.since(START);
        assert!((TRIED_MAX..TRIED_MAX + minutes(24 * 60)).contains(&tried_for));
    }

    #[test]
    fn a_receiver_may_ask_for_patience_or_for_silence() {
        let until = |result| judge(&delivery(1), result, START);
        let wait =
            |secs| Tried::Postponed(START + Duration::from_secs(secs), "status 429".to_owned());
        assert_eq!(until(failed(429, Some(90))), wait(90));
        assert_eq!(until(failed(429, Some(1))), wait(5));
        assert_eq!(until(failed(429, Some(1_000_000))), wait(24 * 60 * 60));
        assert!(matches!(until(Err(NotifyError::Gone)), Tried::Parked(_)));
        assert_eq!(until(Ok(())), Tried::Delivered);
    }

    #[test]
    fn an_event_says_what_happened_and_whose_call_it_was_but_no_name_and_no_number() {
        let mut request = call_request();
        request.patient.id = Some("patient_123".to_owned());
        request
            .metadata
            .insert("campaign".to_owned(), "june".into());
        let delivery = delivery(1);
        let known = Known {
            request,
            is_restricted: false,
            collected: None,
        };
        let event = serde_json::to_value(Event::of(&delivery, known)).unwrap();
        assert_eq!(
            event,
            serde_json::json!({
                "type": "call.attempt_ended",
                "timestamp": "2026-10-30T22:40:00.000Z",
                "data": {
                    "sessionId": delivery.call_id, "sequence": 9, "status": "initiating",
                    "attempt": 1, "outcome": "busy", "patientId": "patient_123",
                    "metadata": { "campaign": "june" },
                },
            })
        );
    }
}
