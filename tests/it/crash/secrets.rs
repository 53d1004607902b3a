//! A process that is told nothing but the names of its secrets, as on AWS.

use super::{ports::Port, process::Process, settings::TABLE};
use crate::secrets::service::{Mood, Service};
use access::{draw_key, hash_key};
use local::{database::Database, system::LOCAL_KEY};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
    time::Duration,
};
use tokio::time::{sleep, timeout};

const WITHIN: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_process_starts_with_its_secrets_or_says_which_it_cannot_read() {
    let service = Service::start().await;
    let any = "127.0.0.1:0".parse().unwrap();
    let database = Database::start(any, None).await.unwrap();
    database.store(TABLE).await.unwrap();
    let clients = format!("crm:admin:{}", hash_key(LOCAL_KEY));
    let (key, tokens) = (draw_key(), draw_key());
    service.put("stack/clients", &json!({ "API_KEYS": clients }));
    service.put("stack/tokens", &json!({ "TOKEN_SECRET": tokens }));
    let carrier = json!({ "KNOWLARITY_API_KEY": key, "KNOWLARITY_WEBHOOK_SECRET": draw_key() });
    service.put("stack/carrier", &carrier);
    let settings = BTreeMap::from([
        ("AWS_ENDPOINT_URL_DYNAMODB", database.url()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", service.url.clone()),
        ("AWS_REGION", "local".to_owned()),
        ("AWS_ACCESS_KEY_ID", "local".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
        ("TABLE_NAME", TABLE.to_owned()),
        ("KNOWLARITY_CALLER_ID", "+911234567800".to_owned()),
        ("SERVER_WEBSOCKET_URL", "ws://127.0.0.1:9/stream".to_owned()),
        (
            "SECRETS",
            "stack/clients,stack/tokens,stack/carrier".to_owned(),
        ),
    ]);
    let log = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("secrets.log");

    let port = Port::take();
    let file = File::create(&log).unwrap();
    let api = Process::start("api", &settings, Some(port.address), file);
    let url = format!("http://{}/api/outbound-calls", port.address);
    let listed = async {
        loop {
            let client = reqwest::Client::new();
            let answer = client.get(&url).header("x-api-key", LOCAL_KEY).send().await;
            if let Ok(answer) = answer {
                return answer.status().as_u16();
            }
            sleep(LOOK).await;
        }
    };
    assert_eq!(timeout(WITHIN, listed).await.unwrap(), 200);
    drop(api);

    service.answers(Mood::Denies);
    let file = File::create(&log).unwrap();
    let mut refused = Process::start("api", &settings, Some(port.address), file);
    let ended = async {
        while refused.ended().is_none() {
            sleep(LOOK).await;
        }
    };
    timeout(WITHIN, ended).await.unwrap();
    let said = fs::read_to_string(&log).unwrap();
    for name in ["stack/clients", "stack/tokens", "stack/carrier"] {
        let expected = format!("the secret {name} may not be read by this process");
        assert!(said.contains(&expected), "{said}");
    }
    for value in [&clients, &key, &tokens] {
        assert!(!said.contains(value.as_str()));
    }
}
