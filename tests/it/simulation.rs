//! The simulation keeps every promise, and finds each fault that is planted. `cargo run -p tests
//! --bin simulation -- --seeds N --start S` runs as many seeds as wanted.

use std::ops::RangeInclusive;
use tests::simulation::{Bug, Settings, run};

/// Runs these seeds; says with which command the first that breaks a promise is seen again.
fn keeps_every_promise(seeds: RangeInclusive<u64>) {
    for seed in seeds {
        let run = run(Settings { seed, bug: None });
        assert!(
            run.violations.is_empty(),
            "seed {seed}: {:#?}\ncargo run -p tests --bin simulation -- --start {seed} --seeds 1 --trace",
            run.violations
        );
    }
}

/// A planted fault breaks this promise within so many seeds, and no other before.
#[track_caller]
fn finds(bug: Bug, promise: &str, seeds: u64) {
    finds_beside(bug, promise, &[], seeds);
}

/// The same of a fault that may break these promises too, and before.
#[track_caller]
fn finds_beside(bug: Bug, promise: &str, also: &[&str], seeds: u64) {
    let planted = Some(bug);
    for seed in 1..=seeds {
        let violations = run(Settings { seed, bug: planted }).violations;
        let breaks = |promise: &str| violations.iter().any(|found| found.promise == promise);
        if breaks(promise) {
            return;
        }
        let is_known = violations.iter().all(|found| also.contains(&found.promise));
        assert!(
            is_known,
            "seed {seed} finds {bug:?} by other signs: {violations:#?}"
        );
    }
    panic!("{seeds} seeds did not find {bug:?}");
}

/// Seeds run unless `SIMULATION_SEEDS` says otherwise: what is waited for after an edit. `.ci/run`
/// asks for more.
const SEEDS_DEFAULT: u64 = 40;

/// Tests among which the seeds are shared, so that no one of them holds a core for long.
const PARTS: u64 = 8;

/// The seeds of one part, from 0.
fn part(n: u64) -> RangeInclusive<u64> {
    let seeds = std::env::var("SIMULATION_SEEDS").map_or(SEEDS_DEFAULT, |text| {
        text.parse().expect("SIMULATION_SEEDS is a number")
    });
    assert!(seeds >= PARTS, "SIMULATION_SEEDS is {PARTS} or more");
    n * seeds / PARTS + 1..=(n + 1) * seeds / PARTS
}

#[test]
fn the_first_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(0));
}

#[test]
fn the_second_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(1));
}

#[test]
fn the_third_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(2));
}

#[test]
fn the_fourth_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(3));
}

#[test]
fn the_fifth_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(4));
}

#[test]
fn the_sixth_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(5));
}

#[test]
fn the_seventh_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(6));
}

#[test]
fn the_last_part_of_the_seeds_keeps_every_promise() {
    keeps_every_promise(part(7));
}

#[test]
fn a_seed_decides_everything_that_happens() {
    let digest = |seed| run(Settings { seed, bug: None }).history.digest();
    assert_eq!(digest(7), digest(7));
    assert_ne!(digest(7), digest(8));
}

#[test]
fn a_lost_update_is_found() {
    finds(Bug::LostUpdate, "no update is lost", 40);
}

#[test]
fn a_dial_sent_again_is_found() {
    finds(Bug::DialRetried, "an attempt is dialled once", 40);
}

#[test]
fn a_missing_channel_limit_is_found() {
    finds(Bug::NoChannelLimit, "live calls stay within the plan", 40);
}

#[test]
fn a_channel_that_is_never_given_back_is_found() {
    finds(Bug::ChannelLeak, "the counter equals the live calls", 40);
}

#[test]
fn a_missing_phone_lock_is_found() {
    finds(Bug::NoPhoneLock, "a number has one live call", 40);
}

#[test]
fn a_missing_audit_line_is_found() {
    finds(Bug::NoAudit, "the audit trail is whole", 40);
}

#[test]
fn a_lost_deadline_is_found() {
    finds(Bug::LostDeadline, "every call ends", 40);
}

#[test]
fn an_ignored_calling_window_is_found() {
    finds(Bug::NoWindow, "no dial outside its time", 40);
}

#[test]
fn an_ignored_opt_out_is_found() {
    finds(Bug::NoOptOut, "no dial to who opted out", 40);
}

#[test]
fn an_outcome_that_is_never_queued_is_found() {
    finds(Bug::NoOutbox, "every outcome is delivered", 40);
}

#[test]
fn a_forgotten_request_key_is_found() {
    finds(Bug::NoRequestKey, "a request key makes one call", 80);
}

#[test]
fn a_relay_without_a_lease_is_found() {
    // Whoever talks to a patient whom another relay has dialled again makes one ring too many, too.
    let also = ["real rings stay within the plan"];
    finds_beside(Bug::NoLease, "nobody is dialled while talking", &also, 40);
}

#[test]
fn an_answer_that_is_not_stored_is_found() {
    finds(Bug::LostAnswer, "what was saved stays", 40);
}

#[test]
fn a_report_that_is_never_asked_for_is_found() {
    finds(Bug::LostReport, "a post-call report is read", 40);
}

#[test]
fn a_patient_who_is_not_put_out_of_sight_is_found() {
    finds(Bug::NoErasure, "who is erased is out of sight", 40);
}

#[test]
fn a_copy_that_the_platform_keeps_is_found() {
    finds(Bug::KeptCopy, "the platform forgets who is erased", 80);
}

#[test]
fn a_ring_that_is_given_up_while_the_phone_rings_is_found() {
    finds(Bug::HastyDeadline, "real rings stay within the plan", 40);
}

#[test]
fn a_lock_that_is_never_given_back_is_found() {
    finds(Bug::LockLeak, "no number stays locked", 40);
}

#[test]
fn a_deadline_that_is_stored_too_late_is_found() {
    finds(Bug::LateDeadline, "a sweep leaves nothing overdue", 40);
}

#[test]
fn a_due_dial_that_no_sweep_reads_is_found() {
    finds(Bug::LostDial, "a sweep leaves no dial behind", 40);
}

#[test]
fn a_dial_without_a_time_limit_is_found() {
    finds(Bug::EndlessDial, "a deadline that passes is heeded", 40);
}

#[test]
fn a_number_that_is_unlocked_between_two_dials_is_found() {
    finds(Bug::EarlyUnlock, "a live call locks its number", 40);
}

#[test]
fn a_row_of_another_ring_that_is_believed_is_found() {
    finds(Bug::AnyRow, "an outcome is what happened", 80);
}

#[test]
fn a_dial_that_no_pause_stops_is_found() {
    finds(Bug::NoPause, "no dial leaves unless its campaign runs", 40);
}

#[test]
fn a_place_that_is_never_given_back_is_found() {
    finds(Bug::PlaceLeak, "no place is left taken", 40);
}

#[test]
fn a_row_that_does_not_hear_of_its_calls_end_is_found() {
    finds(Bug::LostRow, "every row ends", 40);
}

#[test]
fn a_row_that_is_not_counted_is_found() {
    finds(Bug::LostCount, "the counts are the rows", 40);
}

#[test]
fn a_row_that_never_has_its_turn_is_found() {
    finds(Bug::LostTurn, "every row ends", 40);
}
