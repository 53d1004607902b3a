//! When a window holds and when it opens next; what is no window.

use super::*;

fn window(text: &str) -> CallingWindow {
    text.parse().unwrap()
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn it_holds_from_its_first_instant_to_the_last_before_its_end() {
    let day = "09:00-21:00 Asia/Kolkata";
    let night = "21:00-09:00 Asia/Kolkata";
    let whole = "00:00-24:00 Asia/Kolkata";
    let evening = "18:00-24:00 Asia/Kolkata";
    for (text, at, admitted) in [
        (day, "2026-11-23T08:59:59.999+05:30", false),
        (day, "2026-11-23T09:00:00.000+05:30", true),
        (day, "2026-11-23T20:59:59.999+05:30", true),
        (day, "2026-11-23T21:00:00.000+05:30", false),
        (day, "2026-11-23T00:00:00.000+05:30", false),
        (day, "2026-11-23T09:30:00.000Z", true),
        (night, "2026-11-23T20:59:59.999+05:30", false),
        (night, "2026-11-23T21:00:00.000+05:30", true),
        (night, "2026-11-23T23:59:59.999+05:30", true),
        (night, "2026-11-24T00:00:00.000+05:30", true),
        (night, "2026-11-24T08:59:59.999+05:30", true),
        (night, "2026-11-24T09:00:00.000+05:30", false),
        (whole, "2026-11-23T23:59:59.999+05:30", true),
        (whole, "2026-11-24T00:00:00.000+05:30", true),
        (evening, "2026-11-23T23:59:59.999+05:30", true),
        (evening, "2026-11-24T00:00:00.000+05:30", false),
        ("10:00-10:01 UTC", "2026-11-23T10:00:59.999Z", true),
        ("10:00-10:01 UTC", "2026-11-23T10:01:00.000Z", false),
    ] {
        assert_eq!(window(text).admits(moment(at)), admitted, "{text} at {at}");
    }
}

#[test]
fn it_opens_next_today_or_tomorrow_by_the_clocks_of_the_place() {
    for (text, now, opens) in [
        // Already open: now.
        (
            "09:00-21:00 Asia/Kolkata",
            "2026-11-23T15:00:00.500+05:30",
            "2026-11-23T15:00:00.500+05:30",
        ),
        (
            "09:00-21:00 Asia/Kolkata",
            "2026-11-23T03:00:00+05:30",
            "2026-11-23T09:00:00+05:30",
        ),
        (
            "09:00-21:00 Asia/Kolkata",
            "2026-11-23T21:00:00+05:30",
            "2026-11-24T09:00:00+05:30",
        ),
        (
            "22:00-02:00 Asia/Kolkata",
            "2026-11-23T02:00:00+05:30",
            "2026-11-23T22:00:00+05:30",
        ),
        // The last night of the year.
        (
            "09:00-21:00 Asia/Kolkata",
            "2026-12-31T23:59:59.999+05:30",
            "2027-01-01T09:00:00+05:30",
        ),
        // The clocks of London go from 01:00 to 02:00 on 28 March 2027 …
        (
            "01:30-05:00 Europe/London",
            "2027-03-28T00:59:59Z",
            "2027-03-28T01:30:00Z",
        ),
        // … which swallows this window whole, so that it opens a day later.
        (
            "01:10-01:50 Europe/London",
            "2027-03-28T00:59:59Z",
            "2027-03-29T00:10:00Z",
        ),
        // And back on 25 October 2026: the first 01:30 counts.
        (
            "01:30-05:00 Europe/London",
            "2026-10-25T00:00:00Z",
            "2026-10-25T00:30:00Z",
        ),
    ] {
        assert_eq!(
            window(text).next_open(moment(now)),
            Some(moment(opens)),
            "{text} after {now}"
        );
    }
}

#[test]
fn what_is_no_window_is_refused() {
    for text in [
        "",
        "09:00-21:00",
        "09:00-21:00 IST+5",
        "09:00-21:00 +05:30",
        "09:00-21:00 Asia/Nowhere",
        "9:00-21:00 Asia/Kolkata",
        "09:00-24:01 Asia/Kolkata",
        "24:00-09:00 Asia/Kolkata",
        "09:60-21:00 Asia/Kolkata",
        "09:00 21:00 Asia/Kolkata",
        "09:00-09:00 Asia/Kolkata",
        "18:00-00:00 Asia/Kolkata",
    ] {
        assert_eq!(text.parse::<CallingWindow>(), Err(InvalidWindow), "{text}");
    }
}

#[test]
fn a_stored_zone_that_is_no_longer_known_keeps_it_shut() {
    let stored: CallingWindow = serde_json::from_str("\"00:00-24:00 Asia/Atlantis\"").unwrap();
    let now = moment("2026-11-23T09:30:00Z");
    assert_eq!((stored.admits(now), stored.next_open(now)), (false, None));
}

#[test]
fn it_reads_back_as_it_was_written() {
    for text in ["09:00-21:00 Asia/Kolkata", "22:30-24:00 UTC"] {
        let json = serde_json::to_string(&window(text)).unwrap();
        assert_eq!(json, format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<CallingWindow>(&json).unwrap(),
            window(text)
        );
    }
    let other_case = window("09:00-21:00 asia/calcutta");
    assert_eq!(
        (other_case.to_string().as_str(), other_case.zone()),
        ("09:00-21:00 Asia/Calcutta", "Asia/Calcutta")
    );
}
