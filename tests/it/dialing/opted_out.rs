//! A number that opted out is not dialled, however late it did.

use super::*;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::context::BeforeTransmitInterceptorContextRef,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use call::EndCause;
use serde_json::Value;
use store::OptOut;

fn opt_out() -> OptOut {
    OptOut {
        phone_number: phone("+911234567890"),
        since: START,
        by: "crm".to_owned(),
        reason: None,
    }
}

#[tokio::test]
async fn a_call_whose_number_opted_out_ends_and_holds_nothing() {
    let world = World::start().await;
    let id = world
        .call(store::clock::draw_call_id(), "+911234567890")
        .await;
    world.apply(id, CallEvent::DialDue).await;
    let store = &world.calls().store;
    assert_eq!(store.channels_in_use().await.unwrap(), 1);
    store.opt_out(&opt_out()).await.unwrap();
    // What is applied is that the dial leaves; what is learnt is that it must not.
    let session = world
        .apply(id, CallEvent::DialDispatched { attempt: 1 })
        .await;
    let ended = (session.state, session.cause);
    assert_eq!(ended, (CallState::Failed, Some(EndCause::OptedOut)));
    assert_eq!(store.channels_in_use().await.unwrap(), 0);
    let locked = store.live_call_of(&opt_out().phone_number).await.unwrap();
    assert_eq!(locked, None);
    world.clock.advance(A_WHILE);
    let report = sweep::tick(&world.app).await;
    assert_eq!((report.dials, report.deadlines), (0, 0));
}

/// The transactions that were sent.
#[derive(Clone, Debug, Default)]
struct Sent(Arc<Mutex<Vec<Value>>>);

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "sent"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body: Value = serde_json::from_slice(context.request().body().bytes().unwrap())?;
        if body["TransactItems"].is_array() {
            self.0.lock().unwrap().push(body["TransactItems"].clone());
        }
        Ok(())
    }
}

/// A look at the list before the transaction would leave a moment for the number to be put on it.
#[tokio::test]
async fn the_list_is_asked_in_the_very_transaction_that_lets_a_dial_leave() {
    let listen = "127.0.0.1:0".parse().unwrap();
    let database = Database::start(listen, None).await.unwrap();
    database.store("calls").await.unwrap();
    let sent = Sent::default();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(database.url())
        .interceptor(sent.clone())
        .build();
    let store = CallStore::new(Client::from_conf(config), "calls");
    let world = World::over(store, Some(database));
    let id = world
        .call(store::clock::draw_call_id(), "+911234567890")
        .await;
    world.apply(id, CallEvent::DialDue).await;
    sent.0.lock().unwrap().clear();
    world
        .apply(id, CallEvent::DialDispatched { attempt: 1 })
        .await;
    let sent = sent.0.lock().unwrap().clone();
    let [transaction] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    let writes = transaction.as_array().unwrap();
    let asks = writes.iter().any(|write| {
        let check = &write["ConditionCheck"];
        check["Key"]["PK"]["S"] == "OPTOUTS"
            && check["Key"]["SK"]["S"] == "+911234567890"
            && check["ConditionExpression"] == "attribute_not_exists(PK)"
    });
    assert!(asks, "{transaction:#}");
}
