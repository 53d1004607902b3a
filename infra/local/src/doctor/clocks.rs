//! Whether this machine's clock is right, by the clocks of those who were asked.

use super::{Finding, knock::Answer};
use call::time::Timestamp;
use std::time::Duration;

const LOOK: &str = "clock";

/// How far it may be off: tokens and signatures bear minutes, deadlines of a ring do not.
const OFF_MAX: Duration = Duration::from_secs(2);

/// A `Date` tells whole seconds.
const SECOND: Duration = Duration::from_secs(1);

pub(super) fn look(answers: &[Answer]) -> Finding {
    let dated = answers
        .iter()
        .filter_map(|answer| Some((answer, off(answer)?)));
    let Some((answer, off)) = dated.max_by_key(|(_, off)| off.unsigned_abs()) else {
        let remedy = "look again once one of those above answers";
        return Finding::unchecked(LOOK, "nobody told the time", remedy);
    };
    let seconds = Duration::from_millis(off.unsigned_abs()).as_secs_f32();
    if Duration::from_millis(off.unsigned_abs()) <= OFF_MAX {
        return Finding::fine(
            LOOK,
            format!("differs from those of {} by less than 2 s", hosts(answers)),
        );
    }
    let direction = if off > 0 { "behind" } else { "ahead of" };
    let found = format!("is {seconds:.0} s {direction} that of {}", answer.host);
    Finding::wrong(
        LOOK,
        found,
        "have this machine keep its time by NTP; if it does, ask whose clock is wrong",
    )
}

fn hosts(answers: &[Answer]) -> String {
    let mut hosts: Vec<&str> = answers
        .iter()
        .filter(|one| one.date.is_some())
        .map(|one| one.host.as_str())
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    hosts.join(", ")
}

/// By how many milliseconds at least their clock is ahead of ours, negative if it is behind: nobody knows
/// when between question and answer it was read.
fn off(answer: &Answer) -> Option<i64> {
    let date = answer.date?;
    let between = |from: Timestamp, to: Timestamp| from.as_millis() - to.as_millis();
    let least = between(date, answer.answered);
    let most = between(date + SECOND, answer.asked);
    Some(if least > 0 {
        least
    } else if most < 0 {
        most
    } else {
        0
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    /// An answer to a question of the second 1,000 that took so long, with a date of this second.
    fn answer(took: u64, date: i64) -> Answer {
        let asked = Timestamp::from_millis(1_000_000);
        Answer {
            host: "api.example.org".to_owned(),
            status: 200,
            date: Some(Timestamp::from_millis(date * 1_000)),
            asked,
            answered: asked + Duration::from_millis(took),
            certificate: None,
        }
    }

    #[test]
    fn a_clock_is_wrong_that_differs_by_more_than_the_way_and_two_seconds() {
        for (took, date, expected) in [
            (100, 1_000, State::Fine),
            (100, 1_002, State::Fine),
            (100, 997, State::Fine),
            (100, 1_003, State::Wrong),
            (100, 996, State::Wrong),
            (4_000, 1_004, State::Fine),
        ] {
            let found = look(&[answer(took, date)]);
            assert_eq!(found.state, expected, "{took} {date}: {}", found.found);
        }
        assert_eq!(look(&[]).state, State::Unchecked);
        let behind = look(&[answer(100, 1_000), answer(100, 1_060)]);
        assert_eq!(behind.found, "is 60 s behind that of api.example.org");
        assert!(look(&[answer(100, 900)]).found.contains("ahead of"));
    }
}
