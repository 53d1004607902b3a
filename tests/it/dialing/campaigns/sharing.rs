//! Who has the channels when there are not enough, and whose number is dialled first.

use super::*;

#[tokio::test]
async fn two_patients_of_one_number_are_called_one_after_the_other_and_hold_nobody_up() {
    let world = World::start().await;
    // 40 of a family before another patient.
    let mut numbers = vec![number(0); 40];
    numbers.push(number(1));
    let id = world.running(1, plan(), &numbers).await;
    world.sweep_for(4).await;
    let tally = world.tally(id).await;
    assert_eq!(tally.dialling, 2);
    assert_eq!(world.row(id, 42).await.state, RowState::Dialling);
    world.talk(id, 2).await;
    world.sweep_for(30).await;
    let states = [3, 4].map(|row| world.row(id, row));
    let [next, after] = states;
    let (next, after) = (next.await, after.await);
    assert_eq!(
        (next.state, after.state),
        (RowState::Dialling, RowState::Pending)
    );
    assert_ne!(
        world.call_of(id, 3).await.id,
        world.call_of(id, 42).await.id
    );
}

#[tokio::test]
async fn campaigns_of_one_priority_share_and_a_higher_one_goes_first() {
    let world = World::start().await;
    let wide = |priority| Plan {
        concurrency: 100,
        priority,
        ..plan()
    };
    let many = |from: usize| (from..from + 20).map(number).collect::<Vec<_>>();
    let one = world.running(1, wide(0), &many(0)).await;
    let other = world.running(2, wide(0), &many(20)).await;
    assert_eq!(world.dials().await, 10, "the channels of all");
    assert_eq!((world.live(one).await, world.live(other).await), (5, 5));

    let urgent = world.running(3, wide(9), &many(40)).await;
    for row in [2, 3, 4] {
        world.talk(one, row).await;
    }
    assert_eq!(world.dials().await, 3);
    assert_eq!(world.live(urgent).await, 3);
}

#[tokio::test]
async fn a_single_call_goes_before_every_row() {
    let world = World::start().await;
    let wide = Plan {
        concurrency: 100,
        ..plan()
    };
    let id = world.running(1, wide, &numbers(30)).await;
    assert_eq!(world.dials().await, 10);
    let single = world.call(store::clock::draw_call_id(), "+911234567899");
    let single = single.await;
    assert_eq!(world.dials().await, 0);
    world.talk(id, 2).await;
    assert_eq!(world.dials().await, 1);
    assert_eq!(world.load(single).await.state, CallState::Dialing);
    assert_eq!(world.tally(id).await.dialling, 9);
}

#[tokio::test]
async fn who_was_promised_another_call_goes_before_rows_that_have_none() {
    let world = World::start().await;
    let narrow = Plan {
        concurrency: 1,
        ..plan()
    };
    let id = world.running(1, narrow, &numbers(20)).await;
    world.dials().await;
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    world.dials().await;
    assert_eq!(world.row(id, 3).await.state, RowState::Dialling);
    // The busy line's time comes, and nobody picks up the other.
    world.clock.advance(A_WHILE);
    assert_eq!(world.dials().await, 1);
    assert_eq!(world.row(id, 2).await.dials, 2);
    assert_eq!(world.row(id, 4).await.state, RowState::Pending);
}

/// Two who saw the same free place, and the same free part of the pace.
#[tokio::test]
async fn of_two_dials_for_one_place_one_begins() {
    for dials_per_minute in [None, Some(60)] {
        let world = World::start().await;
        let narrow = Plan {
            concurrency: if dials_per_minute.is_some() { 9 } else { 1 },
            dials_per_minute,
            retries_max: 3,
            ..plan()
        };
        let id = world.running(1, narrow, &numbers(2)).await;
        for row in [2, 3] {
            world.dials().await;
            world.carrier_says(id, row, CarrierStatus::Busy).await;
            world.clock.advance(Duration::from_secs(1));
        }
        world.clock.advance(A_WHILE);
        let (now, store) = (world.clock.now(), &world.calls().store);
        let campaign = world.campaign(id).await;
        let seen = store.campaign_load(id).await.unwrap();
        let load = seen.seen_by(&campaign.plan, now);
        let mut committed = Vec::new();
        for row in [2, 3] {
            let call = world.call_of(id, row).await;
            let dial = call.apply(&CallEvent::DialDue, now, &Policy::default());
            let row = world.row(id, row).await;
            let permit = campaign.admits(&row, &load, now).unwrap();
            let part = store::CampaignPart {
                terms: Some(store::Terms::of(&permit).with_place(&campaign.plan, &seen)),
                ..store::CampaignPart::default()
            };
            committed.push(store.commit_with(&dial.unwrap(), &part).await.unwrap());
        }
        assert_eq!(committed, [store::Commit::Applied, store::Commit::Stale]);
    }
}

impl World {
    /// The ticks of one sweep, for so many seconds of its clock.
    async fn sweep_for(&self, ticks: u32) {
        let stop = async {
            for _ in 0..ticks {
                tokio::time::sleep(Duration::from_millis(1_000)).await;
                self.clock.advance(Duration::from_secs(1));
            }
        };
        sweep::run_until(&self.app, stop).await;
    }
}
