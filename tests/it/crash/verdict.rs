//! What must hold of every call when all is over.

use super::{
    crm::{self, Crm},
    process::Parts,
    vendors::{Vendors, was_not_sent},
};
use call::ids::CallId;
use serde_json::Value;
use simulators::{crm::Notice, knowlarity::DialRecord};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
    time::Instant,
};
use store::CallRecord;

/// Dials of one call: the first and `RETRIES_MAX` more.
const ATTEMPTS_MAX: usize = 4;

/// `MAX_CONCURRENT_CALLS` of the parts.
const CHANNELS_MAX: usize = 20;

/// All that is judged, read once.
pub(super) struct Verdict {
    placed: BTreeSet<String>,
    /// What the API says of each call, by id.
    records: BTreeMap<String, Value>,
    /// What is stored of each call.
    stored: Vec<CallRecord>,
    list: Value,
    channels_in_use: u32,
    dials: Vec<DialRecord>,
    violations: Vec<String>,
}

impl Verdict {
    pub(super) async fn gather(
        crm: &Crm,
        parts: &Parts,
        vendors: &Vendors,
        placed: &BTreeSet<String>,
    ) -> Self {
        let store = parts.store();
        let dials = vendors.carrier.dials();
        // A call that the CRM never heard of would be seen here.
        let known = placed.iter().cloned();
        let ids: BTreeSet<String> = known.chain(dials.iter().map(|d| target(d).0)).collect();
        let (mut records, mut stored) = (BTreeMap::new(), Vec::new());
        for id in ids {
            let call: CallId = id.parse().unwrap();
            stored.push(store.record(call).await.unwrap().unwrap());
            records.insert(id.clone(), crm.record(&id).await);
        }
        let carrier = vendors.carrier.calls().into_iter().map(|c| c.violations);
        let agent = vendors.agent.conversations().into_iter();
        let agent = agent.map(|conversation| conversation.violations);
        Self {
            placed: placed.clone(),
            records,
            stored,
            list: crm.list().await,
            channels_in_use: store.channels_in_use().await.unwrap(),
            dials,
            violations: carrier.chain(agent).flatten().collect(),
        }
    }

    /// Keeps the records for whoever looks into a failed run.
    pub(super) fn write(&self, file: &Path) {
        fs::write(file, serde_json::to_vec_pretty(&self.records).unwrap()).unwrap();
    }

    pub(super) fn assert_all(&self) {
        let known: BTreeSet<String> = self.records.keys().cloned().collect();
        assert_eq!(known, self.placed, "a call that nobody asked for");
        for record in self.records.values() {
            assert!(crm::is_final(record), "not final: {record:#}");
            assert_is_linked(record);
            assert_attempts_are_closed(record);
        }
        for record in &self.stored {
            let trail = record.events.iter().map(|event| event.seq);
            assert!(
                trail.eq(1..=record.session.audit_seq),
                "a gap in the trail of {}",
                record.session.id
            );
        }
        self.assert_numbers_agree();
        self.assert_nothing_was_dialled_twice();
        self.assert_no_phone_rang_twice_at_once();
        assert_eq!(self.violations, Vec::<String>::new());
    }

    fn assert_numbers_agree(&self) {
        let stats = &self.list["stats"];
        assert_eq!(self.list["calls"], Value::Array(Vec::new()));
        assert_eq!(
            (stats["active"].as_u64(), self.channels_in_use),
            (Some(0), 0)
        );
        assert_eq!(stats["total"].as_u64(), Some(self.records.len() as u64));
        for state in ["completed", "failed"] {
            let found = self.records.values().filter(|r| r["status"] == state);
            assert_eq!(stats["byState"][state].as_u64(), Some(found.count() as u64));
        }
        let talked = self.records.values();
        let talked =
            talked.filter(|r| r["cause"] == "agent_ended" || r["cause"] == "callee_hung_up");
        assert!(
            talked.count() * 4 >= self.placed.len(),
            "hardly anybody was talked to"
        );
    }

    /// One request for an attempt, unless the carrier said of the ones before it that nothing was
    /// dialled; and none that was not stored first.
    fn assert_nothing_was_dialled_twice(&self) {
        let mut dialled: BTreeMap<(String, u64), usize> = BTreeMap::new();
        for dial in &self.dials {
            let (id, attempt) = target(dial);
            let attempts = self.records[&id]["attempts"].as_array().unwrap();
            let is_stored = attempts
                .iter()
                .any(|a| a["number"].as_u64() == Some(attempt));
            assert!(is_stored, "call {id} was dialled without attempt {attempt}");
            let count = dialled.entry((id, attempt)).or_default();
            assert_eq!(*count, 0, "dialled twice: {:?}", target(dial));
            *count += usize::from(!was_not_sent(dial));
        }
    }

    fn assert_no_phone_rang_twice_at_once(&self) {
        let mut rings: BTreeMap<&str, Vec<(Instant, Instant)>> = BTreeMap::new();
        for dial in &self.dials {
            if let Some(over_at) = dial.over_at {
                let of_number = rings.entry(dial.number.as_str()).or_default();
                of_number.push((dial.at, over_at));
            }
        }
        for rings in rings.values_mut() {
            rings.sort();
            for pair in rings.windows(2) {
                assert!(pair[0].1 <= pair[1].0, "a phone rang twice at once");
            }
        }
        assert!(self.most_at_once() <= CHANNELS_MAX, "more than the plan");
    }

    /// What ended an attempt or a call was delivered, signed; delivered again, it was the same.
    pub(super) fn assert_every_outcome_was_delivered(&self, notices: &[Notice], key: &str) {
        let mut bodies: BTreeMap<&str, &Notice> = BTreeMap::new();
        for notice in notices {
            assert!(notice.is_signed_with(key));
            let first = *bodies.entry(&notice.id).or_insert(notice);
            assert_eq!(first.body, notice.body);
        }
        // Five dials in a row that nobody answered hold dialling back for a while, which monitoring hears too.
        let of_calls = bodies.into_keys().filter(|id| !id.starts_with("dialling."));
        let delivered: BTreeSet<String> = of_calls.map(str::to_owned).collect();
        let mut outcomes = BTreeSet::new();
        for (id, record) in &self.records {
            let timeline = record["timeline"].as_array().unwrap().iter();
            let ends =
                timeline.filter(|line| line["outcome"].is_string() || line["cause"].is_string());
            outcomes.extend(ends.map(|line| format!("{id}.{}", line["sequence"])));
        }
        assert_eq!(delivered, outcomes);
    }

    /// Most phones that rang or were answered at the same time.
    fn most_at_once(&self) -> usize {
        let mut changes: Vec<(Instant, isize)> = Vec::new();
        for dial in &self.dials {
            if let Some(over_at) = dial.over_at {
                changes.extend([(dial.at, 1), (over_at, -1)]);
            }
        }
        changes.sort();
        let mut live = 0;
        let counts = changes.into_iter().map(|(_, change)| {
            live += change;
            live
        });
        counts.max().unwrap_or(0).unsigned_abs()
    }
}

/// Which attempt of which call a dial is for, as its flow says.
fn target(dial: &DialRecord) -> (String, u64) {
    let metadata = &dial.body["ivr_flow"]["flow"]["nodes"][1]["config"]["metadata"];
    let metadata: Value = serde_json::from_str(metadata.as_str().unwrap()).unwrap();
    let id = metadata["sessionId"].as_str().unwrap().to_owned();
    (id, metadata["attempt"].as_u64().unwrap())
}

/// Every change begins where the one before it ended, and the last one is the call's end.
fn assert_is_linked(record: &Value) {
    let timeline = record["timeline"].as_array().unwrap();
    let mut state = &Value::Null;
    for change in timeline {
        assert_eq!(&change["from"], state, "{record:#}");
        state = &change["to"];
    }
    assert_eq!(timeline[0]["event"], "created", "{record:#}");
    assert_eq!(state, &record["status"], "{record:#}");
}

fn assert_attempts_are_closed(record: &Value) {
    let attempts = record["attempts"].as_array().unwrap();
    assert!(attempts.len() <= ATTEMPTS_MAX, "{record:#}");
    for (attempt, number) in attempts.iter().zip(1..) {
        let (found, state) = (attempt["number"].as_u64(), attempt["state"].as_str());
        assert_eq!((found, state), (Some(number), Some("closed")), "{record:#}");
        assert!(attempt["outcome"].is_string(), "{record:#}");
    }
}

/// The figures of a run.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut causes: BTreeMap<String, usize> = BTreeMap::new();
        let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
        for record in self.records.values() {
            let cause = format!("{} {}", record["status"], record["cause"]);
            *causes.entry(cause).or_default() += 1;
            for attempt in record["attempts"].as_array().into_iter().flatten() {
                *outcomes.entry(attempt["outcome"].to_string()).or_default() += 1;
            }
        }
        writeln!(f, "{} calls: {causes:?}", self.records.len())?;
        writeln!(f, "attempts: {outcomes:?}")?;
        let (dials, most) = (self.dials.len(), self.most_at_once());
        write!(f, "{dials} dial requests, at most {most} phones at once")
    }
}
