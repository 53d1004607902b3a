//! Answers: durable, corrected in order, and only of calls that exist.

use super::*;
use call::answers::{Given, Source};
use serde_json::{Value, json};
use store::Saved;

fn given(value: Value, n: i64) -> Given {
    Given {
        value,
        at: Timestamp::from_millis(n),
        attempt: 1,
        source: Source::Mcp,
        conversation: None,
        turn: None,
    }
}

impl Contract {
    async fn save(&self, call: CallId, value: Value, n: i64) -> Saved {
        let given = given(value, n);
        let saved = self.store.save_patient_answer(call, "age", &given).await;
        saved.unwrap()
    }

    /// Saves what is kept, or held already; whether it is kept, and what holds.
    async fn holds(&self, call: CallId, value: Value, n: i64) -> (bool, Value) {
        match self.save(call, value, n).await {
            Saved::New(answer) => (true, answer.given.value),
            Saved::Known(answer) => (false, answer.given.value),
            Saved::NoSuchCall => panic!("the call is gone"),
        }
    }
}

#[tokio::test]
async fn an_answer_is_saved_once_and_corrected_in_order() {
    let contract = Contract::new().await;
    let id = contract.create("+911234567890").await.id;
    for (value, n, is_kept) in [
        (json!(42), 1, true),
        (json!(42), 2, false),
        (json!("चौवालीस"), 3, true),
    ] {
        let holds = contract.holds(id, value.clone(), n).await;
        assert_eq!(holds, (is_kept, value));
    }
    let record = contract.store.record(id).await.unwrap().unwrap();
    let [answer] = &record.answers[..] else {
        panic!("{:?}", record.answers);
    };
    assert_eq!(answer.given, given(json!("चौवालीस"), 3));
    assert_eq!(answer.earlier, [given(json!(42), 1)]);
}

#[tokio::test]
async fn two_at_once_are_both_kept() {
    let contract = Contract::new().await;
    let id = contract.create("+911234567890").await.id;
    let (one, two) = tokio::join!(
        contract.holds(id, json!(1), 1),
        contract.holds(id, json!(2), 2)
    );
    assert_eq!((one, two), ((true, json!(1)), (true, json!(2))));
    let record = contract.store.record(id).await.unwrap().unwrap();
    assert_eq!(record.answers[0].earlier.len(), 1);
}

#[tokio::test]
async fn there_is_no_answer_without_a_call() {
    let contract = Contract::new().await;
    let saved = contract
        .save(store::clock::draw_call_id(), json!(42), 1)
        .await;
    assert_eq!(saved, Saved::NoSuchCall);
}
