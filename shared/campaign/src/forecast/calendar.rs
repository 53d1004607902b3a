//! When phones may ring, asked of the plan once for each minute.

use crate::{hours::Hours, plan::Plan};
use call::{CallingWindow, time::Timestamp};

/// A minute in milliseconds.
const MINUTE: i64 = 60_000;

/// What [`Plan::next_open`] says of each minute that was asked for. Windows, days and holidays change
/// at whole minutes only.
pub(super) struct Calendar<'a> {
    plan: &'a Plan,
    service: Option<&'a CallingWindow>,
    /// The minute of the first entry, since 1970.
    first: i64,
    known: Vec<Option<Minute>>,
}

#[derive(Clone, Copy)]
struct Minute {
    /// From when on a phone may ring, if ever.
    opens: Option<Timestamp>,
    /// The hour of the day, by the clocks of the campaign's place.
    hour: usize,
}

impl<'a> Calendar<'a> {
    pub(super) fn new(plan: &'a Plan, service: Option<&'a CallingWindow>, from: Timestamp) -> Self {
        Self {
            plan,
            service,
            first: from.as_millis().div_euclid(MINUTE),
            known: Vec::new(),
        }
    }

    /// The first moment from `at` on at which the campaign may dial; `None` if there is none before it
    /// ends.
    pub(super) fn opens(&mut self, at: Timestamp) -> Option<Timestamp> {
        if at >= self.plan.expires_at {
            return None;
        }
        let opens = self.minute(at).opens?.max(at);
        (opens < self.plan.expires_at).then_some(opens)
    }

    /// The hour of the day, 0 to 23.
    pub(super) fn hour(&mut self, at: Timestamp) -> usize {
        self.minute(at).hour
    }

    fn minute(&mut self, at: Timestamp) -> Minute {
        let minute = at.as_millis().div_euclid(MINUTE);
        let index = usize::try_from(minute - self.first).unwrap_or(0);
        if index >= self.known.len() {
            self.known.resize(index + 1, None);
        }
        let (plan, service) = (self.plan, self.service);
        *self.known[index].get_or_insert_with(|| {
            let begins = Timestamp::from_millis(minute * MINUTE);
            Minute {
                opens: plan.next_open(begins, service),
                hour: hour(&plan.hours, begins),
            }
        })
    }
}

fn hour(hours: &Hours, at: Timestamp) -> usize {
    hours.hour(at).map_or(0, usize::from).min(23)
}
