//! The parts of a campaign's file: in any order, as often as one likes, each one thing only.

use super::digest::Sha256;
use super::list::every_item;
use crate::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item, PART_PREFIX, PIECE_PREFIX},
    row::keyed,
    transaction::{Ended, Role, Transaction},
};
use call::time::Timestamp;
use campaign::{CampaignId, State};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Most bytes of a part (3 MB): a Lambda takes no larger body.
pub const PART_BYTES_MAX: usize = 3_000_000;

/// How long a part is kept before DynamoDB's TTL may remove it (7 days), from the day it came: a file
/// that nobody has imported by then is uploaded again. Patients in it cannot be found by their ids.
pub const PARTS_KEPT: Duration = Duration::from_hours(7 * 24);

/// A part of a campaign's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its number, from 1.
    pub number: u16,
    /// Its size.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
    /// Digest of the file that it is a part of.
    file: Sha256,
}

/// What became of a part that came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartPut {
    /// Stored.
    Stored,
    /// It was there already.
    SameAgain,
    /// Another one of this number is there. Nothing was stored.
    Changed,
    /// The file has no part of this number, or no such campaign has a file. Nothing was stored.
    NoSuchPart,
    /// The campaign is no draft, or has got another file meanwhile. Nothing was stored.
    NotDraft,
}

impl CallStore {
    /// Stores a part of a draft's file; `sha256` is the digest of these `bytes`, at most
    /// [`PART_BYTES_MAX`].
    ///
    /// # Errors
    /// [`StoreError`]; putting it again is safe.
    pub async fn put_part(
        &self,
        id: CampaignId,
        number: u16,
        bytes: &[u8],
        sha256: [u8; 32],
        now: Timestamp,
    ) -> Result<PartPut, StoreError> {
        let Some(file) = self.campaign_file(id).await? else {
            return Ok(PartPut::NoSuchPart);
        };
        if number == 0 || number > file.parts {
            return Ok(PartPut::NoSuchPart);
        }
        let part = Part {
            number,
            bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            sha256: sha256.into(),
            file: file.sha256,
        };
        match self.part_of(&part, id).await? {
            Some(known) if known.sha256 == part.sha256 => return Ok(PartPut::SameAgain),
            Some(_) => return Ok(PartPut::Changed),
            None => {}
        }
        if !self.is_draft(id).await? {
            return Ok(PartPut::NotDraft);
        }
        self.put_pieces(id, &part, bytes, now).await?;
        self.announce_part(id, &part, now).await
    }

    /// The parts of a campaign's file that have come, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn parts(&self, id: CampaignId) -> Result<Vec<Part>, StoreError> {
        let Some(file) = self.campaign_file(id).await? else {
            return Ok(Vec::new());
        };
        let items = self.items_under(id, PART_PREFIX).await?;
        let mut parts: Vec<Part> = serde_dynamo::from_items(items)?;
        parts.retain(|part| part.file == file.sha256 && part.number <= file.parts);
        Ok(parts)
    }

    /// Removes all parts that ever came. Safe to repeat.
    pub(super) async fn remove_parts(&self, id: CampaignId) -> Result<(), StoreError> {
        for prefix in [PART_PREFIX, PIECE_PREFIX] {
            let keys = self.query_under(id, prefix).projection_expression("PK, SK");
            for key in every_item(keys).await? {
                let delete = self.client.delete_item().table_name(&self.table);
                delete.set_key(Some(key)).send().await?;
            }
        }
        Ok(())
    }

    async fn part_of(&self, part: &Part, id: CampaignId) -> Result<Option<Part>, StoreError> {
        let known: Option<Part> = self.get(item::part_key(id, part.number)).await?;
        Ok(known.filter(|known| known.file == part.file))
    }

    async fn is_draft(&self, id: CampaignId) -> Result<bool, StoreError> {
        let campaign = self.campaign(id).await?;
        Ok(campaign.is_some_and(|campaign| campaign.state == State::Draft))
    }

    async fn announce_part(
        &self,
        id: CampaignId,
        part: &Part,
        now: Timestamp,
    ) -> Result<PartPut, StoreError> {
        let head = item::part_key(id, part.number);
        let sk = head[item::SK].as_s().cloned().unwrap_or_default();
        let mut all = Transaction::default();
        all.check(Role::Campaign, self.campaign_is_in(id, State::Draft));
        let same_file = self
            .check_that(item::file_key(id), "sha256 = :file")
            .expression_attribute_values(":file", item::text(part.file.to_string()));
        all.check(Role::File, same_file);
        let put = self
            .put(expiring(keyed(part, item::campaign_pk(id), sk)?, now))
            .condition_expression("attribute_not_exists(PK) OR sha256 = :same OR #file <> :file")
            .expression_attribute_names("#file", "file")
            .expression_attribute_values(":same", item::text(part.sha256.to_string()))
            .expression_attribute_values(":file", item::text(part.file.to_string()));
        all.put(Role::Part, put);
        match self.run(all).await? {
            Ended::Applied => Ok(PartPut::Stored),
            Ended::Failed(Role::Part) => Ok(PartPut::Changed),
            Ended::Failed(_) => Ok(PartPut::NotDraft),
            Ended::Conflict => Err(StoreError::contended()),
        }
    }
}

/// Marks what is removed if nobody imports the file.
pub(super) fn expiring(mut row: Item, now: Timestamp) -> Item {
    let ttl = item::number((now + PARTS_KEPT).as_secs());
    row.insert(item::TTL.to_owned(), ttl);
    row
}
