//! The container agent of Amazon ECS, as one task sees it: its metadata and its scale-in protection
//! (Developer Guide, "Task metadata endpoint version 4", "Task scale-in protection endpoint").

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, put},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Pause between two looks at what was asked.
const LOOK: Duration = Duration::from_millis(20);

/// How long protection lasts if the request does not say (2 h).
const LASTS_DEFAULT: u64 = 120;

/// How the agent fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// ECS refuses, with this reason; HTTP says 200, as for every answer of the API's own.
    Failure(&'static str),
    /// The request could not be made, with this code and HTTP status.
    Error(u16, &'static str),
    /// Granted, but the answer is lost.
    GrantedUnheard,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    protection_enabled: bool,
    expires_in_minutes: Option<u64>,
}

#[derive(Default)]
struct Task {
    protected_until: Option<Instant>,
    grants: usize,
    troubles: VecDeque<Trouble>,
}

struct Shared {
    arn: String,
    revision: String,
    task: Mutex<Task>,
}

impl Shared {
    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().expect("no handler panics")
    }
}

/// The agent beside one task. Dropped, it is gone.
pub struct ContainerAgent {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Drop for ContainerAgent {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl ContainerAgent {
    /// Starts the agent of a task that runs this revision of its task definition.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(task: &str, revision: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            arn: format!("arn:aws:ecs:ap-south-1:000000000000:task/relays/{task}"),
            revision: revision.to_owned(),
            task: Mutex::default(),
        });
        let router = Router::new()
            .route("/metadata/task", get(metadata))
            .route("/api/task-protection/v1/state", put(protect))
            .with_state(shared.clone());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// `ECS_AGENT_URI` of the task.
    #[must_use]
    pub fn agent_uri(&self) -> String {
        format!("http://{}/api", self.address)
    }

    /// `ECS_CONTAINER_METADATA_URI_V4` of the task.
    #[must_use]
    pub fn metadata_uri(&self) -> String {
        format!("http://{}/metadata", self.address)
    }

    /// Fails so at the next requests for protection, one after the other.
    ///
    /// # Panics
    /// Only if a handler did.
    pub fn fail(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.shared.task().troubles.extend(troubles);
    }

    /// Whether ECS would leave the task alone now.
    ///
    /// # Panics
    /// Only if a handler did.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        !self.protected_for().is_zero()
    }

    /// For how long ECS would still leave the task alone.
    ///
    /// # Panics
    /// Only if a handler did.
    #[must_use]
    pub fn protected_for(&self) -> Duration {
        let until = self.shared.task().protected_until;
        until.map_or(Duration::ZERO, |until| {
            until.saturating_duration_since(Instant::now())
        })
    }

    /// How often protection was granted, renewals included.
    ///
    /// # Panics
    /// Only if a handler did.
    #[must_use]
    pub fn grants(&self) -> usize {
        self.shared.task().grants
    }

    /// Waits until the task is protected, or is not; whether it came to that in time.
    pub async fn wait_until_protected(&self, is_so: bool, within: Duration) -> bool {
        let so = async {
            while self.is_protected() != is_so {
                sleep(LOOK).await;
            }
        };
        timeout(within, so).await.is_ok()
    }
}

async fn metadata(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({
        "Cluster": "relays",
        "TaskARN": shared.arn,
        "Family": "relay",
        "Revision": shared.revision,
        "DesiredStatus": "RUNNING",
        "KnownStatus": "RUNNING",
    }))
}

async fn protect(State(shared): State<Arc<Shared>>, Json(request): Json<Request>) -> Response {
    let mut task = shared.task();
    let trouble = task.troubles.pop_front();
    match trouble {
        Some(Trouble::Failure(reason)) => {
            return Json(json!({"failure": {
                "Arn": shared.arn, "Detail": null, "Reason": reason,
            }}))
            .into_response();
        }
        Some(Trouble::Error(status, code)) => {
            let error = json!({"requestID": "1", "error": {
                "Arn": shared.arn, "Code": code, "Message": "simulated",
            }});
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
            return (status, Json(error)).into_response();
        }
        Some(Trouble::GrantedUnheard) | None => {}
    }
    let minutes = request.expires_in_minutes.unwrap_or(LASTS_DEFAULT);
    if !(1..=2_880).contains(&minutes) {
        let error = json!({"error": {"Arn": shared.arn, "Code": "InvalidParameterException",
            "Message": "expiresInMinutes must be between 1 and 2880"}});
        return (StatusCode::BAD_REQUEST, Json(error)).into_response();
    }
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    task.protected_until = request.protection_enabled.then_some(until);
    task.grants += usize::from(request.protection_enabled);
    if trouble == Some(Trouble::GrantedUnheard) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    Json(json!({"protection": {
        "ProtectionEnabled": request.protection_enabled,
        "ExpirationDate": null,
        "TaskArn": shared.arn,
    }}))
    .into_response()
}
