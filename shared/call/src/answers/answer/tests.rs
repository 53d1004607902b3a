//! Corrections, repeats and stragglers; what was saved live beside what was read afterwards.

use super::*;
use serde_json::json;

fn given(n: u8) -> Given {
    Given {
        value: json!(n),
        at: Timestamp::from_millis(i64::from(n)),
        attempt: 1,
        source: Source::Mcp,
        conversation: None,
        turn: None,
    }
}

fn in_turn(n: u8, turn: u32) -> Given {
    Given {
        turn: Some(turn),
        ..given(n)
    }
}

fn read(n: u8) -> Given {
    Given {
        source: Source::PostCall,
        ..given(n)
    }
}

#[test]
fn a_correction_keeps_what_was_said_before_within_bounds() {
    let mut answer = Answer::first("age", given(0));
    assert_eq!(answer.with(given(0)), None);
    for n in 1..=30 {
        answer = answer.with(given(n)).unwrap();
    }
    assert_eq!(answer.given, given(30));
    assert_eq!(answer.earlier.len(), EARLIER_MAX);
    assert_eq!(answer.earlier.last(), Some(&given(29)));
}

#[test]
fn a_repeat_of_an_earlier_turn_does_not_undo_a_correction() {
    let answer = Answer::first("age", in_turn(41, 3));
    let answer = answer.with(in_turn(42, 5)).unwrap();
    assert_eq!(answer.with(in_turn(41, 3)), None, "delivered again");
    let late = answer.with(in_turn(40, 4)).unwrap();
    assert_eq!(late.given, in_turn(42, 5), "overtaken on the way");
    assert_eq!(late.earlier, [in_turn(41, 3), in_turn(40, 4)]);
    let back = answer.with(in_turn(41, 7)).unwrap();
    assert_eq!(back.given, in_turn(41, 7), "said again and meant");
    let changed = answer.with(in_turn(43, 5)).unwrap();
    assert_eq!(changed.given, in_turn(43, 5), "two calls in one turn");
    let called_again = Given {
        attempt: 2,
        ..in_turn(44, 1)
    };
    assert_eq!(
        answer.with(called_again.clone()).unwrap().given,
        called_again
    );
}

#[test]
fn a_straggler_does_not_undo_what_was_said_again_after_it() {
    let answer = Answer::first("age", in_turn(41, 3));
    let again = answer.with(in_turn(41, 7)).unwrap();
    assert_eq!(again.given, in_turn(41, 7));
    let late = again.with(in_turn(40, 5)).unwrap();
    assert_eq!(late.given, in_turn(41, 7));
    assert_eq!(again.with(in_turn(41, 7)), None, "delivered again");
}

/// Turns start at 1 again when the agent's conversation was replaced.
#[test]
fn a_correction_in_a_later_conversation_holds_whatever_its_turn() {
    let said = |value, attempt, conversation, turn| Given {
        attempt,
        conversation: Some(conversation),
        ..in_turn(value, turn)
    };
    let answer = Answer::first("age", said(41, 1, 1, 9));
    let answer = answer.with(said(42, 1, 2, 1)).unwrap();
    assert_eq!(answer.given, said(42, 1, 2, 1));
    let late = answer.with(said(40, 1, 1, 10)).unwrap();
    assert_eq!(late.given, said(42, 1, 2, 1), "of the conversation before");
    assert_eq!(answer.with(said(41, 1, 1, 9)), None, "delivered again");
    let called_again = answer.with(said(43, 2, 1, 1)).unwrap();
    assert_eq!(called_again.given, said(43, 2, 1, 1));
    let late = called_again.with(said(44, 1, 2, 2)).unwrap();
    assert_eq!(late.given, said(43, 2, 1, 1), "of the attempt before");
    // The same value once more says that it is meant again.
    let back = answer.with(said(41, 1, 2, 3)).unwrap();
    assert_eq!(back.given, said(41, 1, 2, 3));
}

#[test]
fn what_was_saved_live_is_not_overwritten_afterwards() {
    let answer = Answer::first("age", given(42));
    assert_eq!(answer.with(read(42)), None, "both agree");
    let flagged = answer.with(read(24)).unwrap();
    assert_eq!(
        (&flagged.given, &flagged.conflict),
        (&given(42), &Some(read(24)))
    );
    assert_eq!(flagged.with(read(24)), None, "known");
    let corrected = flagged.with(given(24)).unwrap();
    assert_eq!((corrected.given, corrected.conflict), (given(24), None));
}

#[test]
fn what_was_read_afterwards_gives_way_to_what_is_saved_live() {
    let answer = Answer::first("age", read(24));
    assert_eq!(answer.with(read(25)).unwrap().given, read(25));
    let confirmed = answer.with(given(24)).unwrap();
    assert_eq!((confirmed.given, confirmed.conflict), (given(24), None));
    let live = answer.with(given(42)).unwrap();
    assert_eq!((live.given, live.conflict), (given(42), Some(read(24))));
}
