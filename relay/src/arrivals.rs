//! Connections that have asked for nothing yet: how many there may be, in all and of one address. A new one
//! is always let in, and pushes out the one that has waited longest: a carrier asks as soon as it is
//! connected, and who is idle or slow waits.

use crate::{
    defaults::{ARRIVALS_MAX, ARRIVALS_PER_ADDRESS_MAX},
    peer::network,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// Who waits, in the order of coming.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    came: u64,
    all: BTreeMap<u64, (IpAddr, Arc<Notify>)>,
    of: HashMap<IpAddr, BTreeSet<u64>>,
}

/// One that waits, until it is dropped or has asked.
#[derive(Debug)]
pub(crate) struct Arrival {
    arrivals: Arrivals,
    number: u64,
    pushed_out: Arc<Notify>,
}

impl Arrivals {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in; if too many wait, the first of its address, or of all, is pushed out.
    pub(crate) fn enter(&self, from: IpAddr) -> Arrival {
        let from = network(from);
        let pushed_out = Arc::new(Notify::new());
        let mut waiting = self.waiting();
        waiting.make_room(from);
        let number = waiting.came;
        waiting.came += 1;
        waiting.all.insert(number, (from, pushed_out.clone()));
        waiting.of.entry(from).or_default().insert(number);
        Arrival {
            arrivals: self.clone(),
            number,
            pushed_out,
        }
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting().all.len()
    }
}

impl Waiting {
    fn make_room(&mut self, from: IpAddr) {
        let own = self.of.get(&from);
        let first = if own.is_some_and(|own| own.len() >= ARRIVALS_PER_ADDRESS_MAX) {
            own.and_then(BTreeSet::first).copied()
        } else if self.all.len() >= ARRIVALS_MAX {
            self.all.first_key_value().map(|(number, _)| *number)
        } else {
            None
        };
        if let Some(pushed_out) = first.and_then(|number| self.remove(number)) {
            pushed_out.notify_one();
        }
    }

    fn remove(&mut self, number: u64) -> Option<Arc<Notify>> {
        let (from, pushed_out) = self.all.remove(&number)?;
        if let Some(own) = self.of.get_mut(&from) {
            own.remove(&number);
            if own.is_empty() {
                self.of.remove(&from);
            }
        }
        Some(pushed_out)
    }
}

impl Arrival {
    /// It has asked for something, and is not pushed out any more.
    pub(crate) fn has_asked(&self) {
        self.arrivals.waiting().remove(self.number);
    }

    /// Waits until others took its place, which may be never.
    pub(crate) async fn pushed_out(&self) {
        self.pushed_out.notified().await;
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.has_asked();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn is_out(arrival: &Arrival) -> bool {
        arrival.pushed_out().now_or_never().is_some()
    }

    fn from(n: usize) -> IpAddr {
        let [.., high, low] = n.to_be_bytes();
        IpAddr::from([198, 18, high, low])
    }

    #[test]
    fn who_comes_is_let_in_and_the_first_of_its_address_goes() {
        let arrivals = Arrivals::default();
        let other = arrivals.enter(from(1));
        let asked = arrivals.enter(from(0));
        asked.has_asked();
        let mut waiting: Vec<_> = (0..ARRIVALS_PER_ADDRESS_MAX)
            .map(|_| arrivals.enter(from(0)))
            .collect();
        assert_eq!(arrivals.len(), ARRIVALS_PER_ADDRESS_MAX + 1);
        assert!(!waiting.iter().any(is_out));
        waiting.push(arrivals.enter(from(0)));
        assert_eq!(arrivals.len(), ARRIVALS_PER_ADDRESS_MAX + 1);
        assert!(is_out(&waiting[0]) && !waiting[1..].iter().any(is_out));
        assert!(!is_out(&other) && !is_out(&asked));
        drop((waiting, other, asked));
        assert!(arrivals.waiting().of.is_empty() && arrivals.len() == 0);
    }

    #[test]
    fn of_all_addresses_the_first_goes() {
        let arrivals = Arrivals::default();
        let mut waiting: Vec<_> = (0..ARRIVALS_MAX)
            .map(|n| arrivals.enter(from(n / 2)))
            .collect();
        assert!(!waiting.iter().any(is_out));
        waiting.push(arrivals.enter(from(ARRIVALS_MAX)));
        assert_eq!(arrivals.len(), ARRIVALS_MAX);
        assert!(is_out(&waiting[0]) && !waiting[1..].iter().any(is_out));
    }
}
