//! The way from the relay to the database, which a test can shut or slow down.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, time::sleep};

/// What passes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Passes {
    Everything,
    /// Nothing: requests wait, as in a network that is cut.
    Nothing,
    /// Everything, each request after that long.
    Slowly(Duration),
    /// Everything but requests of these kinds that hold this text, which are refused for good.
    AllBut(&'static [&'static str], &'static str),
}

const WRITES: &[&str] = &["PutItem", "UpdateItem", "TransactWriteItems"];

/// A proxy in front of the database.
pub(crate) struct Gate {
    /// Where the relay finds the database.
    pub(crate) url: String,
    passes: watch::Sender<Passes>,
    asked: Arc<AtomicUsize>,
}

struct Way {
    database: String,
    client: reqwest::Client,
    passes: watch::Receiver<Passes>,
    asked: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) async fn before(database: String) -> Self {
        let asked: Arc<AtomicUsize> = Arc::default();
        let (passes, passing) = watch::channel(Passes::Everything);
        let way = Arc::new(Way {
            database,
            client: reqwest::Client::new(),
            passes: passing,
            asked: asked.clone(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(way);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, passes, asked }
    }

    /// How many requests came so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn shut(&self) {
        self.passes.send_replace(Passes::Nothing);
    }

    pub(crate) fn slow(&self, each: Duration) {
        self.passes.send_replace(Passes::Slowly(each));
    }

    pub(crate) fn open(&self) {
        self.passes.send_replace(Passes::Everything);
    }

    /// Refuses writes that hold this text.
    pub(crate) fn refuse(&self, text: &'static str) {
        self.passes.send_replace(Passes::AllBut(WRITES, text));
    }

    /// Refuses queries that hold this text.
    pub(crate) fn refuse_queries(&self, text: &'static str) {
        self.passes.send_replace(Passes::AllBut(&["Query"], text));
    }
}

async fn pass(State(way): State<Arc<Way>>, headers: HeaderMap, body: Bytes) -> Response {
    way.asked.fetch_add(1, Ordering::SeqCst);
    let mut passes = way.passes.clone();
    let open = passes.wait_for(|passes| *passes != Passes::Nothing);
    let Ok(passes) = open.await.map(|passes| passes.clone()) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    if let Passes::Slowly(each) = passes {
        sleep(each).await;
    }
    let target = headers["x-amz-target"].to_str().unwrap();
    if let Passes::AllBut(kinds, text) = passes
        && kinds.iter().any(|kind| target.ends_with(kind))
        && String::from_utf8_lossy(&body).contains(text)
    {
        let refusal =
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}"#;
        return (StatusCode::BAD_REQUEST, refusal).into_response();
    }
    let mut request = way.client.post(&way.database).body(body);
    for name in [
        "x-amz-target",
        "content-type",
        "authorization",
        "x-amz-date",
    ] {
        if let Some(value) = headers.get(name) {
            request = request.header(name, value);
        }
    }
    let Ok(reply) = request.send().await else {
        return StatusCode::BAD_GATEWAY.into_response();
    };
    let status = reply.status();
    let kind = reply.headers().get(header::CONTENT_TYPE).cloned();
    let body = reply.bytes().await.unwrap_or_default();
    let mut answer = (status, body).into_response();
    if let Some(kind) = kind {
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    answer
}
