//! What came of streams in vain: how often of an address lately, so that nobody can have the table read for
//! ever by asking for calls that are not its own, nor fill the log.

use crate::{
    defaults::{TRIES_ADDRESSES_MAX, TRIES_MAX, TRIES_PER_ADDRESS_MAX, TRIES_PER_ADDRESS_PAUSE},
    peer::network,
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;

/// Vain tries that still count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tries(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    of: HashMap<IpAddr, Spent>,
    /// Of all addresses, and of those for which there was no place.
    all: Option<Spent>,
}

/// How much of its tries somebody has spent, as of then; they come back evenly.
#[derive(Clone, Copy, Debug)]
struct Spent {
    tries: f64,
    at: Instant,
}

impl Spent {
    /// What is still spent; `per_sec` tries come back.
    fn now(self, per_sec: f64) -> f64 {
        (self.tries - self.at.elapsed().as_secs_f64() * per_sec).max(0.0)
    }
}

/// Tries of one address that come back in a second.
fn per_address_sec() -> f64 {
    TRIES_PER_ADDRESS_PAUSE.as_secs_f64().recip()
}

/// Tries of all addresses that come back in a second: as many times more as there may be of them.
fn all_sec() -> f64 {
    per_address_sec() * TRIES_MAX / TRIES_PER_ADDRESS_MAX
}

impl Tries {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this address may try again.
    pub(crate) fn are_left(&self, from: IpAddr) -> bool {
        let counted = self.counted();
        let own = counted.of.get(&network(from));
        let own = own.map_or(0.0, |own| own.now(per_address_sec()));
        let all = counted.all.map_or(0.0, |all| all.now(all_sec()));
        own <= TRIES_PER_ADDRESS_MAX - 1.0 && all <= TRIES_MAX - 1.0
    }

    /// Counts a try that was in vain.
    pub(crate) fn count(&self, from: IpAddr) {
        self.add(from, 1.0);
    }

    /// Takes back what was counted of a stream that then proved to be a call's.
    pub(crate) fn forgive(&self, from: IpAddr, tries: u32) {
        self.add(from, -f64::from(tries));
    }

    fn add(&self, from: IpAddr, tries: f64) {
        let (from, at) = (network(from), Instant::now());
        let mut counted = self.counted();
        let all = counted.all.map_or(0.0, |all| all.now(all_sec()));
        let all = (all + tries).clamp(0.0, TRIES_MAX);
        counted.all = Some(Spent { tries: all, at });
        let own = counted.of.get(&from);
        let own = own.map_or(0.0, |own| own.now(per_address_sec()));
        let own = (own + tries).clamp(0.0, TRIES_PER_ADDRESS_MAX);
        if counted.of.len() >= TRIES_ADDRESSES_MAX && !counted.of.contains_key(&from) {
            counted.of.retain(|_, own| own.now(per_address_sec()) > 0.0);
        }
        if counted.of.len() < TRIES_ADDRESSES_MAX || counted.of.contains_key(&from) {
            counted.of.insert(from, Spent { tries: own, at });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn from(n: usize) -> IpAddr {
        let [.., high, middle, low] = n.to_be_bytes();
        IpAddr::from([10, high, middle, low])
    }

    fn spend(tries: &Tries, from: IpAddr) -> usize {
        let mut spent = 0;
        while tries.are_left(from) {
            tries.count(from);
            spent += 1;
        }
        spent
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_spends_its_own_tries_and_they_come_back() {
        let tries = Tries::default();
        let most = TRIES_PER_ADDRESS_MAX as usize;
        assert_eq!(spend(&tries, from(1)), most);
        assert!(!tries.are_left(from(1)) && tries.are_left(from(2)));
        advance(TRIES_PER_ADDRESS_PAUSE / 2).await;
        assert!(!tries.are_left(from(1)), "half a try is none");
        advance(5 * TRIES_PER_ADDRESS_PAUSE / 2).await;
        assert_eq!(spend(&tries, from(1)), 3);
        tries.forgive(from(1), 2);
        assert_eq!(spend(&tries, from(1)), 2);
        tries.forgive(from(2), 5);
        assert_eq!(spend(&tries, from(2)), most);
    }

    #[tokio::test(start_paused = true)]
    async fn all_addresses_have_no_more_than_all_tries() {
        let tries = Tries::default();
        let spent: usize = (0..100).map(|n| spend(&tries, from(n))).sum();
        assert_eq!(spent, TRIES_MAX as usize);
        assert!(!tries.are_left(from(2_000)));
        advance(TRIES_PER_ADDRESS_PAUSE).await;
        assert!(tries.are_left(from(2_000)));
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_addresses_there_are_the_memory_is_bounded() {
        let tries = Tries::default();
        for n in 0..2 * TRIES_ADDRESSES_MAX {
            tries.count(from(n));
        }
        assert_eq!(tries.counted().of.len(), TRIES_ADDRESSES_MAX);
        advance(2 * TRIES_PER_ADDRESS_PAUSE).await;
        tries.count(from(2 * TRIES_ADDRESSES_MAX));
        assert_eq!(tries.counted().of.len(), 1);
    }
}
