//! The simulated agent platform: keeps its own copy of every conversation, reports on it by webhook
//! (early, late, twice or never), is asked for it, and is asked to delete it.

use super::{bugs::Bug, carrier::Ring, crm, history::Fact, process::Process, world::World};
use call::ids::{CallId, ConversationId};
use elevenlabs::{AgentError, Conversations, SIGNATURE_HEADER};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::time::sleep;

/// What the platform signs its webhooks with.
pub(super) const SECRET: &str = "wsec_simulation";

/// The answer that the platform alone reads out of a conversation: no tool ever saves it.
pub(super) const ONLY_REPORTED: &str = "city";

/// Tries of one webhook before the platform gives up on it.
const TRIES_MAX: usize = 4;

/// The platform's own copies, by its ids.
#[derive(Default)]
pub(super) struct Platform(Mutex<BTreeMap<String, Copy>>);

/// Its copy of one conversation.
#[derive(Clone)]
struct Copy {
    call: CallId,
    attempt: u8,
    is_over: bool,
    /// The age that the platform reads out of it, which may not be the one that was saved.
    age: u64,
}

impl Platform {
    fn copies(&self) -> MutexGuard<'_, BTreeMap<String, Copy>> {
        self.0.lock().expect("nobody panics with the lock")
    }

    /// A conversation begins.
    pub(super) fn begin(&self, world: &World, ring: &Ring) -> ConversationId {
        let id = ConversationId::new(&format!("conv_{:x}", world.dice.next()));
        let copy = Copy {
            call: ring.call,
            attempt: ring.attempt,
            is_over: false,
            age: world.dice.below(100),
        };
        self.copies().insert(id.to_string(), copy);
        id
    }

    /// Conversations that it still has a copy of.
    pub(super) fn kept(&self) -> Vec<(CallId, String)> {
        let copies = self.copies();
        let kept = copies.iter().map(|(id, copy)| (copy.call, id.clone()));
        kept.collect()
    }

    /// What it tells of a conversation.
    fn report(&self, id: &str) -> Option<Value> {
        let copy = self.copies().get(id).cloned()?;
        let status = if copy.is_over { "done" } else { "in-progress" };
        Some(json!({
            "conversation_id": id, "status": status,
            "analysis": { "data_collection_results": {
                "age": { "value": copy.age }, ONLY_REPORTED: { "value": "जयपुर" },
            } },
            "conversation_initiation_client_data": {
                "dynamic_variables": { "call_id": copy.call, "attempt": copy.attempt },
            },
        }))
    }
}

/// The conversations of a ring are over, because its stream is: their reports follow, sometimes before
/// the relay has told anybody of the end.
pub(super) fn end(world: &Arc<World>, ring: &Ring) {
    let mut copies = world.platform.copies();
    let of_ring = copies.iter_mut().filter(|(_, copy)| {
        !copy.is_over && (copy.call, copy.attempt) == (ring.call, ring.attempt)
    });
    for (id, copy) in of_ring {
        copy.is_over = true;
        for _ in 0..world.dice.pick(&[(3, 0), (6, 1), (2, 2)]) {
            tokio::spawn(post(world.clone(), id.clone()));
        }
    }
}

/// Posts a report, again while it is not taken.
async fn post(world: Arc<World>, id: String) {
    let longest = world.dice.pick(&[(4, 5_000), (1, 90_000)]);
    sleep(world.dice.millis(0, longest)).await;
    for _ in 0..TRIES_MAX {
        let Some(data) = world.platform.report(&id) else {
            return;
        };
        let body = json!({ "type": "post_call_transcription", "data": data });
        let at = world.now().as_secs();
        let signature = simulators::elevenlabs::sign(SECRET, at, body.to_string().as_bytes());
        let headers = [(SIGNATURE_HEADER, signature.as_str())];
        let path = "/api/elevenlabs/webhook";
        match crm::ask(&world, "POST", path, &headers, &body).await {
            Some((200, _)) => return,
            None | Some((503, _)) => sleep(world.dice.millis(500, 6_000)).await,
            Some((status, _)) => {
                let wrong = format!("a post-call report was answered {status}");
                return world.note(Fact::Wrong(wrong));
            }
        }
    }
}

/// The platform as one process reaches it.
pub(super) struct SimPlatform(pub(super) Arc<Process>);

impl SimPlatform {
    /// One way to the platform and back, or no answer.
    async fn reach(&self) -> Result<&World, AgentError> {
        let world = &self.0.world;
        self.0.alive().await;
        sleep(world.dice.millis(20, 2_000)).await;
        self.0.alive().await;
        if world.has_faults() && world.dice.chance(200) {
            return Err(AgentError::Unavailable);
        }
        Ok(world)
    }
}

impl Conversations for SimPlatform {
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>> {
        Box::pin(async move {
            let world = self.reach().await?;
            let report = world.platform.report(id.as_str());
            let report = report.filter(|_| world.bug != Some(Bug::LostReport));
            report
                .map(|report| report.to_string().into_bytes())
                .ok_or(AgentError::Refused(404))
        })
    }

    fn delete<'a>(&'a self, id: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>> {
        Box::pin(async move {
            let world = self.reach().await?;
            if world.bug != Some(Bug::KeptCopy) {
                world.platform.copies().remove(id.as_str());
            }
            Ok(())
        })
    }
}
