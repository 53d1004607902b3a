//! Rows of a campaign.

use super::*;
use campaign::{Load, RowEvent, RowRejection};
use store::campaigns::RowChanged;

fn many(count: u32) -> Vec<Vec<String>> {
    let header = cells(&["phone", "name", "city"]);
    let rows = (0..count).map(|n| {
        let phone = if n % 5 == 4 {
            "12".to_owned()
        } else {
            format!("9{:09}", n + 123_456_780)
        };
        vec![phone, format!("Patient {n}"), "Pune".to_owned()]
    });
    std::iter::once(header).chain(rows).collect()
}

async fn ready_with(world: &World, rows: &[Vec<String>]) -> Campaign {
    let rows: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.iter().map(String::as_str).collect())
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    world.ready(1, &rows).await
}

#[tokio::test]
async fn a_row_reads_back_as_it_was_judged() {
    let world = World::new().await;
    let campaign = world.ready(1, &ROWS).await;
    let (_, judged) = judged(&ROWS);
    for row in &judged {
        let stored = world
            .store()
            .row(campaign.id, row.row.number)
            .await
            .unwrap();
        assert_eq!(stored.as_ref(), Some(row));
    }
    let faulty = judged[2].told().unwrap();
    assert!(
        faulty.contains("(12)") && judged[0].told().is_none(),
        "{faulty}"
    );
    assert_eq!(world.store().row(campaign.id, 7).await.unwrap(), None);
}

#[tokio::test]
async fn an_event_of_a_row_counts_it_once() {
    let world = World::new().await;
    let campaign = world.ready(1, &ROWS).await;
    let id = campaign.id;
    let event = RowEvent::CampaignCancelled;
    let apply = || world.campaigns.apply_row(id, 2, &event);
    let (one, other) = tokio::join!(apply(), apply());
    let told = [one.unwrap(), other.unwrap()];
    let unchanged = |told: &&RowChanged| {
        matches!(
            told,
            RowChanged::Unchanged {
                reason: RowRejection::AlreadyApplied,
                ..
            }
        )
    };
    assert_eq!(told.iter().filter(unchanged).count(), 1, "{told:?}");
    let tally = world.store().tally(id).await.unwrap();
    assert_eq!((tally.pending, tally.cancelled, tally.faulty), (2, 1, 1));
    assert_eq!(tally.rows(), campaign.rows);
    let nobody = world.campaigns.apply_row(id, 99, &event).await.unwrap();
    assert_eq!(nobody, RowChanged::NoSuchRow);
}

#[tokio::test]
async fn of_two_decisions_about_a_row_one_is_stale() {
    let world = World::new().await;
    let id = world.ready(1, &ROWS).await.id;
    let row = world.store().row_fold(id, 2).await.unwrap().unwrap();
    let now = world.campaigns.now();
    let one = row.apply(&RowEvent::CampaignExpired, now).unwrap();
    let other = row.apply(&RowEvent::OptedOut, now).unwrap();
    let commit = |decision| world.store().commit_row(id, decision);
    assert_eq!(commit(&one).await.unwrap(), Commit::Applied);
    assert_eq!(commit(&other).await.unwrap(), Commit::Stale);
    let tally = world.store().tally(id).await.unwrap();
    assert_eq!((tally.expired, tally.opted_out), (1, 0));
}

#[tokio::test]
async fn what_waits_is_found_in_order_until_it_has_its_turn() {
    let world = World::new().await;
    let campaign = ready_with(&world, &many(30)).await;
    let id = campaign.id;
    let pending = async |limit| world.store().pending_rows(id, limit).await.unwrap();
    assert_eq!(pending(7).await, [2, 3, 4, 5, 7, 8, 9]);
    world.campaigns.apply(id, &Event::Started).await.unwrap();
    let campaign = world.campaign(id).await;
    let now = world.campaigns.now();
    let row = world.store().row_fold(id, 3).await.unwrap().unwrap();
    let permit = campaign.admits(&row, &Load::default(), now).unwrap();
    let call = store::clock::draw_call_id();
    let taken = RowEvent::Taken { call, permit };
    world.campaigns.apply_row(id, 3, &taken).await.unwrap();
    assert_eq!(pending(4).await, [2, 4, 5, 7]);
    let stored = world.store().row(id, 3).await.unwrap().unwrap();
    assert_eq!((stored.row.call, stored.cells.len()), (Some(call), 3));

    let ended = RowEvent::CallEnded {
        call,
        end: campaign::CallEnd::NotReached,
    };
    world.campaigns.apply_row(id, 3, &ended).await.unwrap();
    let again = RowEvent::RoundBegun { round: 2 };
    world.campaigns.apply_row(id, 3, &again).await.unwrap();
    assert_eq!(pending(4).await, [2, 3, 4, 5]);
}

#[tokio::test]
async fn pages_hold_every_row_once_and_in_order() {
    let world = World::new().await;
    let campaign = ready_with(&world, &many(130)).await;
    for (state, expected) in [
        (None, (2..132).collect::<Vec<u32>>()),
        (Some(RowState::Faulty), (0..26).map(|n| n * 5 + 6).collect()),
        (Some(RowState::Reached), vec![]),
    ] {
        for limit in [1, 7, 200] {
            let (mut found, mut after) = (Vec::new(), 0);
            loop {
                let page = world.store().rows(campaign.id, state, after, limit);
                let page = page.await.unwrap();
                assert!(page.rows.len() <= limit);
                found.extend(page.rows.iter().map(|row| row.row.number));
                let Some(next) = page.next else { break };
                assert!(next > after);
                after = next;
            }
            assert_eq!(found, expected, "{state:?} by {limit}");
        }
    }
}
