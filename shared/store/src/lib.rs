//! Calls in one DynamoDB table. Condition expressions exist in this module only.
//!
//! The same code runs on the embedded database, on any DynamoDB-compatible endpoint and on AWS.

mod answer;
mod call_store;
pub mod calls;
mod campaign_load;
pub mod campaigns;
mod channels;
pub mod clock;
mod commit;
mod config;
mod conversation;
mod create;
mod delivery;
mod dialling;
mod dnd;
mod due;
mod erase;
mod error;
pub mod item;
mod live;
mod of_number;
mod opt_out;
mod outbox;
mod patient_calls;
mod post_call;
mod race;
mod read;
mod record;
mod recording;
mod recording_erasure;
mod relays;
mod report;
mod request_key;
mod retention;
mod row;
pub mod table;
mod transaction;
mod unfinished;
mod unknown;
mod write;

pub use answer::Saved;
pub use call_store::{CallStore, RETENTION};
pub use campaign_load::{CampaignLoad, CampaignPart, Terms};
pub use channels::ChannelCount;
pub use commit::Commit;
pub use config::StoreConfig;
pub use conversation::{
    ClaimedConversation, ConversationKey, Looked, Received, ReportSource, StoredConversation,
};
pub use create::{Created, Turn};
pub use delivery::{Delivery, DeliveryKey};
pub use dnd::{DND_PAGE_MAX, DndEntry};
pub use error::StoreError;
pub use of_number::NumberCursor;
pub use opt_out::OptOut;
pub use outbox::{DueCursor, DueDeliveries, Tried};
pub use patient_calls::PatientCalls;
pub use read::CarrierPointer;
pub use record::CallRecord;
pub use recording::Recording;
pub use recording_erasure::{ClaimedRecording, DueLook, RecordingErasure};
pub use relays::{RELAY_PRESENT, RelayPresence};
pub use report::{InvalidCursor, ReportCursor};
pub use request_key::{REQUEST_KEY_KEPT, RequestKey, Stored};
pub use retention::{Erasure, Hold};
pub use unfinished::{Page, Stats};
pub use unknown::{UNKNOWN_KEPT, UNKNOWN_SHAPES_MAX, Unknown};
