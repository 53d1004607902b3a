//! Where and how post-call reports are to come.

use std::time::Duration;

/// Where post-call reports of finished conversations are posted.
#[derive(Debug, Clone)]
pub struct PostCall {
    /// The receiver.
    pub url: String,
    /// What signs them (`webhook_secret` of the workspace's webhook).
    pub secret: String,
    /// From the end of a conversation to its post-call report. Live it is the time of the analysis.
    pub delay: Duration,
    /// Waits before it is posted again after 5xx, 429, 408 or no answer. Live: none unless the webhook
    /// has `retry_enabled`, then 30 s, 2, 8 and 30 min.
    pub retries: Vec<Duration>,
}

impl PostCall {
    /// Posts half a second after the end, once.
    pub fn new(url: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            secret: secret.into(),
            delay: Duration::from_millis(500),
            retries: Vec::new(),
        }
    }
}

/// How the post-call report of one conversation comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Posting {
    /// Once, as it should.
    #[default]
    Once,
    /// Not at all.
    Never,
    /// Twice, the same.
    Twice,
    /// That much later.
    Late(Duration),
    /// Signed with another secret.
    Forged,
    /// With a moment that long ago.
    Stale(Duration),
    /// With a moment that far ahead.
    Early(Duration),
    /// With two signatures, the right one last, as while a secret is changed.
    TwoSignatures,
}
