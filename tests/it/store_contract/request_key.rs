//! The same request key gets the first answer again, for a day.

use super::*;
use store::{REQUEST_KEY_KEPT, RequestKey};

fn key(name: &str, request: &str) -> RequestKey {
    RequestKey {
        client: "crm".to_owned(),
        key_hash: name.to_owned(),
        request_hash: request.to_owned(),
    }
}

impl Contract {
    async fn create_with(
        &self,
        number: &str,
        key: &RequestKey,
        now: Timestamp,
    ) -> (CallId, Created) {
        let request = request_for(number);
        let decision = CallSession::create(&request, now, &self.policy);
        let created = self.store.create(&request, &decision, Some(key)).await;
        (request.id, created.unwrap())
    }
}

#[tokio::test]
async fn a_repeated_key_creates_nothing_and_gets_the_first_answer() {
    let contract = Contract::new().await;
    let key = key("k1", "body");
    let (first, created) = contract.create_with("+911234567890", &key, START).await;
    assert_eq!(created, Created::Stored);

    // Even before the first answer is stored, and for another number.
    let (second, repeated) = contract.create_with("+911234567891", &key, START).await;
    let Created::Repeated(stored) = repeated else {
        panic!("{repeated:?}");
    };
    assert_eq!((stored.call_id, stored.answer), (Some(first), None));
    assert_eq!(contract.store.load(second).await.unwrap(), None);

    contract
        .store
        .save_answer(&key, first, "answer")
        .await
        .unwrap();
    contract
        .store
        .save_answer(&key, first, "later")
        .await
        .unwrap();
    let stored = contract
        .store
        .stored_answer(Some(&key), START)
        .await
        .unwrap();
    let stored = stored.unwrap();
    assert_eq!(
        stored.answer.as_deref(),
        Some("answer"),
        "the first answer stays"
    );
    assert_eq!(stored.request_hash, "body");
}

#[tokio::test]
async fn a_key_hears_of_itself_before_it_hears_of_the_lock_it_holds() {
    let contract = Contract::new().await;
    let key = key("k1", "body");
    contract.create_with("+911234567890", &key, START).await;
    let (_, repeated) = contract.create_with("+911234567890", &key, START).await;
    assert!(matches!(repeated, Created::Repeated(_)), "{repeated:?}");
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let contract = Contract::new().await;
    let key = key("k1", "body");
    contract.create_with("+911234567890", &key, START).await;
    let last = START + REQUEST_KEY_KEPT - Duration::from_millis(1);
    let after = START + REQUEST_KEY_KEPT;
    let stored = async |now| contract.store.stored_answer(Some(&key), now).await.unwrap();
    assert!(stored(last).await.is_some());
    assert!(stored(after).await.is_none());
    let (_, created) = contract.create_with("+911234567891", &key, last).await;
    assert!(matches!(created, Created::Repeated(_)), "{created:?}");
    let (_, created) = contract.create_with("+911234567891", &key, after).await;
    assert_eq!(created, Created::Stored);
}

#[tokio::test]
async fn two_clients_may_choose_the_same_key() {
    let contract = Contract::new().await;
    let ours = key("k1", "body");
    let theirs = RequestKey {
        client: "other".to_owned(),
        ..ours.clone()
    };
    contract.create_with("+911234567890", &ours, START).await;
    let (_, created) = contract.create_with("+911234567891", &theirs, START).await;
    assert_eq!(created, Created::Stored);
}

#[tokio::test]
async fn a_refusal_is_remembered_unless_a_call_came_first() {
    let contract = Contract::new().await;
    let (refused, created) = (key("k1", "body"), key("k2", "body"));
    contract
        .store
        .keep_answer(&refused, Some("busy"), START)
        .await
        .unwrap();
    let (id, _) = contract.create_with("+911234567890", &created, START).await;
    contract
        .store
        .keep_answer(&created, Some("busy"), START)
        .await
        .unwrap();

    let stored = async |key: &RequestKey| {
        let stored = contract.store.stored_answer(Some(key), START).await;
        let stored = stored.unwrap().unwrap();
        (stored.call_id, stored.answer)
    };
    assert_eq!(stored(&refused).await, (None, Some("busy".to_owned())));
    assert_eq!(stored(&created).await, (Some(id), None));
}
