//! Faults planted on purpose, each of which breaks one promise. They sit at the edges of the system
//! (in what it asks of the database, in its carrier's client, in its settings), so that the code
//! under test is the real code.

use serde_json::{Value, json};

/// One planted fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A session is stored whatever version is there.
    LostUpdate,
    /// A dial without an answer is sent again by the carrier's client.
    DialRetried,
    /// The channel limit is not a condition.
    NoChannelLimit,
    /// A call that ends keeps its channel.
    ChannelLeak,
    /// A number may have two live calls.
    NoPhoneLock,
    /// Transitions leave no line in the audit trail.
    NoAudit,
    /// A deadline is stored where no sweep finds it.
    LostDeadline,
    /// A deadline is stored where a sweep finds it half a minute late.
    LateDeadline,
    /// A dial that is due is stored where no sweep finds it.
    LostDial,
    /// The carrier's client waits for an answer as long as it takes.
    EndlessDial,
    /// The calling window is ignored.
    NoWindow,
    /// The list of opt-outs is not asked.
    NoOptOut,
    /// Outcomes are not queued.
    NoOutbox,
    /// A request key is not remembered.
    NoRequestKey,
    /// A call that ends keeps its number locked.
    LockLeak,
    /// The carrier's log is read without regard to which ring a row is of.
    AnyRow,
    /// A call that waits for its next dial has its number unlocked.
    EarlyUnlock,
    /// A relay carries its call whatever it can store.
    NoLease,
    /// An answer is not stored.
    LostAnswer,
    /// The platform's client finds no conversation.
    LostReport,
    /// That a patient is to be erased is not stored with the call.
    NoErasure,
    /// The platform's client says that a copy is deleted, and asks nobody.
    KeptCopy,
    /// A ring is given up while the phone still rings.
    HastyDeadline,
    /// A dial is not held to the state of its campaign.
    NoPause,
    /// A call that ends keeps its place among its campaign's.
    PlaceLeak,
    /// The end of a call is not stored in its row.
    LostRow,
    /// A row that moves is not counted.
    LostCount,
    /// A row that waits is stored where no sweep finds it.
    LostTurn,
}

impl Bug {
    /// Every planted fault.
    pub const ALL: [Self; 28] = [
        Self::LostUpdate,
        Self::DialRetried,
        Self::NoChannelLimit,
        Self::ChannelLeak,
        Self::NoPhoneLock,
        Self::NoAudit,
        Self::LostDeadline,
        Self::LateDeadline,
        Self::LostDial,
        Self::EndlessDial,
        Self::NoWindow,
        Self::NoOptOut,
        Self::NoOutbox,
        Self::NoRequestKey,
        Self::LockLeak,
        Self::AnyRow,
        Self::EarlyUnlock,
        Self::NoLease,
        Self::LostAnswer,
        Self::LostReport,
        Self::NoErasure,
        Self::KeptCopy,
        Self::HastyDeadline,
        Self::NoPause,
        Self::PlaceLeak,
        Self::LostRow,
        Self::LostCount,
        Self::LostTurn,
    ];

    /// Whether it breaks a promise that campaigns make.
    pub(super) fn is_of_campaigns(self) -> bool {
        matches!(
            self,
            Self::NoPause | Self::PlaceLeak | Self::LostRow | Self::LostCount | Self::LostTurn
        )
    }

    /// Its name on the command line.
    #[must_use]
    pub fn name(self) -> String {
        format!("{self:?}")
    }

    /// Changes a request to the database on its way.
    pub(super) fn tamper(self, operation: &str, body: &mut Value) {
        match (operation, self) {
            ("PutItem", Self::LostUpdate | Self::LostDeadline | Self::LateDeadline) => {
                self.tamper_put(body)
            }
            ("TransactWriteItems", _) => {
                if let Some(writes) = body["TransactItems"].as_array_mut() {
                    writes.retain_mut(|write| self.keeps(write));
                    if self == Self::EarlyUnlock {
                        unlock_early(writes);
                    }
                }
            }
            _ => {}
        }
    }

    /// Changes one write of a transaction; whether it stays at all.
    fn keeps(self, write: &mut Value) -> bool {
        if let Some(check) = write.get("ConditionCheck") {
            let pk = pk(&check["Key"]);
            return !(self == Self::NoOptOut && pk == "OPTOUTS"
                || self == Self::NoPause && pk.starts_with("CAMPAIGN#"));
        }
        if let Some(delete) = write.get("Delete") {
            return !(self == Self::LockLeak && pk(&delete["Key"]).starts_with("PHONE#"));
        }
        if let Some(put) = write.get_mut("Put") {
            let (pk, sk) = (pk(&put["Item"]).to_owned(), sk(&put["Item"]).to_owned());
            if self == Self::NoPhoneLock && pk.starts_with("PHONE#") {
                drop_condition(put);
            }
            self.tamper_put(put);
            let is_lost =
                (self == Self::NoAudit && sk.starts_with("EVENT#") && sk != "EVENT#00000001")
                    || (self == Self::NoOutbox && sk.starts_with("OUTBOX#"))
                    || (self == Self::LostAnswer && sk.starts_with("ANSWER#"))
                    || (self == Self::NoRequestKey && pk.starts_with("REQUEST#"));
            return !is_lost;
        }
        if let Some(update) = write.get_mut("Update")
            && pk(&update["Key"]).starts_with("CAMPAIGN#")
        {
            return self.keeps_of_campaign(update);
        }
        if let Some(update) = write.get_mut("Update")
            && pk(&update["Key"]) == "CHANNELS"
        {
            let takes = update["ExpressionAttributeValues"][":change"]["N"] == "1";
            if self == Self::NoChannelLimit && takes {
                drop_condition(update);
                if let Some(values) = update["ExpressionAttributeValues"].as_object_mut() {
                    values.remove(":max");
                }
            }
            return takes || self != Self::ChannelLeak;
        }
        true
    }

    /// Whether an update of a campaign's items stays.
    fn keeps_of_campaign(self, update: &Value) -> bool {
        let sk = sk(&update["Key"]).to_owned();
        let gives_back = !update["ExpressionAttributeValues"][":less"].is_null();
        let ends = update["ExpressionAttributeValues"][":state"]["S"]
            .as_str()
            .is_some_and(|state| matches!(state, "reached" | "failed"));
        let is_lost = (sk == "LOAD" && gives_back && self == Self::PlaceLeak)
            || (sk.starts_with("ROW#") && ends && self == Self::LostRow)
            || (sk == "COUNTS" && gives_back && self == Self::LostCount);
        !is_lost
    }

    fn tamper_put(self, put: &mut Value) {
        if self == Self::LostTurn && sk(&put["Item"]).starts_with("ROW#") {
            drop_due(put);
        }
        if self == Self::LostDial && sk(&put["Item"]) == "DIAL" {
            drop_due(put);
        }
        if sk(&put["Item"]) != "META" {
            return;
        }
        if self == Self::LostUpdate && put["ConditionExpression"] == "version = :version" {
            drop_condition(put);
            if let Some(put) = put.as_object_mut() {
                put.remove("ExpressionAttributeValues");
            }
        }
        if self == Self::LostDeadline {
            drop_due(put);
        }
        if self == Self::NoErasure
            && let Some(item) = put["Item"].as_object_mut()
        {
            item.remove("restrictedAt");
        }
        if self == Self::LateDeadline
            && let Some(due) = put["Item"].get_mut("dueAt")
        {
            delay(&mut due["N"]);
        }
    }
}

/// Has the transaction that sends a call back to wait unlock its number.
fn unlock_early(writes: &mut Vec<Value>) {
    let again = writes.iter().find_map(|write| {
        let item = &write["Put"]["Item"];
        let waits = item["state"]["S"] == "initiating" && !item["attempt"]["M"].is_null();
        let phone = item["phone"]["S"].as_str().filter(|_| waits)?;
        Some((write["Put"]["TableName"].clone(), format!("PHONE#{phone}")))
    });
    if let Some((table, pk)) = again {
        let key = json!({ "PK": { "S": pk }, "SK": { "S": "LOCK" } });
        writes.push(json!({ "Delete": { "TableName": table, "Key": key } }));
    }
}

/// Longer than any sweep's tick.
const DELAY_MS: i64 = 30_000;

fn delay(due: &mut Value) {
    let at: Option<i64> = due.as_str().and_then(|text| text.parse().ok());
    if let Some(at) = at {
        *due = Value::String((at + DELAY_MS).to_string());
    }
}

/// Leaves an item out of the index of what is due.
fn drop_due(put: &mut Value) {
    if let Some(item) = put["Item"].as_object_mut() {
        item.remove("dueShard");
        item.remove("dueAt");
    }
}

fn pk(key: &Value) -> &str {
    key["PK"]["S"].as_str().unwrap_or_default()
}

fn sk(key: &Value) -> &str {
    key["SK"]["S"].as_str().unwrap_or_default()
}

fn drop_condition(write: &mut Value) {
    if let Some(write) = write.as_object_mut() {
        write.remove("ConditionExpression");
    }
}
