//! How ElevenLabs is spoken to, from the environment.

use crate::rest::RestConfig;
use secrecy::SecretString;
use settings::{ConfigError, Env};

/// The key of the workspace.
const API_KEY: &str = "ELEVENLABS_API_KEY";

/// How conversations are opened.
#[derive(Clone, Debug)]
pub struct ElevenLabsConfig {
    /// Where they are opened.
    pub rest: RestConfig,
    /// The agent that talks unless the request names one.
    pub agent_id: String,
}

impl ElevenLabsConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let rest = rest(env, env.secret(API_KEY));
        let agent_id = env.required("ELEVENLABS_AGENT_ID");
        env.check((|| {
            Some(Self {
                rest: rest?,
                agent_id: agent_id?,
            })
        })())
    }
}

/// How post-call reports are had.
#[derive(Clone, Debug)]
pub struct PostCallConfig {
    /// What may have signed the post-call webhook; without one none is taken.
    pub secrets: Vec<SecretString>,
    /// How post-call reports that did not come are asked for; without a key they are not.
    pub conversations: Option<RestConfig>,
}

impl PostCallConfig {
    /// Reads the group.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        Ok(Self {
            secrets: Self::secrets(env),
            conversations: RestConfig::from_env(env)?,
        })
    }

    /// What may have signed the post-call webhook, if anything does.
    pub fn secrets(env: &Env) -> Vec<SecretString> {
        env.with_previous(
            "ELEVENLABS_WEBHOOK_SECRET",
            "ELEVENLABS_WEBHOOK_SECRET_PREVIOUS",
        )
    }
}

impl RestConfig {
    /// Reads the group; nothing without a key.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Option<Self>, ConfigError> {
        let api_key = env.text(API_KEY).map(SecretString::from);
        let is_asked = api_key.is_some();
        let rest = rest(env, api_key);
        env.check((rest.is_some() || !is_asked).then_some(rest))
    }
}

fn rest(env: &Env, api_key: Option<SecretString>) -> Option<RestConfig> {
    let api_url = env.url("ELEVENLABS_API_URL", &["https", "http"]);
    let timeout = env.duration("ELEVENLABS_TIMEOUT");
    Some(RestConfig {
        api_url: api_url?,
        api_key: api_key?,
        timeout: timeout?,
    })
}
