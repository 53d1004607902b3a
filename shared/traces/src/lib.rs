//! Telling a collector of OpenTelemetry traces what happens in calls: one trace of each call, over all
//! processes.
//!
//! A span is told when it has ended, and hangs on a place that the stored call says ([`call::trace`]), so
//! that no process needs to hear of a trace from another one. What a span says of itself are words of our
//! own, numbers and the id of the session: there is no way to put in what a patient is called or has said.
//!
//! A call never waits for the collector. Spans wait in a queue with a bound, and are given up before a call
//! is held.

mod client;
mod config;
mod otlp;
mod queue;
mod sender;
mod span;

pub use config::{StartError, TracesConfig};
pub use span::Span;

use call::{CallSession, time::Timestamp, trace::TraceContext};
use queue::Queue;
use std::{sync::Arc, time::Duration};

/// How long a process waits at the end of a Lambda invocation until its spans are taken (500 ms): it may be
/// frozen then for as long as nobody calls. A collector in the same network answers in a few.
pub const FLUSH_MAX: Duration = Duration::from_millis(500);

/// How long a process that is about to end waits until its spans are taken (2 s).
pub const LAST_FLUSH_MAX: Duration = Duration::from_secs(2);

/// Where a process tells its spans; by default nowhere. Cheap to clone. Once the last clone is dropped
/// nothing more is sent.
#[derive(Clone, Default)]
pub struct Traces(Option<Arc<Queue>>);

impl Traces {
    /// Begins to tell spans as the settings say, in the name of this service; nothing is told if they name
    /// no collector. To be called in a runtime.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(config: TracesConfig, service: &'static str) -> Result<Self, StartError> {
        let Some(endpoint) = config.endpoint else {
            return Ok(Self::default());
        };
        let sender = sender::Sender::new(&endpoint, service)?;
        Ok(Self(Some(Arc::new(Queue::start(sender)))))
    }

    /// Whether spans are told.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Tells a span that has ended; drops it if whoever began the trace does not want it kept, or if too
    /// many wait.
    pub fn end(&self, span: Span, at: Timestamp) {
        if let Some(queue) = self.0.as_ref().filter(|_| span.context().is_sampled) {
            queue.push(otlp::data(span, at));
        }
    }

    /// What is told to a receiver outside, so that its spans hang on this one; where no spans are told,
    /// whatever the CRM itself said.
    #[must_use]
    pub fn propagated(&self, call: &CallSession, span: &Span) -> Option<TraceContext> {
        match self.0 {
            Some(_) => Some(span.context()),
            None => call.caller_trace,
        }
    }

    /// Waits until what was told so far is taken or lost, at most this long, and not at all while the
    /// collector is known to be in trouble.
    pub async fn flush(&self, max: Duration) {
        if let Some(queue) = &self.0 {
            queue.flush(max).await;
        }
    }
}

#[cfg(test)]
mod tests;
