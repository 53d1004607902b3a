//! What is foreseen: by hand where all is certain, and what holds whatever is assumed.

mod history;

use super::*;
use call::{CallingWindow, Policy, time::Timestamp};
use proptest::prelude::*;
use std::time::Duration;

/// 2026-11-30, a Monday, 10:00 in Kolkata.
const START: Timestamp = Timestamp::from_millis(1_796_013_000_000);

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn plan() -> Plan {
    Plan {
        class: Class::Service,
        hours: Hours::daily("09:00-19:00 Asia/Kolkata".parse().unwrap()),
        concurrency: 10,
        dials_per_minute: None,
        retries_max: 3,
        priority: 0,
        expires_at: START + secs(5 * 24 * 3_600),
        caller: None,
        recording_consent: false,
    }
}

/// So many of 1,000 answer, and everything takes its time to the second.
fn certain(answered_permille: u16, ring: u64, talk: u64) -> Assumed {
    Assumed {
        answered_permille: [answered_permille; 24],
        missed: Missed {
            no_answer: 1,
            busy: 0,
            unreachable: 0,
        },
        ring: Span::exactly(secs(ring)),
        turned_away: Span::exactly(secs(5)),
        talk: Span::exactly(secs(talk)),
        doubt_percent: 0,
        paise_per_minute: None,
    }
}

fn own_numbers(rows: u32) -> Vec<u32> {
    (0..rows).collect()
}

struct Asked {
    plan: Plan,
    policy: Policy,
    assumed: Assumed,
    numbers: Vec<u32>,
    runs: u32,
}

impl Asked {
    fn new(plan: Plan, assumed: Assumed, rows: u32) -> Self {
        Self {
            plan,
            policy: Policy::default(),
            assumed,
            numbers: own_numbers(rows),
            runs: 20,
        }
    }

    fn question(&self) -> Question<'_> {
        Question {
            plan: &self.plan,
            policy: &self.policy,
            assumed: &self.assumed,
            numbers: &self.numbers,
            start: START,
            seed: 7,
            runs: self.runs,
        }
    }

    fn forecast(&self) -> Forecast {
        Forecast::of(&self.question())
    }

    /// One run, and each of its dials.
    fn dials(&self) -> (Foreseen, Vec<(usize, Timestamp)>) {
        let (mut dials, mut question) = (Vec::new(), self.question());
        question.runs = 1;
        let mut forecast = Forecast::shown(&question, &mut |row, at| dials.push((row, at)));
        (forecast.runs.remove(0), dials)
    }
}

#[test]
fn a_hundred_answers_of_a_minute_on_ten_channels_take_ten_minutes() {
    let forecast = Asked::new(plan(), certain(1_000, 0, 60), 100).forecast();
    for run in &forecast.runs {
        let expected = Foreseen {
            done_at: Some(START + secs(600)),
            dials: 100,
            minutes: 100,
            reached: 100,
            ..Foreseen::default()
        };
        assert_eq!(*run, expected);
    }
}

#[test]
fn the_pace_holds_dials_back_and_not_conversations() {
    let paced = Plan {
        dials_per_minute: Some(5),
        ..plan()
    };
    // Five at once in each minute, the last five in the twentieth.
    let (run, _) = Asked::new(paced, certain(1_000, 0, 30), 100).dials();
    assert_eq!(run.done_at, Some(START + secs(19 * 60 + 30)));
    let mut asked = Asked::new(plan(), certain(1_000, 0, 1), 100);
    asked.policy.dials_per_second = Some(1);
    assert_eq!(asked.dials().0.done_at, Some(START + secs(100)));
}

#[test]
fn who_never_answers_is_dialled_as_often_as_the_budget_allows_and_waits_between() {
    let (run, dials) = Asked::new(plan(), certain(0, 0, 60), 1).dials();
    let policy = Policy::default();
    let between = policy.ring_timeout + policy.retry_no_answer;
    let at: Vec<Timestamp> = dials.iter().map(|(_, at)| *at).collect();
    let expected = [0, 1, 2, 3].map(|dial| START + between * dial);
    assert_eq!(at, expected);
    let done = START + between * 3 + policy.ring_timeout;
    assert_eq!((run.failed, run.dials), (1, 4));
    assert_eq!(run.done_at, Some(done));
}

/// What the issue fears: 5,000 patients, four dials each.
#[test]
fn the_worst_case_is_reached_when_nobody_answers() {
    let wide = Plan {
        concurrency: CONCURRENCY_MAX,
        expires_at: START + LIFE_MAX,
        ..plan()
    };
    let asked = Asked {
        runs: 1,
        ..Asked::new(wide, certain(0, 0, 60), 5_000)
    };
    let forecast = asked.forecast();
    assert_eq!(forecast.dials_max, 20_000);
    assert_eq!(forecast.runs[0].dials, 20_000);
    assert_eq!(forecast.runs[0].failed, 5_000);
}

/// As [`Campaign::admits`](crate::Campaign::admits) has it.
#[test]
fn a_call_that_waits_for_its_next_dial_keeps_no_place() {
    for (concurrency, channels) in [(1, 9), (9, 1)] {
        let narrow = Plan {
            concurrency,
            retries_max: 1,
            ..plan()
        };
        let mut asked = Asked::new(narrow, certain(0, 0, 60), 2);
        asked.policy.max_concurrent_calls = channels;
        let rows: Vec<usize> = asked.dials().1.iter().map(|(row, _)| *row).collect();
        assert_eq!(rows, [0, 1, 0, 1]);
    }
}

#[test]
fn two_rows_of_one_number_are_called_one_after_the_other() {
    let mut asked = Asked::new(plan(), certain(1_000, 0, 60), 4);
    asked.numbers = vec![1, 1, 2, 1];
    let (run, dials) = asked.dials();
    let expected = [(0, 0), (2, 0), (1, 60), (3, 120)];
    assert_eq!(dials, expected.map(|(row, at)| (row, START + secs(at))));
    assert_eq!(run.reached, 4);
}

#[test]
fn what_does_not_fit_before_the_end_is_counted_and_the_night_is_waited_out() {
    let hour = Plan {
        concurrency: 1,
        expires_at: START + secs(3_600),
        ..plan()
    };
    let forecast = Asked::new(hour, certain(1_000, 0, 60), 100).forecast();
    assert_eq!(forecast.done_at(50), None);
    assert_eq!(forecast.figure(50, Foreseen::left), 40);
    assert_eq!(forecast.runs[0].untouched, 40);
    let one = Plan {
        concurrency: 1,
        ..plan()
    };
    // 540 rows until 19:00, and the last one at 09:00 of the next day.
    let (run, _) = Asked::new(one, certain(1_000, 0, 60), 541).dials();
    assert_eq!(run.done_at, Some(START + secs(23 * 3_600 + 60)));
}

#[test]
fn an_hour_in_which_nobody_answers_is_that_of_the_place() {
    let mut assumed = certain(1_000, 0, 60);
    assumed.answered_permille[10] = 0;
    let patient = Plan {
        retries_max: 4,
        ..plan()
    };
    let (run, dials) = Asked::new(patient, assumed, 1).dials();
    assert_eq!(run.reached, 1);
    // Missed at 10:00:00, 10:15:30, 10:31:00 and 10:46:30.
    assert_eq!(dials.last(), Some(&(0, START + secs(3_720))));
}

#[test]
fn conversations_are_paid_by_the_minute_begun_and_end_with_the_service_s_longest() {
    let minutes = |talk| {
        Asked::new(plan(), certain(1_000, 9, talk), 1)
            .dials()
            .0
            .minutes
    };
    assert_eq!([1, 60, 61, 7_200].map(minutes), [1, 1, 2, 15]);
}

#[test]
fn a_seed_gives_one_forecast_and_another_seed_another() {
    let asked = Asked::new(plan(), Assumed::default(), 200);
    let first = asked.forecast();
    assert_eq!(first, asked.forecast());
    let other = Question {
        seed: 8,
        ..asked.question()
    };
    assert_ne!(first, Forecast::of(&other));
    assert!(first.done_at(50).unwrap() < first.done_at(90).unwrap());
}

#[derive(Clone, Debug)]
struct Any {
    rows: u32,
    share: u32,
    channels: u32,
    places: u32,
    pace: Option<u32>,
    retries: u8,
    answered: u16,
    days: std::collections::BTreeSet<u8>,
    hours: u64,
    window: &'static str,
}

const SPANS: [&str; 4] = ["09:00-19:00", "10:00-10:30", "22:00-02:00", "00:00-24:00"];

fn any() -> impl Strategy<Value = Any> {
    let counts = ((0..80_u32), (1..80_u32), (1..6_u32), (1..9_u32));
    let rules = (
        proptest::option::of(1..30_u32),
        0..=RETRIES_MAX,
        0..=1_000_u16,
    );
    let days = proptest::collection::btree_set(1..=7_u8, 1..7);
    let when = (days, 1..200_u64, proptest::sample::select(&SPANS[..]));
    (counts, rules, when).prop_map(|(counts, rules, when)| Any {
        rows: counts.0,
        share: counts.1,
        channels: counts.2,
        places: counts.3,
        pace: rules.0,
        retries: rules.1,
        answered: rules.2,
        days: when.0,
        hours: when.1,
        window: when.2,
    })
}

fn asked(any: &Any) -> Asked {
    let span: CallingWindow = format!("{} Asia/Kolkata", any.window).parse().unwrap();
    let plan = Plan {
        hours: Hours {
            weekdays: any.days.clone(),
            ..Hours::daily(span)
        },
        concurrency: any.places,
        dials_per_minute: any.pace,
        retries_max: any.retries,
        expires_at: START + secs(any.hours * 3_600),
        ..plan()
    };
    let assumed = Assumed {
        answered_permille: [any.answered; 24],
        ..Assumed::default()
    };
    let mut asked = Asked::new(plan, assumed, any.rows);
    asked.policy.max_concurrent_calls = any.channels;
    asked.numbers = own_numbers(any.rows)
        .iter()
        .map(|row| row % any.share)
        .collect();
    asked.runs = 5;
    asked
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn invariant_no_dial_is_foreseen_outside_of_hours_budget_pace_or_life(any in any()) {
        let asked = asked(&any);
        let (run, dials) = asked.dials();
        let budget = u32::from(asked.plan.dials_max());
        prop_assert_eq!(run.dials as usize, dials.len());
        prop_assert!(run.dials <= any.rows * budget);
        prop_assert_eq!(run.reached + run.failed + run.left(), any.rows);
        prop_assert_eq!(run.done_at.is_some(), any.rows > 0 && run.left() == 0);
        for row in 0..any.rows as usize {
            let of_row = dials.iter().filter(|(dialled, _)| *dialled == row).count();
            prop_assert!(of_row <= budget as usize);
        }
        for (_, at) in &dials {
            prop_assert_eq!(asked.plan.next_open(*at, None), Some(*at));
            prop_assert!(*at < asked.plan.expires_at);
        }
        if let Some(pace) = any.pace {
            for some in dials.windows(pace as usize + 1) {
                prop_assert!(some[0].1 + PACE_SPAN <= some[pace as usize].1);
            }
        }
    }

    #[test]
    fn invariant_p50_is_not_after_p90(any in any()) {
        let forecast = asked(&any).forecast();
        let never = Timestamp::from_millis(i64::MAX);
        let at = |percent| forecast.done_at(percent).unwrap_or(never);
        prop_assert!(at(10) <= at(50) && at(50) <= at(90));
        let dials = |percent| forecast.figure(percent, |run| run.dials);
        prop_assert!(dials(50) <= dials(90) && dials(100) <= forecast.dials_max);
    }

    /// Where calls find as many channels as places and none is made again, they are a line before
    /// several counters, and one more counter delays nobody. A pace, shared numbers or retries can turn the
    /// order around, and then the last call may end a little later (Graham: Bounds on multiprocessing
    /// timing anomalies, 1969), or fall behind the last hour of the plan.
    #[test]
    fn invariant_more_channels_never_finish_later(any in any()) {
        let done = |channels: u32| {
            let any = Any {
                channels, places: channels, pace: None, share: 80, retries: 0, ..any.clone()
            };
            asked(&any).forecast().done_at(50)
        };
        let never = Timestamp::from_millis(i64::MAX);
        let (fewer, more) = (done(any.channels), done(any.channels + 1));
        prop_assert!(more.unwrap_or(never) <= fewer.unwrap_or(never));
    }
}
