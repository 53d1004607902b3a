//! Rows of campaigns say nothing of a patient who is to be erased.

use super::*;
use campaign::{CallEnd, Event, RowEvent, RowState, Tally};
use functions::sweep;
use store::campaigns::{Campaigns, StoredRow};
use tests::campaigns::{id_of, importing};

const PATIENT: &str = "/api/patients/patient_123";

/// One patient in two rows, of which one is faulty, one without an id, and another patient.
const FILE: &str = "patient id,name,phone,city\n\
    patient_123,राहुल शर्मा,1234567890,जयपुर\n\
    patient_123,राहुल शर्मा,1234567890 1,जयपुर\n\
    ,Asha,9123456781,Pune\n\
    p4,Vijay,9123456782,Pune\n";

impl World {
    fn campaigns(&self) -> Campaigns {
        Campaigns::of(&self.app.calls)
    }

    /// A campaign of the file, ready to start.
    async fn ready(&self) {
        importing(&self.campaigns(), id_of(1), FILE.as_bytes())
            .await
            .unwrap();
        sweep::tick(&self.app).await;
        assert_eq!(self.tally().await.pending, 3);
    }

    async fn tell(&self, event: Event) {
        self.campaigns().apply(id_of(1), &event).await.unwrap();
    }

    async fn row(&self, number: u32) -> StoredRow {
        let row = self.app.calls.store.row(id_of(1), number).await.unwrap();
        row.unwrap()
    }

    async fn tally(&self) -> Tally {
        self.app.calls.store.tally(id_of(1)).await.unwrap()
    }

    /// A test call of a row.
    async fn tried_out(&self, row: u32, number: &str) -> CallId {
        let path = format!("/api/campaigns/{}/rows/{row}/test-call", id_of(1));
        let body = json!({ "phoneNumber": number });
        let (status, answer) = self.ask("POST", &path, body).await;
        assert_eq!(status, 202, "{answer}");
        answer["sessionId"].as_str().unwrap().parse().unwrap()
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.ask("DELETE", path, Value::Null).await
    }
}

#[track_caller]
fn says_nothing(row: &StoredRow) {
    assert!(row.erased_at.is_some());
    assert!(row.phone.is_none() && row.entry.is_none() && row.cells.is_empty());
    assert!(row.patient_id.is_none());
    assert!(
        row.faults
            .iter()
            .all(|fault| fault.found.expose().is_empty())
    );
}

#[tokio::test]
async fn rows_of_a_patient_are_emptied_and_counted_still() {
    let world = World::start(365).await;
    world.ready().await;
    assert!(!world.traces().is_empty());
    let (status, answer) = world.delete(PATIENT).await;
    assert_eq!(
        (status, &answer["rows"], &answer["calls"]),
        (202, &json!(2), &json!(0))
    );
    assert_eq!(world.traces(), BTreeSet::new());
    let (first, faulty) = (world.row(2).await, world.row(3).await);
    says_nothing(&first);
    says_nothing(&faulty);
    assert_eq!(
        (first.row.state, faulty.row.state),
        (RowState::Cancelled, RowState::Faulty)
    );
    assert_eq!(faulty.faults.len(), 1, "why it was not called stays");
    assert_eq!(world.row(5).await.cells[1], "Vijay");
    let tally = world.tally().await;
    assert_eq!((tally.pending, tally.cancelled, tally.rows()), (2, 1, 4));
    let (_, erasures) = world.ask("GET", "/api/erasures", Value::Null).await;
    assert_eq!(erasures["erasures"][0]["rows"], 2);
    assert_eq!(
        world.delete(PATIENT).await.0,
        404,
        "nobody is known by this id"
    );
}

#[tokio::test]
async fn a_row_that_is_called_ends_with_its_call() {
    let world = World::start(365).await;
    world.ready().await;
    world.tell(Event::Started).await;
    sweep::tick(&world.app).await;
    let call = world.row(2).await.row.call.unwrap();
    assert_eq!(world.status(call).await, 200);
    let (_, answer) = world.delete(PATIENT).await;
    assert_eq!((&answer["rows"], &answer["calls"]), (&json!(2), &json!(1)));
    assert_eq!(world.status(call).await, 404);
    let row = world.row(2).await;
    says_nothing(&row);
    assert_eq!(row.row.state, RowState::Cancelled);
    assert_eq!(world.tally().await.rows(), 4);
}

#[tokio::test]
async fn whoever_was_not_reached_is_not_called_again() {
    let world = World::start(365).await;
    world.ready().await;
    world.tell(Event::Started).await;
    sweep::tick(&world.app).await;
    let call = world.row(2).await.row.call.unwrap();
    let ended = RowEvent::CallEnded {
        call,
        end: CallEnd::NotReached,
    };
    let told = world.campaigns().apply_row(id_of(1), 2, &ended).await;
    told.unwrap();
    assert_eq!(world.row(2).await.row.state, RowState::Failed);
    world.delete(PATIENT).await;
    assert_eq!(world.row(2).await.row.state, RowState::Cancelled);
}

#[tokio::test]
async fn a_row_without_an_id_is_found_by_its_call() {
    let world = World::start(365).await;
    world.ready().await;
    world.tell(Event::Started).await;
    sweep::tick(&world.app).await;
    let row = world.row(4).await;
    let call = row.row.call.expect("two are called at once");
    let (status, answer) = world.delete(&format!("/api/patients/{call}")).await;
    assert_eq!((status, &answer["rows"]), (202, &json!(1)));
    says_nothing(&world.row(4).await);
    assert!(world.row(2).await.entry.is_some());
}

#[tokio::test]
async fn a_test_call_of_a_row_goes_with_its_patient() {
    let world = World::start(365).await;
    world.ready().await;
    let with_id = world.tried_out(2, "9876543210").await;
    let without = world.tried_out(4, "9876543211").await;
    let (_, answer) = world.delete(PATIENT).await;
    assert_eq!((&answer["rows"], &answer["calls"]), (&json!(2), &json!(1)));
    assert_eq!(world.status(with_id).await, 404);
    assert_eq!(world.status(without).await, 200);

    // Without an id the patient is found by any call of the row, and so are all of its test calls.
    world.tell(Event::Started).await;
    sweep::tick(&world.app).await;
    let call = world.row(4).await.row.call.unwrap();
    let (_, answer) = world.delete(&format!("/api/patients/{call}")).await;
    assert_eq!((&answer["rows"], &answer["calls"]), (&json!(1), &json!(2)));
    assert_eq!(world.status(without).await, 404);
    says_nothing(&world.row(4).await);
}

#[tokio::test]
async fn a_test_call_of_a_patient_who_is_held_is_held_too() {
    let world = World::start(365).await;
    world.ready().await;
    world.tell(Event::Started).await;
    sweep::tick(&world.app).await;
    let tried = world.tried_out(4, "9876543210").await;
    let call = world.row(4).await.row.call.unwrap();
    let hold = format!("/api/patients/{call}/hold");
    let expires = || {
        let items = world.system.meter.items().into_iter();
        let mut own = items.filter(|item| item["PK"]["S"] == format!("CALL#{tried}"));
        own.any(|item| item["ttl"].is_object())
    };
    assert!(expires());
    assert_eq!(world.ask("PUT", &hold, Value::Null).await.0, 200);
    assert!(!expires());
    assert_eq!(world.delete(&hold).await.0, 204);
    assert!(expires());
}

#[tokio::test]
async fn a_row_without_an_id_is_found_by_its_test_call() {
    let world = World::start(365).await;
    world.ready().await;
    let call = world.tried_out(4, "9876543210").await;
    let (status, answer) = world.delete(&format!("/api/patients/{call}")).await;
    assert_eq!((status, &answer["rows"]), (202, &json!(1)));
    assert_eq!(world.status(call).await, 404);
    says_nothing(&world.row(4).await);
}

#[tokio::test]
async fn rows_of_a_patient_who_is_held_are_unread_and_there_until_they_are_released() {
    let world = World::start(365).await;
    world.ready().await;
    let hold = format!("{PATIENT}/hold");
    assert_eq!(world.ask("PUT", &hold, Value::Null).await.0, 200);
    let of_row = |sk: &str| {
        let items = world.system.meter.items();
        let row = items.into_iter().find(|item| item["SK"]["S"] == sk);
        row.unwrap()
    };
    let row = of_row("ROW#0000002");
    assert!(row["ttl"].is_null() && row["heldTtl"].is_object());

    let (_, answer) = world.delete(PATIENT).await;
    assert_eq!(
        (&answer["held"], &answer["rows"]),
        (&json!(true), &json!(2))
    );
    says_nothing(&world.row(2).await);
    assert_eq!(world.row(2).await.row.state, RowState::Cancelled);
    assert!(world.traces().contains("राहुल"));

    assert_eq!(world.delete(&hold).await.0, 204);
    let row = of_row("ROW#0000002");
    assert!(row["ttl"].is_object() && row["heldTtl"].is_null());
    says_nothing(&world.row(2).await);
    assert_eq!(world.delete(PATIENT).await.0, 202);
    assert_eq!(world.traces(), BTreeSet::new());
}

#[tokio::test]
async fn all_that_is_stored_of_a_campaign_expires() {
    let world = World::start(1).await;
    importing(&world.campaigns(), id_of(2), FILE.as_bytes())
        .await
        .unwrap();
    world.ready().await;
    let now = world.app.calls.now().as_secs();
    let days = |item: &Value| {
        let ttl = item["ttl"]["N"].as_str().expect("it expires");
        (ttl.parse::<i64>().unwrap() - now) / (24 * 60 * 60)
    };
    let mut kinds = BTreeSet::new();
    for item in world.system.meter.items() {
        let sk = item["SK"]["S"].as_str().unwrap();
        let kind = sk.split('#').next().unwrap().to_owned();
        // The bytes of a file that nobody imported go first; all else with the longest life and a day.
        let expected = if kind == "PART" || kind == "PIECE" {
            7
        } else {
            91
        };
        assert_eq!(days(&item), expected, "{sk}");
        kinds.insert(kind);
    }
    assert!(kinds.len() >= 7, "{kinds:?}");
}
