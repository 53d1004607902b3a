//! Why a row is not called, in one sentence.

use super::*;

fn row() -> Row {
    Row::imported(2, Bucket::Ready)
}

fn load() -> Load {
    Load::default()
}

#[track_caller]
fn told(campaign: &Campaign, load: &Load, now: Timestamp) -> String {
    let wait = campaign.admits(&row(), load, now).expect_err("a wait");
    campaign.sentence(wait, 3_120)
}

#[test]
fn a_row_of_a_running_campaign_is_called() {
    let campaign = running(3);
    let permit = campaign.admits(&row(), &load(), START).unwrap();
    assert_eq!((permit.row(), permit.dials_max()), (2, 2));
    assert_eq!(
        (permit.generation(), permit.until()),
        (campaign.generation, end())
    );
}

#[test]
fn why_nothing_is_dialled_is_one_sentence() {
    let campaign = running(3);
    let evening = at("2026-11-30T19:00:00");
    let resting = "resting, 3,120 left, goes on at 09:00 on 2026-12-01 (Asia/Kolkata)";
    assert_eq!(told(&campaign, &load(), evening), resting);
    let last = at("2026-12-05T05:00:00");
    let never = "resting, 3,120 left, goes on at 09:00 on 2026-12-05 (Asia/Kolkata)";
    assert_eq!(told(&campaign, &load(), last), never);
    let short = Plan {
        expires_at: at("2026-12-05T08:00:00"),
        ..plan()
    };
    let short = after(
        &campaign,
        &[Event::PlanChanged {
            plan: Box::new(short),
        }],
    );
    let never = "resting, 3,120 left; no phone may ring before the campaign ends at 08:00 on 2026-12-05 (Asia/Kolkata)";
    assert_eq!(told(&short, &load(), last), never);
    assert_eq!(
        told(&campaign, &load(), end()),
        "the campaign's time is over, 3,120 left"
    );
    let paused = after(&campaign, &[Event::Paused]);
    assert_eq!(
        told(&paused, &load(), START),
        "paused by a person, 3,120 left"
    );
    assert_eq!(
        told(&draft(), &load(), START),
        "not started, the campaign is draft, 3,120 left"
    );
    let cancelled = after(&campaign, &[Event::Cancelled]);
    assert_eq!(
        told(&cancelled, &load(), START),
        "the campaign is cancelled, 3,120 left"
    );
}

#[test]
fn what_else_goes_on_makes_a_row_wait() {
    let campaign = running(3);
    for (load, words) in [
        (Load { live: 2, ..load() }, "as many calls go on"),
        (
            Load {
                paced: Some(0),
                ..load()
            },
            "in this minute",
        ),
        (
            Load {
                number_busy_with: Some(9),
                ..load()
            },
            "row 9 has the same number",
        ),
        (
            Load {
                blocked: Some(Blocked::Carrier),
                ..load()
            },
            "blocked, the carrier",
        ),
        (
            Load {
                blocked: Some(Blocked::Agent),
                ..load()
            },
            "blocked, the agent",
        ),
        (
            Load {
                blocked: Some(Blocked::Operator),
                ..load()
            },
            "blocked, an operator",
        ),
        (
            Load {
                blocked: Some(Blocked::Channels),
                ..load()
            },
            "blocked, every channel",
        ),
        (
            Load {
                service: Some(span("11:00-12:00 Asia/Kolkata")),
                ..load()
            },
            "goes on at 11:00",
        ),
    ] {
        let told = told(&campaign, &load, START);
        assert!(told.contains(words), "{told}");
    }
    let fits = Load {
        live: 1,
        paced: Some(1),
        ..load()
    };
    assert!(campaign.admits(&row(), &fits, START).is_ok());
}

#[test]
fn a_call_that_waits_for_its_next_dial_keeps_no_place_and_its_number() {
    let campaign = running(3);
    let permit = campaign.admits(&row(), &load(), START).unwrap();
    let taken = RowEvent::Taken {
        call: call_id(1),
        permit,
    };
    let row = row().apply(&taken, START).unwrap().next;
    let full = Load { live: 2, ..load() };
    assert_eq!(campaign.admits(&row, &full, START), Err(Wait::Full));
    let full = Load {
        live: 1,
        number_busy_with: Some(2),
        ..load()
    };
    assert!(campaign.admits(&row, &full, START).is_ok());
    let paused = after(&campaign, &[Event::Paused]);
    assert_eq!(
        paused.admits(&row, &full, START),
        Err(Wait::Paused(PausedBy::Person))
    );
    assert_eq!(
        paused.lets_leave(None, START),
        Err(Wait::Paused(PausedBy::Person))
    );
    assert_eq!(campaign.lets_leave(None, START), Ok(()));
}
