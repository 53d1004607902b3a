//! An old stop list, brought from a spreadsheet to a running system.

use super::{Api, Arc};
use access::hash_key;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::post,
};
use local::{
    opt_outs::{Arguments, Outcome, import},
    stop_list::ListFile,
    system::LOCAL_KEY,
};
use reqwest::Method;
use serde_json::Value;
use settings::Env;
use simulators::knowlarity::Dial;
use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Rows of the list below its header.
const ROWS: usize = 250;

fn number(n: usize) -> String {
    format!("+911234567{n:03}")
}

/// A list of 250 rows: five hold no number, two repeat one.
fn rows() -> Vec<(String, String)> {
    let row = |n: usize| {
        let cell = match n {
            3 => "12345".to_owned(),
            50 => "9.19877E+11".to_owned(),
            120 => "#N/A".to_owned(),
            180 => "01234567180 / 01234567181".to_owned(),
            240 => String::new(),
            7 | 200 => number(6).replace("+91", "0"),
            _ => number(n),
        };
        (format!("left {n}"), cell)
    };
    (0..ROWS).map(row).collect()
}

/// The list as a file of its own for a test.
fn list(test: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stop_list_{test}.csv"));
    let mut text = "Remark,Mobile No.\n".to_owned();
    for (remark, cell) in rows() {
        writeln!(text, "{remark},{cell}").unwrap();
    }
    fs::write(&file, text).unwrap();
    file
}

/// A file that is read as it is.
pub(super) fn as_it_is(file: &Path) -> ListFile {
    ListFile {
        file: file.to_owned(),
        delimiter: None,
        sheet: None,
        phone_column: None,
    }
}

fn arguments(file: &Path, url: &str) -> Arguments {
    Arguments {
        list: as_it_is(file),
        url: url.parse().unwrap(),
        reason: Some("stop list of the old system".to_owned()),
    }
}

/// How it ended, what was answered, and what was said beside it.
async fn run(file: &Path, url: &str, key: Option<&str>) -> (Outcome, String, String) {
    let key = key.map(str::to_owned);
    let env = Env::from_reader(move |name| key.clone().filter(|_| name == "CLIENT_API_KEY"));
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let outcome = import(&arguments(file, url), &env, &mut out, &mut talk).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let (out, talk) = (text(out), text(talk));
    for said in [&out, &talk] {
        assert!(!said.contains("1234567"), "a number is shown: {said}");
    }
    (outcome.unwrap(), out, talk)
}

impl Api {
    /// All numbers on the list.
    async fn opted_out(&self) -> BTreeSet<String> {
        let mut numbers = BTreeSet::new();
        let mut path = "/api/opt-outs?limit=100".to_owned();
        loop {
            let page = self.get(&path).await.body;
            let entries = page["optOuts"].as_array().unwrap();
            let found = entries.iter().map(|entry| entry["phoneNumber"].as_str());
            numbers.extend(found.map(|number| number.unwrap().to_owned()));
            let Some(cursor) = page["nextCursor"].as_str() else {
                return numbers;
            };
            path = format!("/api/opt-outs?limit=100&cursor={cursor}");
        }
    }
}

fn expected() -> BTreeSet<String> {
    let none = [3, 50, 120, 180, 240, 7, 200];
    let all = (0..ROWS).filter(|n| !none.contains(n));
    all.map(number).collect()
}

#[tokio::test]
async fn a_stop_list_is_brought_in_and_again() {
    let api = Api::start(&[("RETRY_BUSY", "10m")]).await;
    api.dials([Dial::Busy]);
    let waiting = api.call(&number(77)).await;
    api.wait_until(&waiting, |record| record["status"] == "initiating")
        .await;
    let file = list("again");
    let (outcome, out, talk) = run(&file, &api.system.api_url, None).await;
    assert_eq!((outcome, talk.as_str()), (Outcome::Faulty, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines,
        [
            "250 rows, numbers in the column Mobile No.: 243 numbers, 2 rows that repeat one, 5 rows with errors",
            "  row 5: this has too few or too many digits; enter the ten digits of an Indian number, or + and the code of another country",
            "  row 52: Excel has thrown away the last digits; format the column as text, then enter the whole number again",
            "  row 122: the formula in this cell has failed; mend the formula, or enter the value itself",
            "  row 182: there is more than one number in the cell; give each of them a row of its own",
            "  row 242: there is no telephone number; enter it, or delete the row",
            "243 numbers are new on the list, 0 were on it already, 1 calls were ended",
        ]
    );
    assert_eq!(api.opted_out().await, expected());
    assert_eq!(api.record(&waiting).await["cause"], "opted_out");
    let (outcome, out, _) = run(&file, &api.system.api_url, Some(LOCAL_KEY)).await;
    assert_eq!(outcome, Outcome::Faulty);
    let last = "0 numbers are new on the list, 243 were on it already, 0 calls were ended";
    assert_eq!(out.lines().last(), Some(last));
    assert_eq!(api.opted_out().await, expected());
}

#[tokio::test]
async fn a_workbook_without_faults_ends_well() {
    use spreadsheet::{Kind, Value, Writer};
    let api = Api::ringing(&[]).await;
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stop_list.xlsx");
    let mut writer = Writer::new(Kind::Workbook, Vec::new());
    let rows = [
        Value::Text("मोबाइल".to_owned()),
        Value::Number(911_234_567_001.0),
    ];
    for (row, cell) in (1..).zip(rows) {
        writer.row(row, &[cell]).unwrap();
    }
    writer.finish(1, &mut File::create(&file).unwrap()).unwrap();
    let (outcome, _, _) = run(&file, &api.system.api_url, None).await;
    assert_eq!((outcome, outcome.code()), (Outcome::Complete, 0));
    assert_eq!(api.opted_out().await, [number(1)].into());
}

#[tokio::test]
async fn a_key_that_may_not_and_a_server_that_is_not_there_are_told_apart() {
    let keys = format!("reader:read:{}", hash_key("reader-key"));
    let api = Api::ringing(&[("API_KEYS", &keys)]).await;
    let file = list("keys");
    for key in [None, Some("wrong-key"), Some("reader-key")] {
        let (outcome, out, talk) = run(&file, &api.system.api_url, key).await;
        assert_eq!((outcome, outcome.code()), (Outcome::NotAllowed, 77));
        assert!(out.ends_with(
            "0 numbers are new on the list, 0 were on it already, 0 calls were ended\n"
        ));
        assert!(
            talk.contains("the scope write")
                && talk.contains("put another key into CLIENT_API_KEY"),
            "{talk}"
        );
        assert!(!talk.contains("-key"), "{talk}");
    }
    let (outcome, _, talk) = run(&file, "http://127.0.0.1:1", None).await;
    assert_eq!((outcome, outcome.code()), (Outcome::Unreachable, 69));
    assert!(
        talk.contains("243 numbers may not be on the list yet"),
        "{talk}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_list_and_a_missing_key_send_nothing() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let error = async |name: &str, text: &str, url: &str| {
        let file = folder.join(format!("stop_list_{name}.csv"));
        fs::write(&file, text).unwrap();
        let env = Env::from_reader(|_| None);
        let arguments = arguments(&file, url);
        let imported = import(&arguments, &env, &mut Vec::new(), &mut Vec::new()).await;
        format!("{:#}", imported.unwrap_err())
    };
    let here = "http://127.0.0.1:1";
    for (name, text, said) in [
        ("bare", "+911234567001\n", "put a row above it"),
        ("other", "Name\nx\n", "there is no column for the"),
        ("both", "Phone,Mobile\n1,2\n", "several columns could be"),
        ("header", "Phone\n", "no row below the header"),
        ("empty", "", "the file is empty"),
    ] {
        let error = error(name, text, here).await;
        assert!(error.contains(said), "{error}");
    }
    let error = error("key", "Phone\n1\n", "https://api.example.org").await;
    assert!(error.starts_with("CLIENT_API_KEY is not set"), "{error}");
}

/// Passes requests on to a system, and has the answer to the second one and all later requests break off.
struct Dying {
    asked: AtomicUsize,
    url: String,
}

async fn pass(State(dying): State<Arc<Dying>>, headers: HeaderMap, body: Bytes) -> Response {
    let nth = dying.asked.fetch_add(1, Ordering::SeqCst);
    if nth > 1 {
        return broken();
    }
    let request =
        reqwest::Client::new().request(Method::POST, format!("{}/api/opt-outs", dying.url));
    let request = request.header("content-type", "application/json");
    let request = request.header("x-api-key", headers["x-api-key"].clone());
    let answer = request.body(body).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    if nth == 1 {
        return broken();
    }
    axum::Json(answer).into_response()
}

fn broken() -> Response {
    let parts = [Ok("{"), Err(io::Error::other("died"))];
    Body::from_stream(futures_util::stream::iter(parts)).into_response()
}

#[tokio::test]
async fn a_list_goes_on_where_the_server_died() {
    let api = Api::ringing(&[]).await;
    let dying = Arc::new(Dying {
        asked: AtomicUsize::new(0),
        url: api.system.api_url.clone(),
    });
    let router = Router::new()
        .route("/api/opt-outs", post(pass))
        .with_state(dying);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(axum::serve(listener, router).into_future());
    let file = list("dying");
    let (outcome, out, talk) = run(&file, &url, None).await;
    server.abort();
    assert_eq!((outcome, outcome.code()), (Outcome::Again, 75));
    assert!(out.contains("100 numbers are new on the list"), "{out}");
    assert!(
        talk.contains("143 numbers may not be on the list yet"),
        "{talk}"
    );
    assert_eq!(api.opted_out().await.len(), 200);
    let (outcome, out, _) = run(&file, &api.system.api_url, None).await;
    assert_eq!(outcome, Outcome::Faulty);
    let last = "43 numbers are new on the list, 200 were on it already, 0 calls were ended";
    assert_eq!(out.lines().last(), Some(last));
    assert_eq!(api.opted_out().await, expected());
}
