//! Rows of a campaign as items, and moving them.

use super::row::{Body, StoredRow};
use crate::{
    call_store::CallStore,
    commit::Commit,
    error::StoreError,
    item::{self, Item},
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use campaign::{Campaign, CampaignId, LIFE_MAX, Row, RowDecision, RowState, Tally};

/// A row as it is stored, without its expiry.
pub(super) fn item_of(id: CampaignId, row: &StoredRow) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(&row.row)?;
    let body: Item = serde_dynamo::to_item(Body::of(row))?;
    item.extend(body);
    item.extend(item::row_key(id, row.row.number));
    if row.row.state == RowState::Pending {
        item.extend(turn(id, row.row.number));
    }
    Ok(item)
}

/// Where a row waits for its turn.
fn turn(id: CampaignId, number: u32) -> Item {
    let shard = item::pending_shard(id, item::row_shard(number));
    Item::from([
        (item::DUE_SHARD.to_owned(), item::text(shard)),
        (item::DUE_AT.to_owned(), item::number(number)),
    ])
}

/// Reads a row.
pub(super) fn row_of(item: Item) -> Result<StoredRow, StoreError> {
    let row: Row = serde_dynamo::from_item(item.clone())?;
    let body: Body = serde_dynamo::from_item(item)?;
    Ok(body.with(row))
}

impl CallStore {
    /// Stores a decision about a row, and counts it where it is then.
    ///
    /// # Errors
    /// [`StoreError`]; the decision may then be stored all the same.
    pub async fn commit_row(
        &self,
        id: CampaignId,
        decision: &RowDecision,
    ) -> Result<Commit, StoreError> {
        let mut all = Transaction::default();
        self.write_row_moved(&mut all, id, decision)?;
        Ok(match self.run(all).await? {
            Ended::Applied => Commit::Applied,
            Ended::Failed(_) | Ended::Conflict => Commit::Stale,
        })
    }

    /// The row on the version that was decided on, and the counts of its shard. Both may be part of a
    /// larger transaction; the row's condition has [`Role::Row`].
    pub(crate) fn write_row_moved(
        &self,
        all: &mut Transaction,
        id: CampaignId,
        decision: &RowDecision,
    ) -> Result<(), StoreError> {
        all.update(Role::Row, self.row_update(id, decision)?);
        if let Some((from, to)) = decision.moved {
            let counts = item::counts_key(id, item::row_shard(decision.next.number));
            let update = self
                .update(counts)
                .update_expression("ADD #to :one, #from :less")
                .expression_attribute_names("#to", to.label())
                .expression_attribute_names("#from", from.label())
                .expression_attribute_values(":one", item::number(1))
                .expression_attribute_values(":less", item::number(-1));
            all.update(Role::Other, update);
        }
        Ok(())
    }

    /// Sets every attribute of the fold; what is known of the patient stays.
    fn row_update(
        &self,
        id: CampaignId,
        decision: &RowDecision,
    ) -> Result<UpdateBuilder, StoreError> {
        let next = &decision.next;
        let mut fold: Item = serde_dynamo::to_item(next)?;
        if next.state == RowState::Pending {
            fold.extend(turn(id, next.number));
        }
        let optional = [
            "call",
            "lastDialAt",
            "isListed",
            item::DUE_SHARD,
            item::DUE_AT,
        ];
        let absent = optional.iter().filter(|name| !fold.contains_key(**name));
        let absent: Vec<String> = absent.map(|name| format!("#{name}")).collect();
        let set: Vec<String> = fold
            .keys()
            .map(|name| format!("#{name} = :{name}"))
            .collect();
        let mut expression = format!("SET {}", set.join(", "));
        if !absent.is_empty() {
            expression += &format!(" REMOVE {}", absent.join(", "));
        }
        let mut update = self
            .update(item::row_key(id, next.number))
            .update_expression(expression)
            .condition_expression("#version = :madeOn")
            .expression_attribute_values(":madeOn", item::number(decision.made_on));
        for name in fold.keys().map(String::as_str).chain(optional) {
            update = update.expression_attribute_names(format!("#{name}"), name);
        }
        for (name, value) in fold {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        Ok(update)
    }

    /// Adds imported rows to the counts of their shard.
    pub(super) fn add_to_counts(
        &self,
        campaign: &Campaign,
        shard: u8,
        mut rows: Tally,
    ) -> Option<UpdateBuilder> {
        let ttl = self.ttl(campaign.created_at + LIFE_MAX);
        let mut update = self
            .update(item::counts_key(campaign.id, shard))
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":ttl", ttl);
        let mut added = Vec::new();
        for state in RowState::ALL {
            let count = *rows.of(state);
            if count > 0 {
                let name = state.label();
                added.push(format!("#{name} :{name}"));
                update = update
                    .expression_attribute_names(format!("#{name}"), name)
                    .expression_attribute_values(format!(":{name}"), item::number(count));
            }
        }
        let expression = format!("SET #ttl = :ttl ADD {}", added.join(", "));
        (!added.is_empty()).then(|| update.update_expression(expression))
    }
}
