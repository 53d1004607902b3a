//! Simulators of Knowlarity, ElevenLabs and a CRM, and the speech that they use.

pub mod crm;
pub mod elevenlabs;
pub mod knowlarity;
pub mod speech;
pub mod ws;
