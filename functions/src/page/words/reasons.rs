//! Why something is not so: why no phone rings, why a row is not called, why a request is refused.

mod english;
mod hindi;
mod refusals;

pub(super) use english::ENGLISH;
pub(super) use hindi::HINDI;

use crate::http::ApiError;
use call::dialling::Held;
use campaign::{Campaign, Reason, Wait};

/// Reasons, in one language.
pub(in crate::page) struct Reasons {
    /// Why no phone rings at all.
    pub(in crate::page) held: fn(Held) -> String,
    /// Why nothing of a campaign is dialled, with how many rows are left.
    pub(in crate::page) sentence: fn(&Campaign, Wait, u32) -> String,
    /// Why a row is not called at this moment.
    pub(in crate::page) wait: fn(&Campaign, Wait) -> String,
    /// What is wrong in a row, and what to do about it.
    pub(in crate::page) fault: fn(Reason) -> String,
    /// `{row}` has the same patient.
    pub(in crate::page) same_as: &'static str,
    pub(in crate::page) opted_out: &'static str,
    pub(in crate::page) listed: &'static str,
    /// What is wrong with a file as a whole, by its code; nothing where the message says it.
    pub(in crate::page) file: fn(&str) -> Option<&'static str>,
    /// Why a request is refused.
    pub(in crate::page) error: fn(&super::Words, &ApiError) -> String,
}
