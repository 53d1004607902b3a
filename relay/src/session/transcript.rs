//! What was said: for the record, and for a conversation that replaces a lost one.

use super::Session;
use crate::{
    bridge::{Speaker, Turn},
    relay::Relay,
};
use call::CallSession;
use store::StoreError;

impl Session<'_> {
    pub(super) fn record(&mut self, turn: Turn) {
        let seq = turn.seq as usize;
        let now = self.relay.calls.now();
        self.turn_times.resize(self.turn_times.len().max(seq), now);
        let at = self
            .turn_times
            .get(seq.saturating_sub(1))
            .copied()
            .unwrap_or(now);
        let role = match turn.speaker {
            Speaker::Callee => call::Speaker::Callee,
            Speaker::Agent => call::Speaker::Agent,
        };
        append(&mut self.said, role, turn.text.expose());
        let (attempt, interrupted) = (self.attempt, turn.interrupted);
        let text = turn.text.into_inner();
        let turn = call::Turn {
            attempt,
            at,
            seq: turn.seq,
            role,
            text,
            interrupted,
        };
        self.recorder.save(turn);
    }
}

/// What earlier streams of this attempt left in the transcript.
pub(super) async fn earlier(relay: &Relay, call: &CallSession) -> Result<String, StoreError> {
    let mut said = String::new();
    for turn in relay
        .calls
        .store
        .record(call.id)
        .await?
        .map(|r| r.turns)
        .unwrap_or_default()
    {
        append(&mut said, turn.role, &turn.text);
    }
    Ok(said)
}

fn append(said: &mut String, role: call::Speaker, text: &str) {
    let name = match role {
        call::Speaker::Agent => "Agent",
        call::Speaker::Callee => "Patient",
    };
    said.push_str(&format!("{name}: {text}\n"));
}
