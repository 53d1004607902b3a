//! Which variables are secret, and which of them are kept together.

/// A secret in AWS Secrets Manager: what one use needs and no other, so that a process which checks API keys
/// cannot read the carrier's key. A JSON object whose keys are the variables it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// For ringing phones.
    CarrierKey,
    /// For knowing the carrier's reports.
    CarrierWebhook,
    /// For conversations with the agent.
    AgentKey,
    /// For knowing the platform's post-call reports.
    AgentWebhook,
    /// For knowing the API's clients; it holds hashes of their keys.
    Clients,
    /// For making and checking tokens.
    Tokens,
    /// For signing outcomes.
    Signing,
}

impl Secret {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::CarrierKey,
        Self::CarrierWebhook,
        Self::AgentKey,
        Self::AgentWebhook,
        Self::Clients,
        Self::Tokens,
        Self::Signing,
    ];

    /// The variables that it may fill.
    #[must_use]
    pub const fn variables(self) -> &'static [&'static str] {
        match self {
            Self::CarrierKey => &["KNOWLARITY_API_KEY", "KNOWLARITY_APPLICATION_KEY"],
            Self::CarrierWebhook => &[
                "KNOWLARITY_WEBHOOK_SECRET",
                "KNOWLARITY_WEBHOOK_SECRET_PREVIOUS",
            ],
            Self::AgentKey => &["ELEVENLABS_API_KEY"],
            Self::AgentWebhook => &[
                "ELEVENLABS_WEBHOOK_SECRET",
                "ELEVENLABS_WEBHOOK_SECRET_PREVIOUS",
            ],
            Self::Clients => &["API_KEYS"],
            Self::Tokens => &["TOKEN_SECRET", "TOKEN_SECRET_PREVIOUS"],
            Self::Signing => &["WEBHOOK_SIGNING_KEYS"],
        }
    }
}
