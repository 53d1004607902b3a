//! Names in a path.

use axum::extract::{Path, rejection::PathRejection};
use std::str::FromStr;

/// The one name that a path holds.
pub(crate) type Named = Result<Path<String>, PathRejection>;

/// What the name stands for, if it can stand for such a thing.
pub(crate) fn named<T: FromStr>(name: Named) -> Option<T> {
    name.ok().and_then(|Path(text)| text.parse().ok())
}
