//! Answers: one item per call and field, with what was corrected.

use super::{
    call_store::CallStore,
    error::StoreError,
    item, row,
    transaction::{Ended, Role, Transaction},
};
use call::{
    answers::{Answer, Given},
    ids::CallId,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredAnswer {
    pub(super) answer: Answer,
    /// Rises with each change; every write depends on it.
    version: u32,
}

/// Rounds of saving again after a lost race; only two tools that name the same field at once race.
const ROUNDS_MAX: u32 = 8;

/// First pause after a lost race; it doubles each round.
const RACE_PAUSE: Duration = Duration::from_millis(5);

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Saved {
    /// It is kept, and this is the answer now; one of an earlier turn does not hold.
    New(Answer),
    /// It said nothing new about this answer.
    Known(Answer),
    /// There is no such call, or its data is to be erased.
    NoSuchCall,
}

impl CallStore {
    /// Saves what a patient answered. On return it is durable; saving it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError`]; the answer may have been saved all the same and can be saved again.
    pub async fn save_patient_answer(
        &self,
        call: CallId,
        field: &str,
        given: &Given,
    ) -> Result<Saved, StoreError> {
        for round in 0..ROUNDS_MAX {
            let stored: Option<StoredAnswer> = self.get(item::answer_key(call, field)).await?;
            let (answer, before) = match stored {
                None => (Answer::first(field, given.clone()), 0),
                Some(StoredAnswer { answer, version }) => match answer.with(given.clone()) {
                    Some(answer) => (answer, version),
                    None => return self.known(call, answer).await,
                },
            };
            match self.put_answer(call, answer.clone(), before).await? {
                Ended::Applied => return Ok(Saved::New(answer)),
                Ended::Failed(Role::Session) => return Ok(Saved::NoSuchCall),
                Ended::Failed(_) | Ended::Conflict => {
                    tokio::time::sleep(RACE_PAUSE * (1 << round)).await;
                }
            }
        }
        Err(StoreError::contended())
    }

    /// What is said of an answer that stands already: nothing, if nobody may read it any more.
    async fn known(&self, call: CallId, answer: Answer) -> Result<Saved, StoreError> {
        let session = self.load(call).await?;
        let is_open = session.is_some_and(|session| session.restricted_at.is_none());
        Ok(if is_open {
            Saved::Known(answer)
        } else {
            Saved::NoSuchCall
        })
    }

    /// Names of the fields of a call that have an answer.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answered(&self, call: CallId) -> Result<Vec<String>, StoreError> {
        let mut fields = Vec::new();
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("PK = :pk AND begins_with(SK, :answer)")
            .expression_attribute_values(":pk", item::text(item::call_pk(call)))
            .expression_attribute_values(":answer", item::text("ANSWER#"))
            .projection_expression("SK")
            .into_paginator()
            .items()
            .send();
        while let Some(row) = pages.next().await {
            fields.extend(item::field_of(&row?));
        }
        Ok(fields)
    }

    async fn put_answer(
        &self,
        call: CallId,
        answer: Answer,
        before: u32,
    ) -> Result<Ended, StoreError> {
        let mut all = Transaction::default();
        self.write_answer_in_row(&mut all, call, &answer)?;
        let stored = StoredAnswer {
            answer,
            version: before + 1,
        };
        let at = stored.answer.given.at;
        let put = self.put(self.kept(row::answer(call, &stored.answer.field, &stored)?, at));
        all.put(
            Role::Other,
            if before == 0 {
                put.condition_expression("attribute_not_exists(PK)")
            } else {
                put.condition_expression("version = :before")
                    .expression_attribute_values(":before", item::number(before))
            },
        );
        self.run(all).await
    }
}
