//! Imports, step by step.

use super::*;
use campaign::Tally;
use store::campaigns::Told;

#[tokio::test]
async fn an_import_ends_with_the_rows_where_they_belong() {
    let world = World::new().await;
    let campaign = world.ready(1, &ROWS).await;
    let tally = world.store().tally(campaign.id).await.unwrap();
    let expected = Tally {
        pending: 3,
        faulty: 1,
        ..Tally::default()
    };
    assert_eq!(tally, expected);
    assert_eq!((campaign.state, campaign.rows), (State::Ready, 4));
    assert_eq!(world.store().parts(campaign.id).await.unwrap(), []);
    let of_patient = |patient| world.store().rows_of_patient(patient);
    assert_eq!(of_patient("p1").await.unwrap(), [(campaign.id, 2)]);
    // A faulty row is of its patient too.
    assert_eq!(of_patient("p3").await.unwrap(), [(campaign.id, 4)]);
}

#[tokio::test]
async fn one_worker_has_the_import_to_itself_until_its_time_is_over() {
    let world = World::new().await;
    let work = world.importing(1, "some bytes").await;
    let id = work.campaign.id;
    assert!(world.work(id).await.is_none());
    world.clock.advance(31 * SECOND);
    assert!(world.work(id).await.is_some());
    world.clock.advance(31 * SECOND);
    let work = world.work(id).await.unwrap();
    world.store().leave_import(&work).await.unwrap();
    assert!(world.work(id).await.is_some());
}

#[tokio::test]
async fn of_two_who_store_the_same_rows_one_does() {
    let world = World::new().await;
    let mut one = world.importing(1, "some bytes").await;
    let rows = world.judge(&mut one, &ROWS).await;
    let mut other = one.clone();
    assert!(world.store().put_rows(&mut one, &rows[..2]).await.unwrap());
    assert!(
        !world
            .store()
            .put_rows(&mut other, &rows[..2])
            .await
            .unwrap()
    );
    assert!(!world.store().close_rows(&mut other).await.unwrap());
    let tally = world.store().tally(one.campaign.id).await.unwrap();
    assert_eq!((tally.rows(), one.file.read, one.file.cursor), (2, 2, 3));
}

#[tokio::test]
async fn a_worker_that_wakes_when_all_is_over_changes_nothing() {
    let world = World::new().await;
    let mut frozen = world.importing(1, "some bytes").await;
    let rows = world.judge(&mut frozen, &ROWS).await;
    let mut going_on = frozen.clone();
    let (store, campaigns) = (world.store(), &world.campaigns);
    assert!(store.put_rows(&mut going_on, &rows).await.unwrap());
    assert!(store.close_rows(&mut going_on).await.unwrap());
    campaigns.finish_import(&going_on).await.unwrap();
    let id = frozen.campaign.id;
    campaigns.apply(id, &Event::Started).await.unwrap();
    let before = (world.campaign(id).await, store.tally(id).await.unwrap());

    assert!(!store.put_rows(&mut frozen, &rows).await.unwrap());
    assert_eq!(store.clear_rows(&mut frozen).await.unwrap(), Clearing::Lost);
    assert_eq!(
        campaigns.finish_import(&frozen).await.unwrap(),
        ImportEnd::Lost
    );
    let refused = campaigns.refuse_import(&frozen, &[]).await.unwrap();
    assert_eq!(refused, ImportEnd::Lost);
    assert_eq!(
        (world.campaign(id).await, store.tally(id).await.unwrap()),
        before
    );
}

#[tokio::test]
async fn no_row_comes_to_a_campaign_that_was_cancelled() {
    let world = World::new().await;
    let mut work = world.importing(1, "some bytes").await;
    let rows = world.judge(&mut work, &ROWS).await;
    assert!(world.store().put_rows(&mut work, &rows[..1]).await.unwrap());
    let id = work.campaign.id;
    world.campaigns.apply(id, &Event::Cancelled).await.unwrap();
    assert!(!world.store().put_rows(&mut work, &rows[1..]).await.unwrap());
    let ended = world.campaigns.finish_import(&work).await.unwrap();
    assert_eq!(ended, ImportEnd::Lost);
    assert_eq!(world.campaign(id).await.state, State::Cancelled);
    assert_eq!(world.store().tally(id).await.unwrap().rows(), 1);
}

#[tokio::test]
async fn a_file_that_is_refused_says_why_and_leaves_a_draft() {
    let world = World::new().await;
    let work = world.importing(1, "some bytes").await;
    let told = Told {
        code: "missing_column".to_owned(),
        message: "there is no column for the phone".to_owned(),
    };
    let ended = world
        .campaigns
        .refuse_import(&work, std::slice::from_ref(&told))
        .await
        .unwrap();
    let ImportEnd::Over(campaign) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(campaign.state, State::Draft);
    let file = world.store().campaign_file(campaign.id).await.unwrap();
    assert_eq!(file.unwrap().refused, [told]);
    // Its parts are there still, to be read by other rules.
    assert!(matches!(
        world.begin(campaign.id).await,
        ImportBegan::Told(Changed::Applied { .. })
    ));
    let file = world.store().campaign_file(campaign.id).await.unwrap();
    assert_eq!(file.unwrap().refused, []);
}

#[tokio::test]
async fn rows_of_a_file_that_calls_nobody_stay_until_the_next_one() {
    let world = World::new().await;
    let faulty = [ROWS[0], ROWS[3]];
    let campaign = world.ready(1, &faulty).await;
    let id = campaign.id;
    assert_eq!((campaign.state, campaign.rows), (State::Draft, 0));
    let rows = world.store().rows(id, None, 0, 10).await.unwrap().rows;
    assert_eq!(rows.len(), 1);

    assert!(matches!(
        world.begin(id).await,
        ImportBegan::Told(Changed::Applied { .. })
    ));
    let mut work = world.work(id).await.unwrap();
    let mut frozen = work.clone();
    assert_eq!(
        world.store().clear_rows(&mut work).await.unwrap(),
        Clearing::More
    );
    assert_eq!(
        world.store().clear_rows(&mut work).await.unwrap(),
        Clearing::Done
    );
    let rows = world.judge(&mut work, &ROWS).await;
    assert!(world.store().put_rows(&mut work, &rows).await.unwrap());
    // Who began to clear, and wakes now, removes none of the new rows.
    assert_eq!(
        world.store().clear_rows(&mut frozen).await.unwrap(),
        Clearing::Lost
    );
    let tally = world.store().tally(id).await.unwrap();
    assert_eq!((tally.pending, tally.faulty, tally.rows()), (3, 1, 4));
}
