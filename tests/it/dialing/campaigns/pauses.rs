//! A pause is a pause: by a person, by the hour, by the carrier.

use super::*;
use crate::template::fires;
use call::decision::Channel;
use logging::metrics::Noted;
use store::{CampaignPart, Commit, Terms, Turn};

#[tokio::test]
async fn no_dial_leaves_after_a_pause_though_its_intent_is_stored() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(2)).await;
    world.dials().await;
    // The second dial of row 2 was begun, and its process died before the dial left.
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    world.clock.advance(A_WHILE);
    let call = world.call_of(id, 2).await.id;
    world.apply(call, CallEvent::DialDue).await;
    world.tell(id, Event::Paused).await;
    let sent = world.carrier.dials.lock().unwrap().len();

    let held = world.apply(call, CallEvent::DialDispatched { attempt: 2 });
    let held = held.await;
    assert_eq!(held.state, CallState::Initiating);
    for _ in 0..3 {
        world.clock.advance(A_WHILE);
        world.dials().await;
    }
    assert_eq!(world.carrier.dials.lock().unwrap().len(), sent);
    assert_eq!(world.live(id).await, 0);
    assert_eq!(world.row(id, 2).await.dials, 1);

    world.tell(id, Event::Resumed).await;
    world.dials().await;
    assert_eq!(world.call_of(id, 2).await.state, CallState::Dialing);
    assert_eq!(world.row(id, 2).await.dials, 2);
}

/// Between the look at the campaign and the transaction it is paused, and resumed even.
#[tokio::test]
async fn what_was_admitted_before_a_pause_does_not_commit_after_it() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(3)).await;
    world.dials().await;
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    world.clock.advance(A_WHILE);
    let (now, store) = (world.clock.now(), &world.calls().store);
    let (campaign, call) = (world.campaign(id).await, world.call_of(id, 2).await);
    let seen = store.campaign_load(id).await.unwrap();
    let load = seen.seen_by(&campaign.plan, now);
    let admitted = |row: &Row| campaign.admits(row, &load, now).unwrap();

    let dial = call.apply(&CallEvent::DialDue, now, &Policy::default());
    let dial = dial.unwrap();
    assert!(matches!(dial.along.channel, Channel::Taken { .. }));
    let part = CampaignPart {
        terms: Some(Terms::of(&admitted(&world.row(id, 2).await))),
        ..store::CampaignPart::default()
    };
    let row = store.row(id, 4).await.unwrap().unwrap();
    let permit = admitted(&row.row);
    let new = store::clock::draw_call_id();
    let taken = campaign::RowEvent::Taken { call: new, permit };
    let turn = Turn {
        terms: Terms::of(&permit),
        row: row.row.apply(&taken, now).unwrap(),
    };
    let request = call::CallRequest {
        campaign: Some(call::OfCampaign {
            id,
            row: 4,
            dials_max: 2,
        }),
        ..row.entry.unwrap().request(new)
    };

    world.tell(id, Event::Paused).await;
    for paused in [true, false] {
        let committed = store.commit_with(&dial, &part).await.unwrap();
        assert_eq!(committed, Commit::Stale, "paused: {paused}");
        let created = world.calls().create_of_row(&request, &turn).await.unwrap();
        assert_eq!(created.0, Created::TurnOver, "paused: {paused}");
        if paused {
            world.tell(id, Event::Resumed).await;
        }
    }
    assert_eq!(world.call_of(id, 2).await, call);
    assert_eq!(world.row(id, 4).await, row.row);
}

#[tokio::test]
async fn phones_ring_within_the_hours_alone_and_go_on_the_next_day() {
    let world = World::start().await;
    let hours = Hours::daily("09:00-10:00 Asia/Kolkata".parse().unwrap());
    let opens = hours.next_open(START, &[]).unwrap();
    let short = Plan { hours, ..plan() };
    let id = world.running(1, short, &numbers(3)).await;
    let until = |at: Timestamp| world.clock.advance(at.since(world.clock.now()));
    until(opens - Duration::from_secs(1));
    assert_eq!(world.dials().await, 0);
    until(opens);
    assert_eq!(world.dials().await, 2);
    world.carrier_says(id, 2, CarrierStatus::Unreachable).await;
    until(opens + Duration::from_hours(1));
    assert_eq!(world.dials().await, 0, "neither the new nor the old");
    until(opens + Duration::from_hours(24));
    world.dials().await;
    assert_eq!(world.row(id, 2).await.dials, 2);
}

#[tokio::test]
async fn a_campaign_whose_last_call_ends_after_the_hours_is_completed_that_evening() {
    let world = World::start().await;
    let hours = Hours::daily("09:00-10:00 Asia/Kolkata".parse().unwrap());
    let opens = hours.next_open(START, &[]).unwrap();
    let id = world
        .running(1, Plan { hours, ..plan() }, &numbers(1))
        .await;
    let last = opens + Duration::from_hours(1) - Duration::from_secs(1);
    world.clock.advance(last.since(START));
    world.dials().await;
    let call = world.call_of(id, 2).await.id;
    world.pick_up(call, 1).await;
    world.clock.advance(Duration::from_secs(2));
    world.dials().await;
    assert_eq!(world.campaign(id).await.state, State::Running);
    world.end(id, 2).await;
    world.dials().await;
    assert_eq!(world.campaign(id).await.state, State::Completed);
}

#[tokio::test]
async fn a_pace_is_kept_over_the_minutes() {
    let world = World::start().await;
    let paced = Plan {
        concurrency: 50,
        dials_per_minute: Some(3),
        ..plan()
    };
    world.running(1, paced, &numbers(12)).await;
    let mut begun = Vec::new();
    for _ in 0..180 {
        begun.push(world.dials().await);
        world.clock.advance(Duration::from_secs(1));
    }
    let worst = begun.windows(60).map(|minute| minute.iter().sum::<u64>());
    let worst = worst.max().unwrap();
    let all: u64 = begun.iter().sum();
    assert_eq!((worst, all), (3, 9), "{begun:?}");
}

#[tokio::test]
async fn a_carrier_that_refuses_one_dial_after_the_other_pauses_the_campaign() {
    let world = World::start().await;
    let wide = Plan {
        concurrency: 10,
        ..plan()
    };
    let id = world.running(1, wide, &numbers(9)).await;
    world.carrier.refuse_all(Hindrance::ChannelsBusy);
    let (noted, _guard) = Noted::start();
    world.dials().await;
    fires("CampaignPausedAlarm", &noted);
    let campaign = world.campaign(id).await;
    assert_eq!(campaign.state, State::Paused);
    assert_eq!(campaign.paused_by, Some(PausedBy::Refusals));
    assert!(world.tally(id).await.open() == 9, "no row is lost");
}

#[tokio::test]
async fn a_refusal_that_lies_in_the_number_pauses_nothing() {
    let world = World::start().await;
    let wide = Plan {
        concurrency: 10,
        ..plan()
    };
    let id = world.running(1, wide, &numbers(9)).await;
    world.dials().await;
    for row in 2..=10 {
        world
            .carrier_says(id, row, CarrierStatus::InvalidNumber)
            .await;
    }
    assert_eq!(world.campaign(id).await.state, State::Running);
}
