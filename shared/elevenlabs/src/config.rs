//! How ElevenLabs is spoken to, from the environment.

use secrecy::SecretString;
use settings::{ConfigError, Env};
use std::time::Duration;

/// How ElevenLabs is spoken to.
#[derive(Clone, Debug)]
pub struct ElevenLabsConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Key of the workspace.
    pub api_key: SecretString,
    /// The agent that talks unless the request names one.
    pub agent_id: String,
    /// Longest wait for a signed URL.
    pub timeout: Duration,
}

impl ElevenLabsConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let (api_url, api_key) = (
            env.url("ELEVENLABS_API_URL", &["https", "http"]),
            env.secret("ELEVENLABS_API_KEY"),
        );
        let (agent_id, timeout) = (
            env.required("ELEVENLABS_AGENT_ID"),
            env.duration("ELEVENLABS_TIMEOUT"),
        );
        env.check((|| {
            let (api_url, api_key) = (api_url?, api_key?);
            Some(Self {
                api_url,
                api_key,
                agent_id: agent_id?,
                timeout: timeout?,
            })
        })())
    }
}

/// How post-call reports are had.
#[derive(Clone, Debug)]
pub struct PostCallConfig {
    /// What signs the post-call webhook; without it none is taken.
    pub secret: Option<SecretString>,
    /// How post-call reports that did not come are asked for; without a key they are not.
    pub conversations: Option<ConversationsConfig>,
}

/// How the platform is asked for conversations.
#[derive(Clone, Debug)]
pub struct ConversationsConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Key of the workspace.
    pub api_key: SecretString,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

impl PostCallConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            secret: Self::secret(env),
            conversations: ConversationsConfig::from_env(env)?,
        })
    }

    /// What signs the post-call webhook, if anything does.
    pub fn secret(env: &Env) -> Option<SecretString> {
        env.text("ELEVENLABS_WEBHOOK_SECRET")
            .map(SecretString::from)
    }
}

impl ConversationsConfig {
    /// Reads the group; nothing without a key.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let api_url = env.url("ELEVENLABS_API_URL", &["https", "http"]);
        let timeout = env.duration("ELEVENLABS_TIMEOUT");
        let api_key = env.text("ELEVENLABS_API_KEY");
        env.check((|| {
            let (api_url, timeout) = (api_url?, timeout?);
            Some(api_key.map(|api_key| Self {
                api_url,
                api_key: SecretString::from(api_key),
                timeout,
            }))
        })())
    }
}
