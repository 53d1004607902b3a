//! One type per identifier, so that no two kinds can be mixed up.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use utoipa::ToSchema;
use uuid::Uuid;

/// Identifies one call session, from the trigger to its final state.
///
/// A random (version 4) UUID: it appears in stream URLs, so it must not be guessable.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct CallId(Uuid);

impl CallId {
    /// Builds an id from fixed bytes, for reproducible tests and simulations.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    /// The bytes of the UUID.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        *self.0.as_bytes()
    }

    /// The first byte, evenly distributed: the store derives its shards from it.
    #[must_use]
    pub fn shard_seed(self) -> u8 {
        self.0.as_bytes()[0]
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a UUID, so it cannot name a call session.
#[derive(Debug, thiserror::Error)]
#[error("not a session id")]
pub struct InvalidCallId(#[source] uuid::Error);

impl FromStr for CallId {
    type Err = InvalidCallId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self).map_err(InvalidCallId)
    }
}

/// Identifies one campaign.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, format = "uuid")]
pub struct CampaignId(Uuid);

impl CampaignId {
    /// Builds an id from bytes; whoever makes a campaign draws them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for CampaignId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a UUID, so it cannot name a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a campaign id")]
pub struct InvalidCampaignId;

impl FromStr for CampaignId {
    type Err = InvalidCampaignId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text)
            .map(Self)
            .map_err(|_| InvalidCampaignId)
    }
}

/// Longest identifier accepted from a vendor, in bytes. Longer text is cut: vendors
/// use UUIDs (36 bytes); the bound keeps a hostile value out of keys (DynamoDB allows 2,048).
pub const VENDOR_ID_BYTES_MAX: usize = 128;

fn clip(text: &str) -> String {
    let mut end = text.len().min(VENDOR_ID_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

macro_rules! vendor_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the vendor's text as it is, cut to [`VENDOR_ID_BYTES_MAX`] bytes.
            #[must_use]
            pub fn new(text: &str) -> Self {
                Self(clip(text))
            }

            /// The identifier as the vendor spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

vendor_id! {
    /// Knowlarity's id of one ring of the phone.
    CarrierCallId
}

vendor_id! {
    /// ElevenLabs' id of one conversation, from `conversation_initiation_metadata`.
    ConversationId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_ids_are_cut_at_a_character_boundary() {
        let id = CarrierCallId::new(&"र".repeat(100));
        assert_eq!(id.as_str(), "र".repeat(42));
    }

    #[test]
    fn a_call_id_reads_back_from_its_text() {
        let id = CallId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse::<CallId>().unwrap(), id);
        assert!("session-id-here".parse::<CallId>().is_err());
    }
}
