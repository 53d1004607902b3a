//! What all connections of one simulator share.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::Method;
use tokio::sync::watch;
use tokio::time::Instant;

use super::behaviour::{Behaviour, RestFault};
use super::engine::ScriptChoice;
use super::entries::Workspace;
use super::posting::Posting;
use super::record::{Ledger, lock};
use super::script::Script;
use super::settings::Settings;

/// Time within which a signed URL may start a conversation.
const SIGNATURE_VALID: Duration = Duration::from_secs(15 * 60);

/// Signed URLs remembered; the oldest is forgotten first.
const GRANTS_MAX: usize = 10_000;

/// REST requests remembered; later ones are only counted by their answers.
const REQUESTS_MAX: usize = 10_000;

/// Name of the dynamic variable by which a conversation chooses a named script.
const SCRIPT_VARIABLE: &str = "sim_script";

/// One REST request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestRequest {
    /// Its method.
    pub method: Method,
    /// Path and query as received.
    pub target: String,
    /// Status answered.
    pub status: u16,
}

/// What a signed URL allows.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) agent_id: String,
    /// Set when the URL was asked for with a conversation id; such a URL works once.
    pub(crate) conversation_id: Option<String>,
    issued: Instant,
}

/// Shared state.
pub(crate) struct Hub {
    pub(crate) settings: Settings,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) workspace: Workspace,
    plan: Mutex<Plan>,
    grants: Mutex<HashMap<String, Grant>>,
    requests: Mutex<Vec<RestRequest>>,
}

/// What was ordered for the next requests and conversations.
#[derive(Default)]
struct Plan {
    behaviours: VecDeque<Behaviour>,
    scripts: VecDeque<Arc<Script>>,
    rest_faults: VecDeque<RestFault>,
    postings: VecDeque<Posting>,
    refused_upgrades: usize,
}

impl Hub {
    pub(crate) fn new(settings: Settings, stop: watch::Receiver<bool>) -> Self {
        Self {
            ledger: Arc::new(Ledger::new(settings.records_max)),
            settings,
            stop,
            workspace: Workspace::default(),
            plan: Mutex::default(),
            grants: Mutex::default(),
            requests: Mutex::default(),
        }
    }

    pub(crate) fn plan_behaviours(&self, behaviours: impl IntoIterator<Item = Behaviour>) {
        lock(&self.plan).behaviours.extend(behaviours);
    }

    pub(crate) fn plan_scripts(&self, scripts: impl IntoIterator<Item = Script>) {
        lock(&self.plan)
            .scripts
            .extend(scripts.into_iter().map(Arc::new));
    }

    pub(crate) fn plan_rest_faults(&self, faults: impl IntoIterator<Item = RestFault>) {
        lock(&self.plan).rest_faults.extend(faults);
    }

    pub(crate) fn plan_postings(&self, postings: impl IntoIterator<Item = Posting>) {
        lock(&self.plan).postings.extend(postings);
    }

    pub(crate) fn next_posting(&self) -> Posting {
        lock(&self.plan).postings.pop_front().unwrap_or_default()
    }

    pub(crate) fn next_behaviour(&self) -> Behaviour {
        lock(&self.plan).behaviours.pop_front().unwrap_or_default()
    }

    pub(crate) fn next_rest_fault(&self) -> Option<RestFault> {
        lock(&self.plan).rest_faults.pop_front()
    }

    pub(crate) fn count_refused(&self) {
        lock(&self.plan).refused_upgrades += 1;
    }

    pub(crate) fn refused_upgrades(&self) -> usize {
        lock(&self.plan).refused_upgrades
    }

    pub(crate) fn note_request(&self, method: &Method, target: String, status: u16) {
        let mut requests = lock(&self.requests);
        if requests.len() < REQUESTS_MAX {
            let method = method.clone();
            requests.push(RestRequest {
                method,
                target,
                status,
            });
        }
    }

    pub(crate) fn requests(&self) -> Vec<RestRequest> {
        lock(&self.requests).clone()
    }

    /// Whether an agent is there: set at the start, or set up over the API.
    pub(crate) fn has_agent(&self, agent_id: &str) -> bool {
        self.settings.agents.contains_key(agent_id) || self.workspace.has_agent(agent_id)
    }

    /// The script of the next conversation with that agent, and how its client data may change it.
    pub(crate) fn next_script(&self, agent_id: &str) -> Option<(Arc<Script>, ScriptChoice)> {
        let of_agent = match self.settings.agents.get(agent_id) {
            Some(script) => script.clone(),
            None if self.has_agent(agent_id) => Script::default(),
            None => return None,
        };
        let planned = lock(&self.plan).scripts.pop_front();
        let script = planned.unwrap_or_else(|| Arc::new(of_agent));

        let (named, default) = (self.settings.named_scripts.clone(), Arc::clone(&script));
        let other = self.settings.choice.clone();
        let choice: ScriptChoice = Arc::new(move |data| {
            let other = other
                .as_ref()
                .and_then(|other| other.script(&data.dynamic_variables));
            if let Some(script) = other {
                return Arc::new(script);
            }
            let name = data
                .dynamic_variables
                .get(SCRIPT_VARIABLE)
                .and_then(|name| name.as_str());
            let chosen = name.and_then(|name| named.get(name));
            chosen.map_or_else(|| Arc::clone(&default), |script| Arc::new(script.clone()))
        });
        Some((script, choice))
    }

    /// Mints a signature.
    pub(crate) fn grant(&self, agent_id: &str, conversation_id: Option<String>) -> String {
        let mut grants = lock(&self.grants);
        if grants.len() >= GRANTS_MAX {
            let oldest = grants.iter().min_by_key(|(_, grant)| grant.issued);
            if let Some(signature) = oldest.map(|(signature, _)| signature.clone()) {
                grants.remove(&signature);
            }
        }
        let signature = format!("cvtkn_{}", uuid::Uuid::new_v4().simple());
        let agent_id = agent_id.to_owned();
        let grant = Grant {
            agent_id,
            conversation_id,
            issued: Instant::now(),
        };
        grants.insert(signature.clone(), grant);
        signature
    }

    /// Checks a signature; one that names a conversation is used up by this.
    pub(crate) fn redeem(&self, signature: &str) -> Option<Grant> {
        let mut grants = lock(&self.grants);
        let grant = grants.get(signature)?.clone();
        if grant.issued.elapsed() > SIGNATURE_VALID || grant.conversation_id.is_some() {
            grants.remove(signature);
        }
        (grant.issued.elapsed() <= SIGNATURE_VALID).then_some(grant)
    }
}
