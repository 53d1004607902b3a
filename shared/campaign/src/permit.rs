//! The right to call a row.

use call::time::Timestamp;

/// The right to make the call of one row, or to dial it again, at one moment. Only
/// [`Campaign::admits`](crate::Campaign::admits) gives it; the transaction that uses it holds it to the
/// campaign's stored generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    row: u32,
    generation: u64,
    dials_max: u8,
    until: Timestamp,
}

impl Permit {
    pub(crate) const fn new(row: u32, generation: u64, dials_max: u8, until: Timestamp) -> Self {
        Self {
            row,
            generation,
            dials_max,
            until,
        }
    }

    /// The row, as Excel counts.
    #[must_use]
    pub const fn row(&self) -> u32 {
        self.row
    }

    /// The generation that the campaign must still have when the call is stored.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Dials that the row may have in its round, over all reasons.
    #[must_use]
    pub const fn dials_max(&self) -> u8 {
        self.dials_max
    }

    /// When the call expires.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.until
    }
}
