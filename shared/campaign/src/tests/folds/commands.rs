//! What a person asks of a campaign, in every state, once and twice.

use super::*;

fn retry(round: u8) -> Event {
    Event::RetryFailed { round, failed: 1 }
}

fn changed() -> Event {
    let plan = Plan {
        concurrency: 9,
        ..plan()
    };
    Event::PlanChanged {
        plan: Box::new(plan),
    }
}

fn every_event() -> Vec<Event> {
    vec![
        Event::ImportBegun,
        Event::Imported { tally: tally(3) },
        Event::ImportRefused,
        Event::Started,
        Event::Paused,
        Event::Resumed,
        Event::Cancelled,
        retry(2),
        Event::RoundBegun { round: 1 },
        changed(),
        Event::DialTaken,
        Event::DialRefused,
        Event::Counted { tally: tally(0) },
        Event::Counted { tally: tally(1) },
        Event::DeadlinePassed,
    ]
}

fn in_state(state: State) -> Campaign {
    let completed = after(&running(3), &[Event::Counted { tally: tally(0) }]);
    let importing = after(&draft(), &[Event::ImportBegun]);
    match state {
        State::Draft => draft(),
        State::Importing => importing,
        State::Ready => after(&importing, &[Event::Imported { tally: tally(3) }]),
        State::Running => running(3),
        State::Paused => after(&running(3), &[Event::Paused]),
        State::Completed => completed,
        State::Cancelled => after(&running(3), &[Event::Cancelled]),
        State::Expired => {
            running(3)
                .apply(&Event::DeadlinePassed, end())
                .unwrap()
                .next
        }
    }
}

#[test]
fn every_state_and_event() {
    let mut table = String::new();
    for state in State::ALL {
        let campaign = in_state(state);
        assert_eq!(campaign.state, state);
        for event in every_event() {
            let line = match campaign.apply(&event, START) {
                Ok(decision) => format!("{} {:?}", decision.next.state, decision.effects),
                Err(rejection) => format!("– {rejection}"),
            };
            table.push_str(&format!("{state:<10} {:<16} {line}\n", event.label()));
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_command_told_twice_changes_nothing_the_second_time() {
    for (state, command) in [
        (State::Ready, Event::Started),
        (State::Running, Event::Paused),
        (State::Paused, Event::Resumed),
        (State::Running, Event::Cancelled),
        (State::Running, changed()),
        (State::Completed, retry(2)),
        (State::Running, retry(2)),
    ] {
        let once = in_state(state).apply(&command, START).unwrap().next;
        assert_eq!(
            once.apply(&command, START),
            Err(Rejection::AlreadyApplied),
            "{command:?}"
        );
    }
}

#[test]
fn whatever_changes_what_may_be_dialled_is_another_generation() {
    for (state, command) in [
        (State::Running, Event::Paused),
        (State::Paused, Event::Resumed),
        (State::Running, Event::Cancelled),
        (State::Running, changed()),
        (State::Running, retry(2)),
        (State::Running, Event::Counted { tally: tally(0) }),
    ] {
        let before = in_state(state);
        let next = before.apply(&command, START).unwrap().next;
        assert!(next.generation > before.generation, "{command:?}");
    }
}

#[test]
fn a_campaign_without_a_row_to_call_cannot_start() {
    let importing = in_state(State::Importing);
    let faulty = Tally {
        faulty: 9,
        ..Tally::default()
    };
    let back = after(&importing, &[Event::Imported { tally: faulty }]);
    assert_eq!(back.state, State::Draft);
    let refusal = back.apply(&Event::Started, START).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the campaign is draft: its file must be imported first"
    );
    assert_eq!(
        importing.apply(&Event::Started, START),
        Err(Rejection::NotImported(State::Importing))
    );
}

#[test]
fn a_burst_of_refusals_pauses_and_says_why() {
    let mut campaign = running(9);
    for n in 1..=4 {
        let decision = campaign
            .apply(&Event::DialRefused, START + secs(n))
            .unwrap();
        assert_eq!(decision.audit, None);
        campaign = decision.next;
    }
    assert_eq!(campaign.state, State::Running);
    let recovered = campaign
        .apply(&Event::DialTaken, START + secs(5))
        .unwrap()
        .next;
    let counted = recovered
        .apply(&Event::DialRefused, START + secs(6))
        .unwrap()
        .next;
    assert_eq!(counted.state, State::Running);
    let late = campaign
        .apply(&Event::DialRefused, START + secs(62))
        .unwrap()
        .next;
    assert_eq!(late.state, State::Running);
    let paused = campaign
        .apply(&Event::DialRefused, START + secs(6))
        .unwrap();
    assert_eq!(paused.next.state, State::Paused);
    assert!(paused.audit.is_some());
    let row = Row::imported(2, Bucket::Ready);
    let wait = paused
        .next
        .admits(&row, &Load::default(), START)
        .unwrap_err();
    assert!(
        paused
            .next
            .sentence(wait, 1)
            .contains("refused 5 dials in a row")
    );
    let again = after(&paused.next, &[Event::Resumed]);
    assert_eq!((again.paused_by, again.refusals), (None, None));
}

#[test]
fn rounds_are_counted_and_bounded() {
    let mut campaign = in_state(State::Completed);
    let none = Event::RetryFailed {
        round: 2,
        failed: 0,
    };
    assert_eq!(campaign.apply(&none, START), Err(Rejection::NothingFailed));
    assert_eq!(
        campaign.apply(&retry(3), START),
        Err(Rejection::NoSuchRound)
    );
    for round in 2..=ROUNDS_MAX {
        let decision = campaign.apply(&retry(round), START).unwrap();
        assert!(decision.effects.contains(&Effect::BeginRound { round }));
        // Not complete before its failed rows were told.
        let counted = Event::Counted { tally: tally(0) };
        assert_eq!(decision.next.apply(&counted, START), Err(Rejection::NotDue));
        campaign = after(&decision.next, &[Event::RoundBegun { round }, counted]);
        assert_eq!(campaign.state, State::Completed);
    }
    assert_eq!(
        campaign.apply(&retry(ROUNDS_MAX + 1), START),
        Err(Rejection::RoundsSpent)
    );
    let late = in_state(State::Completed).apply(&retry(2), end());
    assert_eq!(late, Err(Rejection::PastEnd));
}

#[test]
fn a_plan_that_is_changed_is_kept_in_the_trail() {
    let decision = in_state(State::Running).apply(&changed(), START).unwrap();
    let audit = decision.audit.unwrap();
    assert_eq!(audit.plan_before, Some(Box::new(plan())));
    assert_eq!(
        (audit.event.as_str(), audit.from, audit.to),
        ("plan_changed", Some(State::Running), State::Running)
    );
    let promotional = Plan {
        class: Class::Promotional,
        caller: Some("+911401234567".parse().unwrap()),
        ..plan()
    };
    let promotional = Event::PlanChanged {
        plan: Box::new(promotional),
    };
    for state in [State::Importing, State::Ready] {
        let refusal = in_state(state).apply(&promotional, START).unwrap_err();
        assert_eq!(refusal, Rejection::ClassFixed, "{state}");
    }
    assert!(draft().apply(&promotional, START).is_ok());
    let past = Plan {
        expires_at: START,
        ..plan()
    };
    let past = Event::PlanChanged {
        plan: Box::new(past),
    };
    let refusal = in_state(State::Running).apply(&past, START).unwrap_err();
    assert_eq!(refusal, Rejection::InvalidPlan(InvalidPlan::Expiry));
}

#[test]
fn an_end_that_is_moved_again_and_again_stays_within_the_longest_life() {
    let until = |expires_at| Event::PlanChanged {
        plan: Box::new(Plan {
            expires_at,
            ..plan()
        }),
    };
    let day = secs(24 * 3_600);
    let later = START + day;
    let paused = in_state(State::Paused);
    let refusal = paused.apply(&until(START + LIFE_MAX + day), later);
    let expiry = Rejection::InvalidPlan(InvalidPlan::Expiry);
    assert_eq!(refusal, Err(expiry));
    assert!(paused.apply(&until(START + LIFE_MAX), later).is_ok());
}

#[test]
fn promotion_shows_a_number_of_its_own_series_and_nothing_else_does() {
    let (series, other) = ("+911401234567", "+911234567890");
    let of = |class, caller: Option<&str>| Plan {
        class,
        caller: caller.map(|text| text.parse().unwrap()),
        ..plan()
    };
    let (sells, serves) = (Class::Promotional, Class::Service);
    for (class, caller, refused) in [
        (sells, Some(series), None),
        (sells, Some(other), Some(InvalidPlan::NoSeries)),
        (sells, None, Some(InvalidPlan::NoSeries)),
        (serves, Some(series), Some(InvalidPlan::OtherSeries)),
        (serves, Some(other), None),
        (serves, None, None),
    ] {
        let plan = of(class, caller);
        let (invalid, told) = (refused.map(Rejection::InvalidPlan), (class, caller));
        let made = Campaign::create(draft().id, "June", plan.clone(), START);
        assert_eq!(made.err(), invalid, "{told:?}");
        // One that is as it was is no change.
        let mut before = draft();
        before.plan.priority = 9;
        let changed = Event::PlanChanged {
            plan: Box::new(plan.clone()),
        };
        assert_eq!(before.apply(&changed, START).err(), invalid, "{told:?}");
        // One that was made before there was the rule.
        for (state, event) in [
            (State::Ready, Event::Started),
            (State::Paused, Event::Resumed),
        ] {
            let mut stored = in_state(state);
            stored.plan = plan.clone();
            let ran = stored.apply(&event, START).err();
            assert_eq!(ran, refused.map(Rejection::InvalidCaller), "{told:?}");
        }
    }
}
