//! One run: the campaign from its start to its end, from event to event.

use super::{
    assumed::Assumed,
    calendar::Calendar,
    dice::later,
    line::{Line, Numbers},
    luck::{End, Luck},
    pacer::Pacer,
};
use crate::{plan::Plan, wait::PACE_SPAN};
use call::{Policy, time::Timestamp};
use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// What came of one run. Its rows sum to those of the campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreseen {
    /// When the last row ended; absent if the campaign's end came before.
    pub done_at: Option<Timestamp>,
    /// Dials in all.
    pub dials: u32,
    /// Minutes of conversation that are to be paid for, each begun one a whole one.
    pub minutes: u32,
    /// Rows where somebody was talked to.
    pub reached: u32,
    /// Rows whose dials were spent.
    pub failed: u32,
    /// Rows that were dialled and had dials left when the campaign ended.
    pub cut_short: u32,
    /// Rows that were never dialled.
    pub untouched: u32,
}

impl Foreseen {
    /// Rows that do not fit before the campaign's end.
    #[must_use]
    pub const fn left(&self) -> u32 {
        self.cut_short + self.untouched
    }
}

/// What all runs have in common.
pub(super) struct Given<'a> {
    pub(super) plan: &'a Plan,
    pub(super) policy: &'a Policy,
    pub(super) assumed: &'a Assumed,
    pub(super) numbers: Numbers,
    pub(super) start: Timestamp,
    pub(super) seed: u64,
}

/// What happens to a row, in the order in which things of one moment are looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    /// Its dial ends.
    Ends(End),
    /// It may be dialled again.
    Due,
}

pub(super) struct Run<'a, 'c> {
    given: &'a Given<'a>,
    calendar: &'c mut Calendar<'a>,
    luck: Luck<'a>,
    line: Line<'a>,
    pacers: Vec<Pacer>,
    events: BinaryHeap<Reverse<(Timestamp, usize, Happens)>>,
    now: Timestamp,
    /// When a dial that waits for hours or pace may go out; `None` while nothing waits for them.
    wakes: Option<Timestamp>,
    /// No dial will leave any more.
    is_closed: bool,
    /// Dials of each row.
    dials: Vec<u8>,
    /// Phones that ring or are talked on.
    live: u32,
    end: Foreseen,
}

impl<'a, 'c> Run<'a, 'c> {
    pub(super) fn new(given: &'a Given<'a>, calendar: &'c mut Calendar<'a>, number: u64) -> Self {
        let second = Duration::from_secs(1);
        let own = given
            .plan
            .dials_per_minute
            .map(|max| Pacer::new(max, PACE_SPAN));
        let service = given.policy.dials_per_second;
        let service = service.map(|max| Pacer::new(max, second));
        Self {
            luck: Luck::new(given.assumed, given.policy, given.seed, number),
            line: Line::new(&given.numbers),
            pacers: own.into_iter().chain(service).collect(),
            events: BinaryHeap::new(),
            now: given.start,
            wakes: None,
            is_closed: false,
            dials: vec![0; given.numbers.rows()],
            live: 0,
            end: Foreseen::default(),
            given,
            calendar,
        }
    }

    /// Goes through to the end; shows each dial by row and moment.
    pub(super) fn through(mut self, show: &mut dyn FnMut(usize, Timestamp)) -> Foreseen {
        loop {
            self.dial_all(show);
            let event = self.events.peek().map(|Reverse((at, ..))| *at);
            match (event, self.wakes) {
                (None, None) => return self.ended(),
                (event, Some(wakes)) if event.is_none_or(|at| wakes < at) => self.now = wakes,
                _ => self.happen(),
            }
        }
    }

    /// Dials as long as somebody waits, there is room, and phones may ring.
    fn dial_all(&mut self, show: &mut dyn FnMut(usize, Timestamp)) {
        self.wakes = None;
        let given = self.given;
        let places = given.policy.channels().min(given.plan.concurrency);
        while !self.is_closed && self.live < places && self.line.waits() {
            match self.room() {
                None => self.is_closed = true,
                Some(at) if at > self.now => {
                    self.wakes = Some(at);
                    return;
                }
                Some(_) => self.dial(show),
            }
        }
    }

    /// The first moment at which hours and pace allow a dial; `None` if never again.
    fn room(&mut self) -> Option<Timestamp> {
        let opens = self.calendar.opens(self.now)?;
        let pacers = self.pacers.iter();
        let paced = pacers.fold(opens, |at, pacer| pacer.room(at));
        self.calendar.opens(paced)
    }

    fn dial(&mut self, show: &mut dyn FnMut(usize, Timestamp)) {
        let row = self.line.take();
        let now = self.now;
        show(row, now);
        self.dials[row] += 1;
        self.pacers.iter_mut().for_each(|pacer| pacer.dialled(now));
        let hour = self.calendar.hour(now);
        let fate = self.luck.fate(row, self.dials[row], hour);
        self.end.dials += 1;
        self.end.minutes = self.end.minutes.saturating_add(fate.minutes);
        self.live += 1;
        self.plan(fate.holds, row, Happens::Ends(fate.end));
    }

    fn plan(&mut self, millis: u64, row: usize, happens: Happens) {
        let at = later(self.now, millis);
        self.events.push(Reverse((at, row, happens)));
    }

    fn happen(&mut self) {
        let Some(Reverse((at, row, happens))) = self.events.pop() else {
            return;
        };
        self.now = at;
        match happens {
            Happens::Due => self.line.dial_again(row),
            Happens::Ends(end) => {
                self.live -= 1;
                match end {
                    End::Reached => {
                        self.end.reached += 1;
                        self.finish(row);
                    }
                    End::Missed(Some(wait)) if self.dials[row] < self.given.plan.dials_max() => {
                        self.plan(wait, row, Happens::Due);
                    }
                    End::Missed(_) => {
                        self.end.failed += 1;
                        self.finish(row);
                    }
                }
            }
        }
    }

    fn finish(&mut self, row: usize) {
        self.line.ended(row);
        self.end.done_at = Some(self.now);
    }

    fn ended(mut self) -> Foreseen {
        let count = |rows: usize| u32::try_from(rows).unwrap_or(u32::MAX);
        let dialled = count(self.dials.iter().filter(|dials| **dials > 0).count());
        self.end.untouched = count(self.dials.len()) - dialled;
        self.end.cut_short = dialled - self.end.reached - self.end.failed;
        if self.end.left() > 0 {
            self.end.done_at = None;
        }
        self.end
    }
}
