//! What is kept of a conversation with the agent, from the moment it begins.

use call::{
    ids::{CallId, ConversationId},
    post_call::Digest,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which conversation is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConversationKey {
    /// The call.
    pub call_id: CallId,
    /// The platform's id.
    pub conversation_id: ConversationId,
}

/// The way on which a post-call report reached us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportSource {
    /// The post-call webhook brought it.
    Webhook,
    /// It was asked for, because no webhook came.
    Fetched,
}

/// One conversation of a call. Patient data: never logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoredConversation {
    /// The platform's id.
    pub conversation_id: ConversationId,
    /// The attempt in which it took place.
    pub attempt: u8,
    /// Since when its post-call report is awaited: since it began.
    pub awaited_since: Timestamp,
    /// How often the sweep has looked after it.
    #[serde(default)]
    pub tries: u32,
    /// How the post-call report came, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<ReportSource>,
    /// When it came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub received_at: Option<Timestamp>,
    /// When it was read into the record.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merged_at: Option<Timestamp>,
    /// When the platform had deleted its own copy, for a patient who is to be erased.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub erased_at: Option<Timestamp>,
    /// When it was given up.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing_at: Option<Timestamp>,
    /// Fields whose values were not understood.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub unread: Vec<String>,
    /// What is kept of it beside the answers.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<Digest>,
}

/// A conversation that the sweep has taken to look after.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedConversation {
    /// The conversation.
    pub key: ConversationKey,
    /// What is known of it.
    pub stored: StoredConversation,
    /// Until when nobody else takes it.
    pub until: Timestamp,
}

/// What became of a post-call report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// It is kept, and read at the next tick of the sweep.
    Stored,
    /// It was there already.
    Known,
    /// There is no such call, or its data is to be erased.
    NoSuchCall,
    /// It is larger than can be kept.
    TooLarge,
}

/// How the sweep leaves a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum Looked {
    /// The post-call report is in the record: what is kept of it, and which fields were not understood.
    /// It stays claimed until whoever is to know has been told.
    Merged(Box<Digest>, Vec<String>),
    /// Nothing is left to do.
    Done,
    /// There is none yet; it is looked after again at this moment.
    Postponed(Timestamp),
    /// The platform has no copy of it any more.
    Erased,
    /// There is none and nobody asks any more. One that comes by itself is taken all the same.
    Missing,
}
