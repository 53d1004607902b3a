//! What may be replaced while the relay runs.

use std::sync::{Arc, PoisonError, RwLock};

/// A value that may be replaced while the relay runs. Who took it before goes on with what it took; clones
/// share the place.
#[derive(Clone)]
pub struct Live<T>(Arc<RwLock<T>>);

impl<T: Clone> Live<T> {
    /// The value as it is now.
    #[must_use]
    pub fn get(&self) -> T {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Puts another in its place.
    pub(crate) fn set(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = value;
    }
}

impl<T> From<T> for Live<T> {
    fn from(value: T) -> Self {
        Self(Arc::new(RwLock::new(value)))
    }
}
