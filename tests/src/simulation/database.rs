//! The database in process: the SDK's requests are answered by the embedded DynamoDB without a
//! socket, late, not at all, or with the errors that it never produces by itself.

use super::{history::Fact, process::Process, stored, world::World};
use crate::in_process::{self, Reply};
use aws_sdk_dynamodb::Client;
use call::{ids::CallId, time::Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// Past answers kept for one partition of an index.
const STALE_MAX: usize = 4;

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Pass,
    Throttled,
    Conflict,
    /// Done, but the answer is lost.
    ReplyLost,
    /// The process dies before the request leaves.
    CrashBefore,
    /// The process dies when the request is done.
    CrashAfter,
}

/// A client of the run's database for one process.
pub(super) fn client(process: &Arc<Process>) -> Client {
    let process = process.clone();
    in_process::client(move |operation, body| {
        let process = process.clone();
        Box::pin(async move { ask(&process, &operation, body).await })
    })
}

/// One request and its fate; `None` if the answer is lost.
async fn ask(process: &Arc<Process>, operation: &str, body: Value) -> Option<Reply> {
    let world = &process.world;
    process.alive().await;
    tokio::time::sleep(world.latency()).await;
    process.alive().await;
    if process.is_cut_off() {
        return None;
    }
    let fate = fate(world, operation);
    match fate {
        Fate::Throttled => return Some(throttled(world, operation, &body)),
        Fate::Conflict => return Some(conflict(world, operation, &body)),
        Fate::CrashBefore => process.die(),
        Fate::Pass | Fate::ReplyLost | Fate::CrashAfter => {}
    }
    process.alive().await;
    let reply = apply(process, operation, body);
    if fate == Fate::CrashAfter {
        process.die();
    }
    tokio::time::sleep(world.latency()).await;
    process.alive().await;
    (fate != Fate::ReplyLost && !process.is_cut_off()).then_some(reply)
}

fn fate(world: &World, operation: &str) -> Fate {
    if !world.has_faults() || matches!(operation, "CreateTable" | "UpdateTimeToLive") {
        return Fate::Pass;
    }
    if !world.dice.chance(world.faults_permille) {
        return Fate::Pass;
    }
    world.dice.pick(&[
        (3, Fate::Throttled),
        (4, Fate::Conflict),
        (4, Fate::ReplyLost),
        (2, Fate::CrashBefore),
        (2, Fate::CrashAfter),
    ])
}

fn error(code: &str) -> Reply {
    let body = json!({
        "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"),
        "message": "injected",
    });
    (400, body.to_string())
}

/// A transaction that is cancelled for one of its writes.
fn cancelled(world: &World, body: &Value, code: &str) -> Reply {
    let writes = body["TransactItems"].as_array().map_or(1, Vec::len);
    let nth = world.dice.below(writes as u64);
    let reasons = (0..writes as u64).map(|n| {
        let code = if n == nth { code } else { "None" };
        json!({ "Code": code })
    });
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "injected",
        "CancellationReasons": reasons.collect::<Vec<_>>(),
    });
    (400, body.to_string())
}

fn throttled(world: &World, operation: &str, body: &Value) -> Reply {
    if operation == "TransactWriteItems" && world.dice.chance(500) {
        return cancelled(world, body, "ThrottlingError");
    }
    error("ThrottlingException")
}

/// Reads do not conflict; a single write does, with a transaction that is under way.
fn conflict(world: &World, operation: &str, body: &Value) -> Reply {
    match operation {
        "TransactWriteItems" => cancelled(world, body, "TransactionConflict"),
        "PutItem" | "UpdateItem" | "DeleteItem" => error("TransactionConflictException"),
        _ => error("ThrottlingException"),
    }
}

/// Has the database do it, and notes what was written.
fn apply(process: &Process, operation: &str, mut body: Value) -> Reply {
    let world = &process.world;
    if let Some(bug) = world.bug {
        bug.tamper(operation, &mut body);
    }
    shorten_page(process, operation, &mut body);
    let partition = index_partition(operation, &body);
    if let Some(stale) = partition.as_ref().and_then(|key| stale(world, key)) {
        process.note_old_page();
        return (200, stale);
    }
    let reply = in_process::execute(&world.database, operation, &body);
    if reply.0 == 200 {
        note(world, operation, &body);
        if let Some(key) = partition {
            let mut past = world.stale.lock().expect("nobody panics with the lock");
            let past = past.entry(key).or_default();
            past.insert(0, reply.1.clone());
            past.truncate(STALE_MAX);
        }
    }
    reply
}

/// A page may end long before its limit, or without one. Who asked for no more than a limit may then
/// have seen less than there is.
fn shorten_page(process: &Process, operation: &str, body: &mut Value) {
    let world = &process.world;
    if operation != "Query" || !world.has_faults() || !world.dice.chance(60) {
        return;
    }
    let page = 1 + world.dice.below(3);
    match body["Limit"].as_u64() {
        Some(limit) if limit <= page => return,
        Some(_) => process.note_old_page(),
        None => {}
    }
    body["Limit"] = json!(page);
}

/// Which partition of which index a query reads.
fn index_partition(operation: &str, body: &Value) -> Option<String> {
    let index = body["IndexName"]
        .as_str()
        .filter(|_| operation == "Query")?;
    // The same question at another moment: what is compared with the time is a number.
    let values = body["ExpressionAttributeValues"].as_object()?;
    let words = values.values().filter_map(|value| value["S"].as_str());
    Some(words.fold(index.to_owned(), |key, word| format!("{key} {word}")))
}

/// An earlier answer, because an index lags behind.
fn stale(world: &World, partition: &str) -> Option<String> {
    if !world.has_faults() || !world.dice.chance(100) {
        return None;
    }
    let past = world.stale.lock().expect("nobody panics with the lock");
    let past = past.get(partition)?;
    let nth = usize::try_from(world.dice.below(past.len() as u64)).ok()?;
    past.get(nth).cloned()
}

fn note(world: &World, operation: &str, body: &Value) {
    match operation {
        "PutItem" => world.wrote(&body["Item"]),
        "TransactWriteItems" => {
            let writes = body["TransactItems"].as_array();
            let mut changes_counter = false;
            for write in writes.into_iter().flatten() {
                world.wrote(&write["Put"]["Item"]);
                changes_counter |= write["Update"]["Key"]["PK"]["S"] == "CHANNELS";
            }
            for write in writes.into_iter().flatten() {
                let item = &write["Put"]["Item"];
                if item["SK"]["S"] == "META"
                    && let Some(phone) = item["phone"]["S"].as_str()
                {
                    world.note(Fact::Lock(phone.to_owned(), lock(world, phone)));
                }
            }
            for write in writes.into_iter().flatten() {
                note_row(world, &write["Update"]["Key"]);
            }
            if changes_counter {
                world.note(Fact::Counter(counter(world)));
            }
        }
        _ => {}
    }
}

/// Notes a row that was updated, as it stands then.
fn note_row(world: &World, key: &Value) {
    let text = |name: &str| key[name]["S"].as_str();
    let (Some(pk), Some(sk)) = (text("PK"), text("SK")) else {
        return;
    };
    if pk.starts_with("CAMPAIGN#") && sk.starts_with("ROW#") {
        let row = stored::row(&read(world, pk, sk));
        row.into_iter().for_each(|row| world.note(Fact::Row(row)));
    }
}

/// How many numbers are locked by a call, read past the system.
pub(super) fn locks(world: &World) -> usize {
    let is_lock = |item: &Value| {
        let pk = item["PK"]["S"].as_str();
        item["SK"]["S"] == "LOCK" && pk.is_some_and(|pk| pk.starts_with("PHONE#"))
    };
    items(world).into_iter().filter(is_lock).count()
}

/// Everything in the table, read past the system.
pub(super) fn items(world: &World) -> Vec<Value> {
    scan(world, json!({ "TableName": super::world::TABLE }))
}

/// When the next of all that waits for a sweep is due, read past the system.
pub(super) fn next_due(world: &World) -> Option<Timestamp> {
    let query = json!({
        "TableName": super::world::TABLE,
        "FilterExpression": "attribute_exists(dueShard)",
        "ProjectionExpression": "dueAt",
    });
    let due = scan(world, query).into_iter();
    let due = due.filter_map(|item| item["dueAt"]["N"].as_str()?.parse().ok());
    due.min().map(Timestamp::from_millis)
}

fn scan(world: &World, mut query: Value) -> Vec<Value> {
    let mut items = Vec::new();
    loop {
        let (_, text) = in_process::execute(&world.database, "Scan", &query);
        let mut page: Value = serde_json::from_str(&text).expect("a page of items");
        if let Some(found) = page["Items"].as_array_mut() {
            items.append(found);
        }
        let next = page["LastEvaluatedKey"].take();
        if next.is_null() {
            return items;
        }
        query["ExclusiveStartKey"] = next;
    }
}

/// The call for which a number is locked, read past the system.
fn lock(world: &World, phone: &str) -> Option<CallId> {
    let found = read(world, &format!("PHONE#{phone}"), "LOCK");
    found["callId"]["S"].as_str()?.parse().ok()
}

/// The channel counter, read past the system.
pub(super) fn counter(world: &World) -> i64 {
    let found = read(world, "CHANNELS", "COUNTER");
    let number = found["inUse"]["N"].as_str();
    number.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn read(world: &World, pk: &str, sk: &str) -> Value {
    let key = json!({
        "TableName": super::world::TABLE,
        "Key": { "PK": { "S": pk }, "SK": { "S": sk } },
    });
    let (_, text) = in_process::execute(&world.database, "GetItem", &key);
    let mut found: Value = serde_json::from_str(&text).unwrap_or_default();
    found["Item"].take()
}
