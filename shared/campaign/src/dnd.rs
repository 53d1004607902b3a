//! The list of numbers that no promotion may disturb: a scrub by the registry, brought page by page under
//! the day of which it is.

use crate::hours::Day;
use call::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// One list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DndList {
    /// The day of which it is, in India. It is as old as that day's first moment.
    pub as_of: Day,
    /// Numbers that were brought so far, each counted once.
    pub numbers: u32,
    /// When the latest page came.
    pub at: Timestamp,
    /// Who brought it: the name of an API key.
    pub by: String,
}

/// What is known of the lists. A number is not disturbed if it is in the complete one, or in a later one of
/// which only some pages have come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DndLists {
    /// Counts stored changes.
    pub version: u64,
    /// The newest list that came to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<DndList>,
    /// One that is being brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coming: Option<DndList>,
}

/// A page of a list, as far as the lists are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DndPage {
    /// The day of its list.
    pub as_of: Day,
    /// Numbers of it that were not in the list before.
    pub new: u32,
    /// Whether every page of the list has come with it.
    pub is_last: bool,
    /// Who brings it.
    pub by: String,
}

/// Why a page is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DndRefusal {
    /// Its day has not begun in India.
    #[error("expected a day that has begun, by the clocks of India")]
    Future,
    /// It would let nobody be called.
    #[error("expected a list that is not older than DND_LIST_MAX_AGE")]
    TooOld,
    /// A newer list is complete.
    #[error("expected a list that is not older than the complete one, of {0}")]
    Overtaken(Day),
}

impl DndLists {
    /// The lists once this page is taken. The same page again changes no more than when it came.
    ///
    /// # Errors
    /// [`DndRefusal`].
    pub fn take(
        &self,
        page: DndPage,
        now: Timestamp,
        max_age: Duration,
    ) -> Result<Self, DndRefusal> {
        let begins = page.as_of.begins_in_india();
        if begins > now {
            return Err(DndRefusal::Future);
        }
        if begins + max_age <= now {
            return Err(DndRefusal::TooOld);
        }
        let complete = self.complete.as_ref();
        if let Some(newer) = complete.filter(|list| list.as_of > page.as_of) {
            return Err(DndRefusal::Overtaken(newer.as_of));
        }
        let of_day = |list: &&DndList| list.as_of == page.as_of;
        let (in_complete, in_coming) = (complete.filter(of_day), self.coming.as_ref());
        let before = in_complete.or_else(|| in_coming.filter(of_day));
        let list = DndList {
            as_of: page.as_of,
            numbers: before.map_or(0, |list| list.numbers) + page.new,
            at: now,
            by: page.by,
        };
        let version = self.version + 1;
        // One that was brought before and is not the one that is completed counts no more.
        Ok(if page.is_last || in_complete.is_some() {
            Self {
                version,
                complete: Some(list),
                coming: self
                    .coming
                    .clone()
                    .filter(|coming| coming.as_of > page.as_of),
            }
        } else {
            Self {
                version,
                complete: self.complete.clone(),
                coming: Some(list),
            }
        })
    }

    /// Until when promotion may call by the complete list; absent without one.
    #[must_use]
    pub fn fresh_until(&self, max_age: Duration) -> Option<Timestamp> {
        let complete = self.complete.as_ref();
        complete.map(|list| list.as_of.begins_in_india() + max_age)
    }

    /// Whether promotion may call at all.
    #[must_use]
    pub fn are_fresh(&self, now: Timestamp, max_age: Duration) -> bool {
        self.fresh_until(max_age).is_some_and(|until| now < until)
    }

    /// A number counts that was found in a list of this day or a later one; in any without a complete one.
    #[must_use]
    pub fn count_from(&self) -> Option<Day> {
        self.complete.as_ref().map(|list| list.as_of)
    }
}
