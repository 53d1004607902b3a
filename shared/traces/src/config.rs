//! Where spans are told, from the environment.

use opentelemetry_otlp::ExporterBuildError;
use settings::{ConfigError, Env};

/// The variable that names the collector.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Where spans are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TracesConfig {
    /// Base address of the collector, to which `/v1/traces` is appended; nothing is told without one.
    pub endpoint: Option<String>,
}

impl TracesConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let endpoint = env.optional(ENDPOINT, |name| env.url(name, &["http", "https"]));
        env.check(Some(Self { endpoint }))
    }
}

/// Why no spans can be told.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// TLS cannot be set up.
    #[error("the client of the collector of traces cannot be set up")]
    Client(#[from] reqwest::Error),
    /// The address cannot be used.
    #[error("{ENDPOINT}: spans cannot be sent there")]
    Exporter(#[from] ExporterBuildError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(endpoint: &'static str) -> Result<TracesConfig, ConfigError> {
        let env = Env::from_reader(move |name| (name == ENDPOINT).then(|| endpoint.to_owned()));
        TracesConfig::from_env(&env)
    }

    #[test]
    fn no_address_tells_nothing_and_a_wrong_one_names_its_variable() {
        assert_eq!(read(""), Ok(TracesConfig::default()));
        let endpoint = Some("http://collector:4318".to_owned());
        assert_eq!(
            read("http://collector:4318/"),
            Ok(TracesConfig { endpoint })
        );
        for wrong in [
            "collector:4318",
            "grpc://collector:4317",
            "http://",
            "/v1/traces",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.starts_with(ENDPOINT), "{wrong}: {error}");
        }
    }
}
