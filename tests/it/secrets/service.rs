//! AWS Secrets Manager, as far as `GetSecretValue` goes: what it holds, how it answers, what it was asked.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex},
};
use tokio::{net::TcpListener, task::JoinHandle};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// The role may not read it.
    Denies,
    /// Throttled, or in trouble.
    Fails,
    /// No answer at all.
    Silent,
}

#[derive(Clone)]
struct Held {
    secrets: Arc<Mutex<HashMap<String, String>>>,
    mood: Arc<Mutex<Mood>>,
    asked: Arc<Mutex<Vec<String>>>,
}

/// It ends when it is dropped.
pub(crate) struct Service {
    held: Held,
    pub(crate) url: String,
    server: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Service {
    pub(crate) async fn start() -> Self {
        crate::privacy::watch();
        let held = Held {
            secrets: Arc::default(),
            mood: Arc::new(Mutex::new(Mood::Well)),
            asked: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route("/", post(answer));
        let router = router.with_state(held.clone());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { held, url, server }
    }

    /// Puts a value into a secret, as `put-secret-value` does.
    pub(crate) fn put(&self, name: &str, value: &Value) {
        self.put_text(name, &value.to_string());
    }

    pub(crate) fn put_text(&self, name: &str, text: &str) {
        let mut secrets = self.held.secrets.lock().unwrap();
        secrets.insert(name.to_owned(), text.to_owned());
    }

    pub(crate) fn answers(&self, mood: Mood) {
        *self.held.mood.lock().unwrap() = mood;
    }

    /// Names of the secrets that were asked for since the last look.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.held.asked.lock().unwrap())
    }
}

async fn answer(State(held): State<Held>, body: String) -> (StatusCode, Json<Value>) {
    let asked: Value = serde_json::from_str(&body).unwrap();
    let name = asked["SecretId"].as_str().unwrap();
    held.asked.lock().unwrap().push(name.to_owned());
    let mood = *held.mood.lock().unwrap();
    let refuse = |status, kind| (status, Json(json!({ "__type": kind, "Message": "words" })));
    match mood {
        Mood::Denies => return refuse(StatusCode::BAD_REQUEST, "AccessDeniedException"),
        Mood::Fails => return refuse(StatusCode::INTERNAL_SERVER_ERROR, "InternalServiceError"),
        Mood::Silent => pending().await,
        Mood::Well => {}
    }
    match held.secrets.lock().unwrap().get(name) {
        Some(text) => (
            StatusCode::OK,
            Json(json!({
                "ARN": format!("arn:aws:secretsmanager:local:000000000000:secret:{name}-AbCdEf"),
                "Name": name,
                "VersionId": "00000000-0000-0000-0000-000000000000",
                "VersionStages": ["AWSCURRENT"],
                "CreatedDate": 1_793_400_000.0,
                "SecretString": text,
            })),
        ),
        None => refuse(StatusCode::BAD_REQUEST, "ResourceNotFoundException"),
    }
}
