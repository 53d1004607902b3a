//! What the relay announces before it hangs up decides what the end means, whoever reports it first.

use super::*;

fn hanging_up(because: HangUp) -> CallEvent {
    CallEvent::HangingUp {
        attempt: 1,
        stream: 1,
        because,
    }
}

const NO_AGENT: HangUp = HangUp::NoAgent(AgentFault::Configuration);

/// Every way in which a call ends after the announcement, applied to copies of `call`.
fn ends(call: &Call) -> Vec<Call> {
    let copy = || Call {
        session: call.session.clone(),
        now: call.now,
        policy: call.policy.clone(),
        effects: Vec::new(),
    };
    let ended = [hung_up(), carrier(CarrierStatus::Ended)].map(|end| copy().after(&[end]));
    let mut lost = copy().after(&[lost()]);
    lost.wait_for_deadline();
    let mut silent = copy();
    while silent.session.deadline.is_some() && silent.session.state != CallState::Initiating {
        silent.wait_for_deadline();
    }
    let mut late = copy();
    late.session.state = CallState::Disconnected;
    let late = late.after(&[carrier(CarrierStatus::Ended)]);
    Vec::from(ended)
        .into_iter()
        .chain([lost, silent, late])
        .collect()
}

#[test]
fn a_conversation_that_had_its_goodbye_is_complete_whatever_breaks_afterwards() {
    for (because, cause) in [
        (HangUp::Agent, EndCause::AgentEnded),
        (HangUp::Limit, EndCause::MaxDuration),
        (HangUp::Silence, EndCause::CalleeSilent),
        (HangUp::Transfer, EndCause::Transferred),
    ] {
        for state in [CallState::Connected, CallState::Active] {
            let call = Call::in_state(state).after(&[hanging_up(because)]);
            for ended in ends(&call) {
                assert_eq!(ended.session.state, CallState::Completed, "{because:?}");
                assert_eq!(ended.session.cause, Some(cause));
            }
        }
    }
}

#[test]
fn who_heard_only_the_apology_is_rung_again_whoever_reports_the_end() {
    for (because, outcome, fault, after) in [
        (
            NO_AGENT,
            Outcome::AgentUnavailable,
            Some(AgentFault::Configuration),
            120,
        ),
        (HangUp::CutOff, Outcome::ConnectionLost, None, 60),
    ] {
        for state in [CallState::Connected, CallState::Active] {
            let call = Call::in_state(state).after(&[hanging_up(because)]);
            assert_eq!(call.session.state, state, "its channel is in use");
            for ended in ends(&call) {
                let attempt = ended.session.attempt.as_ref().unwrap();
                assert_eq!(ended.session.state, CallState::Initiating, "{because:?}");
                assert_eq!(
                    (attempt.outcome, attempt.agent_fault),
                    (Some(outcome), fault)
                );
                assert_eq!(ended.session.dial_at, Some(ended.now + secs(after)));
                assert_eq!(ended.session.hanging_up, None);
            }
        }
    }
}

#[test]
fn who_was_told_that_we_call_again_is_called_again_whatever_was_saved() {
    let saved = CallEvent::AnswerSaved { attempt: 1 };
    let talking = || Call::in_state(CallState::Active).after(std::slice::from_ref(&saved));
    let ended = talking().after(&[hanging_up(HangUp::CutOff)]);
    for ended in ends(&ended) {
        assert_eq!(ended.session.state, CallState::Initiating);
    }
    let mut lost = talking().after(&[lost()]);
    lost.wait_for_deadline();
    assert_eq!(lost.session.state, CallState::Failed);
}

#[test]
fn the_relays_own_word_after_its_announcement_ends_the_attempt_once() {
    let unavailable = CallEvent::AgentUnavailable {
        attempt: 1,
        stream: 1,
        because: AgentFault::Configuration,
    };
    for (first, second) in [
        (unavailable.clone(), carrier(CarrierStatus::Ended)),
        (carrier(CarrierStatus::Ended), unavailable),
    ] {
        let mut call = Call::in_state(CallState::Connected).after(&[hanging_up(NO_AGENT), first]);
        let before = call.session.clone();
        assert_eq!(call.apply(second), Err(Rejection::AttemptOver));
        assert_eq!(call.session, before);
    }
}

#[test]
fn the_first_announcement_stands() {
    let mut call = Call::in_state(CallState::Active).after(&[hanging_up(HangUp::Agent)]);
    let later = hanging_up(HangUp::CutOff);
    assert_eq!(call.apply(later), Err(Rejection::AlreadyApplied));
    let call = call.after(&[lost()]);
    assert_eq!(call.session.hanging_up, Some(HangUp::Agent));
}

#[test]
fn an_announcement_that_comes_after_the_stream_was_given_up_counts() {
    let call = || Call::in_state(CallState::Disconnected).after(&[hanging_up(NO_AGENT)]);
    let reported = call().after(&[carrier(CarrierStatus::Ended)]);
    let mut silent = call();
    silent.wait_for_deadline();
    for ended in [reported, silent] {
        let outcome = ended.session.attempt.as_ref().unwrap().outcome;
        assert_eq!(outcome, Some(Outcome::AgentUnavailable));
    }
}

#[test]
fn who_comes_back_within_the_grace_is_not_to_be_called_again() {
    let again = opened();
    let hung_up = CallEvent::HungUp {
        attempt: 1,
        stream: 2,
        by: HungUpBy::Callee,
    };
    let cut = [hanging_up(HangUp::CutOff), lost()];
    let call = Call::in_state(CallState::Active).after(&cut);
    let call = call.after(&[again, hung_up]);
    assert_eq!(call.session.cause, Some(EndCause::CalleeHungUp));
}

#[test]
fn a_callback_that_was_agreed_is_kept_whatever_cuts_the_talk() {
    for because in [NO_AGENT, HangUp::CutOff] {
        let call = Call::in_state(CallState::Active);
        let due = call.now + secs(3_600);
        let agreed = CallEvent::CallbackAgreed {
            attempt: 1,
            at: due,
        };
        let end = carrier(CarrierStatus::Ended);
        let call = call.after(&[agreed, hanging_up(because), end]);
        assert_eq!(call.session.dial_at, Some(due), "{because:?}");
        let outcome = call.session.attempt.as_ref().unwrap().outcome;
        assert_eq!(outcome, Some(Outcome::CallbackAgreed));
    }
}

#[test]
fn who_heard_no_agent_is_rung_again_though_the_carrier_calls_it_completed() {
    let ended = || carrier(CarrierStatus::Ended);
    for before in [vec![ended()], vec![lost(), ended()], vec![ended(), lost()]] {
        let mut call = Call::in_state(CallState::Connected);
        for event in before {
            let _ = call.apply(event); // The second of two words about one end says nothing new.
            assert_eq!(call.session.state, CallState::Disconnected);
        }
        assert_eq!(call.apply(ended()), Err(Rejection::AlreadyApplied));
        call.wait_for_deadline();
        let outcome = call.session.attempt.as_ref().unwrap().outcome;
        assert_eq!(outcome, Some(Outcome::ConnectionLost));
        assert_eq!(call.session.dial_at, Some(call.now + secs(60)));
    }
}

#[test]
fn who_hangs_up_before_the_agent_speaks_is_not_rung_again_whoever_reports_it_first() {
    let ended = || carrier(CarrierStatus::Ended);
    for word in [vec![hung_up()], vec![ended(), hung_up()]] {
        let call = Call::in_state(CallState::Connected).after(&word);
        assert_eq!(call.session.state, CallState::Completed);
        assert_eq!(call.session.cause, Some(EndCause::CalleeHungUp));
    }
}

/// A goodbye stands when another stream takes over; that no agent was there does not.
#[test]
fn a_stream_that_takes_over_knows_of_the_goodbye() {
    for (because, stands) in [
        (HangUp::Agent, true),
        (HangUp::Limit, true),
        (HangUp::Silence, true),
        (HangUp::Transfer, true),
        (NO_AGENT, false),
        (HangUp::CutOff, false),
    ] {
        let mut call = Call::in_state(CallState::Active).after(&[hanging_up(because)]);
        call.now = Timestamp::from_millis(call.session.deadline.unwrap().as_millis() - 1_000);
        call.apply(opened()).unwrap();
        assert_eq!(call.session.hanging_up, Some(because).filter(|_| stands));
    }
}

#[test]
fn who_picked_up_and_was_never_streamed_was_not_talked_to() {
    let answered = Call::new()
        .dialled()
        .after(&[carrier(CarrierStatus::Answered)]);
    let ended = answered.after(&[carrier(CarrierStatus::Ended)]);
    let attempt = ended.session.attempt.unwrap();
    assert_eq!(attempt.outcome, Some(Outcome::ConnectionLost));
}
