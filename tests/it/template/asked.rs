//! What each function really asks of the table, seen on the wire, is what its role allows.

mod api;
mod calls;
mod campaigns;
mod docs;
mod page;

use super::{
    Template,
    rights::{allowed, part_of_the_table},
    same,
};
use access::hash_key;
use aws_sdk_dynamodb::{
    Client, Config,
    config::{BehaviorVersion, Credentials, Region},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use axum::{Router, body::Body, http::Request};
use call::{
    CallEvent, Policy,
    ids::{CallId, ConversationId},
    time::Timestamp,
};
use elevenlabs::{AgentError, Conversations};
use functions::config::ApiConfig;
use functions::{
    App, channels, complaints, dialling, dnd_list, list, mcp, opt_outs, patients, post_call,
    replay, reports, status, sweep, tools, trigger, unknown, webhook,
};
use futures_util::future::BoxFuture;
use knowlarity::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError};
use local::{database::Database, system::LOCAL_KEY};
use serde_json::{Value, json};
use settings::Env;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};
use store::clock::ManualClock;
use store::{CallStore, calls::Calls};
use tower::ServiceExt;
use webhooks::{Notice, Notifier, NotifyError};

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// What signs the post-call webhook.
const SECRET: &str = "wsec_test";

/// Longer than every deadline of a call that is being dialled.
const A_WHILE: Duration = Duration::from_secs(600);

/// Part of the table and action of everything that was asked.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<BTreeSet<(String, String)>>>);

impl Asked {
    fn note(&self, operation: &str, request: &Value) {
        let part = request["IndexName"]
            .as_str()
            .map_or_else(|| "table".to_owned(), |index| format!("index/{index}"));
        let mut asked = self.0.lock().unwrap();
        if operation != "TransactWriteItems" {
            asked.insert((part, operation.to_owned()));
            return;
        }
        for write in request["TransactItems"].as_array().unwrap() {
            let action = match write.as_object().unwrap().keys().next().unwrap().as_str() {
                "ConditionCheck" => "ConditionCheckItem".to_owned(),
                kind => format!("{kind}Item"),
            };
            asked.insert((part.clone(), action));
        }
    }

    fn take(&self) -> BTreeSet<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Intercept for Asked {
    fn name(&self) -> &'static str {
        "asked"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let target = request.headers().get("x-amz-target").unwrap();
        let operation = target.rsplit('.').next().unwrap();
        let body = request.body().bytes().unwrap();
        self.note(operation, &serde_json::from_slice(body)?);
        Ok(())
    }
}

/// Takes every dial and remembers none.
struct Forgetful;

impl Carrier for Forgetful {
    fn dial<'a>(&'a self, _: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        Box::pin(async {
            Ok(Dialed {
                carrier_call_id: None,
            })
        })
    }

    fn look_up<'a>(
        &'a self,
        _: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(async { Ok(None) })
    }
}

/// A receiver that wants nothing, so that every outcome is given up.
struct Deaf;

impl Notifier for Deaf {
    fn post<'a>(&'a self, _: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async { Err(NotifyError::Gone) })
    }
}

/// A platform that knows every conversation, each with an age of its own.
struct Knowing;

impl Conversations for Knowing {
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>> {
        let report = json!({
            "conversation_id": id, "status": "done",
            "analysis": { "data_collection_results": { "age": { "value": 42 } } },
        });
        Box::pin(async move { Ok(report.to_string().into_bytes()) })
    }

    fn delete<'a>(&'a self, _: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>> {
        Box::pin(async { Ok(()) })
    }
}

/// The functions over one table, and what they asked of it since they were last looked at.
struct World {
    app: Arc<App>,
    asked: Asked,
    clock: ManualClock,
    _database: Database,
}

impl World {
    async fn new() -> Self {
        crate::privacy::watch();
        let listen = "127.0.0.1:0".parse().unwrap();
        let database = Database::start(listen, None).await.unwrap();
        database.store("calls").await.unwrap();
        let (asked, clock) = (Asked::default(), ManualClock::new(START));
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("local"))
            .credentials_provider(Credentials::new("local", "local", None, None, "local"))
            .endpoint_url(database.url())
            .interceptor(asked.clone());
        let policy = Policy {
            retries_max: 0,
            dials_per_second: Some(100),
            reports_outcomes: true,
            ..Policy::default()
        };
        let store = CallStore::new(Client::from_conf(config.build()), "calls");
        let env = Env::from_reader(|name| match name {
            "API_KEYS" => Some(format!("local:admin:{}", hash_key(LOCAL_KEY))),
            "TOKEN_SECRET" => Some("0123456789abcdef0123456789abcdef".to_owned()),
            _ => None,
        });
        let api = ApiConfig::from_env(&env).unwrap();
        let calls = Calls::new(store, Arc::new(clock.clone()), policy);
        let mut app = App::new(calls, Arc::new(Forgetful), api);
        app.notifier = Some(Arc::new(Deaf));
        app.monitoring_url = Some("https://monitoring.example.org".to_owned());
        app.conversations = Some(Arc::new(Knowing));
        app.post_call_secrets = vec![SECRET.into()];
        Self {
            app: Arc::new(app),
            asked,
            clock,
            _database: database,
        }
    }

    /// One request to one function, with a key of its own, which must be answered with this status.
    async fn ask(
        &self,
        function: fn(Arc<App>) -> Router,
        request: (&str, &str, Value),
        expected: u16,
    ) -> Value {
        let key = store::clock::draw_call_id().to_string();
        self.ask_as(&key, function, request, expected).await
    }

    /// The same with this key.
    async fn ask_as(
        &self,
        key: &str,
        function: fn(Arc<App>) -> Router,
        request: (&str, &str, Value),
        expected: u16,
    ) -> Value {
        let (method, path, body) = request;
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", LOCAL_KEY)
            .header("content-type", "application/json")
            .header("idempotency-key", key)
            .body(Body::from(body))
            .unwrap();
        let answer = function(self.app.clone()).oneshot(request).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        let body = body.unwrap();
        assert_eq!(
            status,
            expected,
            "{method} {path}: {}",
            String::from_utf8_lossy(&body)
        );
        serde_json::from_slice(&body).unwrap_or_default()
    }

    /// Asks with the answer token of the call's first attempt.
    async fn ask_as_agent(
        &self,
        id: CallId,
        function: fn(Arc<App>) -> Router,
        path: &str,
        body: Value,
    ) {
        let request = Request::post(path)
            .header("host", "api.example.org")
            .header("authorization", crate::support::answer_token(&self.app, id))
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = function(self.app.clone()).oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200);
    }

    /// Stores a call for later without the trigger; its id.
    async fn call(&self, number: &str) -> String {
        let mut request = crate::support::request_for(number);
        request.not_before = Some(self.app.calls.now() + A_WHILE);
        self.app.calls.create(&request, None).await.unwrap();
        request.id.to_string()
    }

    /// Compares what was asked with what the function's role allows.
    #[track_caller]
    fn compare(&self, function: &str) {
        let template = Template::read();
        let role = &template.resource(template.functions()[function])["Properties"]["Role"];
        let role = role["Fn::GetAtt"][0].as_str().unwrap();
        let rights = allowed(&template)
            .into_iter()
            .filter(|(owner, _, _)| owner == role)
            .filter_map(|(_, resource, action)| {
                let action = action.strip_prefix("dynamodb:")?;
                Some((part_of_the_table(&resource), action.to_owned()))
            });
        same(
            &format!("rights of {function}"),
            rights.collect(),
            self.asked.take(),
        );
    }
}
