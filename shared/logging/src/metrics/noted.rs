//! The values that were noted, read from their events, and kept for the tests of those who note.

use super::{Metric, TARGET};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

/// One value of a metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Value {
    /// The metric's name.
    pub metric: String,
    /// In what it is measured, as CloudWatch names it.
    pub unit: String,
    /// How much.
    pub value: f64,
    /// The dimension and the part of it, if the metric has parts.
    pub part: Option<(String, String)>,
}

impl Value {
    pub(super) fn of(event: &Event<'_>) -> Self {
        let mut value = Self::default();
        event.record(&mut value);
        value
    }
}

impl Visit for Value {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "value" {
            self.value = value;
        }
    }

    fn record_str(&mut self, field: &Field, text: &str) {
        let text = text.to_owned();
        match field.name() {
            "metric" => self.metric = text,
            "unit" => self.unit = text,
            "by" => self.part.get_or_insert_default().0 = text,
            "part" => self.part.get_or_insert_default().1 = text,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// What this thread noted, for tests.
#[derive(Clone, Debug, Default)]
pub struct Noted(Arc<Mutex<Vec<Value>>>);

impl Noted {
    /// Keeps what this thread notes until the guard is dropped.
    #[must_use]
    pub fn start() -> (Self, DefaultGuard) {
        let noted = Self::default();
        let subscriber = tracing_subscriber::registry().with(noted.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        (noted, guard)
    }

    /// Everything so far.
    #[must_use]
    pub fn all(&self) -> Vec<Value> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The values of one metric so far, whatever the part.
    #[must_use]
    pub fn of(&self, metric: &Metric) -> Vec<f64> {
        let all = self.all().into_iter();
        let of_it = all.filter(|value| value.metric == metric.name);
        of_it.map(|value| value.value).collect()
    }

    /// The parts of one metric so far.
    #[must_use]
    pub fn parts(&self, metric: &Metric) -> Vec<String> {
        let all = self.all().into_iter();
        let of_it = all.filter(|value| value.metric == metric.name);
        of_it.filter_map(|value| Some(value.part?.1)).collect()
    }
}

impl<S: Subscriber> Layer<S> for Noted {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == TARGET {
            let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            values.push(Value::of(event));
        }
    }
}
