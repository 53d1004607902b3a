//! A simulator of Knowlarity: the dial API, the ringing phone, the audio stream, the webhooks, the
//! call log.
//!
//! It knows nothing of the system under test: it is an independent reading of what is public
//! about the vendor (its dial dialects, FreeSWITCH's mod_audio_fork for the stream).

mod api;
mod call_log;
mod callee;
mod connect;
mod flow;
mod framing;
mod hub;
mod playback;
mod record;
mod reply;
mod ring;
mod settings;
mod sim;
mod stream;
#[cfg(test)]
mod tests;
mod webhook;

pub use callee::{Callee, Step};
pub use framing::Framing;
pub use record::{CallRecord, DialRecord, EndedBy};
pub use settings::{API_KEY_DEFAULT, CallLog, Dial, Fate, Fates, Settings, Variant, WebhookStyle};
pub use sim::{Dialled, Sim, WaitError};
