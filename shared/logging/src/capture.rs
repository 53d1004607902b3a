//! What was logged, for the tests of those who log.

use crate::heard::is_heard;
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tracing_subscriber::{EnvFilter, filter::filter_fn, layer::SubscriberExt};

/// What was logged, for tests.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// What `work` logs at every level that the log lets through.
    pub fn of(work: impl FnOnce()) -> String {
        let lines = Self::default();
        let writer = lines.clone();
        let all = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let finest = EnvFilter::new("trace,dynoxide::server=trace,rmcp::service=trace");
        let subscriber = tracing_subscriber::registry().with(all);
        let subscriber = subscriber.with(finest).with(filter_fn(is_heard));
        tracing::subscriber::with_default(subscriber, work);
        lines.text()
    }

    /// What was written so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
