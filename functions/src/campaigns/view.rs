//! A campaign as the API shows it.

use super::plan::PlanView;
use call::time::Timestamp;
use campaign::{Campaign, CampaignId, PausedBy, State};
use serde::Serialize;
use utoipa::ToSchema;

/// Where a campaign stands, and how it is to be carried out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Campaign)]
pub(super) struct CampaignView<'a> {
    campaign_id: CampaignId,
    name: &'a str,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_by: Option<PausedBy>,
    /// Counts its changes; `If-Match` names it.
    version: u64,
    /// 1, and one more each time that failed rows are called again.
    round: u8,
    /// Rows of its file; 0 before it was imported.
    rows: u32,
    plan: PlanView<'a>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl<'a> CampaignView<'a> {
    pub(super) fn of(campaign: &'a Campaign) -> Self {
        Self {
            campaign_id: campaign.id,
            name: &campaign.name,
            state: campaign.state,
            paused_by: campaign.paused_by,
            version: campaign.version,
            round: campaign.round,
            rows: campaign.rows,
            plan: PlanView::of(&campaign.plan),
            created_at: campaign.created_at,
            updated_at: campaign.updated_at,
        }
    }
}

/// The tag by which a client says which version it has seen.
pub(super) fn etag(campaign: &Campaign) -> String {
    format!("\"{}\"", campaign.version)
}
