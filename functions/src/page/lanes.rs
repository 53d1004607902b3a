//! Who spoke when, as lanes over time with a table: agent, patient, what was saved, and where one was not
//! heard. Without a word of what was said.
//!
//! A turn stands where the service learned of it; how long it lasted is not known, and not drawn.

use super::{
    table::{self, Head},
    words::Words,
};
use call::{
    Attempt, AudioGap, AudioReport, AudioTo, GapReason, Speaker, Turn,
    answers::{Answer, Source},
    time::Timestamp,
};
use maud::{Markup, html};
use std::time::Duration;

/// Of the chart, in its own units.
const WIDTH: u64 = 600;
const LANE: u64 = 28;
const LABELS: u64 = 90;

/// In which lane something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Agent,
    Patient,
    Saved,
}

/// Something that happened in a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark<'a> {
    at: Timestamp,
    lane: Lane,
    /// The field that was saved.
    field: Option<&'a str>,
    is_cut_short: bool,
    /// Seconds since the turn before.
    since: Option<u64>,
    /// For how many milliseconds whose lane it is was not heard, and why.
    gap: Option<(u64, GapReason)>,
}

/// One attempt, in which something was said, or missed.
pub(super) fn of(
    words: &Words,
    attempt: &Attempt,
    turns: &[Turn],
    answers: &[Answer],
    audio: &[AudioReport],
) -> Markup {
    let mut marks = marks(attempt.number, turns, answers);
    marks.extend(gaps(attempt, audio));
    marks.sort_by_key(|mark| mark.at);
    let (Some(first), Some(last)) = (
        marks.iter().map(|mark| mark.at).min(),
        marks.iter().map(Mark::ends).max(),
    ) else {
        return html! {};
    };
    let label = format!("{}, {} {}", words.lanes, words.attempt, attempt.number);
    html! {
        figure {
            (chart(words, &label, &marks, first, last))
            details {
                summary { (label) }
                (table(words, &label, &marks, first))
            }
        }
    }
}

fn marks<'a>(attempt: u8, turns: &[Turn], answers: &'a [Answer]) -> Vec<Mark<'a>> {
    let mut before: Option<Timestamp> = None;
    let turns = turns.iter().filter(|turn| turn.attempt == attempt);
    let turns = turns.map(|turn| {
        let since = before.map(|before| secs(before, turn.at));
        before = Some(turn.at);
        Mark {
            at: turn.at,
            lane: match turn.role {
                Speaker::Agent => Lane::Agent,
                Speaker::Callee => Lane::Patient,
            },
            field: None,
            is_cut_short: turn.interrupted,
            since,
            gap: None,
        }
    });
    let mut marks: Vec<Mark<'a>> = turns.collect();
    if marks.is_empty() {
        return marks;
    }
    let saved = answers.iter().flat_map(|answer| {
        let given = answer.earlier.iter().chain([&answer.given]);
        given.map(move |given| (given, answer.field.as_str()))
    });
    let saved =
        saved.filter(|(given, _)| given.attempt == attempt && given.source != Source::PostCall);
    marks.extend(saved.map(|(given, field)| Mark {
        at: given.at,
        lane: Lane::Saved,
        field: Some(field),
        is_cut_short: false,
        since: None,
        gap: None,
    }));
    marks
}

impl Mark<'_> {
    fn ends(&self) -> Timestamp {
        let gap = self.gap.map_or(0, |(ms, _)| ms);
        self.at + Duration::from_millis(gap)
    }
}

/// Where somebody was not heard, in the lane of who should have been.
fn gaps<'a>(attempt: &Attempt, audio: &[AudioReport]) -> Vec<Mark<'a>> {
    let Some(answered_at) = attempt.answered_at else {
        return Vec::new();
    };
    let own = audio
        .iter()
        .filter(|report| report.attempt == attempt.number);
    let gaps = own.flat_map(|report| &report.gaps);
    let marks = gaps.map(|gap: &AudioGap| Mark {
        at: answered_at + Duration::from_millis(gap.at_ms),
        lane: match gap.to {
            AudioTo::Callee => Lane::Agent,
            AudioTo::Agent => Lane::Patient,
        },
        field: None,
        is_cut_short: false,
        since: None,
        gap: Some((gap.length_ms, gap.because)),
    });
    marks.collect()
}

fn secs(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millis() - from.as_millis()).unwrap_or(0) / 1_000
}

/// Seconds with one digit after the point.
fn tenths(ms: u64) -> String {
    let tenths = ms.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn clock(secs: u64) -> String {
    format!("{}:{:02}", secs / 60, secs % 60)
}

fn name(words: &Words, lane: Lane) -> &'static str {
    match lane {
        Lane::Agent => words.agent,
        Lane::Patient => words.patient,
        Lane::Saved => words.saved,
    }
}

fn chart(
    words: &Words,
    label: &str,
    marks: &[Mark<'_>],
    first: Timestamp,
    last: Timestamp,
) -> Markup {
    let whole = secs(first, last).max(1);
    let x = |at: Timestamp| {
        let since = u64::try_from(at.as_millis() - first.as_millis()).unwrap_or(0);
        LABELS + since * WIDTH / (whole * 1_000)
    };
    let lanes = [Lane::Agent, Lane::Patient, Lane::Saved];
    let y = |lane| {
        (0..)
            .zip(lanes)
            .find(|(_, l)| *l == lane)
            .map_or(0, |(n, _)| n * LANE)
    };
    let (width, height) = (LABELS + WIDTH + 12, LANE * 3 + 16);
    html! {
        svg .lanes viewBox={ "0 0 " (width) " " (height) } width=(width) role="img" aria-label=(label) {
            @for lane in lanes {
                text x="0" y=(y(lane) + 18) { (name(words, lane)) }
                line x1=(LABELS) x2=(LABELS + WIDTH + 8) y1=(y(lane) + LANE - 3) y2=(y(lane) + LANE - 3) {}
            }
            @for mark in marks {
                @if mark.gap.is_some() {
                    @let width = x(mark.ends()).saturating_sub(x(mark.at)).max(2);
                    rect .gap x=(x(mark.at)) y=(y(mark.lane) + 2) width=(width) height=(LANE - 6) {}
                } @else {
                    rect .cut[mark.is_cut_short] x=(x(mark.at)) y=(y(mark.lane) + 5) width="8" height=(LANE - 8) {}
                }
            }
            text x=(LABELS) y=(height - 3) { (clock(0)) }
            text x=(LABELS + WIDTH + 8) y=(height - 3) text-anchor="end" { (clock(whole)) }
        }
    }
}

fn table(words: &Words, label: &str, marks: &[Mark<'_>], first: Timestamp) -> Markup {
    html! {
        (table::of(
            label,
            &[
                Head::Number(words.when),
                Head::Text(words.what),
                Head::Number(words.since_turn),
            ],
            &html! {
                @for mark in marks {
                    tr {
                        td .number { (clock(secs(first, mark.at))) }
                        td {
                            (name(words, mark.lane))
                            @if let Some(field) = mark.field { ": " (words.field(field)) }
                            @if mark.is_cut_short { " (" (words.interrupted) ")" }
                            @if let Some((ms, why)) = mark.gap {
                                ": " (words.not_heard_for) " " (tenths(ms)) " s (" (words.gap_reason(why)) ")"
                            }
                        }
                        td .number { @if let Some(secs) = mark.since { (secs) " s" } }
                    }
                }
            },
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(attempt: u8, secs: i64, role: Speaker) -> Turn {
        Turn {
            attempt,
            at: Timestamp::from_millis(secs * 1_000),
            seq: 1,
            role,
            text: "राहुल शर्मा".to_owned(),
            interrupted: secs == 7,
        }
    }

    #[test]
    fn a_gap_stands_in_the_lane_of_who_was_not_heard_as_long_as_it_was() {
        let attempt = Attempt {
            answered_at: Some(Timestamp::from_millis(1_000)),
            ..Attempt::intent(1, Timestamp::from_millis(0))
        };
        let gap = |to, at_ms, because| AudioGap {
            to,
            at_ms,
            length_ms: 2_540,
            because,
        };
        let report = |attempt, gaps| AudioReport {
            attempt,
            stream: 1,
            at: Timestamp::from_millis(60_000),
            from_ms: 0,
            length_ms: 59_000,
            gaps,
            more_gaps: 0,
        };
        let missed_agent = gap(AudioTo::Callee, 2_000, GapReason::UnderRun);
        let missed_patient = gap(AudioTo::Agent, 7_000, GapReason::StreamLost);
        let other = gap(AudioTo::Callee, 1_000, GapReason::CutOff);
        let audio = [
            report(1, vec![missed_agent, missed_patient]),
            report(2, vec![other]),
        ];
        let turns = [turn(1, 1, Speaker::Agent)];
        let words: &Words = Words::of("en").unwrap();
        let shown = of(words, &attempt, &turns, &[], &audio).into_string();
        for told in [
            "Agent: not heard for 2.5 s (the reply came too slowly)",
            "Patient: not heard for 2.5 s (the line's audio was lost)",
        ] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
        // From 1 s to the end of the last gap at 10.54 s: 2.54 of 9 s are 169 of 600.
        assert_eq!(shown.matches("class=\"gap\"").count(), 2, "{shown}");
        assert!(shown.contains("width=\"169\""), "{shown}");
        let silent = of(words, &attempt, &[], &[], &audio).into_string();
        assert!(silent.contains("class=\"gap\""), "{silent}");
    }

    #[test]
    fn lanes_hold_the_turns_of_their_attempt_and_the_time_between_and_no_word() {
        let turns = [
            turn(1, 1, Speaker::Agent),
            turn(2, 3, Speaker::Agent),
            turn(1, 2, Speaker::Callee),
            turn(1, 7, Speaker::Agent),
        ];
        let marks = marks(1, &turns, &[]);
        let found: Vec<_> = marks.iter().map(|mark| (mark.lane, mark.since)).collect();
        assert_eq!(
            found,
            [
                (Lane::Agent, None),
                (Lane::Patient, Some(1)),
                (Lane::Agent, Some(5))
            ]
        );
        assert!(marks[2].is_cut_short);
        let words: &Words = Words::of("en").unwrap();
        let attempt = |number| Attempt {
            answered_at: Some(Timestamp::from_millis(0)),
            ..Attempt::intent(number, Timestamp::from_millis(0))
        };
        let shown = of(words, &attempt(1), &turns, &[], &[]).into_string();
        assert!(shown.contains("0:06") && shown.contains("5 s"), "{shown}");
        assert!(
            shown.contains("Agent (cut short)") && !shown.contains("राहुल"),
            "{shown}"
        );
        assert_eq!(of(words, &attempt(3), &turns, &[], &[]).into_string(), "");
    }
}
