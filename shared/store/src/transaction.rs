//! One transaction: what it writes, in which role, and how it ended.

use super::{call_store::CallStore, error::StoreError, item::Item};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{
        CancellationReason, ConditionCheck, Delete, Put, TransactWriteItem, Update,
        builders::{ConditionCheckBuilder, DeleteBuilder, PutBuilder, UpdateBuilder},
    },
};

/// What a write is for, to read the cancellation reasons by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The client's own key of a request.
    Key,
    /// The session, on the version it was decided on.
    Session,
    /// The number is not on the list of opt-outs.
    OptOut,
    /// Promotion may disturb the number.
    Dnd,
    /// The number has no other live call.
    Lock,
    /// A channel is free.
    Channel,
    /// The channel that is given back is counted.
    Release,
    /// The second still has a dial to give.
    Pace,
    /// The campaign, on the version or in the state it was decided on.
    Campaign,
    /// The campaign has a place and a part of its pace left.
    Place,
    /// The campaign's file, as it was when something was decided about it.
    File,
    /// The row of a campaign, on the version it was decided on.
    Row,
    /// The part of a file, unless there is another one.
    Part,
    /// The patient's data is not held back from being erased.
    Hold,
    /// Everything that follows from the rest.
    Other,
}

/// Writes that happen together or not at all; at most 100 by DynamoDB's rule, here about ten.
#[derive(Default)]
pub(super) struct Transaction {
    writes: Vec<TransactWriteItem>,
    roles: Vec<Role>,
}

impl Transaction {
    fn add(&mut self, role: Role, write: TransactWriteItem) {
        self.writes.push(write);
        self.roles.push(role);
    }

    pub(super) fn put(&mut self, role: Role, put: PutBuilder) {
        let put = put.build().expect("table and item are set");
        self.add(role, TransactWriteItem::builder().put(put).build());
    }

    pub(super) fn update(&mut self, role: Role, update: UpdateBuilder) {
        let update = update.build().expect("table, key and expression are set");
        self.add(role, TransactWriteItem::builder().update(update).build());
    }

    pub(super) fn delete(&mut self, role: Role, delete: DeleteBuilder) {
        let delete = delete.build().expect("table and key are set");
        self.add(role, TransactWriteItem::builder().delete(delete).build());
    }

    pub(super) fn check(&mut self, role: Role, check: ConditionCheckBuilder) {
        let check = check.build().expect("table, key and condition are set");
        let write = TransactWriteItem::builder().condition_check(check).build();
        self.add(role, write);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Everything was written.
    Applied,
    /// A condition failed on the write with this role; nothing was written.
    Failed(Role),
    /// Another transaction was at work on the same items; nothing was written.
    Conflict,
}

impl CallStore {
    pub(super) async fn run(&self, transaction: Transaction) -> Result<Ended, StoreError> {
        let request = self.client.transact_write_items();
        let sent = request
            .set_transact_items(Some(transaction.writes))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Ended::Applied),
            Err(error) => match cancellation(&error) {
                Some(reasons) => ended(reasons, &transaction.roles),
                None => Err(error.into()),
            },
        }
    }

    /// Whether all was written; nothing was if a condition failed.
    pub(super) async fn try_run(&self, transaction: Transaction) -> Result<bool, StoreError> {
        match self.run(transaction).await? {
            Ended::Applied => Ok(true),
            Ended::Failed(_) => Ok(false),
            Ended::Conflict => Err(StoreError::contended()),
        }
    }

    pub(super) fn put(&self, item: Item) -> PutBuilder {
        Put::builder().table_name(&self.table).set_item(Some(item))
    }

    pub(super) fn update(&self, key: Item) -> UpdateBuilder {
        Update::builder().table_name(&self.table).set_key(Some(key))
    }

    pub(super) fn delete(&self, key: Item) -> DeleteBuilder {
        Delete::builder().table_name(&self.table).set_key(Some(key))
    }

    pub(super) fn check_that(&self, key: Item, condition: &str) -> ConditionCheckBuilder {
        ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .condition_expression(condition)
    }
}

fn cancellation<R>(error: &SdkError<TransactWriteItemsError, R>) -> Option<&[CancellationReason]> {
    let TransactWriteItemsError::TransactionCanceledException(canceled) =
        error.as_service_error()?
    else {
        return None;
    };
    Some(canceled.cancellation_reasons())
}

/// Reads the reasons in the order of the writes: the first failed condition wins.
fn ended(reasons: &[CancellationReason], roles: &[Role]) -> Result<Ended, StoreError> {
    let mut conflict = false;
    for (reason, role) in reasons.iter().zip(roles) {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => return Ok(Ended::Failed(*role)),
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
        return Ok(Ended::Conflict);
    }
    Err(StoreError::Refused {
        code: "TransactionCanceled".to_owned(),
    })
}
