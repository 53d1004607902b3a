//! Of two writers one wins.

use super::*;

#[tokio::test]
async fn one_number_has_one_live_call() {
    let contract = Contract::new().await;
    let first = contract.create("+911234567890").await;
    let request = request_for("+911234567890");
    let second = CallSession::create(&request, START, &contract.policy);
    let created = contract
        .store
        .create(&request, &second, None)
        .await
        .unwrap();
    assert_eq!(created, Created::PhoneBusy(first.id));
    assert_eq!(contract.store.load(request.id).await.unwrap(), None);

    contract.commit(&first, CallEvent::Cancelled).await;
    assert_eq!(
        contract
            .store
            .create(&request, &second, None)
            .await
            .unwrap(),
        Created::Stored
    );
}

#[tokio::test]
async fn of_two_decisions_on_one_version_one_is_stale() {
    let contract = Contract::new().await;
    let session = contract.create("+911234567890").await;
    let dial = contract.decide(&session, &CallEvent::DialDue);
    let cancel = contract.decide(&session, &CallEvent::Cancelled);
    assert_eq!(contract.store.commit(&dial).await.unwrap(), Commit::Applied);
    assert_eq!(contract.store.commit(&cancel).await.unwrap(), Commit::Stale);
    assert_eq!(
        contract.store.load(session.id).await.unwrap(),
        Some(dial.next)
    );
}

#[tokio::test]
async fn a_heartbeat_on_an_old_version_is_stale() {
    let contract = Contract::new().await;
    let session = contract.live_call("+911234567890").await;
    let heartbeat = contract.decide(
        &session,
        &CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice: call::Voice::Nobody,
        },
    );
    assert!(heartbeat.audit.is_none());
    assert_eq!(
        contract.store.commit(&heartbeat).await.unwrap(),
        Commit::Applied
    );
    assert_eq!(
        contract.store.commit(&heartbeat).await.unwrap(),
        Commit::Stale
    );
}

#[tokio::test]
async fn the_channel_limit_is_never_passed() {
    let contract = Contract::new().await;
    let two = Policy {
        max_concurrent_calls: 2,
        ..Policy::default()
    };
    let mut waiting = Vec::new();
    for n in 0..3 {
        waiting.push(contract.create(&format!("+91123456780{n}")).await);
    }
    let mut results = Vec::new();
    for session in &waiting {
        let dial = decide_by(&two, session, &CallEvent::DialDue);
        results.push(contract.store.commit(&dial).await.unwrap());
    }
    assert_eq!(
        results,
        [Commit::Applied, Commit::Applied, Commit::NoChannel]
    );
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 2);

    let first = contract.store.load(waiting[0].id).await.unwrap().unwrap();
    contract.commit(&first, CallEvent::Cancelled).await;
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 1);
    let dial = decide_by(&two, &waiting[2], &CallEvent::DialDue);
    assert_eq!(contract.store.commit(&dial).await.unwrap(), Commit::Applied);
}
