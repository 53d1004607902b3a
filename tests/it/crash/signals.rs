//! The whole system on one machine, told to stop by signals.

use super::{ports::Port, process::Process};
use crate::support::patient;
use local::system::LOCAL_KEY;
use serde_json::Value;
use std::{collections::BTreeMap, fs::File, path::PathBuf, time::Duration};
use tokio::time::{sleep, timeout};

/// Longest wait for anything but the end of a call.
const WITHIN: Duration = Duration::from_secs(30);

const LOOK: Duration = Duration::from_millis(100);

async fn status(call: &str) -> Option<String> {
    let client = reqwest::Client::new();
    let answer = client.get(call).header("x-api-key", LOCAL_KEY).send().await;
    let record: Value = answer.ok()?.json().await.ok()?;
    record["status"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_first_signal_lets_calls_end_and_the_second_cuts_them() {
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("signals.log");
    let (port, log) = (Port::take(), File::create(log).unwrap());
    let mut up = Process::start("up", &BTreeMap::new(), Some(port.address), log);
    let calls = format!("http://{}/api/outbound-call", port.address);
    let client = reqwest::Client::new();
    let place = async {
        loop {
            let body = patient("+911234567890");
            let request = client
                .post(&calls)
                .header("x-api-key", LOCAL_KEY)
                .json(&body);
            if let Ok(answer) = request.send().await {
                return answer.json::<Value>().await.unwrap();
            }
            sleep(LOOK).await;
        }
    };
    let placed = timeout(WITHIN, place).await.unwrap();
    let call = format!("{calls}/{}", placed["sessionId"].as_str().unwrap());
    let talking = async {
        while status(&call).await.as_deref() != Some("active") {
            sleep(LOOK).await;
        }
    };
    timeout(WITHIN, talking).await.unwrap();

    up.signal("TERM");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(status(&call).await.as_deref(), Some("active"));
    assert!(up.ended().is_none(), "the call was cut");

    up.signal("TERM");
    let gone = async {
        loop {
            if let Some(how) = up.ended() {
                return how;
            }
            sleep(LOOK).await;
        }
    };
    // Without it the calls have some seconds more, and then it leaves without an error.
    let how = timeout(Duration::from_secs(8), gone).await.unwrap();
    assert!(!how.success(), "it says that calls were cut");
}
