//! What runs inside a process that is killed: one part, set up from the environment as in
//! production.

use super::settings::{DATA, LISTEN};
use access::TokenKey;
use elevenlabs::{ElevenLabs, ElevenLabsConfig};
use functions::{App, Need, cold_start, sweep, trigger};
use local::database::Database;
use local::up::Arguments;
use relay::{Relay, config::RelayConfig, server::serve};
use settings::Env;
use std::{
    future::pending,
    io::{Read, stdin},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};
use store::{CallStore, StoreConfig, calls::Calls, clock::SystemClock};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;

/// Runs the part with this name until the process is killed.
pub(super) async fn run(name: &str) {
    exit_with_the_parent();
    match name {
        "database" => database().await,
        "api" => api(started(Need::ALL).await).await,
        "sweep" => {
            let app = started(sweep::NEEDS).await;
            sweep::run_until(&app, pending()).await;
        }
        "relay" => relay().await,
        "function" => functions::serve(trigger::NEEDS, trigger::router)
            .await
            .unwrap(),
        "up" => {
            let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
            local::up::run(&Arguments::at(listen(), any_port))
                .await
                .unwrap();
        }
        other => panic!("no part {other:?}"),
    }
}

/// The parent holds the other end of standard input; however it ends, this end then ends as well.
fn exit_with_the_parent() {
    std::thread::spawn(|| {
        let _ = stdin().read(&mut [0]);
        std::process::exit(1);
    });
}

fn listen() -> SocketAddr {
    std::env::var(LISTEN).unwrap().parse().unwrap()
}

/// The table is made here, as the template makes it on AWS: the other parts start without asking.
async fn database() {
    let folder = PathBuf::from(std::env::var(DATA).unwrap());
    let database = Database::start(listen(), Some(&folder)).await.unwrap();
    let store = StoreConfig::from_env(&Env::process()).unwrap();
    database.store(&store.table).await.unwrap();
    pending().await
}

/// As a Lambda starts.
async fn started(needs: &'static [Need]) -> Arc<App> {
    let function = cold_start(needs, |app| app).await.unwrap();
    function.current().await
}

async fn api(app: Arc<App>) {
    let listener = TcpListener::bind(listen()).await.unwrap();
    axum::serve(listener, functions::router(app)).await.unwrap();
}

/// Where streams are opened.
pub(super) const PATH_OF_STREAMS: &str = "/knowlarity-stream";

/// As the relay's own `main` does it; who cut calls says so by the exit code.
async fn relay() {
    let filter = EnvFilter::from_default_env();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .init();
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .unwrap();
    let env = Env::process();
    let policy = settings::policy(&env).unwrap();
    let settings = RelayConfig::from_env(&env, &policy).unwrap();
    let tokens = TokenKey::from_env(&env).unwrap();
    let agent = ElevenLabs::new(ElevenLabsConfig::from_env(&env).unwrap()).unwrap();
    let store = CallStore::connect(&StoreConfig::from_env(&env).unwrap().table).await;
    let listener = TcpListener::bind(settings.listen).await.unwrap();
    let calls = Calls::new(store, Arc::new(SystemClock), policy);
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let relay = Relay::new(calls, tokens, agent, settings);
    let cut = serve(listener, relay, async move {
        terminate.recv().await;
    })
    .await;
    std::process::exit(i32::from(cut > 0));
}
