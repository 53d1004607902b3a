//! The client's own keys of its requests: the same key gets the first answer again.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    race::unless_raced,
};
use aws_sdk_dynamodb::types::builders::PutBuilder;
use call::{ids::CallId, time::Timestamp};
use campaign::CampaignId;
use serde::Deserialize;
use std::time::Duration;

/// How long a key is remembered (24 h), from its first request.
pub const REQUEST_KEY_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Which request a client means, and what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Name of the API key that asks: two clients may choose the same key.
    pub client: String,
    /// Digest of the key, which may be any text.
    pub key_hash: String,
    /// Digest of what was asked for.
    pub request_hash: String,
}

/// What is remembered of a request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stored {
    /// Digest of what was asked for.
    pub request_hash: String,
    /// The call it created, unless it was turned down.
    #[serde(default)]
    pub call_id: Option<CallId>,
    /// The campaign it created, if it was one.
    #[serde(default)]
    pub campaign_id: Option<CampaignId>,
    /// The answer, once there was one that may be kept.
    #[serde(default)]
    pub answer: Option<String>,
    expires_at: i64,
}

/// A key is free if it was never used or was used too long ago: DynamoDB's TTL may take days.
const IS_FREE: &str = "attribute_not_exists(PK) OR expiresAt <= :now";

impl CallStore {
    /// What is remembered of a request with this key at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stored_answer(
        &self,
        key: Option<&RequestKey>,
        now: Timestamp,
    ) -> Result<Option<Stored>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        let stored: Option<Stored> = self.get(key_of(key)).await?;
        Ok(stored.filter(|stored| stored.expires_at > now.as_millis()))
    }

    /// Adds the answer to the key of the request that created `call_id`, unless there is one.
    ///
    /// # Errors
    /// [`StoreError`]; without its answer, a repeated request is told where the call stands.
    pub async fn save_answer(
        &self,
        key: &RequestKey,
        call_id: CallId,
        answer: &str,
    ) -> Result<(), StoreError> {
        let sent = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key_of(key)))
            .update_expression("SET answer = :answer")
            .condition_expression("callId = :id AND attribute_not_exists(answer)")
            .expression_attribute_values(":answer", item::text(answer))
            .expression_attribute_values(":id", item::text(call_id.to_string()))
            .send()
            .await;
        unless_raced(sent).map(drop)
    }

    /// Remembers the answer to a request that created no call, unless the key was used meanwhile. Without an
    /// answer it is remembered what was asked for, and nothing of what was said.
    ///
    /// # Errors
    /// [`StoreError`]; then the key counts as never used, and a repeated request is judged anew.
    pub async fn keep_answer(
        &self,
        key: &RequestKey,
        answer: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let sent = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(row_of(key, None, answer, now)))
            .condition_expression(IS_FREE)
            .expression_attribute_values(":now", item::number(now.as_millis()))
            .send()
            .await;
        unless_raced(sent).map(drop)
    }

    pub(super) fn put_key(&self, key: &RequestKey, id: CallId, now: Timestamp) -> PutBuilder {
        self.put(row_of(key, Some(id), None, now))
            .condition_expression(IS_FREE)
            .expression_attribute_values(":now", item::number(now.as_millis()))
    }
}

impl CallStore {
    /// Remembers, with a new campaign, which request made it.
    pub(super) fn put_campaign_key(
        &self,
        key: &RequestKey,
        id: CampaignId,
        now: Timestamp,
    ) -> PutBuilder {
        let mut row = row_of(key, None, None, now);
        row.insert("campaignId".to_owned(), item::text(id.to_string()));
        self.put(row)
            .condition_expression(IS_FREE)
            .expression_attribute_values(":now", item::number(now.as_millis()))
    }
}

/// Key of what is remembered of a client's request.
fn key_of(request: &RequestKey) -> Item {
    let pk = format!("REQUEST#{}#{}", request.client, request.key_hash);
    item::key(pk, item::ANSWER)
}

fn row_of(
    request: &RequestKey,
    created: Option<CallId>,
    answer: Option<&str>,
    now: Timestamp,
) -> Item {
    let expires_at = now + REQUEST_KEY_KEPT;
    let mut item = key_of(request);
    let hash = item::text(request.request_hash.as_str());
    item.insert("requestHash".to_owned(), hash);
    item.insert("expiresAt".to_owned(), item::number(expires_at.as_millis()));
    item.insert(item::TTL.to_owned(), item::number(expires_at.as_secs()));
    if let Some(id) = created {
        item.insert("callId".to_owned(), item::text(id.to_string()));
    }
    if let Some(answer) = answer {
        item.insert("answer".to_owned(), item::text(answer));
    }
    item
}
