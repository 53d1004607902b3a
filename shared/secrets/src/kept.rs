//! Values that are read again while a process runs.

use super::{Secrets, SecretsError, Values};
use call::time::Timestamp;
use logging::metrics::SECRETS_STALE;
use settings::Env;
use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;

/// How old values may grow before they are read again (5 min): so long a rotated secret is not known at most,
/// in a process that has something to do.
pub const READ_AGAIN_AFTER: Duration = Duration::from_secs(5 * 60);

/// Pause before values are read again that could not be read, could not be used, or were doubted (1 min).
pub const TRY_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// Longest wait for values that are read again (2 s): a request waits for them, and the old ones are there.
const READ_AGAIN_MAX: Duration = Duration::from_secs(2);

/// The latest values of some secrets, and when they are to be read again. Ages go by the wall clock, because
/// a frozen Lambda's other clock stands still.
pub struct Kept {
    secrets: Secrets,
    /// What they fill.
    env: Box<dyn Fn() -> Env + Send + Sync>,
    values: Values,
    /// When the values were known to be the latest.
    known_at: Timestamp,
    /// When they were last asked for.
    asked_at: Timestamp,
    doubt: Doubt,
}

/// A word that some value no longer holds, because a vendor refused it. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Doubt(Arc<AtomicBool>);

impl Doubt {
    /// Has the values read again soon.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn settle(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Kept {
    /// Reads the secrets that `env` names, if it names any, for the first time.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn of(
        env: impl Fn() -> Env + Send + Sync + 'static,
        now: Timestamp,
    ) -> Result<Option<Self>, SecretsError> {
        match Secrets::of(&env()).await {
            Some(secrets) => Self::start(secrets, env, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// Reads these secrets for the first time; they fill what `env` leaves unset.
    ///
    /// # Errors
    /// [`SecretsError`].
    pub async fn start(
        secrets: Secrets,
        env: impl Fn() -> Env + Send + Sync + 'static,
        now: Timestamp,
    ) -> Result<Self, SecretsError> {
        let values = secrets.read().await?;
        Ok(Self {
            secrets,
            env: Box::new(env),
            values,
            known_at: now,
            asked_at: now,
            doubt: Doubt::default(),
        })
    }

    /// The environment, filled by the latest values.
    #[must_use]
    pub fn env(&self) -> Env {
        self.env_with(&self.values)
    }

    /// The environment, filled by these.
    #[must_use]
    pub fn env_with(&self, values: &Values) -> Env {
        values.fill((self.env)())
    }

    /// Where it is said that a value was refused.
    #[must_use]
    pub fn doubt(&self) -> Doubt {
        self.doubt.clone()
    }

    /// Heeds this word too, of who was there before.
    #[must_use]
    pub fn heeding(self, doubt: Doubt) -> Self {
        Self { doubt, ..self }
    }

    /// Reads the values again if they are old or doubted; gives them if they have changed, for
    /// [`Self::keep`]. A failure is logged and changes nothing.
    pub async fn renew(&mut self, now: Timestamp) -> Option<Values> {
        if !self.is_due(now) {
            return None;
        }
        self.asked_at = now;
        match timeout(READ_AGAIN_MAX, self.secrets.read()).await {
            Ok(Ok(values)) if values == self.values => self.note_known(now),
            Ok(Ok(values)) => return Some(values),
            Ok(Err(error)) => note_stale(&error, "secrets not read again"),
            Err(late) => note_stale(&late, "secrets not read again"),
        }
        None
    }

    /// Keeps values that turned out to be usable.
    pub fn keep(&mut self, values: Values) {
        self.values = values;
        self.note_known(self.asked_at);
        tracing::info!(secrets_renewed = 1, "secrets have changed");
    }

    /// Says that values cannot be used, so that the old ones stay.
    pub fn refuse(&self, error: &dyn Display) {
        note_stale(error, "secrets have changed and cannot be used");
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let is_old = now.since(self.known_at) >= READ_AGAIN_AFTER;
        let may_ask = now.since(self.asked_at) >= TRY_AGAIN_AFTER;
        may_ask && (is_old || self.doubt.is_raised())
    }

    fn note_known(&mut self, now: Timestamp) {
        self.known_at = now;
        self.doubt.settle();
    }
}

fn note_stale(error: &dyn Display, what: &str) {
    tracing::warn!(secrets_stale = 1, %error, "{what}");
    SECRETS_STALE.note(1.0);
}
