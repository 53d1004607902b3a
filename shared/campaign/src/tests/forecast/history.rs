//! What earlier calls tell.

use super::*;
use ::call::{Outcome, Rung, ids::CallId, report};

fn row(rung: &[(u64, Outcome)], talk_secs: Option<u64>) -> report::Row {
    let rung = rung.iter().map(|(hours, outcome)| Rung {
        at: START + secs(hours * 3_600),
        outcome: *outcome,
    });
    report::Row {
        call_id: CallId::from_bytes([7; 16]),
        created_at: START,
        patient_id: None,
        patient_name: "राहुल शर्मा".to_owned(),
        phone_number: "+911234567890".parse().unwrap(),
        treatment_type: None,
        status: None,
        cause: None,
        ended_at: None,
        talk_secs,
        attempts: 1,
        rung: rung.collect(),
        answers: serde_json::Map::new(),
    }
}

fn history(rows: impl IntoIterator<Item = report::Row>) -> History {
    let mut history = History::default();
    let hours = Hours::usual();
    rows.into_iter().for_each(|row| history.add(&row, &hours));
    history
}

#[test]
fn fifty_dials_say_more_than_an_assumption_and_forty_nine_do_not() {
    let calls = |count| (0..count).map(|_| row(&[(0, Outcome::Answered)], Some(60)));
    let few = history(calls(49));
    assert_eq!(
        (few.dials(), few.assumed(Assumed::default())),
        (49, Assumed::default())
    );
    let enough = history(calls(50)).assumed(Assumed::default());
    assert_eq!(enough.answered_permille, [1_000; 24]);
    assert_eq!(enough.talk, Span::around(secs(60)));
    assert_eq!(
        enough.missed,
        Assumed::default().missed,
        "nobody was missed"
    );
}

#[test]
fn each_hour_has_its_own_share_and_a_rare_one_that_of_all() {
    // At ten 80 of 100, at eleven 20 of 100, and at twelve one that was answered.
    let ten = (0..100).map(|n| match n % 5 {
        0 => row(&[(0, Outcome::NoAnswer)], None),
        _ => row(&[(0, Outcome::CallbackAgreed)], None),
    });
    let eleven = (0..100).map(|n| match n % 10 {
        0..2 => row(&[(1, Outcome::ConnectionLost)], None),
        2..6 => row(&[(1, Outcome::Busy)], None),
        _ => row(&[(1, Outcome::Unreachable)], None),
    });
    let twelve = [row(&[(2, Outcome::Answered)], None)];
    let history = history(ten.chain(eleven).chain(twelve));
    assert_eq!((history.dials(), history.answered_percent()), (201, 50));
    let assumed = history.assumed(Assumed::default());
    let at = |hour: usize| assumed.answered_permille[hour];
    assert_eq!(
        (at(10), at(11)),
        (750, 250),
        "twenty dials at 502 drag them"
    );
    assert_eq!((at(12), at(3)), (525, 502));
    assert_eq!(
        assumed.missed,
        Missed {
            no_answer: 200,
            busy: 400,
            unreachable: 400
        }
    );
    assert_eq!(assumed.talk, Assumed::default().talk);
}

#[test]
fn hours_are_those_of_the_campaigns_place() {
    let mut here = History::default();
    let hours = Hours::daily("09:00-19:00 UTC".parse().unwrap());
    for n in 0..100 {
        let outcome = if n < 50 {
            Outcome::Answered
        } else {
            Outcome::Busy
        };
        here.add(&row(&[(if n < 50 { 0 } else { 1 }, outcome)], None), &hours);
    }
    let answered = here.answered_permille().unwrap();
    assert!(answered[4] > 800 && answered[5] < 200, "{answered:?}");
}
