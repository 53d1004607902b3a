//! The table that calls are kept in, and how a process reaches it.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{
    Client,
    config::{Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use std::time::Duration;

/// Longest wait for one request to DynamoDB, retries included. Requests take milliseconds; a
/// handler must answer its client well before API Gateway's 30 s.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(6);

/// Longest wait for one try.
const TRY_TIMEOUT: Duration = Duration::from_secs(2);

/// Tries of one request, the first included. Writes are conditional or carry a request token, so
/// that a repeat cannot be applied twice.
const TRIES_MAX: u32 = 3;

/// The calls of one table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CallStore {
    pub(super) client: Client,
    pub(super) table: String,
    pub(super) retention: Duration,
}

/// How long what is known of a call is kept unless the settings say otherwise (365 days).
pub const RETENTION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl CallStore {
    /// Uses `table` through a client that is set up already.
    #[must_use]
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self {
            client,
            table: table.into(),
            retention: RETENTION,
        }
    }

    /// Keeps what is known of a call for this long after it is over, at least a day; then DynamoDB's
    /// TTL erases it.
    #[must_use]
    pub fn keeping(self, retention: Duration) -> Self {
        Self { retention, ..self }
    }

    /// How long what is known of a call is kept after it is over.
    #[must_use]
    pub fn retention(&self) -> Duration {
        self.retention
    }

    /// Connects as the environment says: region and credentials by the SDK's own rules, and
    /// `AWS_ENDPOINT_URL_DYNAMODB` for another endpoint than AWS.
    pub async fn connect(table: &str) -> Self {
        let config = aws_config::from_env()
            .timeout_config(timeouts())
            .retry_config(retries())
            .load()
            .await;
        Self::new(Client::new(&config), table)
    }

    /// Connects to a database on this machine, which checks neither region nor credentials.
    #[must_use]
    pub fn local(endpoint: &str, table: &str) -> Self {
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(endpoint)
            .timeout_config(timeouts())
            .retry_config(retries())
            .build();
        Self::new(Client::from_conf(config), table)
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .operation_timeout(OPERATION_TIMEOUT)
        .operation_attempt_timeout(TRY_TIMEOUT)
        .build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(TRIES_MAX)
}
