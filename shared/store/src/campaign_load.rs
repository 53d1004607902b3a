//! What goes on in a campaign, and what its calls change of that: in the transactions of the calls.

use crate::{
    call_store::CallStore,
    error::StoreError,
    item,
    transaction::{Role, Transaction},
};
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use call::{Decision, decision::Channel, ids::CallId, time::Timestamp};
use campaign::{Campaign, CampaignId, Day, Load, Pace, Permit, Plan, RowDecision, State};
use serde::{Deserialize, Serialize};

/// What goes on in a campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CampaignLoad {
    /// Calls that hold a channel: about to be dialled, ringing, or talked on.
    pub live: u32,
    /// Dials that left, in all.
    pub dials: u32,
    /// When the latest one left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_dial_at: Option<Timestamp>,
    /// When the pace allows the next one, in milliseconds since 1970; absent without a pace.
    #[serde(rename = "paceDue", skip_serializing_if = "Option::is_none")]
    pace_due: Option<i64>,
}

impl CampaignLoad {
    /// What a decision about a row needs to know of it.
    #[must_use]
    pub fn seen_by(&self, plan: &Plan, now: Timestamp) -> Load {
        let pace = plan.dials_per_minute.map(Pace::of);
        let due = self.pace_due.map(Timestamp::from_millis);
        Load {
            live: self.live,
            paced: pace.map(|pace| pace.allows(due, now)),
            ..Load::default()
        }
    }
}

/// What a campaign holds a dial of its to, in the transaction that lets it begin or leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    generation: u64,
    place: Option<Place>,
}

/// A place among the campaign's calls, and in its pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    concurrency: u32,
    pace: Option<(Pace, Option<i64>)>,
}

impl Terms {
    /// That it runs as it did when this permit was given.
    #[must_use]
    pub const fn of(permit: &Permit) -> Self {
        Self {
            generation: permit.generation(),
            place: None,
        }
    }

    /// That it runs as it does.
    pub(crate) const fn running(campaign: &Campaign) -> Self {
        Self {
            generation: campaign.generation,
            place: None,
        }
    }

    /// And that it has a place for one call more, as it seemed to have.
    #[must_use]
    pub fn with_place(self, plan: &Plan, seen: &CampaignLoad) -> Self {
        let pace = plan.dials_per_minute.map(Pace::of);
        let place = Place {
            concurrency: plan.concurrency,
            pace: pace.map(|pace| (pace, seen.pace_due)),
        };
        Self {
            place: Some(place),
            ..self
        }
    }
}

/// What a decision about a call brings along for the campaign that it belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CampaignPart {
    /// What the campaign must still be like, if a dial begins or leaves.
    pub terms: Option<Terms>,
    /// Where its row is then.
    pub row: Option<RowDecision>,
    /// From which do-not-disturb list on the number may not be in it, if a dial of promotion leaves.
    pub dnd_from: Option<Day>,
}

impl CallStore {
    /// What goes on in a campaign, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn campaign_load(&self, id: CampaignId) -> Result<CampaignLoad, StoreError> {
        let found: Option<CampaignLoad> = self.get(item::load_key(id)).await?;
        Ok(found.unwrap_or_default())
    }

    /// Calls of a campaign whose dial is due until `until`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn due_dials_of(
        &self,
        id: CampaignId,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<CallId>, StoreError> {
        let due = self.due(item::campaign_dials(id), until, limit).await?;
        Ok(due.iter().filter_map(crate::read::call_id_of).collect())
    }

    /// Writes what the decision changes of the campaign that the call belongs to, if it does.
    pub(crate) fn write_campaign_part(
        &self,
        all: &mut Transaction,
        decision: &Decision,
        part: &CampaignPart,
    ) -> Result<(), StoreError> {
        let Some(of) = decision.next.campaign else {
            return Ok(());
        };
        if let Some(terms) = part.terms {
            self.check_runs(all, of.id, terms);
        }
        self.write_load(all, of.id, decision, part.terms);
        if let Some(row) = &part.row {
            self.write_row_moved(all, of.id, row)?;
        }
        Ok(())
    }

    /// Holds that the campaign runs as it did when the right to dial was given.
    pub(crate) fn check_runs(&self, all: &mut Transaction, id: CampaignId, terms: Terms) {
        let condition = "#state = :running AND generation = :generation";
        let check = self
            .check_that(item::campaign_key(id), condition)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":running", item::text(State::Running.label()))
            .expression_attribute_values(":generation", item::number(terms.generation));
        all.check(Role::Campaign, check);
    }

    fn write_load(
        &self,
        all: &mut Transaction,
        id: CampaignId,
        decision: &Decision,
        terms: Option<Terms>,
    ) {
        let (now, along) = (decision.next.updated_at, &decision.along);
        let load = self.update(item::load_key(id));
        let place = terms.and_then(|terms| terms.place);
        match (along.channel, place) {
            (Channel::Taken { .. }, Some(place)) => {
                all.update(Role::Place, taken(load, place, now));
            }
            (Channel::GivenBack, _) => {
                let give_back = load
                    .update_expression("ADD live :less")
                    .expression_attribute_values(":less", item::number(-1));
                all.update(Role::Other, give_back);
            }
            (Channel::Unchanged, _) if along.unless_opted_out => {
                let leave = load
                    .update_expression("SET lastDialAt = :now ADD dials :one")
                    .expression_attribute_values(":now", item::text(now.to_string()))
                    .expression_attribute_values(":one", item::number(1));
                all.update(Role::Other, leave);
            }
            (Channel::Taken { .. }, None) | (Channel::Unchanged, _) => {}
        }
    }
}

/// Takes a place, and moves on when the pace allows the next dial: by an interval from where it is, or
/// from the earliest moment that counts if it lies before that.
fn taken(load: UpdateBuilder, place: Place, now: Timestamp) -> UpdateBuilder {
    let has_place = "(attribute_not_exists(live) OR live < :max)";
    let load = load
        .expression_attribute_values(":one", item::number(1))
        .expression_attribute_values(":max", item::number(place.concurrency));
    let Some((pace, seen)) = place.pace else {
        return load
            .update_expression("ADD live :one")
            .condition_expression(has_place);
    };
    let earliest = Pace::earliest(now);
    let is_behind = seen.is_none_or(|due| due < earliest.as_millis());
    if is_behind {
        let next = earliest + pace.interval();
        let is_due = "(attribute_not_exists(paceDue) OR paceDue < :earliest)";
        return load
            .update_expression("SET paceDue = :next ADD live :one")
            .condition_expression(format!("{has_place} AND {is_due}"))
            .expression_attribute_values(":next", item::number(next.as_millis()))
            .expression_attribute_values(":earliest", item::number(earliest.as_millis()));
    }
    load.update_expression("ADD live :one, paceDue :interval")
        .condition_expression(format!(
            "{has_place} AND paceDue BETWEEN :earliest AND :now"
        ))
        .expression_attribute_values(":interval", item::number(pace.interval().as_millis()))
        .expression_attribute_values(":earliest", item::number(earliest.as_millis()))
        .expression_attribute_values(":now", item::number(now.as_millis()))
}
