//! The doors of a system on one machine: who is slow, who holds on, who comes second.

use crate::support::patient;
use axum::{body::Body, http::Request};
use functions::{ROUTES, mcp};
use local::system::{LOCAL_KEY, Options, System};
use reqwest::StatusCode;
use serde_json::{Value, json};
use simulators::{
    elevenlabs::{self, Script, Step},
    knowlarity::{self, Callee},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};
use tower::ServiceExt;

/// Longer than every wait of the server for a client.
const PATIENCE: Duration = Duration::from_secs(40);

async fn socket(system: &System) -> TcpStream {
    let address = system.api_url.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// What is read until the other side closes.
/// Who is slow is cut after 5 s. The library would do it after 30 s by itself.
const CUT_WITHIN: Duration = Duration::from_secs(20);

async fn until_closed(socket: &mut TcpStream) -> String {
    let mut read = Vec::new();
    let all = timeout(CUT_WITHIN, socket.read_to_end(&mut read)).await;
    // A reset is an end too.
    let _ = all.expect("the socket was closed");
    String::from_utf8(read).unwrap()
}

const HALF_A_HEAD: &str = "POST /api/outbound-call HTTP/1.1\r\nhost: a\r\nx-api-key: local";
const HALF_A_BODY: &str = "POST /api/outbound-call HTTP/1.1\r\nhost: a\r\nx-api-key: local-key\r\n\
                           content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"patient";

#[tokio::test]
async fn who_sends_half_a_request_is_cut() {
    let system = System::start(Options::default()).await.unwrap();
    let (mut head, mut body) = (socket(&system).await, socket(&system).await);
    head.write_all(HALF_A_HEAD.as_bytes()).await.unwrap();
    body.write_all(HALF_A_BODY.as_bytes()).await.unwrap();
    let (head, body) = tokio::join!(until_closed(&mut head), until_closed(&mut body));
    assert!(
        head.is_empty() || head.starts_with("HTTP/1.1 408"),
        "{head}"
    );
    assert!(
        body.starts_with("HTTP/1.1 408") && body.contains("too_slow"),
        "{body}"
    );
}

#[tokio::test]
async fn who_holds_a_socket_open_keeps_nobody_from_leaving() {
    let system = System::start(Options::default()).await.unwrap();
    let mut held = Vec::new();
    for half in ["", HALF_A_HEAD, HALF_A_BODY] {
        let mut socket = socket(&system).await;
        socket.write_all(half.as_bytes()).await.unwrap();
        held.push(socket);
    }
    // The server has them all once it answers one that came after them.
    let health = format!("{}/health", system.api_url);
    assert!(reqwest::get(&health).await.unwrap().status().is_success());
    timeout(PATIENCE, system.stop()).await.unwrap().unwrap();
    assert!(reqwest::get(&health).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_answers_while_calls_drain() {
    let script = Script::new([Step::say("agent_city_hi"), Step::Pause(PATIENCE)]);
    let options = Options {
        elevenlabs: elevenlabs::Settings::with_script(script),
        knowlarity: knowlarity::Settings {
            callee: Callee::speaking(Vec::new()),
            ..knowlarity::Settings::default()
        },
        ..Options::default()
    };
    let system = System::start(options).await.unwrap();
    let (api, relay) = (system.api_url.clone(), system.relay_url.clone());
    let (record, _) = trigger(&api).await;
    while ask(&record, LOCAL_KEY).await.1["status"] != "active" {
        sleep(Duration::from_millis(50)).await;
    }
    let stopping = tokio::spawn(system.stop());
    let ready = format!("{relay}/readyz");
    while reqwest::get(&ready).await.unwrap().status() != StatusCode::SERVICE_UNAVAILABLE {
        sleep(Duration::from_millis(20)).await;
    }
    let (status, answer) = ask(&record, LOCAL_KEY).await;
    assert_eq!((status, &answer["status"]), (200, &json!("active")));
    timeout(PATIENCE, stopping).await.unwrap().unwrap().unwrap();
}

async fn ask(url: &str, key: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(url).header("x-api-key", key);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Asks for a call; the address of its record, and the token to read it with.
async fn trigger(api: &str) -> (String, String) {
    let body = patient("+911234567890");
    let url = format!("{api}/api/outbound-call");
    let request = reqwest::Client::new().post(&url).json(&body);
    let answer = request.header("x-api-key", LOCAL_KEY).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    let text = |field: &str| answer[field].as_str().unwrap().to_owned();
    (format!("{url}/{}", text("sessionId")), text("sessionToken"))
}

/// A folder that no test has used, in a folder that everybody may read.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("doors-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn with_data(folder: &Path) -> Options {
    Options {
        data: Some(folder.to_path_buf()),
        ..Options::default()
    }
}

#[tokio::test]
async fn a_data_folder_is_its_owners_and_keeps_what_tokens_are_made_with() {
    let folder = folder("kept");
    let system = System::start(with_data(&folder)).await.unwrap();
    let (record, token) = trigger(&system.api_url).await;
    let path = record.strip_prefix(&system.api_url).unwrap().to_owned();
    let mut files = vec![(folder.clone(), 0o700)];
    let in_folder = fs::read_dir(&folder).unwrap();
    files.extend(in_folder.map(|file| {
        let path = file.unwrap().path();
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        (path, mode)
    }));
    assert!(files.len() >= 4, "{files:?}");
    for (file, expected) in &files {
        let mode = fs::metadata(file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, *expected, "{}", file.display());
    }
    system.stop().await.unwrap();

    let system = System::start(with_data(&folder)).await.unwrap();
    let record = format!("{}{path}", system.api_url);
    let request = reqwest::Client::new().get(record).bearer_auth(token);
    assert_eq!(request.send().await.unwrap().status(), 200);
    system.stop().await.unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_second_system_on_the_same_data_is_refused() {
    let folder = folder("second");
    let first = System::start(with_data(&folder)).await.unwrap();
    let Err(refused) = System::start(with_data(&folder)).await else {
        panic!("two systems share their data");
    };
    assert!(format!("{refused:#}").contains("in use"), "{refused:#}");
    first.stop().await.unwrap();
    let again = System::start(with_data(&folder)).await.unwrap();
    again.stop().await.unwrap();
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_real_vendor_is_not_called_with_made_up_settings() {
    let complete = [
        ("KNOWLARITY_API_KEY", "key"),
        ("KNOWLARITY_CALLER_ID", "+911234567800"),
        (
            "SERVER_WEBSOCKET_URL",
            "wss://relay.example.org/knowlarity-stream",
        ),
        ("ELEVENLABS_API_KEY", "key"),
        ("ELEVENLABS_AGENT_ID", "agent_1"),
    ];
    let options = |without: Option<&str>| {
        let urls = [
            ("KNOWLARITY_API_URL", "https://kpi.example.org"),
            ("ELEVENLABS_API_URL", "https://api.example.org"),
        ];
        let given = complete.iter().filter(|(name, _)| Some(*name) != without);
        let settings = given.chain(&urls);
        let settings = settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Options {
            settings: settings.collect::<HashMap<_, _>>(),
            ..Options::default()
        }
    };
    for (name, _) in complete {
        let Err(refused) = System::start(options(Some(name))).await else {
            panic!("started without {name}");
        };
        assert!(format!("{refused:#}").contains(name), "{refused:#}");
    }
    let system = System::start(options(None)).await.unwrap();
    system.stop().await.unwrap();
}

#[tokio::test]
async fn every_405_names_the_methods_that_are_allowed() {
    let world = crate::channels::World::start().await;
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    // GET /mcp is a route that is answered 405 itself.
    let taken = ROUTES
        .iter()
        .filter(|route| route.method != "GET" || route.path != mcp::PATH);
    for route in taken {
        methods.entry(route.path).or_default().insert(route.method);
    }
    for (path, allowed) in methods {
        let parts = path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part });
        let url: Vec<_> = parts.collect();
        let request = Request::builder().method("PATCH").uri(url.join("/"));
        let router = functions::router(world.app.clone());
        let answer = router
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let named = answer
            .headers()
            .get("allow")
            .map(|named| named.to_str().unwrap());
        let named: BTreeSet<_> = named
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
            .collect();
        let named: BTreeSet<_> = named
            .into_iter()
            .filter(|method| *method != "HEAD")
            .collect();
        assert_eq!(named, allowed, "{path}");
    }
}
