//! Knowlarity, ElevenLabs and a CRM, simulated: a sandbox without an account, as libraries and as
//! programs, and the recorded speech that they use.

pub mod cases;
pub mod crm;
pub mod ecs;
pub mod elevenlabs;
pub mod knowlarity;
pub mod speech;
pub mod ws;
