//! A function under a Lambda runtime of the test's own: what it has told when an invocation is over, and it may be
//! frozen for as long as nobody calls.

use super::{process::Process, settings::TABLE};
use crate::{
    support::patient,
    traces::{Collector, Mood},
};
use access::{draw_key, hash_key};
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use local::{database::Database, system::LOCAL_KEY};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs::File, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// Longest wait for an invocation, the start of the process included.
const WITHIN: Duration = Duration::from_secs(30);

/// Longest answer of a function whose collector is silent: its half second, on a busy machine.
const ANSWERED_WITHIN: Duration = Duration::from_secs(4);

/// What the runtime saw of an invocation.
struct Answered {
    answer: Value,
    took: Duration,
    /// What had been told when it was over.
    told: Vec<String>,
}

struct Runtime {
    events: Mutex<mpsc::Receiver<Value>>,
    asked: Mutex<Option<Instant>>,
    answered: mpsc::Sender<Answered>,
    collector: Arc<Collector>,
}

/// A function that runs, and the hand that calls it.
struct Function {
    events: mpsc::Sender<Value>,
    answered: mpsc::Receiver<Answered>,
    runtime: JoinHandle<()>,
    _process: Process,
    _database: Database,
}

impl Function {
    /// The trigger, before a carrier whom nobody reaches.
    async fn start(collector: Arc<Collector>, log: &str) -> Self {
        let database = Database::start("127.0.0.1:0".parse().unwrap(), None).await;
        let database = database.unwrap();
        database.store(TABLE).await.unwrap();
        let (events, waiting) = mpsc::channel(8);
        let (told, answered) = mpsc::channel(8);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = settings(&database.url(), &collector.url);
        let address = listener.local_addr().unwrap().to_string();
        settings.insert("AWS_LAMBDA_RUNTIME_API", address);
        let runtime = Runtime {
            events: Mutex::new(waiting),
            asked: Mutex::default(),
            answered: told,
            collector,
        };
        let base = "/2018-06-01/runtime/invocation";
        let router = Router::new()
            .route(&format!("{base}/next"), get(next))
            .route(&format!("{base}/{{id}}/response"), post(response))
            .with_state(Arc::new(runtime));
        let runtime = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(log);
        let log = File::create(log).unwrap();
        Self {
            events,
            answered,
            runtime,
            _process: Process::start("function", &settings, None, log),
            _database: database,
        }
    }

    /// One invocation: a client's request for a call.
    async fn invoke(&mut self, number: &str) -> Answered {
        self.events.send(event(&patient(number))).await.unwrap();
        let answered = timeout(WITHIN, self.answered.recv()).await;
        answered.unwrap().unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.runtime.abort();
    }
}

fn settings(database: &str, collector: &str) -> BTreeMap<&'static str, String> {
    let settings = [
        ("AWS_ENDPOINT_URL_DYNAMODB", database),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector),
        ("API_KEYS", &format!("crm:admin:{}", hash_key(LOCAL_KEY))),
        ("TOKEN_SECRET", &draw_key()),
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("TABLE_NAME", TABLE),
        ("KNOWLARITY_API_URL", "http://127.0.0.1:9"),
        ("KNOWLARITY_API_KEY", "sim-sr-key"),
        ("KNOWLARITY_CALLER_ID", "+911234567800"),
        ("SERVER_WEBSOCKET_URL", "ws://127.0.0.1:9/stream"),
        ("AWS_LAMBDA_FUNCTION_NAME", "trigger"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "functions"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "trigger"),
    ];
    settings
        .map(|(name, value)| (name, value.to_owned()))
        .into()
}

/// The request as API Gateway hands it over.
fn event(body: &Value) -> Value {
    let (method, path) = ("POST", "/api/outbound-call");
    json!({
        "version": "2.0", "routeKey": format!("{method} {path}"), "rawPath": path, "rawQueryString": "",
        "headers": { "content-type": "application/json", "x-api-key": LOCAL_KEY, "host": "api.example.com" },
        "requestContext": {
            "accountId": "1", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "crm" },
            "requestId": "request", "routeKey": format!("{method} {path}"), "stage": "$default",
            "time": "29/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_946_400_000_u64,
        },
        "body": body.to_string(), "isBase64Encoded": false,
    })
}

async fn next(State(runtime): State<Arc<Runtime>>) -> Response {
    let Some(event) = runtime.events.lock().await.recv().await else {
        return std::future::pending().await;
    };
    *runtime.asked.lock().await = Some(Instant::now());
    let headers = [
        ("lambda-runtime-aws-request-id", "request"),
        ("lambda-runtime-deadline-ms", "4000000000000"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:local:1:function:trigger",
        ),
    ];
    (headers, Json(event)).into_response()
}

async fn response(State(runtime): State<Arc<Runtime>>, answer: Bytes) -> StatusCode {
    let took = runtime.asked.lock().await.take().unwrap().elapsed();
    let answered = Answered {
        answer: serde_json::from_slice(&answer).unwrap(),
        took,
        told: runtime.collector.names(),
    };
    runtime.answered.send(answered).await.unwrap();
    StatusCode::ACCEPTED
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_has_told_all_when_it_is_over() {
    let collector = Arc::new(Collector::start(Mood::Takes).await);
    let mut function = Function::start(collector, "function_told.log").await;
    for (n, number) in ["+911234567890", "+911234567891"].into_iter().enumerate() {
        let answered = function.invoke(number).await;
        assert_eq!(answered.answer["statusCode"], 202, "{}", answered.answer);
        let roots = answered
            .told
            .iter()
            .filter(|name| *name == "POST /api/outbound-call");
        assert_eq!(roots.count(), n + 1, "{:?}", answered.told);
        assert!(answered.told.iter().any(|name| name == "dial"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_collector_holds_one_invocation_for_a_moment_and_the_next_not_at_all() {
    let collector = Arc::new(Collector::start(Mood::Silent).await);
    let mut function = Function::start(collector.clone(), "function_silent.log").await;
    let first = function.invoke("+911234567890").await;
    let second = function.invoke("+911234567891").await;
    for answered in [&first, &second] {
        assert_eq!(answered.answer["statusCode"], 202, "{}", answered.answer);
        assert!(answered.took < ANSWERED_WITHIN, "{:?}", answered.took);
    }
    assert!(first.took >= traces::FLUSH_MAX);
    assert!(
        second.took < first.took,
        "{:?}, then {:?}",
        first.took,
        second.took
    );
    assert!(collector.requests() > 0);
}
