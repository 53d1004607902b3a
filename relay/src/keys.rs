//! The keys that a relay works with: read at start, and again while it runs.

use crate::relay::Relay;
use access::TokenKey;
use elevenlabs::{ElevenLabs, ElevenLabsConfig};
use secrets::Kept;
use settings::{Env, Secret};
use std::{error::Error, sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};

/// The secrets that a relay reads.
pub const SECRETS: [Secret; 2] = [Secret::AgentKey, Secret::Tokens];

/// From one look whether the keys are old to the next (1 s); reading them is far rarer.
const LOOK: Duration = Duration::from_secs(1);

/// What a relay reads of its secrets.
pub struct Keys {
    /// Makes and checks tokens.
    pub tokens: TokenKey,
    /// Who talks, asked with the workspace's key.
    pub agent: ElevenLabs,
}

impl Keys {
    /// Reads the group.
    ///
    /// # Errors
    /// If a setting is missing or wrong, or the agent's client cannot be set up.
    pub fn from_env(env: &Env) -> Result<Self, Box<dyn Error + Send + Sync>> {
        Ok(Self {
            tokens: TokenKey::from_env(env)?,
            agent: ElevenLabs::new(ElevenLabsConfig::from_env(env)?)?,
        })
    }
}

impl Relay {
    /// Works with the keys as they are from now on, as long as the relay runs: new streams and new
    /// conversations use them, running ones are left alone.
    pub fn renew_keys(self: &Arc<Self>, kept: Kept) {
        let kept = kept.heeding(self.doubt.clone());
        self.tasks.serve(renew(self.clone(), kept));
    }
}

async fn renew(relay: Arc<Relay>, mut kept: Kept) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Some(values) = kept.renew(relay.calls.now()).await else {
            continue;
        };
        match Keys::from_env(&kept.env_with(&values)) {
            Ok(keys) => {
                relay.admissions.tokens.set(keys.tokens);
                relay.agent.set(keys.agent);
                kept.keep(values);
            }
            Err(error) => kept.refuse(&error),
        }
    }
}
