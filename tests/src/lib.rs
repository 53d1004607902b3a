//! Simulators of Knowlarity and ElevenLabs, and the speech that they use.

pub mod elevenlabs;
pub mod knowlarity;
pub mod speech;
pub mod ws;
