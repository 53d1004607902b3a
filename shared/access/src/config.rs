//! The key of all tokens, from the environment.

use super::key::TokenKey;
use secrecy::SecretString;
use settings::{ConfigError, Env};

impl TokenKey {
    /// Reads `TOKEN_SECRET`, and beside it the one before.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env) -> Result<Self, ConfigError> {
        let key = Self::read(env);
        env.check(key)
    }

    /// Like [`Self::from_env`], as a part of a larger group: what is wrong is left noted.
    pub fn read(env: &Env) -> Option<Self> {
        const SHORT: &str = "expected 32 bytes or more";
        let secret = env.secret("TOKEN_SECRET")?;
        let key = Self::new(&secret).or_else(|| env.wrong("TOKEN_SECRET", SHORT));
        let Some(previous) = env.text("TOKEN_SECRET_PREVIOUS") else {
            return key;
        };
        let previous = SecretString::from(previous);
        key?.with_previous(&previous)
            .or_else(|| env.wrong("TOKEN_SECRET_PREVIOUS", SHORT))
    }
}
