//! Whom promotion may not disturb, asked when its dial begins and when it leaves.

use super::Calls;
use crate::error::StoreError;
use call::{Decision, decision::Channel};
use campaign::{Blocked, Class, Day, Plan, Wait};

impl Calls {
    /// Whether calls of this plan may be dialled as far as the do-not-disturb list goes: it is asked for
    /// promotion alone.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_dnd_list(&self, plan: &Plan) -> Result<bool, StoreError> {
        if plan.class == Class::Service {
            return Ok(true);
        }
        let lists = self.store.dnd_lists().await?;
        Ok(lists.are_fresh(self.now(), self.policy.dnd_list_max_age))
    }

    /// From which list on the number may not be in it, if a dial of promotion leaves with this decision; or
    /// that it may neither begin nor leave.
    pub(super) async fn dnd_of(
        &self,
        decision: &Decision,
    ) -> Result<Result<Option<Day>, Wait>, StoreError> {
        let along = &decision.along;
        let begins = matches!(along.channel, Channel::Taken { .. });
        if !decision.next.is_promotional || !(begins || along.unless_opted_out) {
            return Ok(Ok(None));
        }
        let lists = self.store.dnd_lists().await?;
        if !lists.are_fresh(self.now(), self.policy.dnd_list_max_age) {
            return Ok(Err(Wait::Blocked(Blocked::DndList)));
        }
        Ok(Ok(lists.count_from().filter(|_| along.unless_opted_out)))
    }
}
