//! Whom promotion may not disturb: asked before a row's turn, and again by the dial itself.

use super::{
    terms::{CALLER, sells},
    *,
};
use campaign::{Day, DndPage};
use serde_json::Value;

const BLOCKED: &str =
    "blocked, the do-not-disturb list is missing or too old for promotional calls: bring a new one";

/// Sells for ten days, which is longer than a list holds.
fn sells_long() -> Plan {
    Plan {
        expires_at: START + Duration::from_hours(10 * 24),
        ..sells()
    }
}

impl World {
    pub(super) fn today(&self) -> Day {
        let moment = plan().hours.date_time(self.clock.now()).unwrap();
        moment[..10].parse().unwrap()
    }

    pub(super) async fn bring(&self, as_of: Day, listed: &[String], is_last: bool) {
        let page = DndPage {
            as_of,
            new: 0,
            is_last,
            by: "test".to_owned(),
        };
        let phones = listed.iter().map(|number| phone(number)).collect();
        let (calls, now) = (self.calls(), self.clock.now());
        let max_age = calls.policy.dnd_list_max_age;
        let taken = calls.store.put_dnd_page(&page, &phones, now, max_age);
        taken.await.unwrap().unwrap();
    }

    /// A list of today, to its end.
    async fn list(&self, listed: &[String]) {
        self.bring(self.today(), listed, true).await;
    }

    async fn selling_to(&self, numbers: &[String]) -> CampaignId {
        let id = self.running(1, sells_long(), numbers).await;
        self.open();
        id
    }

    /// Waits until promotion may call.
    fn open(&self) {
        let now = self.clock.now();
        let opens = sells_long().next_open(now, None).unwrap();
        self.clock.advance(opens.since(now));
    }

    async fn waits(&self, id: CampaignId) -> (Value, Value) {
        let campaign = self.get(&format!("/api/campaigns/{id}")).await;
        let rows = self
            .get(&format!("/api/campaigns/{id}/rows?state=pending"))
            .await;
        let waits = |of: &Value| of["waits"].clone();
        (waits(&campaign["live"]), waits(&rows["rows"][0]))
    }

    async fn cause_of(&self, id: CampaignId, number: u32) -> Option<call::EndCause> {
        self.call_of(id, number).await.cause
    }
}

#[tokio::test]
async fn promotion_is_blocked_without_a_list_and_by_an_old_one() {
    let world = World::start().await;
    let id = world.selling_to(&numbers(3)).await;
    assert_eq!(world.dials().await, 0);
    let told = (format!("{BLOCKED}, 3 left").into(), BLOCKED.into());
    assert_eq!(world.waits(id).await, told);
    // Pages that are no whole list let nobody be called.
    world.bring(world.today(), &[], false).await;
    assert_eq!(world.dials().await, 0);
    world.list(&[]).await;
    assert_eq!(world.waits(id).await, (Value::Null, Value::Null));
    assert_eq!(world.dials().await, 2);
    world.talk(id, 2).await;
    world.talk(id, 3).await;
    world.clock.advance(Duration::from_hours(7 * 24));
    world.open();
    assert_eq!(world.dials().await, 0);
    let told = (format!("{BLOCKED}, 1 left").into(), BLOCKED.into());
    assert_eq!(world.waits(id).await, told);
    world.list(&[]).await;
    assert_eq!(world.dials().await, 1);
}

#[tokio::test]
async fn a_number_that_is_listed_by_its_turn_is_not_called_and_its_row_says_so() {
    let world = World::start().await;
    let id = world.selling_to(&numbers(2)).await;
    world.list(&[number(0)]).await;
    world.dials().await;
    let row = world.calls().store.row(id, 2).await.unwrap().unwrap();
    assert_eq!((row.row.state, row.row.dials), (RowState::OptedOut, 0));
    assert!(row.told().unwrap().contains("do-not-disturb list"));
    let cause = world.cause_of(id, 2).await;
    assert_eq!(cause, Some(call::EndCause::DoNotDisturb));
    assert_eq!(world.row(id, 3).await.state, RowState::Dialling);
    assert_eq!(world.carrier.dials.lock().unwrap().len(), 1);
    // Nobody asks the number to be called again.
    let tally = world.tally(id).await;
    assert_eq!((tally.opted_out, tally.failed), (1, 0));
}

#[tokio::test]
async fn a_number_that_comes_on_a_list_while_its_dial_is_about_to_leave_is_not_called() {
    // The list that is being brought counts, too.
    for is_last in [true, false] {
        let world = World::start().await;
        let id = world.selling_to(&numbers(1)).await;
        world.list(&[]).await;
        let call = world.taken(id, 2).await;
        world.apply(call, CallEvent::DialDue).await;
        world.clock.advance(Duration::from_secs(1));
        world.bring(world.today(), &[number(0)], is_last).await;
        let event = CallEvent::DialDispatched { attempt: 1 };
        let over = world.apply(call, event).await;
        assert_eq!(over.cause, Some(call::EndCause::DoNotDisturb));
        assert_eq!(world.row(id, 2).await.state, RowState::OptedOut);
        assert_eq!(world.live(id).await, 0);
    }
}

#[tokio::test]
async fn a_dial_that_was_about_to_leave_is_held_when_the_list_grows_old() {
    let world = World::start().await;
    let id = world.selling_to(&numbers(1)).await;
    world.list(&[]).await;
    let call = world.taken(id, 2).await;
    world.apply(call, CallEvent::DialDue).await;
    world.clock.advance(Duration::from_hours(7 * 24));
    let event = CallEvent::DialDispatched { attempt: 1 };
    let held = world.apply(call, event).await;
    assert_eq!(held.state, CallState::Initiating);
    assert_eq!((world.live(id).await, world.row(id, 2).await.dials), (0, 0));
}

#[tokio::test]
async fn who_is_in_an_earlier_list_alone_may_be_called_again() {
    let world = World::start().await;
    world.list(&[number(0), number(1)]).await;
    world.clock.advance(Duration::from_hours(24));
    world.bring(world.today(), &[number(1)], false).await;
    let id = world.selling_to(&numbers(2)).await;
    let listed = |world: &World| {
        let phones = numbers(2).iter().map(|number| phone(number)).collect();
        let store = world.calls().store.clone();
        async move { store.dnd_listed_of(&phones).await.unwrap().len() }
    };
    assert_eq!(listed(&world).await, 2, "until the next is complete");
    world.list(&[]).await;
    assert_eq!(listed(&world).await, 1);
    world.dials().await;
    assert_eq!(world.row(id, 2).await.state, RowState::Dialling);
    assert_eq!(world.row(id, 3).await.state, RowState::OptedOut);
}

#[tokio::test]
async fn whom_the_carrier_refused_as_listed_no_promotion_disturbs_again() {
    let world = World::start().await;
    let call = world.call(in_shard(0), &number(0)).await;
    assert_eq!(world.dials().await, 1);
    let status = CarrierStatus::DoNotDisturb;
    let event = CallEvent::Carrier { attempt: 1, status };
    let over = world.apply(call, event).await;
    assert_eq!(over.cause, Some(call::EndCause::DoNotDisturb));
    let entry = world.calls().store.dnd_entry(&phone(&number(0))).await;
    let entry = entry.unwrap().unwrap();
    assert_eq!(
        (entry.refused_at, entry.as_of()),
        (Some(world.clock.now()), None)
    );
    // No list says so, and none takes it back.
    let id = world.selling_to(&numbers(2)).await;
    world.list(&[number(1)]).await;
    world.clock.advance(Duration::from_hours(24));
    world.list(&[number(0)]).await;
    world.clock.advance(Duration::from_hours(24));
    world.list(&[]).await;
    world.dials().await;
    assert_eq!(world.row(id, 2).await.state, RowState::OptedOut);
    assert_eq!(world.row(id, 3).await.state, RowState::Dialling);
    // It is nothing against a service call.
    world.call(in_shard(1), &number(0)).await;
    assert_eq!(world.dials().await, 1);
}

#[tokio::test]
async fn service_calls_do_not_ask_for_the_list() {
    let world = World::start().await;
    world.list(&[number(0)]).await;
    world.clock.advance(Duration::from_hours(8 * 24));
    let serves = Plan {
        expires_at: world.clock.now() + Duration::from_hours(24),
        ..plan()
    };
    let id = world.running(1, serves, &numbers(1)).await;
    assert_eq!(world.dials().await, 1);
    assert_eq!(world.row(id, 2).await.state, RowState::Dialling);
    let dialled = world.carrier.latest.lock().unwrap().clone().unwrap();
    assert_ne!(dialled.caller, Some(phone(CALLER)));
}
