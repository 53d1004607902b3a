//! How a campaign begins.

use crate::{
    campaign::{Campaign, Rejection},
    decision::{Along, AuditLine, Decision},
    plan::Plan,
    state::State,
};
use call::{Actor, ids::CampaignId, time::Timestamp};

impl Campaign {
    /// Makes a campaign without rows, and its first audit line.
    ///
    /// # Errors
    /// [`Rejection::InvalidPlan`].
    pub fn create(
        id: CampaignId,
        name: &str,
        plan: Plan,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let checked = plan.check(now, None).and_then(|()| plan.check_caller());
        checked.map_err(Rejection::InvalidPlan)?;
        let next = Self {
            id,
            version: 1,
            generation: 1,
            state: State::Draft,
            name: name.to_owned(),
            plan,
            paused_by: None,
            round: 1,
            opens_round: false,
            closes_rows: false,
            rows: 0,
            refusals: None,
            created_at: now,
            updated_at: now,
            audit_seq: 1,
        };
        let audit = AuditLine {
            seq: 1,
            at: now,
            by: Actor::Api,
            event: "created".to_owned(),
            from: None,
            to: next.state,
            generation: next.generation,
            plan_before: None,
        };
        Ok(Decision {
            made_on: None,
            along: Along {
                moved: Some((None, next.state)),
            },
            next,
            audit: Some(audit),
            effects: Vec::new(),
        })
    }
}
