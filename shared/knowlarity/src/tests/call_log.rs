//! The call log's client: what it asks, what it makes of the answers, and when it makes nothing.

use super::*;
use call::{CarrierStatus, time::Timestamp};

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

/// What one page with these records says to `query`.
async fn says(query: &LogQuery, rows: &[Value]) -> Option<CarrierStatus> {
    let log = Log::start(vec![page(rows.len(), rows)]).await;
    let entry = log.look_up(query).await.unwrap();
    entry.map(|entry| entry.status)
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
async fn each_outcome_is_read_and_what_is_unreadable_proves_nothing() {
    use CarrierStatus as C;
    for (agent, duration, expected) in [
        ("Customer Missed#+911234567891", "0", Some(C::NoAnswer)),
        ("customer_missed", "", Some(C::NoAnswer)),
        ("Customer Busy#+911234567891", "0", Some(C::Busy)),
        ("User Busy #", "0", Some(C::Busy)),
        ("Did Not Process", "0", Some(C::Failed)),
        ("Agent Missed#+911234567890", "0", Some(C::Failed)),
        ("+911234567890", "42", Some(C::Ended)),
        ("%2b911234567890", "0:00:42", Some(C::Ended)),
        ("01234567890", "1", Some(C::Ended)),
        ("+911234567890", "0", None),
        ("+911234567890", "0:00:00", None),
        ("+911234567890", "", None),
        ("+911234567890", "soon", None),
        ("+911234567890", "99999999999999999999", None),
        ("not busy", "0", None),
        ("Busy", "0", Some(C::Busy)),
        ("busy signal", "0", None),
        ("answered", "0", None),
        ("ringing", "", None),
        ("False", "42", None),
        ("#", "42", None),
        ("", "42", None),
    ] {
        let said = says(&query(None), &[row(agent, duration)]).await;
        assert_eq!(said, expected, "{agent:?} after {duration:?}");
    }
}

#[tokio::test]
async fn numbers_for_texts_are_read_and_missing_fields_spoil_no_other_record() {
    let numbers = with(
        row("", ""),
        json!({ "agent_number": 1_234_567_890, "call_duration": 42,
            "customer_number": 911_234_567_891_u64, "uuid": 77 }),
    );
    let rows = [json!({}), json!(null), json!([1]), json!("x"), numbers];
    let log = Log::start(vec![page(5, &rows)]).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    assert_eq!(entry.carrier_call_id, Some(CarrierCallId::new("77")));
    assert_eq!(entry.status, CarrierStatus::Ended);

    let nameless = with(row("Did Not Process", "0"), json!({ "uuid": null }));
    let log = Log::start(vec![page(1, &[nameless])]).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    assert_eq!(entry.carrier_call_id, None);
}

#[tokio::test]
async fn a_record_is_read_under_the_names_and_words_of_a_report() {
    let other = json!({
        "call_id": "k7", "called_number": "+911234567891", "caller_number": "+911234567890",
        "call_status": "unanswered", "duration": "0", "start_time": "2026-11-02 11:04:12",
    });
    let log = Log::start(vec![page(1, &[other])]).await;
    let entry = log.look_up(&query(None)).await.unwrap();
    let expected = LogEntry {
        carrier_call_id: Some(CarrierCallId::new("k7")),
        status: CarrierStatus::NoAnswer,
    };
    assert_eq!(entry, Some(expected));
}

#[tokio::test]
async fn without_an_id_the_callee_and_the_start_decide() {
    let missed = || row("Customer Missed#+911234567891", "0");
    for (changes, is_found) in [
        (json!({}), true),
        (json!({ "customer_number": "%2b911234567891" }), true),
        (json!({ "customer_number": "01234567891" }), true),
        (json!({ "customer_number": "+91 12345 67891" }), true),
        (json!({ "customer_number": "+911234567892" }), false),
        (json!({ "customer_number": "" }), false),
        (json!({ "start_time": "2026-11-02 11:04:10+05:30" }), true),
        (json!({ "start_time": "2026-11-02T05:34:10.123Z" }), true),
        (json!({ "start_time": "2026-11-02 11:04:10" }), true),
        (json!({ "start_time": "2026-11-02 11:05:40" }), true),
        (json!({ "start_time": "2026-11-02 11:04:09" }), false),
        (json!({ "start_time": "2026-11-02 11:05:41" }), false),
        (json!({ "start_time": "yesterday" }), false),
        (json!({ "start_time": null }), false),
    ] {
        let said = says(&query(None), &[with(missed(), changes.clone())]).await;
        let expected = is_found.then_some(CarrierStatus::NoAnswer);
        assert_eq!(said, expected, "{changes}");
    }
}

#[tokio::test]
async fn a_known_id_alone_decides() {
    let other = with(row("+911234567890", "42"), json!({ "uuid": "k2" }));
    let nameless = with(other.clone(), json!({ "uuid": "" }));
    assert_eq!(says(&query(Some("k1")), &[other, nameless]).await, None);
    let strange = json!({ "customer_number": "False", "start_time": "" });
    let same = with(row("Customer Busy#", "0"), strange);
    let said = says(&query(Some("k1")), &[same]).await;
    assert_eq!(said, Some(CarrierStatus::Busy));
}

#[tokio::test]
async fn of_several_records_the_latest_counts_even_if_it_is_unreadable() {
    let at = |agent, second: u8| {
        let start_time = format!("2026-11-02 11:04:{second}+05:30");
        with(row(agent, "0"), json!({ "start_time": start_time }))
    };
    let (missed, busy) = (at("Customer Missed#", 20), at("Customer Busy#", 40));
    for rows in [[missed.clone(), busy.clone()], [busy, missed.clone()]] {
        let said = says(&query(None), &rows).await;
        assert_eq!(said, Some(CarrierStatus::Busy));
    }
    let rows = [at("????", 50), missed];
    assert_eq!(says(&query(None), &rows).await, None);
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
async fn a_log_without_an_end_is_given_up_and_proves_nothing() {
    let log = Log::start(vec![page(usize::MAX, &[row("Customer Missed#", "0")])]).await;
    let given_up = log.look_up(&query(None)).await;
    assert_eq!(
        (given_up, log.requests().await),
        (Err(LookUpError::Unavailable), 10)
    );
}

#[tokio::test]
async fn an_empty_log_is_no_record_and_nonsense_is_no_answer() {
    use LookUpError::Unavailable;
    for (body, expected) in [
        (r#"{"meta":{"total_count":0},"objects":[]}"#, Ok(None)),
        (r#"{"meta":{"total_count":"0"}}"#, Ok(None)),
        (r#"{"objects":null}"#, Ok(None)),
        ("{}", Ok(None)),
        (r#"{"objects":"none"}"#, Err(Unavailable)),
        ("[]", Err(Unavailable)),
        ("", Err(Unavailable)),
        ("<html>", Err(Unavailable)),
    ] {
        let log = Log::start(vec![body.to_owned()]).await;
        assert_eq!(log.look_up(&query(None)).await, expected, "{body}");
    }
}

#[tokio::test]
async fn each_failure_is_sorted_by_what_may_be_done_next_and_none_is_repeated() {
    use LookUpError::{Refused, Unavailable};
    for (reply, expected) in [
        (
            Reply::Raw("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"),
            Refused,
        ),
        (
            Reply::Raw("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"),
            Refused,
        ),
        (
            Reply::Raw("HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 429 Too Many\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 2\r\n\r\n{}"),
            Unavailable,
        ),
        (
            Reply::Raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"objects\":["),
            Unavailable,
        ),
        (Reply::Raw("not http"), Unavailable),
        (Reply::Silence, Unavailable),
        (Reply::Reset, Unavailable),
    ] {
        let server = serve(reply).await;
        let result = client(server.address, &[]).look_up(&query(None)).await;
        assert_eq!(result, Err(expected));
        assert_eq!(server.requests.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_page_that_is_too_long_is_no_answer() {
    let padding = " ".repeat(2 * 1024 * 1024);
    let log = Log::start(vec![format!("{padding}{}", page(0, &[]))]).await;
    let env = &[("DIAL_TIMEOUT", "60s")];
    let result = client(log.address, env).look_up(&query(None)).await;
    assert_eq!(result, Err(LookUpError::Unavailable));
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
