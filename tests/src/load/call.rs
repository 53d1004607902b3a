//! What is known of one call, by its carrier and by its agent: both are played here.

use super::{
    mark::{Found, Mark},
    track::{Tally, Track},
};
use std::{
    ops::Range,
    slice::from_ref,
    sync::{Mutex, MutexGuard},
};

/// Frames before the agent was ready that it must hear: 2 of the 3 s that the relay keeps, because some
/// are on their way.
const KEPT_FRAMES: u32 = 100;

/// One call.
pub(super) struct Call {
    pub(super) number: u32,
    book: Mutex<Book>,
}

/// What was sent and what came.
#[derive(Debug)]
pub(super) struct Book {
    up: Track,
    down: Track,
    up_sent: u32,
    down_sent: u32,
    /// Numbers of frames to the agent that it need not hear: they are older than what is kept for it.
    unkept: Range<u32>,
    /// Numbers of frames to the carrier that the agent interrupted.
    interrupted: Vec<Range<u32>>,
    /// When the interruption was sent that the carrier has not heard of.
    interrupted_us: Option<u64>,
    /// Whether nothing new is to be said.
    pub(super) is_finishing: bool,
    pub(super) has_spoken: bool,
    pub(super) has_heard_agent: bool,
    conversations: u32,
    pub(super) has_hung_up: bool,
    pub(super) faults: Vec<String>,
}

impl Call {
    pub(super) fn new(number: u32) -> Self {
        let book = Book {
            up: Track::new(number),
            down: Track::new(number),
            up_sent: 0,
            down_sent: 0,
            unkept: 0..0,
            interrupted: Vec::new(),
            interrupted_us: None,
            is_finishing: false,
            has_spoken: false,
            has_heard_agent: false,
            conversations: 0,
            has_hung_up: false,
            faults: Vec::new(),
        };
        Self {
            number,
            book: Mutex::new(book),
        }
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("no task panics")
    }

    pub(super) fn fault(&self, what: impl Into<String>) {
        self.book().faults.push(what.into());
    }
}

impl Book {
    /// Counts a frame as sent to the agent; gives its number.
    pub(super) fn send_up(&mut self) -> u32 {
        self.up_sent += 1;
        self.up_sent - 1
    }

    /// Counts a frame as sent to the carrier; gives its number.
    pub(super) fn send_down(&mut self) -> u32 {
        self.down_sent += 1;
        self.down_sent - 1
    }

    /// A conversation begins.
    pub(super) fn agent_ready(&mut self) {
        self.conversations += 1;
        self.unkept = 0..self.up_sent.saturating_sub(KEPT_FRAMES);
    }

    /// Conversations that began.
    pub(super) fn conversations(&self) -> u32 {
        self.conversations
    }

    pub(super) fn hear_up(&mut self, found: Found) -> Option<Mark> {
        self.up.note(found)
    }

    /// What comes before the agent is a line of the relay's, which asks to wait a moment.
    pub(super) fn hear_down(&mut self, found: Found) -> Option<Mark> {
        if let (Found::Damage(_), false) = (found, self.has_heard_agent) {
            return None;
        }
        let mark = self.down.note(found);
        self.has_heard_agent |= mark.is_some();
        mark
    }

    /// The agent interrupts what it sent of this reply, which began with that frame.
    pub(super) fn interrupt(&mut self, first: u32, now_us: u64) {
        self.interrupted.push(first..self.down_sent);
        self.interrupted_us = Some(now_us);
    }

    /// The carrier gets a frame, while what came before is heard or not. Of an interrupted reply nothing may
    /// be heard any more then, and a carrier that was silent had no need to be told.
    pub(super) fn go_on(&mut self, sequence: u32, is_heard: bool) {
        let last = self.interrupted.last().map_or(0, |range| range.end);
        if sequence >= last && self.interrupted_us.take().is_some() {
            self.down.cut(last);
            if is_heard {
                self.faults
                    .push("an interruption was not passed on".to_owned());
            }
        }
    }

    /// The carrier is told to be silent; gives when that was asked for.
    pub(super) fn kill(&mut self) -> Option<u64> {
        let last = self.interrupted.last().map_or(0, |range| range.end);
        self.down.cut(last);
        let asked = self.interrupted_us.take();
        if asked.is_none() && self.has_heard_agent {
            self.faults
                .push("silenced without an interruption".to_owned());
        }
        asked
    }

    /// Whether everything has come that was sent.
    pub(super) fn is_complete(&self) -> bool {
        self.up.lost(self.up_sent, from_ref(&self.unkept)) == 0
            && self.down.lost(self.down_sent, &self.interrupted) == 0
            && self.interrupted_us.is_none()
    }

    /// Frames that came so far, both ways.
    pub(super) fn received(&self) -> u64 {
        self.up.received() + self.down.received()
    }

    /// What went up, and what went down.
    pub(super) fn tallies(&self) -> (Tally, Tally) {
        let down = self.down.tally(self.down_sent, &self.interrupted);
        (self.up.tally(self.up_sent, from_ref(&self.unkept)), down)
    }
}
