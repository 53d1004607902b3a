//! A process that is frozen in the middle of a dial, as a Lambda may be, and wakes long after.

use super::*;
use std::sync::atomic::{AtomicI32, Ordering};

/// Looks at the clock until the process is frozen: more than one dial takes.
const LOOKS: i32 = 24;

/// Shows the time; before one of the looks, a while has passed.
struct Leaping {
    clock: ManualClock,
    looks: AtomicI32,
}

impl Clock for Leaping {
    fn now(&self) -> Timestamp {
        if self.looks.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.clock.advance(A_WHILE);
        }
        self.clock.now()
    }
}

#[tokio::test]
async fn a_process_that_wakes_with_a_right_to_dial_that_is_old_dials_nobody() {
    let mut too_late = 0;
    for look in 0..LOOKS {
        let (store, database) = new_store().await;
        let clock = ManualClock::new(START);
        let shown = Arc::new(Leaping {
            clock: clock.clone(),
            looks: AtomicI32::new(look),
        });
        let world = World::seen_by(shown, clock, store, database);
        let id = world
            .call(store::clock::draw_call_id(), "+911234567890")
            .await;
        sweep::tick(&world.app).await;
        let attempt = world.load(id).await.attempt;
        let dials = world.carrier.dials.lock().unwrap().clone();
        let held_by = attempt.as_ref().and_then(|attempt| attempt.held_by);
        too_late += u32::from(held_by == Some(Hindrance::TooLate));
        for dialled in dials {
            let right = attempt.as_ref().unwrap().dispatched_at.unwrap();
            let age = dialled.since(right);
            assert!(age < Duration::from_secs(5), "look {look}: {age:?}");
        }
    }
    assert!(too_late > 0, "no look fell between the right and the dial");
}
