//! What the store promises, against the embedded DynamoDB, or against the one that
//! `TEST_DYNAMODB_URL` names (`.ci/second-dynamodb`).

use crate::support::{agent_ready, carrier_id, gapped_audio, phone, picked_up, request_for};
use call::{
    CallEvent, CallSession, CallState, Decision, HungUpBy, Policy, Speaker, Turn, ids::CallId,
    time::Timestamp,
};
use local::database::Database;
use std::time::Duration;
use store::{CallStore, Commit, Created, item::SHARDS};

mod answers;
pub(crate) mod campaigns;
mod dnd;
mod limits;
mod lists;
mod outbox;
mod races;
mod report;
mod request_key;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

struct Contract {
    store: CallStore,
    policy: Policy,
    _database: Option<Database>,
}

/// A new table on the database under test; an embedded one ends with the second part.
pub(crate) async fn new_store() -> (CallStore, Option<Database>) {
    crate::privacy::watch();
    if let Ok(url) = std::env::var("TEST_DYNAMODB_URL") {
        let store = CallStore::local(&url, &format!("calls-{}", store::clock::draw_call_id()));
        store.ensure_table().await.unwrap();
        return (store, None);
    }
    let database = Database::start("127.0.0.1:0".parse().unwrap(), None)
        .await
        .unwrap();
    let store = database.store("calls").await.unwrap();
    (store, Some(database))
}

fn decide_by(policy: &Policy, session: &CallSession, event: &CallEvent) -> Decision {
    let now = START + Duration::from_secs(1);
    session.apply(event, now, policy).unwrap()
}

impl Contract {
    async fn new() -> Self {
        let (store, database) = new_store().await;
        Self {
            store,
            policy: Policy::default(),
            _database: database,
        }
    }

    async fn create(&self, phone: &str) -> CallSession {
        let request = request_for(phone);
        let decision = CallSession::create(&request, START, &self.policy);
        assert_eq!(
            self.store.create(&request, &decision, None).await.unwrap(),
            Created::Stored
        );
        decision.next
    }

    fn decide(&self, session: &CallSession, event: &CallEvent) -> Decision {
        decide_by(&self.policy, session, event)
    }

    async fn commit(&self, session: &CallSession, event: CallEvent) -> CallSession {
        let decision = self.decide(session, &event);
        let commit = self.store.commit(&decision).await.unwrap();
        assert_eq!(commit, Commit::Applied, "{event:?}");
        decision.next
    }

    async fn live_call(&self, phone: &str) -> CallSession {
        let mut session = self.create(phone).await;
        let id = session.id;
        for event in [
            CallEvent::DialDue,
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialAccepted {
                attempt: 1,
                carrier_call_id: Some(carrier_id(id)),
            },
            picked_up(),
            agent_ready("conv_1"),
        ] {
            session = self.commit(&session, event).await;
        }
        session
    }

    async fn due_everywhere(&self, now: Timestamp) -> (Vec<CallId>, Vec<CallId>) {
        let (mut overdue, mut dials) = (Vec::new(), Vec::new());
        for shard in 0..SHARDS {
            let passed = self.store.overdue(shard, now, 100).await.unwrap();
            overdue.extend(passed.into_iter().map(|(id, _)| id));
            dials.extend(self.store.due_dials(shard, now, 100).await.unwrap());
        }
        (overdue, dials)
    }
}

#[tokio::test]
async fn a_call_reads_back_as_it_was_stored() {
    let contract = Contract::new().await;
    let session = contract.live_call("+911234567890").await;
    let turn = Turn {
        attempt: 1,
        at: START,
        seq: 1,
        role: Speaker::Agent,
        text: "नमस्ते".to_owned(),
        interrupted: false,
    };
    contract.store.save_turn(session.id, &turn).await.unwrap();
    let report = gapped_audio(1, START);
    for _ in 0..2 {
        let saved = contract.store.save_audio(session.id, &report);
        saved.await.unwrap();
    }

    assert_eq!(
        contract.store.load(session.id).await.unwrap().as_ref(),
        Some(&session)
    );
    let record = contract.store.record(session.id).await.unwrap().unwrap();
    assert_eq!(record.session, session);
    assert_eq!(
        record.request,
        contract.store.request(session.id).await.unwrap().unwrap()
    );
    assert_eq!(
        record.attempts.as_slice(),
        [session.attempt.clone().unwrap()]
    );
    assert_eq!(record.turns, [turn]);
    assert_eq!(record.audio, [report]);
    let trail: Vec<_> = record
        .events
        .iter()
        .map(|event| (event.seq, event.event.as_str()))
        .collect();
    assert_eq!(
        trail,
        [
            (1, "created"),
            (2, "dial_due"),
            (3, "dial_dispatched"),
            (4, "dial_accepted"),
            (5, "stream_opened"),
            (6, "agent_ready"),
        ]
    );
}

#[tokio::test]
async fn an_unknown_call_is_nothing() {
    let contract = Contract::new().await;
    let nobody = store::clock::draw_call_id();
    assert_eq!(contract.store.load(nobody).await.unwrap(), None);
    assert_eq!(contract.store.record(nobody).await.unwrap(), None);
    assert_eq!(
        contract
            .store
            .by_carrier_id(&carrier_id(nobody))
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        contract
            .store
            .live_call_of(&phone("+911234567890"))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_key_is_admitted_up_to_its_limit_in_each_minute() {
    let contract = Contract::new().await;
    let mut admitted = Vec::new();
    for _ in 0..3 {
        admitted.push(contract.store.admit("crm", START, 2).await.unwrap());
    }
    assert_eq!(admitted, [true, true, false]);
    assert!(contract.store.admit("other", START, 2).await.unwrap());
    let next_minute = START + Duration::from_secs(60);
    assert!(contract.store.admit("crm", next_minute, 2).await.unwrap());
}

#[tokio::test]
async fn a_file_database_keeps_calls_over_a_restart() {
    let folder = std::env::temp_dir().join(format!("calls-{}", store::clock::draw_call_id()));
    let listen = "127.0.0.1:0".parse().unwrap();
    let request = request_for("+911234567890");
    let decision = CallSession::create(&request, START, &Policy::default());

    let first = Database::start(listen, Some(&folder)).await.unwrap();
    first
        .store("calls")
        .await
        .unwrap()
        .create(&request, &decision, None)
        .await
        .unwrap();
    first.stop().await.unwrap();

    let second = Database::start(listen, Some(&folder)).await.unwrap();
    let loaded = second
        .store("calls")
        .await
        .unwrap()
        .load(request.id)
        .await
        .unwrap();
    second.stop().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(loaded, Some(decision.next));
}

#[tokio::test]
async fn a_database_that_is_down_is_unavailable_not_empty() {
    let store = CallStore::local("http://127.0.0.1:9", "calls");
    let error = store.load(store::clock::draw_call_id()).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}
