//! Answers: durable, corrected in order, and only of calls that exist.

use super::*;
use serde_json::{Value, json};
use shared::{
    answers::{Given, Source},
    store::Saved,
};

fn given(value: Value, n: i64) -> Given {
    Given {
        value,
        at: Timestamp::from_millis(n),
        attempt: 1,
        source: Source::Mcp,
        turn: None,
    }
}

impl Contract {
    async fn save(&self, call: CallId, value: Value, n: i64) -> Saved {
        let given = given(value, n);
        let saved = self.store.save_patient_answer(call, "age", &given).await;
        saved.unwrap()
    }
}

#[tokio::test]
async fn an_answer_is_saved_once_and_corrected_in_order() {
    let contract = Contract::new().await;
    let id = contract.create("+911234567890").await.id;
    assert_eq!(contract.save(id, json!(42), 1).await, Saved::New);
    assert_eq!(contract.save(id, json!(42), 2).await, Saved::Known);
    assert_eq!(contract.save(id, json!("चौवालीस"), 3).await, Saved::New);
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
        contract.save(id, json!(1), 1),
        contract.save(id, json!(2), 2)
    );
    assert_eq!((one, two), (Saved::New, Saved::New));
    let record = contract.store.record(id).await.unwrap().unwrap();
    assert_eq!(record.answers[0].earlier.len(), 1);
}

#[tokio::test]
async fn there_is_no_answer_without_a_call() {
    let contract = Contract::new().await;
    let saved = contract.save(CallId::random(), json!(42), 1).await;
    assert_eq!(saved, Saved::NoSuchCall);
}
