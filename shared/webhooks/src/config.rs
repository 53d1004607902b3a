//! How others are told of outcomes, from the environment.

use super::{hosts::CallbackHosts, sign::SigningKeys};
use settings::{ConfigError, Env};
use std::time::Duration;

/// How others are told of outcomes.
#[derive(Debug)]
pub struct NotifyConfig {
    /// Keys that sign; without one nobody is told.
    pub keys: Option<SigningKeys>,
    /// The operator's own address.
    pub monitoring_url: Option<String>,
    /// Whether callbacks may name this machine or a private network.
    pub allows_private: bool,
    /// Where callbacks may go; anywhere if unset.
    pub callback_hosts: Option<CallbackHosts>,
    /// Longest wait for a receiver's answer.
    pub timeout: Duration,
}

impl NotifyConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let has_keys = env.text("WEBHOOK_SIGNING_KEYS").is_some();
        let keys = has_keys.then(|| env.parsed("WEBHOOK_SIGNING_KEYS"));
        let monitoring_url = monitoring_url(env);
        if monitoring_url.is_some() && !has_keys {
            let _: Option<()> =
                env.wrong("WEBHOOK_SIGNING_KEYS", "MONITORING_WEBHOOK_URL needs one");
        }
        let (allows_private, timeout) = (
            env.flag("CALLBACK_ALLOW_PRIVATE"),
            env.duration("WEBHOOK_TIMEOUT"),
        );
        let callback_hosts = env.optional("CALLBACK_HOSTS", |name| env.parsed(name));
        env.check((|| {
            Some(Self {
                keys: keys.flatten(),
                monitoring_url,
                callback_hosts,
                allows_private: allows_private?,
                timeout: timeout?,
            })
        })())
    }
}

/// The operator's own address. Unlike a base address it may have a query.
fn monitoring_url(env: &Env) -> Option<String> {
    let name = "MONITORING_WEBHOOK_URL";
    let text = env.text(name)?;
    let is_http = |url: &reqwest::Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    if reqwest::Url::parse(&text).is_ok_and(|url| is_http(&url)) {
        return Some(text);
    }
    env.wrong(
        name,
        "expected an address that begins with https:// or http://",
    )
}
