//! Hours, days of the week and holidays.

use super::*;

#[track_caller]
fn opens(hours: &Hours, from: &str, expected: &str) {
    assert_eq!(hours.next_open(at(from), &[]), Some(at(expected)), "{from}");
}

#[test]
fn phones_ring_on_its_days_and_hours_alone() {
    let hours = Hours {
        weekdays: (1..=5).collect(),
        holidays: ["2026-12-02".parse().unwrap(), "2026-12-03".parse().unwrap()].into(),
        ..Hours::daily(span("10:00-19:00 Asia/Kolkata"))
    };
    opens(&hours, "2026-11-30T10:00:00", "2026-11-30T10:00:00");
    opens(&hours, "2026-11-30T09:59:59", "2026-11-30T10:00:00");
    opens(&hours, "2026-11-30T18:59:59", "2026-11-30T18:59:59");
    opens(&hours, "2026-11-30T19:00:00", "2026-12-01T10:00:00");
    // Two holidays, then a weekend.
    opens(&hours, "2026-12-01T19:00:00", "2026-12-04T10:00:00");
    opens(&hours, "2026-12-02T12:00:00", "2026-12-04T10:00:00");
    opens(&hours, "2026-12-04T19:00:00", "2026-12-07T10:00:00");
}

#[test]
fn a_span_that_passes_midnight_belongs_to_the_day_of_each_minute() {
    let hours = Hours {
        weekdays: [1].into(),
        ..Hours::daily(span("22:00-02:00 Asia/Kolkata"))
    };
    opens(&hours, "2026-11-30T00:30:00", "2026-11-30T00:30:00");
    opens(&hours, "2026-11-30T02:00:00", "2026-11-30T22:00:00");
    opens(&hours, "2026-12-01T00:30:00", "2026-12-07T00:00:00");
}

#[test]
fn what_never_opens_is_said_so() {
    let never = Hours {
        weekdays: [9].into(),
        ..plan().hours
    };
    assert_eq!(never.next_open(START, &[]), None);
    let night = span("20:00-22:00 Asia/Kolkata");
    assert_eq!(plan().hours.next_open(START, &[&night]), None);
    for (change, rule) in [
        (
            Plan {
                hours: never,
                ..plan()
            },
            InvalidPlan::Weekdays,
        ),
        (
            Plan {
                expires_at: START,
                ..plan()
            },
            InvalidPlan::Expiry,
        ),
        (
            Plan {
                expires_at: START + LIFE_MAX + secs(1),
                ..plan()
            },
            InvalidPlan::Expiry,
        ),
        (
            Plan {
                concurrency: 0,
                ..plan()
            },
            InvalidPlan::Concurrency,
        ),
        (
            Plan {
                dials_per_minute: Some(0),
                ..plan()
            },
            InvalidPlan::Pace,
        ),
        (
            Plan {
                retries_max: RETRIES_MAX + 1,
                ..plan()
            },
            InvalidPlan::Retries,
        ),
    ] {
        assert_eq!(change.check(START, None), Err(rule));
    }
    assert_eq!(
        plan().check(START, Some(&night)),
        Err(InvalidPlan::NeverOpen)
    );
    assert_eq!(plan().check(START, None), Ok(()));
}

#[test]
fn promotion_rings_within_the_law_whatever_the_plan_says() {
    let promotional = Plan {
        class: Class::Promotional,
        hours: Hours::daily(span("00:00-24:00 Asia/Kolkata")),
        ..plan()
    };
    let opens = |from| promotional.next_open(at(from), None);
    assert_eq!(
        opens("2026-11-30T09:59:59"),
        Some(at("2026-11-30T10:00:00"))
    );
    assert_eq!(
        opens("2026-11-30T20:59:59"),
        Some(at("2026-11-30T20:59:59"))
    );
    assert_eq!(
        opens("2026-11-30T21:00:00"),
        Some(at("2026-12-01T10:00:00"))
    );
}

#[test]
fn a_plan_reads_back_from_how_it_is_stored() {
    let plan = Plan {
        hours: Hours {
            holidays: ["2026-12-25".parse().unwrap()].into(),
            ..plan().hours
        },
        ..plan()
    };
    let text = serde_json::to_string(&plan).unwrap();
    assert!(text.contains("09:00-19:00 Asia/Kolkata") && text.contains("2026-12-25"));
    assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    let campaign = running(3);
    let text = serde_json::to_string(&campaign).unwrap();
    assert_eq!(serde_json::from_str::<Campaign>(&text).unwrap(), campaign);
}

#[test]
fn a_moment_is_read_as_the_clocks_of_the_place_show_it() {
    let hours = plan().hours;
    let read = hours.moment("2026-12-04T19:00");
    assert_eq!(read, Some(at("2026-12-04T19:00:00")));
    assert_eq!(hours.hour(read.unwrap()), Some(19));
    for wrong in [
        "",
        "Friday",
        "19:00",
        "2026-13-04T19:00",
        "2026-12-04T19:00Z",
    ] {
        assert_eq!(hours.moment(wrong), None, "{wrong}");
    }
}

#[test]
fn a_campaign_that_names_no_hours_has_those_of_an_office() {
    let usual = Plan::usual(&call::Policy::default(), end());
    assert_eq!(usual.check(START, None), Ok(()));
    let days: Vec<&str> = usual.hours.days().collect();
    assert_eq!(days.join(" "), "mon tue wed thu fri sat");
    assert_eq!(usual.hours.span.to_string(), "10:00-19:00 Asia/Kolkata");
}

#[test]
fn a_priority_has_its_bound() {
    let of = |priority| Plan { priority, ..plan() }.check(START, None);
    assert_eq!(of(crate::PRIORITY_MAX), Ok(()));
    assert_eq!(of(crate::PRIORITY_MAX + 1), Err(InvalidPlan::Priority));
}
