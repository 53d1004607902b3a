//! What is found by an index, and counted.

use super::*;
use crate::support::hung_up;

#[tokio::test]
async fn what_is_due_is_found_and_nothing_else() {
    let contract = Contract::new().await;
    let waiting = contract.create("+911234567890").await;
    let live = contract.live_call("+911234567891").await;
    assert_eq!(
        contract
            .due_everywhere(START - Duration::from_secs(1))
            .await,
        (vec![], vec![])
    );
    assert_eq!(
        contract.due_everywhere(START).await,
        (vec![], vec![waiting.id])
    );
    let (overdue, _) = contract.due_everywhere(live.deadline.unwrap()).await;
    assert_eq!(overdue, [live.id]);

    contract.commit(&waiting, CallEvent::Cancelled).await;
    let hung_up = CallEvent::HungUp {
        attempt: 1,
        stream: 1,
        by: HungUpBy::Agent,
    };
    contract.commit(&live, hung_up).await;
    let much_later = START + Duration::from_secs(1_000_000);
    assert_eq!(contract.due_everywhere(much_later).await, (vec![], vec![]));
}

#[tokio::test]
async fn live_calls_are_told_by_the_index_and_by_themselves() {
    let contract = Contract::new().await;
    let waiting = contract.create("+911234567890").await;
    let live = contract.live_call("+911234567891").await;
    let over = contract.live_call("+911234567892").await;
    contract.commit(&over, hung_up()).await;
    let unknown = store::clock::draw_call_id();
    let state = contract.store.load(live.id).await.unwrap().unwrap().state;
    let expected = [(live.id, state)].into();
    assert_eq!(contract.store.live_states().await.unwrap(), expected);
    let all = [waiting.id, live.id, over.id, unknown];
    let found = contract.store.live_states_of(&all).await.unwrap();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn the_carriers_id_points_to_its_attempt() {
    let contract = Contract::new().await;
    let session = contract.live_call("+911234567890").await;
    let found = contract
        .store
        .by_carrier_id(&carrier_id(session.id))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.call_id, found.attempt), (session.id, 1));
}

#[tokio::test]
async fn unfinished_calls_are_listed_in_pages_and_by_state() {
    let contract = Contract::new().await;
    for n in 0..7 {
        contract.create(&format!("+91123456780{n}")).await;
    }
    let live = contract.live_call("+911234567890").await;
    let done = contract.live_call("+911234567891").await;
    contract.commit(&done, hung_up()).await;

    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = contract
            .store
            .unfinished(None, cursor.as_deref(), 3)
            .await
            .unwrap();
        assert!(page.calls.len() <= 3);
        seen.extend(page.calls.iter().map(|(session, _)| session.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 8);
    assert!(seen.contains(&live.id) && !seen.contains(&done.id));

    let active = contract
        .store
        .unfinished(Some(CallState::Active), None, 100)
        .await
        .unwrap();
    let ids: Vec<_> = active.calls.iter().map(|(session, _)| session.id).collect();
    assert_eq!(ids, [live.id]);
}

#[tokio::test]
async fn statistics_count_every_state_exactly() {
    let contract = Contract::new().await;
    contract.create("+911234567801").await;
    contract.live_call("+911234567802").await;
    let ended = contract.live_call("+911234567803").await;
    contract.commit(&ended, hung_up()).await;

    let stats = contract.store.stats().await.unwrap().0;
    let of = |state| stats.get(&state).copied().unwrap_or(0);
    assert_eq!(
        CallState::ALL.map(of),
        [1, 0, 0, 1, 0, 1, 0],
        "in the order {:?}",
        CallState::ALL
    );
}
