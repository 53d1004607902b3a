//! What each function works with besides the table and the policy of calls: it starts without the
//! settings of the rest, and its deployment gives it none of them.

use settings::Secret;

/// One thing that some functions work with, and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Clients of the API, who show their keys (`API_KEYS`).
    Clients,
    /// Tokens, made or checked (`TOKEN_SECRET`, `TOKEN_SECRET_PREVIOUS`).
    Tokens,
    /// Ringing phones, and asking what became of a ring (`KNOWLARITY_…`, `SERVER_WEBSOCKET_URL`, …).
    Carrier,
    /// The carrier's reports, which come to a secret address (`KNOWLARITY_WEBHOOK_SECRET`, `…_PREVIOUS`).
    CarrierReports,
    /// Outcomes that are told, or promised to be, signed (`WEBHOOK_SIGNING_KEYS`, `CALLBACK_…`, …).
    Outcomes,
    /// Signed post-call reports (`ELEVENLABS_WEBHOOK_SECRET`, `…_PREVIOUS`).
    PostCalls,
    /// Conversations that the platform is asked for or to delete (`ELEVENLABS_API_KEY`, …).
    Conversations,
    /// What the agent asks (`QUESTIONNAIRE`).
    Questions,
    /// What new calls may ask for (`RATE_LIMIT_PER_MINUTE`, `AGENT_LANGUAGES`).
    NewCalls,
    /// Days of reports (`REPORT_ZONE`).
    Reports,
    /// What a minute costs (`COST_PER_MINUTE_CARRIER`, `COST_PER_MINUTE_AGENT`).
    Prices,
    /// Its own time (`SWEEP_DURATION`).
    Sweeps,
    /// Recordings of calls, read or erased (`RECORDINGS`).
    Recordings,
}

impl Need {
    /// The secret that it works with, if it does with one.
    #[must_use]
    pub const fn secret(self) -> Option<Secret> {
        match self {
            Self::Clients => Some(Secret::Clients),
            Self::Tokens => Some(Secret::Tokens),
            Self::Carrier => Some(Secret::CarrierKey),
            Self::CarrierReports => Some(Secret::CarrierWebhook),
            Self::Outcomes => Some(Secret::Signing),
            Self::PostCalls => Some(Secret::AgentWebhook),
            Self::Conversations => Some(Secret::AgentKey),
            Self::Questions
            | Self::NewCalls
            | Self::Reports
            | Self::Prices
            | Self::Sweeps
            | Self::Recordings => None,
        }
    }

    /// Every one: what a server of all functions works with.
    pub const ALL: &[Self] = &[
        Self::Clients,
        Self::Tokens,
        Self::Carrier,
        Self::CarrierReports,
        Self::Outcomes,
        Self::PostCalls,
        Self::Conversations,
        Self::Questions,
        Self::NewCalls,
        Self::Reports,
        Self::Prices,
        Self::Sweeps,
        Self::Recordings,
    ];
}
