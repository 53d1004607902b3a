//! Where calls are kept, from the environment.

use settings::{ConfigError, Env};
use std::time::Duration;

/// Most days that data may be kept (10 years), above every rule for medical records we know of.
const RETENTION_DAYS_BOUND: u32 = 3_650;

/// Where calls are kept.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Name of the DynamoDB table.
    pub table: String,
    /// Whether a missing table is created at start.
    pub creates_table: bool,
    /// How long what is known of a call is kept after it is over.
    pub retention: Duration,
}

impl StoreConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (table, creates_table) = (env.required("TABLE_NAME"), env.flag("TABLE_CREATE"));
        let retention_days = env.number("RETENTION_DAYS", 1_u32, RETENTION_DAYS_BOUND);
        env.check((|| {
            Some(Self {
                table: table?,
                creates_table: creates_table?,
                retention: Duration::from_secs(u64::from(retention_days?) * 24 * 60 * 60),
            })
        })())
    }
}
