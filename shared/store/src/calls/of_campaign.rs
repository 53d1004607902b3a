//! What a campaign says to the dials of its calls, and what their ends say to its rows.

use super::Calls;
use crate::{
    campaign_load::{CampaignPart, Terms},
    error::StoreError,
};
use call::{
    CallEvent, CallSession, Decision, OfCampaign,
    decision::{CallResult, Channel},
};
use campaign::{CallEnd, Load, Row, RowDecision, RowEvent, RowRejection, State, Wait};

impl Calls {
    /// What a decision brings along for the call's campaign and class; or why they do not let the dial begin
    /// or leave that was decided on.
    pub(super) async fn part_of(
        &self,
        decision: &Decision,
    ) -> Result<Result<CampaignPart, Wait>, StoreError> {
        let dnd_from = match self.dnd_of(decision).await? {
            Ok(from) => from,
            Err(wait) => return Ok(Err(wait)),
        };
        let part = self.part_of_campaign(decision).await?;
        Ok(part.map(|part| CampaignPart { dnd_from, ..part }))
    }

    async fn part_of_campaign(
        &self,
        decision: &Decision,
    ) -> Result<Result<CampaignPart, Wait>, StoreError> {
        let along = &decision.along;
        let Some(of) = decision.next.campaign else {
            return Ok(Ok(CampaignPart::default()));
        };
        if let Channel::Taken { .. } = along.channel {
            return self.begins(of).await;
        }
        if along.unless_opted_out {
            return self.leaves(of, &decision.next).await;
        }
        Ok(Ok(match &along.result {
            Some(result) => CampaignPart {
                row: self.row_of_ended(of, &decision.next, result).await?,
                ..CampaignPart::default()
            },
            None => CampaignPart::default(),
        }))
    }

    /// A dial begins: hours, pace and places are looked at.
    async fn begins(&self, of: OfCampaign) -> Result<Result<CampaignPart, Wait>, StoreError> {
        let now = self.now();
        let (campaign, row) = (
            self.store.campaign(of.id),
            self.store.row_fold(of.id, of.row),
        );
        let (Some(campaign), Some(row)) = (campaign.await?, row.await?) else {
            return Ok(Err(Wait::Over(State::Expired)));
        };
        let seen = self.store.campaign_load(of.id).await?;
        let load = Load {
            service: self.policy.calling_window.clone(),
            has_dnd_list: true,
            ..seen.seen_by(&campaign.plan, now)
        };
        Ok(campaign
            .admits(&row, &load, now)
            .map(|permit| CampaignPart {
                terms: Some(Terms::of(&permit).with_place(&campaign.plan, &seen)),
                ..CampaignPart::default()
            }))
    }

    /// A dial leaves: whether it still may.
    async fn leaves(
        &self,
        of: OfCampaign,
        next: &CallSession,
    ) -> Result<Result<CampaignPart, Wait>, StoreError> {
        let (campaign, row) = (
            self.store.campaign(of.id),
            self.store.row_fold(of.id, of.row),
        );
        let (Some(campaign), Some(row)) = (campaign.await?, row.await?) else {
            return Ok(Err(Wait::Over(State::Expired)));
        };
        let service = self.policy.calling_window.as_ref();
        if let Err(wait) = campaign.lets_leave(service, self.now()) {
            return Ok(Err(wait));
        }
        let attempt = next.attempt.as_ref().map_or(0, |attempt| attempt.number);
        let dialled = RowEvent::Dialled {
            call: next.id,
            attempt,
        };
        Ok(match row.apply(&dialled, self.now()) {
            Ok(decision) => Ok(CampaignPart {
                terms: Some(Terms::running(&campaign)),
                row: Some(decision),
                dnd_from: None,
            }),
            Err(reason) => {
                tracing::error!(call_id = %next.id, campaign_id = %of.id, row = of.row, %reason, "a dial that its row does not know");
                Err(Wait::Row(row.state))
            }
        })
    }

    /// Where the row is, now that its call has ended. A call must end, whatever its row says.
    async fn row_of_ended(
        &self,
        of: OfCampaign,
        next: &CallSession,
        result: &CallResult,
    ) -> Result<Option<RowDecision>, StoreError> {
        let Some(cause) = result.cause else {
            return Ok(None);
        };
        let ended = RowEvent::CallEnded {
            call: next.id,
            end: CallEnd::of(cause),
        };
        let row: Option<Row> = self.store.row_fold(of.id, of.row).await?;
        let decided = row.map(|row| row.apply(&ended, self.now()));
        Ok(match decided {
            Some(Ok(decision)) => Some(decision),
            // Whoever told of the end before has stored it in both, and this decision will be stale.
            Some(Err(RowRejection::AlreadyApplied)) => None,
            Some(Err(reason)) => {
                tracing::error!(call_id = %next.id, campaign_id = %of.id, row = of.row, %reason, "a call ended that its row does not know");
                None
            }
            None => None,
        })
    }
}

/// What is learnt if a dial was about to leave and the campaign does not let it: the intent is given
/// back. A call that only waits goes on waiting.
pub(super) fn held(decision: &Decision) -> Option<CallEvent> {
    let attempt = decision.next.attempt.as_ref()?.number;
    let is_leaving = decision.along.unless_opted_out;
    is_leaving.then_some(CallEvent::DialHeld { attempt })
}
