//! What a function serves with, built again when its secrets change.

use crate::{
    app::{self, App, Settings, StartError},
    needs::Need,
};
use secrets::Kept;
use settings::Env;
use std::sync::{Arc, Mutex, MutexGuard};
use store::{
    calls::Calls,
    clock::{Clock, SystemClock},
};
use traces::{FLUSH_MAX, Traces};

/// In whose name the functions tell their spans.
const SERVICE: &str = "functions";

/// What a function serves with. Secrets that are old are read again when somebody asks: a request waits for
/// that 2 s at most, others that come meanwhile do not wait. Whatever fails then, the old ones stay.
pub struct Renewed<T> {
    served: Mutex<T>,
    make: fn(Arc<App>) -> T,
    traces: Traces,
    /// `None` where no secret is read: the environment of a process does not change.
    source: Option<tokio::sync::Mutex<Source>>,
}

/// What it is built again from.
struct Source {
    kept: Kept,
    needs: &'static [Need],
    calls: Calls,
}

impl<T: Clone> Renewed<T> {
    /// Builds what the environment and the secrets that it names say: Knowlarity as the carrier of a function
    /// that rings phones, the machine's clock, DynamoDB. Settings of what it does not need are not read.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(
        needs: &'static [Need],
        make: fn(Arc<App>) -> T,
    ) -> Result<Self, StartError> {
        let kept = Kept::of(Env::process, SystemClock.now()).await?;
        let env = kept.as_ref().map_or_else(Env::process, Kept::env);
        let settings = Settings::read(&env, needs)?;
        let traces = Traces::start(settings.traces.clone(), SERVICE)?;
        let calls = app::connect(&settings.store, settings.policy.clone()).await?;
        let calls = calls.told_to(traces);
        match kept {
            Some(kept) => Self::over(calls, kept, needs, make),
            None => Ok(Self {
                traces: calls.traces.clone(),
                served: Mutex::new(make(Arc::new(App::of(settings, calls)?))),
                make,
                source: None,
            }),
        }
    }

    /// Builds what these secrets and their environment say, over calls that are set up already.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn over(
        calls: Calls,
        kept: Kept,
        needs: &'static [Need],
        make: fn(Arc<App>) -> T,
    ) -> Result<Self, StartError> {
        let env = kept.env();
        let traces = calls.traces.clone();
        let source = Source { kept, needs, calls };
        Ok(Self {
            traces,
            served: Mutex::new(make(Arc::new(source.build(&env)?))),
            make,
            source: Some(tokio::sync::Mutex::new(source)),
        })
    }

    /// What serves now.
    pub async fn current(&self) -> T {
        // Who finds it taken is served with what is there.
        if let Some(Ok(mut source)) = self.source.as_ref().map(tokio::sync::Mutex::try_lock)
            && let Some(app) = source.renew().await
        {
            *self.served() = (self.make)(Arc::new(app));
        }
        self.served().clone()
    }

    /// Waits until what was told in this invocation is sent, for a moment at most: the process may be
    /// frozen when it is over.
    pub async fn finish(&self) {
        self.traces.flush(FLUSH_MAX).await;
    }

    fn served(&self) -> MutexGuard<'_, T> {
        self.served.lock().expect("nobody panics with the lock")
    }
}

impl Source {
    /// Another app, if the secrets have changed and one can be built of them.
    async fn renew(&mut self) -> Option<App> {
        let values = self.kept.renew(self.calls.now()).await?;
        match self.build(&self.kept.env_with(&values)) {
            Ok(app) => {
                self.kept.keep(values);
                Some(app)
            }
            Err(error) => {
                self.kept.refuse(&error);
                None
            }
        }
    }

    fn build(&self, env: &Env) -> Result<App, StartError> {
        let settings = Settings::read(env, self.needs)?;
        let mut app = App::of(settings, self.calls.clone())?;
        app.doubt = self.kept.doubt();
        Ok(app)
    }
}
