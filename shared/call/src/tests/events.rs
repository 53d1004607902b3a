//! Every event that a call can be told.

use super::*;

/// Every event about attempt 1, in the order of a call's life.
pub(super) fn every_event() -> Vec<CallEvent> {
    let statuses = CARRIER_STATUSES.map(carrier).to_vec();
    [of_the_dial(), statuses, of_the_stream(), of_the_talk()].concat()
}

fn of_the_dial() -> Vec<CallEvent> {
    vec![
        CallEvent::DialDue,
        CallEvent::Listed,
        CallEvent::Restricted,
        CallEvent::PostCallReportRead,
        CallEvent::DialDispatched { attempt: 1 },
        CallEvent::DialHeld { attempt: 1 },
        CallEvent::DialAccepted {
            attempt: 1,
            carrier_call_id: Some(carrier_id()),
        },
        CallEvent::DialRefused {
            attempt: 1,
            reason: RefusalReason::InvalidNumber,
        },
        CallEvent::DialNotSent {
            attempt: 1,
            retry_after: None,
            because: Hindrance::NoConnection,
        },
        CallEvent::DialUnknown { attempt: 1 },
        CallEvent::NoTrace { attempt: 1 },
    ]
}

fn of_the_stream() -> Vec<CallEvent> {
    vec![
        opened(),
        CallEvent::StreamRinging {
            attempt: 1,
            stream: 1,
        },
        CallEvent::StreamAnswered {
            attempt: 1,
            stream: 1,
        },
        CallEvent::AgentReady {
            attempt: 1,
            stream: 1,
            conversation_id: ConversationId::new("conv_2"),
        },
        CallEvent::AgentUnavailable {
            attempt: 1,
            stream: 1,
            because: AgentFault::Outage,
        },
        CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: Voice::Nobody,
        },
    ]
}

/// What is said and agreed, and every end.
fn of_the_talk() -> Vec<CallEvent> {
    vec![
        CallEvent::AnswerSaved { attempt: 1 },
        CallEvent::HangingUp {
            attempt: 1,
            stream: 1,
            because: HangUp::Agent,
        },
        hung_up(),
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Agent,
        },
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Limit,
        },
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Silence,
        },
        CallEvent::HungUp {
            attempt: 1,
            stream: 1,
            by: HungUpBy::Transfer,
        },
        CallEvent::CallbackAgreed {
            attempt: 1,
            at: START + secs(3_600),
        },
        lost(),
        CallEvent::Cancelled,
        CallEvent::OptedOut,
        CallEvent::DeadlinePassed,
    ]
}

pub(super) const CARRIER_STATUSES: [CarrierStatus; 10] = [
    CarrierStatus::Ringing,
    CarrierStatus::Answered,
    CarrierStatus::Busy,
    CarrierStatus::NoAnswer,
    CarrierStatus::Unreachable,
    CarrierStatus::Rejected,
    CarrierStatus::InvalidNumber,
    CarrierStatus::DoNotDisturb,
    CarrierStatus::Failed,
    CarrierStatus::Ended,
];
