//! Who gets how much of the room that there is.

/// What a campaign would take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The higher goes first.
    pub(super) priority: u8,
    /// Dials that it could begin.
    pub(super) wanted: usize,
}

/// The share of each, in the order of the wishes: the higher priority takes what it can use; those of one
/// priority take turns, so that none waits for another's rows. Chance (`first`) says who begins, for room
/// that is too small for all of them.
pub(super) fn of(room: usize, wishes: &[Wish], first: u64) -> Vec<usize> {
    let mut shares = vec![0; wishes.len()];
    let mut left = room;
    let mut priorities: Vec<u8> = wishes.iter().map(|wish| wish.priority).collect();
    priorities.sort_unstable();
    priorities.dedup();
    for priority in priorities.into_iter().rev() {
        let mut equals: Vec<usize> = (0..wishes.len())
            .filter(|&index| wishes[index].priority == priority)
            .collect();
        let first = first % equals.len() as u64;
        equals.rotate_left(usize::try_from(first).unwrap_or_default());
        while left > 0 {
            equals.retain(|&index| shares[index] < wishes[index].wanted);
            if equals.is_empty() {
                break;
            }
            for &index in equals.iter().take(left) {
                shares[index] += 1;
            }
            left -= equals.len().min(left);
        }
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn shared(room: usize, wishes: &[(u8, usize)], first: u64) -> Vec<usize> {
        let wish = |&(priority, wanted)| Wish { priority, wanted };
        of(room, &wishes.iter().map(wish).collect::<Vec<_>>(), first)
    }

    #[test]
    fn equals_share_evenly_and_none_takes_what_it_cannot_use() {
        assert_eq!(shared(10, &[(0, 50), (0, 50)], 0), [5, 5]);
        assert_eq!(shared(10, &[(0, 2), (0, 50)], 0), [2, 8]);
        assert_eq!(shared(3, &[(0, 0), (0, 1)], 0), [0, 1]);
        assert_eq!(shared(0, &[(0, 5)], 0), [0]);
        assert!(shared(5, &[], 0).is_empty());
    }

    #[test]
    fn the_higher_priority_goes_first_and_leaves_what_it_cannot_use() {
        assert_eq!(shared(10, &[(0, 50), (1, 4), (1, 4)], 0), [2, 4, 4]);
        assert_eq!(shared(3, &[(0, 50), (7, 4)], 0), [0, 3]);
    }

    #[test]
    fn chance_says_who_has_the_odd_one() {
        assert_eq!(shared(3, &[(0, 9), (0, 9)], 0), [2, 1]);
        assert_eq!(shared(3, &[(0, 9), (0, 9)], 1), [1, 2]);
        assert_eq!(shared(1, &[(0, 9), (0, 9), (0, 9)], u64::MAX), [1, 0, 0]);
    }
}
