//! To whom outcomes are delivered.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who is told.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The address that the CRM named in its request. It is guarded, because a client chose it.
    Callback,
    /// The operator's own address, from the settings.
    Monitoring,
}

impl Target {
    /// The target's name in the store and in the API.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Monitoring => "monitoring",
        }
    }
}
