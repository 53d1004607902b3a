//! A simulator of the ElevenLabs Agents platform: signed URLs, the agent WebSocket, conversation
//! history, the webhook after a conversation, and the workspace in which agents are set up.
//!
//! It speaks the published protocol and listens with a real voice-activity detector, so the agent
//! takes its turn only when speech really arrived. It knows nothing of the system under test: it
//! is an independent reading of the vendor's documents.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use simulators::elevenlabs::{Behaviour, Settings, Sim};
//!
//! let sim = Sim::start(Settings::default()).await?;
//! sim.behave([Behaviour::RefuseUpgrade(403), Behaviour::Converse]);
//! // … let the relay talk to `sim.base_url()` …
//! let record = sim.wait_conversation(1, Duration::from_secs(60)).await?;
//! assert_eq!(record.close_code(), Some(1000));
//! # Ok(())
//! # }
//! ```

mod behaviour;
mod conversations;
mod engine;
mod entries;
mod history;
mod hub;
mod mcp;
mod playback;
mod post_call;
mod posting;
mod record;
mod reply;
mod routes;
mod script;
mod session;
mod settings;
mod sim;
#[cfg(test)]
mod tests;
mod timing;
mod wire;
mod workspace;

pub use behaviour::{Behaviour, Ending, Failure, RestFault};
pub use entries::WorkspaceWrite;
pub use hub::RestRequest;
pub use post_call::sign;
pub use posting::{PostCall, Posting};
pub use record::{
    CALLEE_SAMPLES_MAX, Closed, ClosedBy, ConversationRecord, Interruption, MESSAGES_MAX,
    SentAudio, Speaker, Stamped, Turn,
};
pub use script::{Delivery, Say, Script, Step};
pub use settings::{
    AGENT_ID_DEFAULT, API_KEY_DEFAULT, CONCURRENCY_DEFAULT, ChooseScript, RECORDS_DEFAULT, Settings,
};
pub use sim::{Sim, WaitError};
pub use timing::Timing;
