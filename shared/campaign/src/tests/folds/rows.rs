//! One row, from its turn to its end.

use super::*;

fn permit(number: u32) -> Permit {
    let row = Row::imported(number, Bucket::Ready);
    running(3).admits(&row, &Load::default(), START).unwrap()
}

fn taken() -> RowEvent {
    RowEvent::Taken {
        call: call_id(1),
        permit: permit(2),
    }
}

fn dialled(call: u8, attempt: u8) -> RowEvent {
    RowEvent::Dialled {
        call: call_id(call),
        attempt,
    }
}

fn ended(call: u8, end: CallEnd) -> RowEvent {
    RowEvent::CallEnded {
        call: call_id(call),
        end,
    }
}

#[track_caller]
fn row_after(events: &[RowEvent]) -> Row {
    let row = Row::imported(2, Bucket::Ready);
    events.iter().fold(row, |row, event| {
        row.apply(event, START).expect("applies").next
    })
}

#[track_caller]
fn rejects(row: &Row, event: &RowEvent, expected: RowRejection) {
    assert_eq!(row.apply(event, START), Err(expected), "{event:?}");
}

#[test]
fn a_row_is_taken_dialled_within_its_budget_and_ends_with_its_call() {
    let row = row_after(&[taken(), dialled(1, 1), dialled(1, 1), dialled(1, 2)]);
    assert_eq!(
        (row.state, row.dials, row.last_dial_at),
        (RowState::Dialling, 2, Some(START))
    );
    rejects(&row, &dialled(1, 3), RowRejection::BudgetSpent);
    rejects(&row, &taken(), RowRejection::AlreadyApplied);
    rejects(&row, &dialled(9, 1), RowRejection::OtherCall);
    rejects(&row, &ended(9, CallEnd::Reached), RowRejection::OtherCall);
    for event in [
        RowEvent::CampaignCancelled,
        RowEvent::CampaignExpired,
        RowEvent::OptedOut,
        RowEvent::PatientErased,
    ] {
        rejects(&row, &event, RowRejection::InFlight);
    }
    for (end, state) in [
        (CallEnd::Reached, RowState::Reached),
        (CallEnd::NotReached, RowState::Failed),
        (CallEnd::OptedOut, RowState::OptedOut),
        (CallEnd::Cancelled, RowState::Cancelled),
        (CallEnd::Expired, RowState::Expired),
    ] {
        let decision = row.apply(&ended(1, end), START).unwrap();
        assert_eq!(decision.moved, Some((RowState::Dialling, state)));
        assert_eq!(decision.made_on, row.version);
        assert_eq!(decision.next.version, row.version + 1);
        assert!(state.is_over());
    }
}

#[test]
fn a_permit_is_for_its_own_row() {
    let row = Row::imported(3, Bucket::Ready);
    rejects(&row, &taken(), RowRejection::OtherRow);
}

#[test]
fn a_row_that_waits_ends_with_its_campaign() {
    for (event, state) in [
        (RowEvent::CampaignCancelled, RowState::Cancelled),
        (RowEvent::CampaignExpired, RowState::Expired),
        (RowEvent::OptedOut, RowState::OptedOut),
        (RowEvent::PatientErased, RowState::Cancelled),
    ] {
        let row = row_after(&[event]);
        assert_eq!(row.state, state);
        rejects(&row, &taken(), RowRejection::AlreadyApplied);
    }
}

#[test]
fn a_failed_row_gets_one_budget_for_each_round() {
    let failed = row_after(&[taken(), dialled(1, 1), ended(1, CallEnd::NotReached)]);
    let second = RowEvent::RoundBegun { round: 2 };
    let again = failed.apply(&second, START).unwrap().next;
    let erased = failed.apply(&RowEvent::PatientErased, START).unwrap().next;
    assert_eq!(erased.state, RowState::Cancelled);
    rejects(&erased, &second, RowRejection::AlreadyApplied);
    assert_eq!(
        (again.state, again.dials, again.round),
        (RowState::Pending, 0, 2)
    );
    let failed = Row {
        state: RowState::Failed,
        ..again
    };
    rejects(&failed, &second, RowRejection::AlreadyApplied);
    assert!(
        failed
            .apply(&RowEvent::RoundBegun { round: 3 }, START)
            .is_ok()
    );
}

#[test]
fn rows_that_cannot_be_called_never_are() {
    for bucket in [
        Bucket::Faulty,
        Bucket::Duplicate { of: 2 },
        Bucket::OptedOut,
    ] {
        let row = Row::imported(2, bucket);
        assert!(row.state.is_over());
        rejects(&row, &taken(), RowRejection::AlreadyApplied);
        rejects(
            &row,
            &RowEvent::RoundBegun { round: 2 },
            RowRejection::AlreadyApplied,
        );
    }
}

#[test]
fn how_a_call_ended_says_where_its_row_is() {
    use call::EndCause as C;
    for (cause, end) in [
        (C::AgentEnded, CallEnd::Reached),
        (C::CalleeHungUp, CallEnd::Reached),
        (C::NoAnswer, CallEnd::NotReached),
        (C::InvalidNumber, CallEnd::NotReached),
        (C::DoNotDisturb, CallEnd::Listed),
        (C::OptedOut, CallEnd::OptedOut),
        (C::Cancelled, CallEnd::Cancelled),
        (C::Expired, CallEnd::Expired),
    ] {
        assert_eq!(CallEnd::of(cause), end, "{cause:?}");
    }
}
