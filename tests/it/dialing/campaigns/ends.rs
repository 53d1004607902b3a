//! Cancelled, expired, and called again.

use super::*;

/// Ticks until nothing is to be done for the campaign.
pub(super) async fn settle(world: &World, id: CampaignId) -> Campaign {
    for _ in 0..20 {
        world.dials().await;
        let campaign = world.campaign(id).await;
        if campaign.due_at().is_none() {
            return campaign;
        }
    }
    panic!("20 ticks, and something is still to be done");
}

#[tokio::test]
async fn a_cancelled_campaign_calls_nobody_any_more_and_lets_who_talks_talk_on() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(4)).await;
    world.dials().await;
    let talking = world.call_of(id, 2).await.id;
    world.pick_up(talking, 1).await;
    world.carrier_says(id, 3, CarrierStatus::Busy).await;
    world.tell(id, Event::Cancelled).await;
    for _ in 0..3 {
        world.dials().await;
    }
    assert_eq!(world.load(talking).await.state, CallState::Active);
    let (tally, campaign) = (world.tally(id).await, world.campaign(id).await);
    assert_eq!((tally.dialling, tally.cancelled), (1, 3));
    assert!(campaign.closes_rows, "one has not ended");
    assert_eq!(world.call_of(id, 3).await.state, CallState::Failed);

    world.end(id, 2).await;
    let campaign = settle(&world, id).await;
    assert_eq!(campaign.state, State::Cancelled);
    let tally = world.tally(id).await;
    assert_eq!((tally.reached, tally.cancelled), (1, 3));
}

#[tokio::test]
async fn a_campaign_whose_time_is_over_ends_with_every_row() {
    let world = World::start().await;
    // Calls that nobody bounds live a day.
    let short = Plan {
        expires_at: START + Duration::from_hours(1),
        ..plan()
    };
    let id = world.running(1, short, &numbers(4)).await;
    world.dials().await;
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    world
        .carrier_says(id, 3, CarrierStatus::InvalidNumber)
        .await;
    world.clock.advance(Duration::from_hours(1));
    let sent = world.carrier.dials.lock().unwrap().len();
    let campaign = settle(&world, id).await;
    assert_eq!(campaign.state, State::Expired);
    let tally = world.tally(id).await;
    assert_eq!((tally.expired, tally.failed), (3, 1));
    assert_eq!(world.carrier.dials.lock().unwrap().len(), sent);
}

#[tokio::test]
async fn failed_rows_are_called_again_with_a_budget_of_their_own() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(3)).await;
    world.dials().await;
    world.talk(id, 2).await;
    world
        .carrier_says(id, 3, CarrierStatus::InvalidNumber)
        .await;
    world.dials().await;
    world.carrier_says(id, 4, CarrierStatus::Rejected).await;
    world.dials().await;
    assert_eq!(world.campaign(id).await.state, State::Completed);
    let first = world.call_of(id, 3).await.id;

    let wish = Event::RetryFailed {
        round: 2,
        failed: 2,
    };
    let campaign = world.tell(id, wish).await;
    assert!(campaign.opens_round);
    world.dials().await;
    world.dials().await;
    let row = world.row(id, 3).await;
    assert_eq!(
        (row.state, row.round, row.dials),
        (RowState::Dialling, 2, 1)
    );
    assert_ne!(row.call, Some(first), "another call");
    assert_eq!(
        world.row(id, 2).await.round,
        1,
        "who was reached is not called"
    );
    world.talk(id, 3).await;
    world.talk(id, 4).await;
    let campaign = settle(&world, id).await;
    assert_eq!(campaign.state, State::Completed);
    assert_eq!(world.tally(id).await.reached, 3);
}
