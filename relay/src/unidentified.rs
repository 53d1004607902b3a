//! Streams that have not said yet which call they belong to: how many there may be, and how many
//! of one address, so that nobody fills every place and keeps patients out.

use crate::peer::network;
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Most unidentified streams at once. Each keeps up to 320 kB while it is identified, so that they fill no
/// more than 82 MB.
pub(crate) const UNIDENTIFIED_MAX: usize = 256;

/// Most unidentified streams of one address at once. A carrier opens all its streams from a few addresses,
/// and says within moments whose they are; eight such addresses fill every place.
pub(crate) const UNIDENTIFIED_PER_ADDRESS_MAX: usize = 32;

/// Who holds a place, by address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unidentified(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// The place of one, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    unidentified: Unidentified,
    from: IpAddr,
}

impl Unidentified {
    /// Takes a place, unless all of them, or all of this address, are taken.
    pub(crate) fn enter(&self, from: IpAddr) -> Option<Place> {
        let from = network(from);
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = places.values().sum::<usize>() >= UNIDENTIFIED_MAX;
        let own = places.get(&from).copied().unwrap_or(0);
        if is_full || own >= UNIDENTIFIED_PER_ADDRESS_MAX {
            return None;
        }
        places.insert(from, own + 1);
        drop(places);
        Some(Place {
            unidentified: self.clone(),
            from,
        })
    }
}

impl Unidentified {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.values().sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let places = &self.unidentified.0;
        let mut places = places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = places.get_mut(&self.from) {
            *own -= 1;
            if *own == 0 {
                places.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_fills_its_own_places_only() {
        let unidentified = Unidentified::default();
        let enter = |from: &str| unidentified.enter(address(from));
        let mut places: Vec<Place> = Vec::new();
        for _ in 0..UNIDENTIFIED_PER_ADDRESS_MAX / 2 {
            places.extend(enter("2001:db8::1"));
            places.extend(enter("2001:db8::ffff:2"));
        }
        assert_eq!(places.len(), UNIDENTIFIED_PER_ADDRESS_MAX);
        assert!(enter("2001:db8::3").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        assert!(enter("192.0.2.1").is_some());
        places.pop();
        assert!(enter("2001:db8::3").is_some());
        drop(places);
        assert!(unidentified.0.lock().unwrap().is_empty());
    }

    #[test]
    fn many_addresses_fill_no_more_than_all_places() {
        let unidentified = Unidentified::default();
        let addresses = (0..=255_u8).flat_map(|n| [[192, 0, 2, n], [198, 51, 100, n]]);
        let places: Vec<Place> = addresses
            .filter_map(|octets| unidentified.enter(octets.into()))
            .collect();
        assert_eq!(places.len(), UNIDENTIFIED_MAX);
        // The same address in its form of version 6 is the same.
        drop(places);
        let mapped = |_| unidentified.enter(address("::ffff:192.0.2.1"));
        let places: Vec<Place> = (0..UNIDENTIFIED_PER_ADDRESS_MAX)
            .filter_map(mapped)
            .collect();
        assert!(unidentified.enter(address("192.0.2.1")).is_none());
        drop(places);
    }
}
