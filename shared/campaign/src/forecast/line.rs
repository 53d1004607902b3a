//! Who is dialled next: rows in their order, two of one number one after the other.

use std::collections::{HashMap, VecDeque};

/// Which row follows which on the same number.
pub(super) struct Numbers {
    /// Whether an earlier row has the number.
    follows: Vec<bool>,
    /// The next row of the same number.
    next: Vec<Option<usize>>,
}

impl Numbers {
    pub(super) fn new(numbers: &[u32]) -> Self {
        let mut follows = vec![false; numbers.len()];
        let mut next = vec![None; numbers.len()];
        let mut last: HashMap<u32, usize> = HashMap::new();
        for (row, number) in numbers.iter().enumerate() {
            if let Some(before) = last.insert(*number, row) {
                follows[row] = true;
                next[before] = Some(row);
            }
        }
        Self { follows, next }
    }

    pub(super) fn rows(&self) -> usize {
        self.next.len()
    }
}

/// Rows that wait for a dial.
pub(super) struct Line<'a> {
    numbers: &'a Numbers,
    /// The first row that was not looked at.
    cursor: usize,
    /// Rows whose number was busy at their turn, and is not any more.
    freed: VecDeque<usize>,
    /// Rows that are to be dialled again.
    again: VecDeque<usize>,
    /// Whether each row's number is free for it.
    is_free: Vec<bool>,
}

impl<'a> Line<'a> {
    pub(super) fn new(numbers: &'a Numbers) -> Self {
        Self {
            numbers,
            cursor: 0,
            freed: VecDeque::new(),
            again: VecDeque::new(),
            is_free: numbers.follows.iter().map(|follows| !follows).collect(),
        }
    }

    /// Whether anybody waits: to be dialled again, or for the first time.
    pub(super) fn waits(&mut self) -> bool {
        if !self.again.is_empty() {
            return true;
        }
        while self.cursor < self.is_free.len() && !self.is_free[self.cursor] {
            self.cursor += 1;
        }
        !self.freed.is_empty() || self.cursor < self.is_free.len()
    }

    /// The row whose turn it is; somebody [`waits`](Self::waits).
    pub(super) fn take(&mut self) -> usize {
        let waiting = self.again.pop_front().or_else(|| self.freed.pop_front());
        waiting.unwrap_or_else(|| {
            self.cursor += 1;
            self.cursor - 1
        })
    }

    pub(super) fn dial_again(&mut self, row: usize) {
        self.again.push_back(row);
    }

    /// A row has ended: the next of its number may be dialled.
    pub(super) fn ended(&mut self, row: usize) {
        let Some(next) = self.numbers.next[row] else {
            return;
        };
        self.is_free[next] = true;
        if next < self.cursor {
            self.freed.push_back(next);
        }
    }
}
