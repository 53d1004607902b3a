//! What a receiver is told of a call, as far as it may know it now.

use crate::{
    app::App,
    record::{Collected, OutcomeWord, RowView},
};
use call::{
    AuditEvent, CallRequest, CallSession, CallState, EndCause, RefusalReason, TestOf,
    delivery::Target, ids::CallId, time::Timestamp,
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::{Delivery, StoreError};
use traces::Span;
use utoipa::ToSchema;
use webhooks::Notice;

/// The message of a delivery, unless nobody is there to get it any more.
/// The span of its try ends with the receiver's answer.
pub(super) async fn notice(
    app: &App,
    delivery: &Delivery,
) -> Result<Option<(Notice, Span)>, StoreError> {
    let Some(known) = known(app, delivery).await? else {
        return Ok(None);
    };
    let at = app.calls.now();
    let span = span(&known.session, delivery, at);
    let context = app.calls.traces.propagated(&known.session, &span);
    let url = match delivery.target {
        Target::Callback => known.request.callback_url.clone(),
        Target::Monitoring => app.monitoring_url.clone(),
    };
    let Some(url) = url else { return Ok(None) };
    let notice = Notice {
        id: format!("{}.{}", delivery.call_id, delivery.outcome.seq),
        at,
        url,
        target: delivery.target,
        body: serde_json::to_vec(&Event::of(delivery, known)).expect("an event is plain data"),
        context,
    };
    Ok(Some((notice, span)))
}

/// One try. What the address is stays untold: it may hold a secret.
fn span(call: &CallSession, delivery: &Delivery, at: Timestamp) -> Span {
    let name = match delivery.target {
        Target::Callback => "POST callback",
        Target::Monitoring => "POST monitoring",
    };
    let span = Span::of_call(call, name, at).client();
    let span = span.word("http.request.method", "POST");
    let span = span.word("call.event", kind(&delivery.outcome));
    let span = span.number("call.event_sequence", delivery.outcome.seq);
    // The first try is no resend.
    match delivery.tries.saturating_sub(1) {
        0 => span,
        again => span.number("http.request.resend_count", again),
    }
}

/// What is known of a call, as far as it may be told.
struct Known {
    session: CallSession,
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
                session: record.session,
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
        session,
        collected: None,
    }))
}

/// What a receiver reads. The same event has the same `webhook-id` each time; what was collected may
/// have grown between two tries.
#[derive(Serialize, ToSchema)]
pub(crate) struct Event {
    #[serde(rename = "type")]
    /// What happened.
    kind: &'static str,
    timestamp: Timestamp,
    data: Data,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EventData)]
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
    outcome: Option<OutcomeWord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal_reason: Option<RefusalReason>,
    /// The row of a campaign that it tries out, if it is a test call.
    #[serde(skip_serializing_if = "Option::is_none")]
    test_of: Option<TestOf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patient_id: Option<String>,
    /// The row of a campaign that the call is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign: Option<RowView>,
    /// The CRM's own data, for the CRM alone.
    #[serde(skip_serializing_if = "Map::is_empty")]
    metadata: Map<String, Value>,
    #[serde(flatten)]
    #[schema(ignore)]
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
                outcome: outcome.outcome.map(OutcomeWord::from),
                refusal_reason: outcome.outcome.and_then(|outcome| outcome.refusal()),
                test_of: known.session.test_of,
                patient_id: patient.id.filter(|_| is_shown),
                campaign: known.session.campaign.map(RowView::from),
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
pub(super) mod tests {
    use super::*;
    use crate::tests::call_request;
    use call::{Actor, Outcome};

    pub(in super::super) const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

    pub(in super::super) fn delivery(tries: u32) -> Delivery {
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

    #[test]
    fn an_event_says_what_happened_and_whose_call_it_was_but_no_name_and_no_number() {
        let mut request = call_request();
        request.patient.id = Some("patient_123".to_owned());
        request
            .metadata
            .insert("campaign".to_owned(), "june".into());
        let of = TestOf {
            campaign_id: call::ids::CampaignId::from_bytes([5; 16]),
            row: 7,
        };
        request.test_of = Some(of);
        let delivery = delivery(1);
        let policy = call::Policy::default();
        let known = Known {
            session: CallSession::create(&request, START, &policy).next,
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
                    "attempt": 1, "outcome": "busy", "patientId": "patient_123", "testOf": of,
                    "metadata": { "campaign": "june" },
                },
            })
        );
    }
}
