//! Where the items of a campaign stand.

use super::{COUNTS, FILE, Item, META, PK, ROW_SHARDS, SK, key, patient_pk};
use call::{ids::CallId, time::Timestamp};
use campaign::CampaignId;

/// Partition of a campaign.
#[must_use]
pub fn campaign_pk(id: CampaignId) -> String {
    format!("CAMPAIGN#{id}")
}

/// Key of a campaign.
#[must_use]
pub fn campaign_key(id: CampaignId) -> Item {
    key(campaign_pk(id), META)
}

/// Key of a campaign's file.
#[must_use]
pub fn file_key(id: CampaignId) -> Item {
    key(campaign_pk(id), FILE)
}

/// Sort key of a campaign's place in lists.
#[must_use]
pub fn campaign_place(created_at: Timestamp, id: CampaignId) -> String {
    format!("{created_at}#{id}")
}

/// Reads the campaign from its place in lists.
pub(crate) fn campaign_of_place(row: &Item) -> Option<CampaignId> {
    let place = row.get(SK)?.as_s().ok()?;
    place.split_once('#')?.1.parse().ok()
}

/// Reads the campaign from the keys of its items.
pub(crate) fn campaign_of(row: &Item) -> Option<CampaignId> {
    let pk = row.get(PK)?.as_s().ok()?;
    pk.strip_prefix("CAMPAIGN#")?.parse().ok()
}

/// Key of a part of a campaign's file, from 1.
#[must_use]
pub fn part_key(id: CampaignId, number: u16) -> Item {
    key(campaign_pk(id), format!("{PART_PREFIX}{number:04}"))
}

/// Start of the sort keys of a file's parts.
pub(crate) const PART_PREFIX: &str = "PART#";
/// Start of the sort keys of the pieces of parts.
pub(crate) const PIECE_PREFIX: &str = "PIECE#";

/// Key of a piece of a part, from 0. The digest of the part keeps two that came for one number apart.
pub(crate) fn piece_key(id: CampaignId, digest: &str, piece: usize) -> Item {
    key(
        campaign_pk(id),
        format!("{PIECE_PREFIX}{digest}#{piece:02}"),
    )
}

/// The shard that a row of a campaign belongs to.
#[must_use]
pub fn row_shard(number: u32) -> u8 {
    u8::try_from(number % u32::from(ROW_SHARDS)).expect("a remainder of 8")
}

/// Partition of one shard of a campaign's rows.
#[must_use]
pub fn rows_pk(id: CampaignId, shard: u8) -> String {
    format!("CAMPAIGN#{id}#{shard}")
}

/// Start of the sort keys of rows.
pub(crate) const ROW_PREFIX: &str = "ROW#";

/// Sort key of a row.
pub(crate) fn row_sk(number: u32) -> String {
    format!("{ROW_PREFIX}{number:07}")
}

/// Key of a row, numbered as Excel counts.
#[must_use]
pub fn row_key(id: CampaignId, number: u32) -> Item {
    key(rows_pk(id, row_shard(number)), row_sk(number))
}

/// Reads the number from the keys of a row.
pub(crate) fn row_number_of(row: &Item) -> Option<u32> {
    let sk = row.get(SK)?.as_s().ok()?;
    sk.strip_prefix(ROW_PREFIX)?.parse().ok()
}

/// Start of the sort keys of a row's test calls.
pub(crate) fn test_prefix(number: u32) -> String {
    format!("TEST#{number:07}#")
}

/// Key of a test call of a row.
#[must_use]
pub fn test_key(id: CampaignId, number: u32, call: CallId) -> Item {
    let pk = rows_pk(id, row_shard(number));
    key(pk, format!("{}{call}", test_prefix(number)))
}

/// Reads the call from the keys of a row's test call.
pub(crate) fn call_of_test(row: &Item) -> Option<CallId> {
    let sk = row.get(SK)?.as_s().ok()?;
    sk.rsplit_once('#')?.1.parse().ok()
}

/// Sort key of what goes on in a campaign.
pub const LOAD: &str = "LOAD";

/// Key of what goes on in a campaign.
#[must_use]
pub fn load_key(id: CampaignId) -> Item {
    key(campaign_pk(id), LOAD)
}

/// Due partition of the dials of a campaign's calls.
#[must_use]
pub fn campaign_dials(id: CampaignId) -> String {
    format!("DIAL#{id}")
}

/// Key of the rows per state in a shard.
#[must_use]
pub fn counts_key(id: CampaignId, shard: u8) -> Item {
    key(rows_pk(id, shard), COUNTS)
}

/// Due partition of the rows in a shard that wait for their turn.
#[must_use]
pub fn pending_shard(id: CampaignId, shard: u8) -> String {
    format!("ROW#{id}#{shard}")
}

/// One row of a patient.
#[must_use]
pub fn patient_row(patient: &str, id: CampaignId, number: u32) -> Item {
    key(patient_pk(patient), format!("{ROW_PREFIX}{id}#{number:07}"))
}

/// Reads campaign and number from the keys of a patient's row.
pub(crate) fn patient_row_of(row: &Item) -> Option<(CampaignId, u32)> {
    let sk = row.get(SK)?.as_s().ok()?;
    let (id, number) = sk.strip_prefix(ROW_PREFIX)?.split_once('#')?;
    Some((id.parse().ok()?, number.parse().ok()?))
}
