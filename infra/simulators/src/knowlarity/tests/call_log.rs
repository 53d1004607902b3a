//! The call log, asked by hand and by the client of the system.

use super::*;
use ::settings::Env;
use call::{CarrierStatus, ids::CarrierCallId};
use knowlarity::{Carrier, Knowlarity, KnowlarityConfig, LogEntry, LogQuery, LookUpError};
use store::clock::{Clock, SystemClock};

const CALLEE: &str = "+911234567890";

/// From a minute before to a minute after this moment, for this ring.
fn query(id: Option<CarrierCallId>) -> LogQuery {
    let (now, minute) = (SystemClock.now(), Duration::from_secs(60));
    LogQuery {
        to: CALLEE.parse().unwrap(),
        carrier_call_id: id,
        since: now - minute,
        until: now + minute,
    }
}

fn client(sim: &Sim) -> Knowlarity {
    let url = sim.base_url();
    let env = Env::from_reader(move |name| match name {
        "KNOWLARITY_API_URL" => Some(url.clone()),
        "KNOWLARITY_API_KEY" => Some(API_KEY_DEFAULT.to_owned()),
        "KNOWLARITY_CALLER_ID" => Some("+911234567800".to_owned()),
        "SERVER_WEBSOCKET_URL" => Some("ws://127.0.0.1:9/s".to_owned()),
        "DIAL_TIMEOUT" => Some("1s".to_owned()),
        _ => None,
    });
    Knowlarity::new(KnowlarityConfig::from_env(&env).unwrap()).unwrap()
}

async fn sim(call_log: CallLog, callee: Callee) -> Sim {
    let settings = Settings {
        ring: Duration::from_millis(20),
        welcome: Duration::from_millis(20),
        callee,
        call_log,
        ..Settings::default()
    };
    Sim::start(settings).await.unwrap()
}

const AT_ONCE: CallLog = CallLog::After(Duration::ZERO);

/// Asks until there is a record.
async fn recorded(client: &Knowlarity, query: &LogQuery) -> LogEntry {
    let asking = async {
        loop {
            if let Some(entry) = client.look_up(query).await.unwrap() {
                return entry;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(WAIT, asking).await.unwrap()
}

/// Places a dial whose answer may never come.
async fn dial_blindly(sim: &Sim, url: &str) {
    let address = format!("{}/Basic/v1/account/call/makecall", sim.base_url());
    let request = reqwest::Client::new()
        .post(address)
        .header("authorization", API_KEY_DEFAULT);
    let dials = sim.dials().len() + 1;
    let taken = async {
        while sim.dials().len() < dials {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let either = async {
        tokio::select! {
            answer = request.json(&dial_body(url)).send() => drop(answer.unwrap()),
            () = taken => {}
        }
    };
    tokio::time::timeout(WAIT, either).await.unwrap();
}

#[tokio::test]
async fn every_ring_is_in_the_log_even_if_its_dial_got_no_answer() {
    use CarrierStatus as C;
    for (dial, expected) in [
        (Dial::Busy, C::Busy),
        (Dial::NoAnswer, C::NoAnswer),
        (Dial::SwitchedOff, C::NoAnswer),
        (Dial::NeverReports, C::NoAnswer),
        (Dial::NeverProcessed, C::Failed),
        (Dial::TimesOutButBusy, C::Busy),
        (Dial::StatusButRingsOut(503), C::NoAnswer),
    ] {
        let sim = sim(AT_ONCE, Callee::silent()).await;
        sim.behave([dial]);
        dial_blindly(&sim, "ws://127.0.0.1:9/s").await;
        let entry = recorded(&client(&sim), &query(None)).await;
        let id = CarrierCallId::new(&sim.dials()[0].call_id);
        assert_eq!(
            (entry.status, entry.carrier_call_id),
            (expected, Some(id)),
            "{dial:?}"
        );
    }
}

#[tokio::test]
async fn an_answered_ring_is_in_the_log_with_its_duration() {
    for dial in [
        Dial::Answer,
        Dial::TimesOutButRings,
        Dial::StatusButRings(502),
        Dial::NoId,
    ] {
        let sim = sim(
            AT_ONCE,
            Callee {
                steps: vec![],
                hangs_up: true,
            },
        )
        .await;
        sim.behave([dial]);
        let (url, _texts) = relay(speech(20), None).await;
        dial_blindly(&sim, &url).await;
        let id = CarrierCallId::new(&sim.dials()[0].call_id);
        let entry = recorded(&client(&sim), &query(Some(id))).await;
        assert_eq!(entry.status, CarrierStatus::Ended, "{dial:?}");
        let one = json!({ "customer_number": CALLEE, "agent_number": "+911234567800",
            "knowlarity_number": "+911234567800", "call_duration": "1", "call_recording": "",
            "business_call_type": "Outbound" });
        let (_, answer) = ask(&sim, 100, 0).await;
        let mut row = answer["objects"][0].clone();
        for varying in ["uuid", "start_time"] {
            assert!(
                row.as_object_mut()
                    .unwrap()
                    .remove(varying)
                    .unwrap()
                    .is_string()
            );
        }
        assert_eq!((&answer["meta"]["total_count"], row), (&json!(1), one));
    }
}

/// Asks by hand for one page of everything that ever happened.
async fn ask(sim: &Sim, limit: usize, offset: usize) -> (u16, Value) {
    let times = "start_time=2020-01-01%2000:00:00%2B05:30&end_time=2120-01-01%2000:00:00%2B05:30";
    let path = format!("/Basic/v1/account/calllog?{times}&limit={limit}&offset={offset}");
    get(sim, &path).await
}

async fn get(sim: &Sim, path: &str) -> (u16, Value) {
    let request = reqwest::Client::new().get(format!("{}{path}", sim.base_url()));
    let reply = request
        .header("authorization", API_KEY_DEFAULT)
        .send()
        .await
        .unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn what_was_never_placed_is_not_in_the_log() {
    let sim = sim(AT_ONCE, Callee::silent()).await;
    let unplaced = [
        Dial::Status(503),
        Dial::TimesOut,
        Dial::InvalidNumber,
        Dial::RateLimited(1),
    ];
    sim.behave(unplaced.into_iter().chain([Dial::Busy]));
    for _ in 0..5 {
        dial_blindly(&sim, "ws://127.0.0.1:9/s").await;
    }
    let last = CarrierCallId::new(&sim.dials()[4].call_id);
    let client = client(&sim);
    recorded(&client, &query(Some(last))).await;
    let (_, answer) = ask(&sim, 100, 0).await;
    assert_eq!(answer["meta"]["total_count"], 1);
    let other = LogQuery {
        to: "+911234567891".parse().unwrap(),
        ..query(None)
    };
    assert_eq!(client.look_up(&other).await, Ok(None));
}

#[tokio::test]
async fn a_record_comes_after_its_delay_and_within_its_times() {
    let sim = sim(CallLog::After(Duration::from_secs(2)), Callee::silent()).await;
    sim.behave([Dial::Busy]);
    dial_blindly(&sim, "ws://127.0.0.1:9/s").await;
    let (client, now) = (client(&sim), query(None));
    let before = tokio::time::Instant::now();
    assert_eq!(client.look_up(&now).await, Ok(None));
    recorded(&client, &now).await;
    assert!(
        before.elapsed() >= Duration::from_secs(1),
        "{:?}",
        before.elapsed()
    );
    let hour = Duration::from_secs(3_600);
    let earlier = LogQuery {
        since: now.since - hour,
        until: now.until - hour,
        ..now
    };
    assert_eq!(client.look_up(&earlier).await, Ok(None));
}

#[tokio::test]
async fn the_log_can_fail_and_stay_empty() {
    for (call_log, expected) in [
        (CallLog::Empty, Ok(None)),
        (CallLog::Status(500), Err(LookUpError::Unavailable)),
        (CallLog::Status(403), Err(LookUpError::Refused)),
        (CallLog::TimesOut, Err(LookUpError::Unavailable)),
    ] {
        let sim = sim(call_log, Callee::silent()).await;
        sim.behave([Dial::TimesOutButBusy]);
        dial_blindly(&sim, "ws://127.0.0.1:9/s").await;
        assert_eq!(
            client(&sim).look_up(&query(None)).await,
            expected,
            "{call_log:?}"
        );
    }
}

#[tokio::test]
async fn a_look_up_without_zone_or_key_is_refused() {
    let sim = sim(AT_ONCE, Callee::silent()).await;
    let bare = "start_time=2020-01-01%2000:00:00+05:30&end_time=2120-01-01%2000:00:00+05:30";
    let path = format!("/Basic/v1/account/calllog?{bare}&limit=100&offset=0");
    assert_eq!(get(&sim, &path).await.0, 400);
    let url = format!("{}{path}", sim.base_url());
    assert_eq!(reqwest::get(url).await.unwrap().status(), 401);
}

#[tokio::test]
async fn long_logs_come_in_pages() {
    let sim = sim(AT_ONCE, Callee::silent()).await;
    sim.behave([Dial::Busy, Dial::Busy, Dial::Busy]);
    for _ in 0..3 {
        dial_blindly(&sim, "ws://127.0.0.1:9/s").await;
    }
    let last = CarrierCallId::new(&sim.dials()[2].call_id);
    recorded(&client(&sim), &query(Some(last.clone()))).await;
    let (_, answer) = ask(&sim, 2, 2).await;
    assert_eq!(answer["meta"]["total_count"], 3);
    assert_eq!(answer["objects"].as_array().unwrap().len(), 1);
    assert_eq!(answer["objects"][0]["uuid"], last.as_str());
}
