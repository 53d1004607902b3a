//! What became of the numbers that were sent.

use serde_json::Value;

/// What became of the numbers that were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    /// Were not on the list.
    pub(super) new: usize,
    /// Were on it already.
    pub(super) known: usize,
    /// Their calls that were ended.
    pub(super) ended: usize,
}

impl Sent {
    pub(super) const fn count(&self) -> usize {
        self.new + self.known
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.new += other.new;
        self.known += other.known;
        self.ended += other.ended;
    }

    /// Reads the answer to so many numbers.
    pub(super) fn of(answer: &Value, count: usize) -> Option<Self> {
        let entries = answer["optOuts"].as_array()?;
        let mut sent = Self::default();
        for entry in entries {
            if entry["isNew"].as_bool()? {
                sent.new += 1;
            } else {
                sent.known += 1;
            }
            sent.ended += usize::from(entry["call"]["status"] == "failed");
        }
        (sent.count() == count).then_some(sent)
    }
}
