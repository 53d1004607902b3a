use super::*;
use CarrierStatus as C;

fn report(words: &[&str], hangup_cause: Option<&str>, duration_secs: Option<u64>) -> Report {
    Report {
        words: words.iter().map(|text| (*text).to_owned()).collect(),
        hangup_cause: hangup_cause.map(str::to_owned),
        duration_secs,
        ..Report::default()
    }
}

/// One word by itself, without hang-up cause, duration or stream.
#[track_caller]
fn says(word: &str, expected: Option<CarrierStatus>) {
    for text in [
        word.to_owned(),
        word.to_uppercase(),
        word.replace('_', "-"),
        word.replace('_', " "),
    ] {
        assert_eq!(
            status(&report(&[&text], None, None), false),
            expected,
            "{text}"
        );
    }
}

/// One hang-up cause by itself.
#[track_caller]
fn cause_says(cause: &str, expected: Option<CarrierStatus>) {
    assert_eq!(
        status(&report(&[], Some(cause), None), false),
        expected,
        "{cause}"
    );
}

#[test]
fn every_word_of_the_vocabulary_has_its_status() {
    let table: [(&[&str], CarrierStatus); 9] = [
        (
            &[
                "queued",
                "initiated",
                "dialing",
                "ringing",
                "originate",
                "customer_call",
                "in_progress",
            ],
            C::Ringing,
        ),
        (
            &[
                "connected",
                "answered",
                "answer",
                "bridge",
                "customer_answer",
            ],
            C::Answered,
        ),
        (&["busy", "user_busy"], C::Busy),
        (
            &[
                "no_answer",
                "noanswer",
                "unanswered",
                "not_answered",
                "missed",
                "Customer Missed#",
                "NO_USER_RESPONSE",
            ],
            C::NoAnswer,
        ),
        (
            &["switch_off", "not_reachable", "temporarily_unavailable"],
            C::Unreachable,
        ),
        (
            &[
                "failed",
                "error",
                "cancelled",
                "canceled",
                "Did Not Process",
            ],
            C::Failed,
        ),
        (&["rejected"], C::Rejected),
        (&["invalid", "unallocated"], C::InvalidNumber),
        (&["DND", "NDNC", "blocked", "opt_out"], C::DoNotDisturb),
    ];
    for (words, expected) in table {
        words.iter().for_each(|word| says(word, Some(expected)));
    }
}

#[test]
fn q850_numbers_count_as_hangup_causes_only() {
    for (cause, expected) in [
        ("1", C::InvalidNumber),
        ("28", C::InvalidNumber),
        ("17", C::Busy),
        ("18", C::NoAnswer),
        ("19", C::NoAnswer),
        ("20", C::Unreachable),
        ("21", C::Rejected),
        ("NO_USER_RESPONSE", C::NoAnswer),
        ("User Busy", C::Busy),
    ] {
        cause_says(cause, Some(expected));
    }
    for number in ["1", "16", "17", "18", "19", "20", "21", "28"] {
        says(number, None);
    }
}

#[test]
fn a_cause_tells_what_a_word_leaves_open() {
    for (word, cause, expected) in [
        ("failed", "17", C::Busy),
        ("failed", "User Busy", C::Busy),
        ("error", "20", C::Unreachable),
        ("failed", "16", C::Failed),
        ("failed", "no such word", C::Failed),
        ("no_answer", "17", C::NoAnswer),
    ] {
        let report = report(&[word], Some(cause), Some(0));
        assert_eq!(status(&report, false), Some(expected), "{word} {cause}");
    }
}

#[test]
fn over_means_a_talk_only_with_proof_of_one() {
    for word in [
        "completed",
        "success",
        "hangup",
        "normal",
        "NORMAL_CLEARING",
        "CDR",
    ] {
        says(word, None);
        let over = |secs| report(&[word], None, secs);
        assert_eq!(status(&over(Some(42)), false), Some(C::Ended), "{word}");
        assert_eq!(status(&over(None), true), Some(C::Ended), "{word}");
        assert_eq!(status(&over(Some(0)), true), Some(C::Ended), "{word}");
        assert_eq!(status(&over(Some(0)), false), Some(C::NoAnswer), "{word}");
    }
    cause_says("16", None);
    assert_eq!(
        status(&report(&[], Some("16"), Some(42)), false),
        Some(C::Ended)
    );
}

#[test]
fn a_failure_beside_an_unproven_end_is_what_happened() {
    assert_eq!(
        status(&report(&["completed"], Some("17"), Some(0)), false),
        Some(C::Busy)
    );
    assert_eq!(
        status(&report(&["success", "busy"], None, None), false),
        Some(C::Busy)
    );
    assert_eq!(
        status(&report(&["completed", "busy"], None, Some(42)), false),
        Some(C::Ended)
    );
}

#[test]
fn answered_with_a_hangup_or_a_duration_is_over() {
    assert_eq!(
        status(&report(&["Answered"], None, None), true),
        Some(C::Answered)
    );
    assert_eq!(
        status(&report(&["Answered"], None, Some(0)), false),
        Some(C::Answered)
    );
    assert_eq!(
        status(&report(&["Answered"], None, Some(42)), false),
        Some(C::Ended)
    );
    assert_eq!(
        status(&report(&["Answered"], Some("Normal"), None), false),
        Some(C::Ended)
    );
}

#[test]
fn a_mark_tells_busy_from_other_words_and_the_missed_leg_is_the_carriers_failure() {
    says("Line was busy #+911234567890", Some(C::Busy));
    says("line was busy", None);
    says("Agent Missed#+911234567890", Some(C::Failed));
}

#[test]
fn the_first_leg_says_nothing_of_the_callee() {
    says("agent_call", None);
    says("agent_answer", None);
}

#[test]
fn unknown_words_change_nothing_but_give_way_to_known_ones() {
    says("teleported", None);
    says("", None);
    assert_eq!(status(&report(&["teleported"], None, Some(42)), true), None);
    assert_eq!(
        status(&report(&["teleported", "busy"], None, None), false),
        Some(C::Busy)
    );
    assert_eq!(
        status(&report(&["Outbound"], Some("19"), None), false),
        Some(C::NoAnswer)
    );
}

#[test]
fn a_record_without_status_tells_by_its_duration() {
    assert_eq!(status(&report(&[], None, Some(42)), false), Some(C::Ended));
    assert_eq!(status(&report(&[], None, Some(0)), false), None);
    assert_eq!(status(&report(&[], None, None), true), None);
}

#[test]
fn what_follows_a_hash_is_ignored() {
    says("Customer Missed#+911234567890", Some(C::NoAnswer));
    says("Customer Busy#+911234567890", Some(C::Busy));
}
