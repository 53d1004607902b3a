//! All that a call needs beside the relay: the table, the functions, and the carrier's API that is asked
//! to dial. On a thread of its own, so that no request to the table holds up a frame.

use super::{agent, carrier::Order, recorded::Folder, table::Table};
use access::{draw_key, hash_key};
use anyhow::{Context, Result, ensure};
use axum::{Json, Router, extract::State, routing::post};
use functions::{App, config::ApiConfig};
use knowlarity::{Knowlarity, KnowlarityConfig};
use serde_json::{Value, json};
use settings::Env;
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    thread,
};
use store::{CallStore, calls::Calls, clock::SystemClock};
use tokio::{net::TcpListener, runtime, sync::oneshot};

const TABLE: &str = "calls";

/// The key of the one client.
const CLIENT_KEY: &str = "load";

/// The first of the numbers that are called, before the call's own is added.
const FIRST_NUMBER: u64 = 911_000_000_000;

/// Environment variables.
pub(super) type Settings = HashMap<String, String>;

/// Orders of the dials that were asked for, by call.
type Dialled = Arc<Mutex<HashMap<String, Order>>>;

/// The running system.
pub(super) struct System {
    api: String,
    dialled: Dialled,
    client: reqwest::Client,
    pub(super) table: Table,
    pub(super) table_at: SocketAddr,
    settings: Settings,
    /// Where calls are recorded.
    pub(super) recordings: Option<Folder>,
}

impl System {
    /// Starts, for a relay that will listen there and may record calls.
    pub(super) async fn start(relay: SocketAddr, recordings: Option<Folder>) -> Result<Self> {
        let (table, dialled) = (Table::new()?, Dialled::default());
        let (made, making) = oneshot::channel();
        let serving = (table.clone(), dialled.clone());
        thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime needs no more than a thread");
            runtime.block_on(async {
                let served = serve(serving.0, serving.1, relay).await;
                let is_served = served.is_ok();
                if made.send(served).is_ok() && is_served {
                    std::future::pending::<()>().await;
                }
            });
        });
        let (api, table_at, mut settings) = making.await??;
        let recorded = recordings.as_ref().map(Folder::setting);
        settings.extend(recorded.map(|place| ("RECORDINGS".to_owned(), place)));
        Ok(Self {
            api,
            dialled,
            client: reqwest::Client::builder().no_proxy().build()?,
            table,
            table_at,
            settings,
            recordings,
        })
    }

    /// The environment of the functions and of the relay.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks for a call as a CRM does; gives its id and where the dial said that its stream is to be opened.
    pub(super) async fn place(&self, number: u32) -> Result<(String, Order)> {
        let phone = format!("+{}", FIRST_NUMBER + u64::from(number));
        let body = json!({
            "patientData": { "name": "राहुल शर्मा", "phoneNumber": phone },
            "recordingConsent": self.recordings.is_some(),
        });
        let request = self.client.post(format!("{}/api/outbound-call", self.api));
        let answer = request
            .header("x-api-key", CLIENT_KEY)
            .json(&body)
            .send()
            .await?;
        let status = answer.status();
        let answer: Value = answer.json().await?;
        ensure!(
            status.is_success(),
            "the call was answered {status}: {answer}"
        );
        let id = answer["sessionId"].as_str().context("no id")?.to_owned();
        let order = self.dialled.lock().expect("no dial panics").remove(&id);
        Ok((id, order.context("nothing was dialled")?))
    }
}

/// Serves table, carrier's API and functions; gives the addresses of the functions and of the table, and
/// the environment.
async fn serve(
    table: Table,
    dialled: Dialled,
    relay: SocketAddr,
) -> Result<(String, SocketAddr, Settings)> {
    let table_at = table.serve().await?;
    let dials = Router::new()
        .route("/Basic/v1/account/call/makecall", post(dial))
        .with_state(dialled);
    let carrier = listen(dials).await?;
    let settings = settings(relay, table_at, carrier);
    let env = {
        let settings = settings.clone();
        Env::from_reader(move |name| settings.get(name).cloned())
    };
    let store = CallStore::new(table.client(), TABLE);
    store.ensure_table().await?;
    let policy = settings::policy(&env)?;
    let calls = Calls::new(store, Arc::new(SystemClock), policy);
    let carrier = Knowlarity::new(KnowlarityConfig::from_env(&env)?)?;
    let app = App::new(calls, Arc::new(carrier), ApiConfig::from_env(&env)?);
    let api = listen(functions::router(Arc::new(app))).await?;
    Ok((format!("http://{api}"), table_at, settings))
}

async fn listen(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Takes a dial, as the carrier's API does.
async fn dial(State(dialled): State<Dialled>, Json(body): Json<Value>) -> Json<Value> {
    let config = &body["ivr_flow"]["flow"]["nodes"][1]["config"];
    let metadata = config["metadata"].as_str().unwrap_or_default();
    let named: Value = serde_json::from_str(metadata).unwrap_or_default();
    let id = named["sessionId"].as_str().unwrap_or_default().to_owned();
    let order = Order {
        url: config["wss_url"].as_str().unwrap_or_default().to_owned(),
        metadata: Some(metadata.to_owned()),
    };
    let answer = json!({ "success": { "status": "success", "call_id": format!("carrier-{id}") } });
    dialled.lock().expect("no dial panics").insert(id, order);
    Json(answer)
}

fn settings(relay: SocketAddr, table: SocketAddr, carrier: SocketAddr) -> Settings {
    let own = [
        ("API_KEYS", format!("load:admin:{}", hash_key(CLIENT_KEY))),
        ("TOKEN_SECRET", draw_key()),
        ("AWS_ENDPOINT_URL_DYNAMODB", format!("http://{table}")),
        ("KNOWLARITY_API_URL", format!("http://{carrier}")),
        (
            "SERVER_WEBSOCKET_URL",
            format!("ws://{relay}/knowlarity-stream"),
        ),
        ("RELAY_LISTEN", relay.to_string()),
        ("ELEVENLABS_AGENT_ID", agent::AGENT_ID.to_owned()),
    ];
    let fixed = [
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("TABLE_NAME", TABLE),
        ("KNOWLARITY_API_KEY", "load"),
        ("KNOWLARITY_CALLER_ID", "+911234567800"),
        ("ELEVENLABS_API_KEY", agent::API_KEY),
        // What is to be measured is no plan's limit, and no call may ring out before its turn comes.
        ("MAX_CONCURRENT_CALLS", "10000"),
        ("RELAY_CALLS_MAX", "10000"),
        ("RATE_LIMIT_PER_MINUTE", "1000000"),
        ("RING_TIMEOUT", "5m"),
        ("MAX_CALL_DURATION", "2h"),
    ];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    let all = own.into_iter().chain(fixed);
    all.map(|(name, value)| (name.to_owned(), value)).collect()
}
