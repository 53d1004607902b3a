//! The environment of the parts.

use super::ports::Reserved;
use access::{draw_key, hash_key};
use local::system::LOCAL_KEY;
use std::{collections::BTreeMap, path::Path};

/// Names the part that a process is.
pub(super) const PART: &str = "CRASH_PART";

/// Where a part listens, unless a variable of its own says so.
pub(super) const LISTEN: &str = "CRASH_LISTEN";

/// Folder of the database.
pub(super) const DATA: &str = "CRASH_DATA";

/// Table of the calls.
pub(super) const TABLE: &str = "calls";

/// Environment variables.
pub(super) type Settings = BTreeMap<&'static str, String>;

/// The environment of every part. Deadlines and delays are seconds, so that a call with four
/// attempts takes less than a minute.
pub(super) fn settings(ports: &Reserved, folder: &Path) -> Settings {
    let database = format!("http://{}", ports.database.address);
    let relay = ports.relay.address;
    let own = [
        (DATA, folder.display().to_string()),
        ("AWS_ENDPOINT_URL_DYNAMODB", database),
        ("API_KEYS", format!("crm:admin:{}", hash_key(LOCAL_KEY))),
        ("TOKEN_SECRET", draw_key()),
        ("RELAY_LISTEN", relay.to_string()),
        (
            "SERVER_WEBSOCKET_URL",
            format!("ws://{relay}/knowlarity-stream"),
        ),
    ];
    let fixed = [
        ("AWS_REGION", "local"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("RUST_LOG", "info"),
        ("TABLE_NAME", TABLE),
        ("KNOWLARITY_CALLER_ID", "+911234567800"),
        ("MAX_CONCURRENT_CALLS", "20"),
        ("DIAL_TIMEOUT", "2s"),
        ("RING_TIMEOUT", "3s"),
        ("ANSWER_MARGIN", "1s"),
        ("RECONCILE_MARGIN", "3s"),
        ("AGENT_READY_TIMEOUT", "3s"),
        ("HEARTBEAT_TIMEOUT", "4s"),
        ("DISCONNECT_GRACE", "3s"),
        ("MAX_CALL_DURATION", "30s"),
        ("RETRY_BUSY", "1s"),
        ("RETRY_NO_ANSWER", "1s"),
        ("RETRY_UNREACHABLE", "1s"),
        ("RETRY_AGENT_UNAVAILABLE", "1s"),
        ("RETRY_CONNECTION_LOST", "1s"),
        ("RETRY_CARRIER_ERROR", "1s"),
    ];
    let fixed = fixed.map(|(name, value)| (name, value.to_owned()));
    own.into_iter().chain(fixed).collect()
}
