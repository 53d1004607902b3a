//! Settings that are secret, from AWS Secrets Manager: read at start, and again while the process runs.
//!
//! The variable `SECRETS` names them; without it nothing is asked. Each is a JSON object whose keys are names
//! of variables, as [`settings::Secret`] parts them. A value is in no message of this crate.

mod error;
mod kept;
mod values;

pub use error::{SecretsError, Trouble};
pub use kept::{Doubt, Kept, READ_AGAIN_AFTER, TRY_AGAIN_AFTER};
pub use values::Values;

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::{
    Client,
    config::{Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
};
use futures_util::future::join_all;
use settings::Env;
use std::time::Duration;

/// Longest wait for one secret, retries included (8 s): Lambda gives a start 10 s.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);

/// Longest wait for one try (2 s); an answer takes milliseconds.
const TRY_TIMEOUT: Duration = Duration::from_secs(2);

/// Tries for one secret, the first included.
const TRIES_MAX: u32 = 3;

/// The secrets that a process reads. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    names: Vec<String>,
}

impl Secrets {
    /// Those that `SECRETS` names, if it names any: region and credentials by the SDK's own rules, and
    /// `AWS_ENDPOINT_URL_SECRETS_MANAGER` for another endpoint than AWS.
    pub async fn of(env: &Env) -> Option<Self> {
        let names = env.text("SECRETS")?;
        let config = aws_config::from_env()
            .timeout_config(timeouts())
            .retry_config(retries())
            .load()
            .await;
        Some(Self::new(Client::new(&config), &names))
    }

    /// Those of a service on this machine, which checks neither region nor credentials.
    #[must_use]
    pub fn local(endpoint: &str, names: &str) -> Self {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(endpoint)
            .timeout_config(timeouts())
            .retry_config(retries())
            .build();
        Self::new(Client::from_conf(config), names)
    }

    fn new(client: Client, names: &str) -> Self {
        let names = names.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty());
        Self {
            client,
            names: names.map(str::to_owned).collect(),
        }
    }

    /// Reads all of them at once.
    ///
    /// # Errors
    /// [`SecretsError`] names each that cannot be read, and why.
    pub async fn read(&self) -> Result<Values, SecretsError> {
        let texts = join_all(self.names.iter().map(|name| self.text(name))).await;
        let (mut values, mut wrong) = (Values::default(), Vec::new());
        for (name, text) in self.names.iter().zip(texts) {
            if let Err(trouble) = text.and_then(|text| values.take_in(&text)) {
                wrong.push((name.clone(), trouble));
            }
        }
        if wrong.is_empty() {
            Ok(values)
        } else {
            Err(SecretsError(wrong))
        }
    }

    async fn text(&self, name: &str) -> Result<String, Trouble> {
        let answer = self.client.get_secret_value().secret_id(name).send().await;
        let answer = answer.map_err(|error| Trouble::of(&error))?;
        answer.secret_string.ok_or(Trouble::NotAnObject)
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
