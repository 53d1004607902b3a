//! Writing decisions: everything that changes together changes in one transaction.

use super::{CallStore, StoreError, item};
use crate::{
    call::{CallRequest, CallSession, Decision},
    ids::CallId,
    time::Timestamp,
};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::{
        TransactWriteItemsError, builders::TransactWriteItemsFluentBuilder,
    },
    types::{CancellationReason, Delete, Put, TransactWriteItem, Update},
};

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Stored.
    Applied,
    /// Another writer was first: load the call again and decide on what it says now.
    Stale,
    /// The decision takes a channel and all are in use. Nothing was stored.
    NoChannel,
}

/// What became of a new call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// Stored.
    Stored,
    /// The number has a live call already: this one. Nothing was stored.
    PhoneBusy(CallId),
}

/// Tries to create a call while other transactions touch the same items. Conflicts last
/// milliseconds; past this many the client is told to try again.
const CREATE_TRIES_MAX: u32 = 5;

/// Role of one write in a transaction, to read the cancellation reasons by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Session,
    Lock,
    Channel,
    Other,
}

#[derive(Default)]
struct Transaction {
    writes: Vec<TransactWriteItem>,
    roles: Vec<Role>,
}

impl Transaction {
    fn put(&mut self, role: Role, put: aws_sdk_dynamodb::types::builders::PutBuilder) {
        let put: Put = put.build().expect("table and item are set");
        self.writes
            .push(TransactWriteItem::builder().put(put).build());
        self.roles.push(role);
    }

    fn update(&mut self, role: Role, update: aws_sdk_dynamodb::types::builders::UpdateBuilder) {
        let update: Update = update.build().expect("table, key and expression are set");
        self.writes
            .push(TransactWriteItem::builder().update(update).build());
        self.roles.push(role);
    }

    fn delete(&mut self, delete: aws_sdk_dynamodb::types::builders::DeleteBuilder) {
        let delete: Delete = delete.build().expect("table and key are set");
        self.writes
            .push(TransactWriteItem::builder().delete(delete).build());
        self.roles.push(Role::Other);
    }
}

/// How a transaction ended.
enum Outcome {
    Applied,
    /// A condition failed on the item with this role.
    Failed(Role),
    /// Another transaction was at work on the same items.
    Conflict,
}

impl CallStore {
    /// Stores a new call: session, request, due dial, audit line, phone lock, statistics.
    ///
    /// # Errors
    /// [`StoreError`]; the call may then exist all the same, held by its phone lock.
    pub async fn create(
        &self,
        request: &CallRequest,
        decision: &Decision,
    ) -> Result<Created, StoreError> {
        let phone = &request.patient.phone_number;
        for _ in 0..CREATE_TRIES_MAX {
            match self.run(self.creation(request, decision)?).await? {
                Outcome::Applied => return Ok(Created::Stored),
                Outcome::Conflict => {}
                Outcome::Failed(_) => {
                    if let Some(id) = self.live_call_of(phone).await? {
                        return Ok(Created::PhoneBusy(id));
                    }
                    // The lock was freed between the two requests: try once more.
                }
            }
        }
        Err(StoreError::Unavailable {
            code: "contended".to_owned(),
        })
    }

    fn creation(
        &self,
        request: &CallRequest,
        decision: &Decision,
    ) -> Result<Transaction, StoreError> {
        let next = &decision.next;
        let mut all = Transaction::default();
        let put = self
            .put(item::session(next)?)
            .condition_expression("attribute_not_exists(PK)");
        all.put(Role::Session, put);
        let lock = item::lock(&next.phone, next.id);
        let put = self
            .put(lock)
            .condition_expression("attribute_not_exists(PK)");
        all.put(Role::Lock, put);
        all.put(Role::Other, self.put(item::request(request)?));
        self.write_dial(&mut all, next, None);
        self.write_audit(&mut all, decision)?;
        self.write_stats(&mut all, None, next);
        Ok(all)
    }

    /// Stores a decision made on `before`, with all that changes along with it: attempt, audit
    /// line, due dial, channel, phone lock, carrier pointer, statistics.
    ///
    /// A decision without an audit line (a heartbeat) is one conditional write.
    ///
    /// # Errors
    /// [`StoreError`]; the decision may then be stored all the same.
    pub async fn commit(
        &self,
        before: &CallSession,
        decision: &Decision,
        channels_max: u32,
    ) -> Result<Commit, StoreError> {
        if decision.audit.is_none() {
            return self.renew(before, decision).await;
        }
        Ok(
            match self
                .run(self.transition(before, decision, channels_max)?)
                .await?
            {
                Outcome::Applied => Commit::Applied,
                Outcome::Failed(Role::Channel) => Commit::NoChannel,
                Outcome::Failed(Role::Session | Role::Lock | Role::Other) | Outcome::Conflict => {
                    Commit::Stale
                }
            },
        )
    }

    async fn renew(&self, before: &CallSession, decision: &Decision) -> Result<Commit, StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item::session(&decision.next)?))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", item::number(before.version))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Commit::Applied),
            Err(error) if is_condition_failure(error.as_service_error()) => Ok(Commit::Stale),
            Err(error) => Err(error.into()),
        }
    }

    fn transition(
        &self,
        before: &CallSession,
        decision: &Decision,
        channels_max: u32,
    ) -> Result<Transaction, StoreError> {
        let next = &decision.next;
        let mut all = Transaction::default();
        let put = self
            .put(item::session(next)?)
            .condition_expression("version = :version")
            .expression_attribute_values(":version", item::number(before.version));
        all.put(Role::Session, put);
        if let Some(attempt) = next
            .attempt
            .as_ref()
            .filter(|a| before.attempt.as_ref() != Some(a))
        {
            all.put(Role::Other, self.put(item::attempt(next.id, attempt)?));
        }
        self.write_audit(&mut all, decision)?;
        self.write_dial(&mut all, next, before.dial_at);
        self.write_channel(&mut all, before, next, channels_max);
        self.write_stats(&mut all, Some(before), next);
        self.write_pointer(&mut all, before, next);
        if next.state.is_final() {
            let unlock = self
                .delete(item::key(item::phone_pk(&next.phone), item::LOCK))
                .condition_expression("attribute_not_exists(PK) OR callId = :id")
                .expression_attribute_values(":id", item::text(next.id.to_string()));
            all.delete(unlock);
        }
        Ok(all)
    }

    fn write_audit(&self, all: &mut Transaction, decision: &Decision) -> Result<(), StoreError> {
        if let Some(audit) = &decision.audit {
            let put = self
                .put(item::audit(decision.next.id, audit)?)
                .condition_expression("attribute_not_exists(PK)");
            all.put(Role::Other, put);
        }
        Ok(())
    }

    fn write_dial(&self, all: &mut Transaction, next: &CallSession, before: Option<Timestamp>) {
        match next.dial_at {
            Some(at) if before != Some(at) => {
                all.put(Role::Other, self.put(item::dial(next.id, at)));
            }
            None if before.is_some() => {
                all.delete(self.delete(item::key(item::call_pk(next.id), item::DIAL)));
            }
            Some(_) | None => {}
        }
    }

    fn write_channel(
        &self,
        all: &mut Transaction,
        before: &CallSession,
        next: &CallSession,
        channels_max: u32,
    ) {
        let update = self
            .update(item::key(item::CHANNELS, item::COUNTER))
            .update_expression("ADD inUse :change");
        match (before.state.holds_channel(), next.state.holds_channel()) {
            (false, true) => {
                let update = update
                    .condition_expression("attribute_not_exists(inUse) OR inUse < :max")
                    .expression_attribute_values(":max", item::number(channels_max))
                    .expression_attribute_values(":change", item::number(1));
                all.update(Role::Channel, update);
            }
            (true, false) => {
                let update = update.expression_attribute_values(":change", item::number(-1));
                all.update(Role::Other, update);
            }
            (true, true) | (false, false) => {}
        }
    }

    fn write_stats(&self, all: &mut Transaction, before: Option<&CallSession>, next: &CallSession) {
        let from = before.map(|session| session.state);
        if from == Some(next.state) {
            return;
        }
        let mut update = self
            .update(item::key(
                item::stats_pk(item::shard_of(next.id)),
                item::COUNTER,
            ))
            .expression_attribute_names("#to", next.state.label())
            .expression_attribute_values(":one", item::number(1));
        update = match from {
            None => update.update_expression("ADD #to :one"),
            Some(from) => update
                .update_expression("ADD #to :one, #from :less")
                .expression_attribute_names("#from", from.label())
                .expression_attribute_values(":less", item::number(-1)),
        };
        all.update(Role::Other, update);
    }

    fn write_pointer(&self, all: &mut Transaction, before: &CallSession, next: &CallSession) {
        let known = before
            .attempt
            .as_ref()
            .and_then(|attempt| attempt.carrier_call_id.as_ref());
        let Some(attempt) = &next.attempt else { return };
        if let Some(id) = attempt
            .carrier_call_id
            .as_ref()
            .filter(|id| Some(*id) != known)
        {
            all.put(
                Role::Other,
                self.put(item::pointer(id, next.id, attempt.number)),
            );
        }
    }

    async fn run(&self, transaction: Transaction) -> Result<Outcome, StoreError> {
        let request: TransactWriteItemsFluentBuilder = self.client.transact_write_items();
        let sent = request
            .set_transact_items(Some(transaction.writes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Outcome::Applied),
            Err(error) => match cancellation(&error) {
                Some(reasons) => outcome_of(reasons, &transaction.roles),
                None => Err(error.into()),
            },
        }
    }

    fn put(&self, item: item::Item) -> aws_sdk_dynamodb::types::builders::PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    fn update(&self, key: item::Item) -> aws_sdk_dynamodb::types::builders::UpdateBuilder {
        Update::builder().table_name(&self.table).set_key(Some(key))
    }

    fn delete(&self, key: item::Item) -> aws_sdk_dynamodb::types::builders::DeleteBuilder {
        Delete::builder().table_name(&self.table).set_key(Some(key))
    }
}

fn is_condition_failure(
    error: Option<&aws_sdk_dynamodb::operation::put_item::PutItemError>,
) -> bool {
    error.is_some_and(|error| error.is_conditional_check_failed_exception())
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<&[CancellationReason]> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) =
        error.as_service_error()?
    else {
        return None;
    };
    Some(canceled.cancellation_reasons())
}

/// Reads the reasons in the order of the writes: the session's own comes first and wins.
fn outcome_of(reasons: &[CancellationReason], roles: &[Role]) -> Result<Outcome, StoreError> {
    let mut conflict = false;
    for (reason, role) in reasons.iter().zip(roles) {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => return Ok(Outcome::Failed(*role)),
            "TransactionConflict" => conflict = true,
            "ProvisionedThroughputExceeded" | "ThrottlingError" => {
                return Err(StoreError::Unavailable {
                    code: "throttled".to_owned(),
                });
            }
            other => {
                return Err(StoreError::Refused {
                    code: other.to_owned(),
                });
            }
        }
    }
    if conflict {
        return Ok(Outcome::Conflict);
    }
    Err(StoreError::Refused {
        code: "TransactionCanceled".to_owned(),
    })
}
