//! The table, as the relay reaches it: over HTTP, with the time that each request takes here.

use super::spread::Spread;
use crate::in_process;
use anyhow::Result;
use aws_sdk_dynamodb::Client;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use dynoxide::Database;
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, time::Instant};

/// The embedded database in memory.
#[derive(Clone)]
pub(super) struct Table {
    database: Arc<Database>,
    /// What the relay asked for, since it was last taken.
    asked: Arc<Mutex<Spread>>,
}

impl Table {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            database: Arc::new(Database::memory()?),
            asked: Arc::default(),
        })
    }

    /// For who works in this process; it is not counted.
    pub(super) fn client(&self) -> Client {
        let database = self.database.clone();
        in_process::client(move |operation, body| {
            let reply = in_process::execute(&database, &operation, &body);
            Box::pin(async move { Some(reply) })
        })
    }

    /// Serves it to the relay; gives its address.
    pub(super) async fn serve(&self) -> Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let router = Router::new()
            .route("/", post(answer))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(address)
    }

    /// How long the relay's requests took here since this was asked last.
    pub(super) fn take_asked(&self) -> Spread {
        std::mem::take(&mut *self.asked.lock().expect("no request panics"))
    }
}

async fn answer(State(table): State<Table>, headers: HeaderMap, body: Bytes) -> Response {
    let began = Instant::now();
    let target = headers.get("x-amz-target");
    let target = target.and_then(|target| target.to_str().ok());
    let operation = target.and_then(|target| target.rsplit('.').next());
    let (Some(operation), Ok(body)) = (operation, serde_json::from_slice(&body)) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let (status, text) = in_process::execute(&table.database, operation, &body);
    let mut asked = table.asked.lock().expect("no request panics");
    asked.note_duration(began.elapsed());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], text).into_response()
}
