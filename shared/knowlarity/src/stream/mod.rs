//! The messages of Knowlarity's audio stream, read and written without a socket. Their names are those
//! of FreeSWITCH's mod_audio_fork. Bad input is an answer, never a panic.

mod literal;
mod loose;
mod message;
mod metadata;
mod path;

pub use message::{CarrierMessage, DISCONNECT, KILL_AUDIO, parse, play_audio, transfer};
pub use metadata::{IdSource, StreamMetadata};
pub use path::{BadPath, ID_BYTES_MAX, StreamPath};
