//! The call log's client: what it asks, what it makes of the answers, and when it makes nothing.

mod no_answer;
mod rows;

use super::*;
use call::{CarrierStatus, time::Timestamp};
use serde_json::{Value, json};

/// 2026-11-02 11:04:10 in India.
const DIALLED: Timestamp = Timestamp::from_millis(1_793_597_650_400);

fn query(id: Option<&str>) -> LogQuery {
    LogQuery {
        to: "+911234567891".parse().unwrap(),
        carrier_call_id: id.map(CarrierCallId::new),
        since: DIALLED,
        until: DIALLED + Duration::from_secs(90),
    }
}

/// A record as it is published, of the ring that [`query`] asks for.
fn row(agent: &str, duration: &str) -> Value {
    json!({
        "uuid": "k1", "customer_number": "+911234567891", "agent_number": agent,
        "call_duration": duration, "call_recording": "", "knowlarity_number": "+911234567890",
        "start_time": "2026-11-02 11:04:12+05:30", "business_call_type": "Outbound",
    })
}

fn with(mut row: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn page(total: usize, rows: &[Value]) -> String {
    json!({ "meta": { "total_count": total }, "objects": rows }).to_string()
}

/// Answers the requests with these bodies in order, the last one again and again.
struct Log {
    address: std::net::SocketAddr,
    requests: Arc<tokio::sync::Mutex<Vec<String>>>,
}

impl Log {
    async fn start(pages: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(tokio::sync::Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let request = read_request(&mut socket).await;
                let mut seen = seen.lock().await;
                let body = &pages[seen.len().min(pages.len() - 1)];
                seen.push(request);
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
                let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
            }
        });
        Self { address, requests }
    }

    async fn look_up(&self, query: &LogQuery) -> Result<Option<LogEntry>, LookUpError> {
        client(self.address, &[]).look_up(query).await
    }

    async fn requests(&self) -> usize {
        self.requests.lock().await.len()
    }
}

#[tokio::test]
async fn the_accounts_id_stands_where_the_logs_path_has_its_place() {
    let log = Log::start(vec![page(0, &[])]).await;
    let settings = &[
        ("KNOWLARITY_CALL_LOG", "v1/{account_id}/calllog"),
        ("KNOWLARITY_ACCOUNT_ID", "hospital-7"),
    ];
    let found = client(log.address, settings).look_up(&query(None)).await;
    assert_eq!(found, Ok(None));
    let request = log.requests.lock().await[0].clone();
    assert!(request.starts_with("GET /v1/hospital-7/calllog?"));
}

#[tokio::test]
async fn the_log_is_asked_in_indias_time_with_both_credentials() {
    let log = Log::start(vec![page(1, &[row("+911234567890", "42")])]).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    let expected = LogEntry {
        carrier_call_id: Some(CarrierCallId::new("k1")),
        status: CarrierStatus::Ended,
    };
    assert_eq!((entry, log.requests().await), (expected, 1));
    let request = log.requests.lock().await[0].clone();
    let (line, head) = request.split_once("\r\n").unwrap();
    assert_eq!(
        line,
        "GET /Basic/v1/account/calllog?start_time=2026-11-02%2011:04:10%2B05:30\
         &end_time=2026-11-02%2011:05:41%2B05:30&limit=100&offset=0 HTTP/1.1"
    );
    let head = head.to_lowercase();
    assert!(head.contains("authorization: sr-key\r\n"));
    assert!(head.contains("x-api-key: application-key\r\n"));
}

#[tokio::test]
async fn pages_are_read_until_the_log_is_at_its_end() {
    let other = with(
        row("+911234567890", "9"),
        json!({ "uuid": "k2", "customer_number": "x" }),
    );
    let found = row("Customer Missed#", "0");
    let pages = vec![
        page(3, &[other.clone(), other.clone()]),
        page(3, std::slice::from_ref(&found)),
    ];
    let log = Log::start(pages).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    assert_eq!(
        (entry.status, log.requests().await),
        (CarrierStatus::NoAnswer, 2)
    );
    assert!(log.requests.lock().await[1].contains("&offset=2 "));

    // Without a count, an empty page is the end; with an id, its record is.
    let bare = |rows: &[Value]| json!({ "objects": rows }).to_string();
    let log = Log::start(vec![
        bare(std::slice::from_ref(&found)),
        bare(&[other]),
        "{}".to_owned(),
    ])
    .await;
    assert!(log.look_up(&query(None)).await.unwrap().is_some());
    assert_eq!(log.requests().await, 3);
    let log = Log::start(vec![page(900, &[found])]).await;
    assert!(log.look_up(&query(Some("k1"))).await.unwrap().is_some());
    assert_eq!(log.requests().await, 1);
}

#[tokio::test]
async fn an_account_without_a_log_is_not_asked_and_another_address_may_be_set() {
    let log = Log::start(vec![page(1, &[row("Did Not Process", "0")])]).await;
    let off = client(log.address, &[("KNOWLARITY_CALL_LOG", "off")]);
    let result = off.look_up(&query(None)).await;
    assert_eq!((result, log.requests().await), (Err(LookUpError::Off), 0));

    let path = client(log.address, &[("KNOWLARITY_CALL_LOG", "/my/log")]);
    assert!(path.look_up(&query(None)).await.unwrap().is_some());
    assert!(log.requests.lock().await[0].starts_with("GET /my/log?start_time="));

    let address: &'static str = format!("http://{}/whole", log.address).leak();
    let setting = vec![("KNOWLARITY_CALL_LOG", address)].leak();
    let elsewhere = client_at("http://127.0.0.1:9".to_owned(), setting);
    assert!(elsewhere.look_up(&query(None)).await.unwrap().is_some());
    assert!(log.requests.lock().await[1].starts_with("GET /whole?start_time="));
}

#[test]
fn a_query_shows_no_number() {
    let shown = format!("{:?}", query(Some("k1")));
    assert!(
        !shown.contains("1234567891") && shown.contains("k1"),
        "{shown}"
    );
}
