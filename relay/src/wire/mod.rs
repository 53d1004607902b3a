//! The messages of both WebSockets, parsed and encoded without a socket.
//!
//! [`carrier`] is Knowlarity's stream (the message names of FreeSWITCH's mod_audio_fork),
//! [`agent`] is the ElevenLabs Agents platform. Bad input is an answer, never a panic.

pub mod agent;
pub mod carrier;
mod literal;
mod loose;
mod metadata;
mod path;

pub use metadata::{IdSource, StreamMetadata};
pub use path::{ID_BYTES_MAX, StreamPath};
