//! Who is told next: the receivers' hosts in turn, so that one that is slow delays no other.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};
use store::{
    DeliveryKey,
    item::{SHARDS, shard_of},
};

/// Deliveries on their way to one host at the same time: a CRM that answers in 100 ms is told 80
/// outcomes a second.
pub(super) const HOST_LANES_MAX: usize = 8;

/// The same for a host that gave no answer last time: enough to notice that it answers again.
const SILENT_HOST_LANES_MAX: usize = 1;

/// Deliveries that wait here for one host, per shard: 32 in all, a second's work of a quick host.
/// What finds no place stays due in the store.
const HOST_WAITING_MAX: usize = 8 * SHARDS as usize;

/// Deliveries known here, of all hosts; about 100 bytes each.
const KNOWN_MAX: usize = 4_096;

/// Hosts remembered for having given no answer; beyond it they are all forgotten.
const SILENT_MAX: usize = 4_096;

/// Host and port of a receiver.
pub(super) type Host = Arc<str>;

/// A delivery whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) host: Host,
    pub(super) key: DeliveryKey,
}

/// One host's deliveries.
#[derive(Default)]
struct Line {
    waiting: VecDeque<DeliveryKey>,
    /// Those on their way.
    lanes: usize,
}

/// Deliveries that wait for their turn, host by host, and those on their way.
#[derive(Default)]
pub(super) struct Queue {
    /// Hosts with a delivery that waits or is on its way.
    lines: BTreeMap<Host, Line>,
    /// Hosts with a delivery that waits, the next one first.
    turns: VecDeque<Host>,
    known: BTreeSet<DeliveryKey>,
    silent: BTreeSet<Host>,
    is_closed: bool,
}

impl Queue {
    /// Deliveries that wait or are on their way.
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether this delivery waits or is on its way.
    pub(super) fn knows(&self, key: DeliveryKey) -> bool {
        self.known.contains(&key)
    }

    /// Lets a delivery wait for its turn, if there is a place for it.
    pub(super) fn add(&mut self, host: Host, key: DeliveryKey) -> bool {
        if self.known.len() >= KNOWN_MAX || self.knows(key) {
            return false;
        }
        let line = self.lines.entry(host.clone()).or_default();
        let of_shard = |other: &&DeliveryKey| shard_of(other.call_id) == shard_of(key.call_id);
        let of_shard = line.waiting.iter().filter(of_shard).count();
        if of_shard >= HOST_WAITING_MAX / usize::from(SHARDS) {
            return false;
        }
        if line.waiting.is_empty() {
            self.turns.push_back(host);
        }
        line.waiting.push_back(key);
        self.known.insert(key);
        true
    }

    /// The next delivery that may leave; [`Self::done`] must follow.
    pub(super) fn take(&mut self) -> Option<Turn> {
        if self.is_closed {
            return None;
        }
        for _ in 0..self.turns.len() {
            let host = self.turns.pop_front()?;
            let lanes_max = self.lanes_max(&host);
            let line = self.lines.get_mut(&host)?;
            let has_room = line.lanes < lanes_max;
            let key = has_room.then(|| line.waiting.pop_front()).flatten();
            if !line.waiting.is_empty() {
                self.turns.push_back(host.clone());
            }
            if let Some(key) = key {
                line.lanes += 1;
                return Some(Turn { host, key });
            }
        }
        None
    }

    /// Ends a turn; says whether the host answered, if it was asked.
    pub(super) fn done(&mut self, turn: &Turn, has_answered: Option<bool>) {
        self.known.remove(&turn.key);
        if let Some(line) = self.lines.get_mut(&turn.host) {
            line.lanes = line.lanes.saturating_sub(1);
            if line.lanes == 0 && line.waiting.is_empty() {
                self.lines.remove(&turn.host);
            }
        }
        match has_answered {
            Some(true) => drop(self.silent.remove(&turn.host)),
            Some(false) => {
                if self.silent.len() >= SILENT_MAX {
                    self.silent.clear();
                }
                self.silent.insert(turn.host.clone());
            }
            None => {}
        }
    }

    /// Nothing leaves any more; what waits stays due in the store.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    fn lanes_max(&self, host: &Host) -> usize {
        if self.silent.contains(host) {
            SILENT_HOST_LANES_MAX
        } else {
            HOST_LANES_MAX
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{delivery::Target, ids::CallId};

    fn key(n: u8) -> DeliveryKey {
        DeliveryKey {
            call_id: CallId::from_bytes([n; 16]),
            seq: 1,
            target: Target::Callback,
        }
    }

    /// A queue with deliveries named by a number, each for its host.
    fn queue(deliveries: impl IntoIterator<Item = (&'static str, u8)>) -> Queue {
        let mut queue = Queue::default();
        for (host, n) in deliveries {
            queue.add(host.into(), key(n));
        }
        queue
    }

    /// The hosts of all deliveries that may leave.
    fn take_all(queue: &mut Queue) -> Vec<Turn> {
        std::iter::from_fn(|| queue.take()).collect()
    }

    fn hosts(turns: &[Turn]) -> Vec<&str> {
        turns.iter().map(|turn| &*turn.host).collect()
    }

    #[test]
    fn hosts_have_their_turns_one_after_the_other() {
        let mut queue = queue([("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)]);
        let turns = take_all(&mut queue);
        assert_eq!(hosts(&turns), ["a", "b", "c", "a", "b", "a"]);
    }

    #[test]
    fn a_host_has_so_many_on_their_way_and_no_more() {
        let mut queue = queue((0..20).map(|n| ("a", n)));
        let turns = take_all(&mut queue);
        assert_eq!(turns.len(), HOST_LANES_MAX);
        queue.add("b".into(), key(20));
        assert_eq!(hosts(&take_all(&mut queue)), ["b"]);
        queue.done(&turns[0], Some(true));
        assert_eq!(hosts(&take_all(&mut queue)), ["a"]);
    }

    #[test]
    fn a_host_that_gave_no_answer_is_asked_by_one_at_a_time_until_it_does() {
        let mut queue = queue((0..20).map(|n| ("a", n)));
        for turn in take_all(&mut queue) {
            queue.done(&turn, Some(false));
        }
        let turns = take_all(&mut queue);
        assert_eq!(turns.len(), SILENT_HOST_LANES_MAX);
        queue.done(&turns[0], Some(true));
        assert_eq!(take_all(&mut queue).len(), HOST_LANES_MAX);
    }

    #[test]
    fn what_finds_no_place_is_not_known() {
        let mut queue = Queue::default();
        let of_one_shard = (0..=255).step_by(SHARDS.into()).map(key);
        let added = of_one_shard.filter(|key| queue.add("a".into(), *key));
        let added = added.count();
        assert_eq!(added, HOST_WAITING_MAX / usize::from(SHARDS));
        assert_eq!(queue.len(), added);
        assert!(!queue.add("b".into(), key(0)), "a delivery has one place");
        assert!(queue.add("a".into(), key(1)), "another shard has its own");
        assert!(!queue.knows(key(252)));
    }

    #[test]
    fn a_closed_queue_lets_nothing_leave() {
        let mut queue = queue([("a", 1)]);
        queue.close();
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn who_was_told_of_everything_takes_no_memory() {
        let mut queue = queue([("a", 1), ("b", 2)]);
        for turn in take_all(&mut queue) {
            queue.done(&turn, Some(true));
        }
        assert!(queue.lines.is_empty() && queue.turns.is_empty() && queue.known.is_empty());
    }
}
