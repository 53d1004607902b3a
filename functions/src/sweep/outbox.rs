//! Telling the CRM and the operator's monitoring how calls went: at least once, signed, for days.

mod event;

pub(crate) use event::Event;

use super::{
    Sweep, SweepReport,
    work::{CLAIM, wait_after},
};
use crate::app::App;
use call::time::Timestamp;
use logging::metrics::OUTCOMES_PARKED;
use std::time::Duration;
use store::{Delivery, DeliveryKey, StoreError, Tried};
use traces::Span;
use webhooks::{Notice, Notifier, NotifyError};

/// Waits between tries, the schedule that the Standard Webhooks specification recommends.
const WAITS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_mins(5),
    Duration::from_mins(30),
    Duration::from_hours(2),
    Duration::from_hours(5),
    Duration::from_hours(10),
    Duration::from_hours(14),
    Duration::from_hours(20),
    Duration::from_hours(24),
];

/// How long an outcome is tried before it is parked (3 days).
const TRIED_MAX: Duration = Duration::from_hours(3 * 24);

/// Longest wait that a receiver may ask for by `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(24);

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
        self.posts.start(&self.app, &notifier).await;
        report.outcomes += filled?;
        self.seen.waiting(self.posts.backlog());
        Ok(())
    }
}

/// Tries one delivery once; whether the receiver answered, if it was asked. Trouble with the store
/// leaves it due again when the claim ends.
pub(super) async fn deliver(app: &App, notifier: &dyn Notifier, key: DeliveryKey) -> Option<bool> {
    let tried = claim_and_try(app, notifier, key).await;
    let has_answered = tried.inspect_err(|error| {
        tracing::warn!(call_id = %key.call_id, seq = key.seq, %error, "outcome left to a later tick");
    });
    has_answered.ok().flatten()
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
    let (result, is_asked) = match event::notice(app, &delivery).await? {
        Some((notice, span)) => (post(app, notifier, &notice, span).await, true),
        None => (Err(NotifyError::Gone), false),
    };
    let has_answered = is_asked.then_some(result != Err(NotifyError::Unreachable));
    let now = app.calls.now();
    let tried = judge(&delivery, result, now);
    log(&delivery, &tried);
    store.settle(&delivery, &tried, now).await?;
    Ok(has_answered)
}

/// Tries once, as a span of the call.
async fn post(
    app: &App,
    notifier: &dyn Notifier,
    notice: &Notice,
    span: Span,
) -> Result<(), NotifyError> {
    let result = notifier.post(notice).await;
    app.calls.end(match &result {
        Ok(()) => span,
        Err(error) => span.failed(error.label()),
    });
    result
}

fn judge(delivery: &Delivery, result: Result<(), NotifyError>, now: Timestamp) -> Tried {
    let Err(error) = result else {
        return Tried::Delivered;
    };
    let problem = error.to_string();
    if error == NotifyError::Gone || now.since(delivery.queued_at) >= TRIED_MAX {
        return Tried::Parked(problem);
    }
    let planned = wait_after(&WAITS, delivery.tries);
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
            OUTCOMES_PARKED.note(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::tests::{START, delivery};

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
        assert!((TRIED_MAX..TRIED_MAX + Duration::from_hours(24)).contains(&tried_for));
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
}
