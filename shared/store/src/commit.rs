//! Writing decisions: everything that changes together changes in one transaction.

use super::{
    call_store::CallStore,
    campaign_load::CampaignPart,
    delivery::Delivery,
    error::StoreError,
    item,
    race::unless_raced,
    row,
    transaction::{Ended, Role, Transaction},
};
use aws_sdk_dynamodb::types::{AttributeValue, builders::UpdateBuilder};
use call::{
    Decision,
    decision::{Channel, DueDial},
    time::Timestamp,
};
use std::time::Duration;

/// What became of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Stored.
    Applied,
    /// Another writer was first: load the call again and decide on what it says now.
    Stale,
    /// The decision takes a channel and all are in use. Nothing was stored.
    NoChannel,
    /// The decision begins a dial and this second has had all of its own. Nothing was stored.
    Paced,
    /// The decision lets a dial leave and the number wants no calls. Nothing was stored.
    OptedOut,
    /// The decision lets a dial of promotion leave, which may not disturb the number. Nothing was stored.
    Listed,
}

/// Whether a channel that is given back is taken off the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Release {
    Counted,
    Uncounted,
}

/// How long a second's count of dials is kept before DynamoDB's TTL may remove it.
const PACE_KEPT: Duration = Duration::from_secs(3_600);

impl CallStore {
    /// Stores a decision, with all that changes along with it.
    ///
    /// A decision without an audit line (a heartbeat) is one conditional write.
    ///
    /// # Errors
    /// [`StoreError`]; the decision may then be stored all the same.
    pub async fn commit(&self, decision: &Decision) -> Result<Commit, StoreError> {
        self.commit_with(decision, &CampaignPart::default()).await
    }

    /// Stores a decision about a call, with what it brings along for the campaign that the call belongs
    /// to. If the campaign or the row is not what it was decided on, another writer was first.
    ///
    /// # Errors
    /// [`StoreError`]; the decision may then be stored all the same.
    pub async fn commit_with(
        &self,
        decision: &Decision,
        part: &CampaignPart,
    ) -> Result<Commit, StoreError> {
        if decision.audit.is_none() {
            return self.renew(decision).await;
        }
        let mut ended = self
            .run(self.transition(decision, part, Release::Counted)?)
            .await?;
        if ended == Ended::Failed(Role::Release) {
            // A call must end, whatever became of the counter.
            tracing::error!(call_id = %decision.next.id, "a channel was given back that the counter does not have; POST /api/channels/reconcile sets it right");
            let transition = self.transition(decision, part, Release::Uncounted)?;
            ended = self.run(transition).await?;
        }
        Ok(match ended {
            Ended::Applied => Commit::Applied,
            Ended::Failed(Role::Channel) => Commit::NoChannel,
            Ended::Failed(Role::Pace) => Commit::Paced,
            Ended::Failed(Role::OptOut) => Commit::OptedOut,
            Ended::Failed(Role::Dnd) => Commit::Listed,
            Ended::Failed(
                Role::Session
                | Role::Lock
                | Role::Key
                | Role::Release
                | Role::Campaign
                | Role::Place
                | Role::File
                | Role::Row
                | Role::Part
                | Role::Hold
                | Role::Other,
            )
            | Ended::Conflict => Commit::Stale,
        })
    }

    async fn renew(&self, decision: &Decision) -> Result<Commit, StoreError> {
        let next = &decision.next;
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(self.kept(row::session(next)?, next.over_by())))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", made_on(decision))
            .send()
            .await;
        Ok(match unless_raced(sent)? {
            Some(_) => Commit::Applied,
            None => Commit::Stale,
        })
    }

    fn transition(
        &self,
        decision: &Decision,
        part: &CampaignPart,
        release: Release,
    ) -> Result<Transaction, StoreError> {
        let (next, along) = (&decision.next, &decision.along);
        let mut all = Transaction::default();
        let until = next.over_by();
        let put = self
            .put(self.kept(row::session(next)?, until))
            .condition_expression("version = :version")
            .expression_attribute_values(":version", made_on(decision));
        all.put(Role::Session, put);
        if let Some(attempt) = &along.attempt {
            let attempt = self.kept(row::attempt(next.id, attempt)?, until);
            all.put(Role::Other, self.put(attempt));
        }
        self.write_audit(&mut all, decision)?;
        self.write_dial(&mut all, decision);
        self.write_channel(&mut all, decision, release);
        self.write_campaign_part(&mut all, decision, part)?;
        if along.unless_opted_out {
            let unwanted = item::opt_out_key(&next.phone);
            let check = self.check_that(unwanted, "attribute_not_exists(PK)");
            all.check(Role::OptOut, check);
        }
        if let Some(from) = part.dnd_from {
            self.check_not_listed(&mut all, &next.phone, from);
        }
        if along.is_not_to_be_disturbed {
            self.put_dnd_refusal(&mut all, &next.phone, next.updated_at);
        }
        self.write_stats(&mut all, decision);
        if let Some((id, attempt)) = &along.carrier_call {
            let pointer = row::pointer(id, next.id, *attempt);
            all.put(Role::Other, self.put(self.kept(pointer, until)));
        }
        self.write_result(&mut all, decision)?;
        if let Some(awaited) = &along.conversation {
            self.write_conversation(&mut all, next, awaited);
        }
        self.write_outbox(&mut all, decision)?;
        if along.frees_number {
            let unlock = self
                .delete(item::key(item::phone_pk(&next.phone), item::LOCK))
                .condition_expression("attribute_not_exists(PK) OR callId = :id")
                .expression_attribute_values(":id", item::text(next.id.to_string()));
            all.delete(Role::Other, unlock);
        }
        Ok(all)
    }

    pub(super) fn write_audit(
        &self,
        all: &mut Transaction,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        if let Some(audit) = &decision.audit {
            let next = &decision.next;
            let put = self
                .put(self.kept(row::audit(next.id, audit)?, next.over_by()))
                .condition_expression("attribute_not_exists(PK)");
            all.put(Role::Other, put);
        }
        Ok(())
    }

    pub(super) fn write_dial(&self, all: &mut Transaction, decision: &Decision) {
        let next = &decision.next;
        match decision.along.dial {
            DueDial::At(at) => {
                let dial = self.kept(row::dial(next, at), next.over_by());
                all.put(Role::Other, self.put(dial));
            }
            DueDial::Gone => {
                let due = item::key(item::call_pk(next.id), item::DIAL);
                all.delete(Role::Other, self.delete(due));
            }
            DueDial::Kept => {}
        }
    }

    fn write_channel(&self, all: &mut Transaction, decision: &Decision, release: Release) {
        match decision.along.channel {
            Channel::Taken { limit, per_second } => {
                let update = self
                    .add_to_channels(1)
                    .condition_expression("attribute_not_exists(inUse) OR inUse < :max")
                    .expression_attribute_values(":max", item::number(limit));
                all.update(Role::Channel, update);
                if let Some(limit) = per_second {
                    self.write_pace(all, decision.next.updated_at, limit);
                }
            }
            Channel::GivenBack if release == Release::Counted => self.give_channel_back(all),
            Channel::GivenBack | Channel::Unchanged => {}
        }
    }

    fn give_channel_back(&self, all: &mut Transaction) {
        let update = self
            .add_to_channels(-1)
            .condition_expression("inUse > :none")
            .expression_attribute_values(":none", item::number(0));
        all.update(Role::Release, update);
    }

    /// Changes the counter, and counts the change: who reads it twice sees whether it stood still.
    fn add_to_channels(&self, change: i8) -> UpdateBuilder {
        self.update(item::key(item::CHANNELS, item::COUNTER))
            .update_expression("ADD inUse :change, changes :one")
            .expression_attribute_values(":change", item::number(change))
            .expression_attribute_values(":one", item::number(1))
    }

    /// Counts a dial in its second of the clock.
    fn write_pace(&self, all: &mut Transaction, now: Timestamp, limit: u32) {
        let update = self
            .update(item::key(item::pace_pk(now), item::COUNTER))
            .update_expression("ADD #count :one SET #ttl = :expiry")
            .condition_expression("attribute_not_exists(#count) OR #count < :limit")
            .expression_attribute_names("#count", "count")
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":one", item::number(1))
            .expression_attribute_values(":expiry", item::number((now + PACE_KEPT).as_secs()))
            .expression_attribute_values(":limit", item::number(limit));
        all.update(Role::Pace, update);
    }

    /// Queues an outcome for everybody who is to be told.
    fn write_outbox(&self, all: &mut Transaction, decision: &Decision) -> Result<(), StoreError> {
        let Some(audit) = &decision.audit else {
            return Ok(());
        };
        let next = &decision.next;
        for target in &decision.along.notify {
            let delivery = Delivery::new(next.id, *target, audit.clone());
            let delivery = self.kept(row::delivery(&delivery)?, next.over_by());
            all.put(Role::Other, self.put(delivery));
        }
        Ok(())
    }

    pub(super) fn write_stats(&self, all: &mut Transaction, decision: &Decision) {
        let Some((from, to)) = decision.along.moved else {
            return;
        };
        let mut update = self
            .update(item::key(
                item::stats_pk(item::shard_of(decision.next.id)),
                item::COUNTER,
            ))
            .expression_attribute_names("#to", to.label())
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
}

/// The version that must still be stored; a new call has none.
fn made_on(decision: &Decision) -> AttributeValue {
    item::number(decision.made_on.unwrap_or_default())
}
