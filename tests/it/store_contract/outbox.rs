//! Outcomes are queued in the transaction that makes them, and leave the queue only when settled.

use super::*;
use call::{CallRequest, CarrierStatus, delivery::Target};
use store::{Delivery, DeliveryKey, Tried};

const CLAIM: Duration = Duration::from_secs(60);

impl Contract {
    /// A call that has failed with one outcome before, and whose receivers both have it.
    async fn delivered() -> (Self, CallSession) {
        let mut contract = Self::new().await;
        contract.policy.reports_outcomes = true;
        let request = CallRequest {
            callback_url: Some("https://crm.example.com/hook".to_owned()),
            ..request_for("+911234567890")
        };
        let decision = CallSession::create(&request, START, &contract.policy);
        let created = contract.store.create(&request, &decision, None).await;
        assert_eq!(created.unwrap(), Created::Stored);
        let mut session = decision.next;
        for event in [
            CallEvent::DialDue,
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::Carrier {
                attempt: 1,
                status: CarrierStatus::Busy,
            },
            CallEvent::Cancelled,
        ] {
            session = contract.commit(&session, event).await;
        }
        (contract, session)
    }

    async fn due(&self, now: Timestamp) -> Vec<DeliveryKey> {
        let mut due = Vec::new();
        for shard in 0..SHARDS {
            let page = self.store.due_deliveries(shard, now, 100, None).await;
            due.extend(page.unwrap().keys);
        }
        due.sort_unstable();
        due
    }

    async fn parked(&self, now: Timestamp) -> Vec<DeliveryKey> {
        let mut parked = Vec::new();
        for shard in 0..SHARDS {
            parked.extend(self.store.parked_deliveries(shard, now, 100).await.unwrap());
        }
        parked
    }

    async fn claim(&self, key: DeliveryKey, now: Timestamp) -> Option<Delivery> {
        self.store.claim(key, now, now + CLAIM).await.unwrap()
    }
}

fn later(secs: u64) -> Timestamp {
    START + Duration::from_secs(secs)
}

#[tokio::test]
async fn each_outcome_is_queued_once_for_each_receiver() {
    let (contract, session) = Contract::delivered().await;
    let due = contract.due(later(1)).await;
    let expected = [4, 5].map(|seq| {
        [Target::Callback, Target::Monitoring].map(|target| DeliveryKey {
            call_id: session.id,
            seq,
            target,
        })
    });
    assert_eq!(due, expected.as_flattened());
    let record = contract.store.record(session.id).await.unwrap().unwrap();
    assert_eq!(record.deliveries.len(), 4);
    for delivery in &record.deliveries {
        let line = record.events.iter().find(|e| e.seq == delivery.outcome.seq);
        assert_eq!(line, Some(&delivery.outcome));
    }
}

#[tokio::test]
async fn nobody_is_told_who_did_not_ask() {
    let contract = Contract::new().await;
    let live = contract.live_call("+911234567890").await;
    contract.commit(&live, CallEvent::Cancelled).await;
    assert_eq!(contract.due(later(1_000)).await, []);
}

#[tokio::test]
async fn one_process_tries_at_a_time_and_a_dead_one_is_replaced() {
    let (contract, _) = Contract::delivered().await;
    let key = contract.due(later(1)).await[0];
    assert_eq!(contract.claim(key, START).await, None, "not due yet");
    let first = contract.claim(key, later(1)).await.unwrap();
    assert_eq!(first.tries, 1);
    assert_eq!(contract.claim(key, later(60)).await, None, "claimed");
    let second = contract.claim(key, later(61)).await.unwrap();
    assert_eq!(second.tries, 2);

    // The first comes back to life: what it learnt is out of date.
    let outdated = Tried::Parked("status 500".to_owned());
    contract
        .store
        .settle(&first, &outdated, later(62))
        .await
        .unwrap();
    assert_eq!(contract.parked(later(62)).await, []);
    contract
        .store
        .settle(&second, &Tried::Delivered, later(63))
        .await
        .unwrap();
    assert!(!contract.due(later(1_000_000)).await.contains(&key));
}

#[tokio::test]
async fn a_try_that_failed_is_due_again_when_it_said_so() {
    let (contract, session) = Contract::delivered().await;
    let key = contract.due(later(1)).await[0];
    let delivery = contract.claim(key, later(1)).await.unwrap();
    let postponed = Tried::Postponed(later(301), "status 500".to_owned());
    contract
        .store
        .settle(&delivery, &postponed, later(2))
        .await
        .unwrap();
    assert!(!contract.due(later(300)).await.contains(&key));
    assert!(contract.due(later(301)).await.contains(&key));
    let record = contract.store.record(session.id).await.unwrap().unwrap();
    let stored = record.deliveries.iter().find(|d| d.key() == key).unwrap();
    assert_eq!(stored.last_problem.as_deref(), Some("status 500"));
}

#[tokio::test]
async fn a_parked_outcome_waits_for_its_replay() {
    let (contract, session) = Contract::delivered().await;
    let key = contract.due(later(1)).await[0];
    let delivery = contract.claim(key, later(1)).await.unwrap();
    let parked = Tried::Parked("gone".to_owned());
    contract
        .store
        .settle(&delivery, &parked, later(2))
        .await
        .unwrap();
    assert!(!contract.due(later(1_000_000)).await.contains(&key));
    assert_eq!(contract.parked(later(2)).await, [key]);

    contract.store.replay(key, later(100)).await.unwrap();
    assert_eq!(contract.parked(later(1_000)).await, []);
    assert!(contract.due(later(100)).await.contains(&key));
    let again = contract.claim(key, later(100)).await.unwrap();
    assert_eq!((again.tries, again.queued_at), (1, later(100)));
    assert_eq!(
        again.outcome, delivery.outcome,
        "the event itself never changes"
    );
    assert_eq!(again.call_id, session.id);
}

#[tokio::test]
async fn a_delivered_outcome_can_be_replayed_too() {
    let (contract, _) = Contract::delivered().await;
    let key = contract.due(later(1)).await[0];
    let delivery = contract.claim(key, later(1)).await.unwrap();
    contract
        .store
        .settle(&delivery, &Tried::Delivered, later(2))
        .await
        .unwrap();
    contract.store.replay(key, later(3)).await.unwrap();
    assert!(contract.due(later(3)).await.contains(&key));
}
