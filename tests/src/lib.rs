//! Simulators of Knowlarity, ElevenLabs and a CRM, the speech that they use, and the simulation of the
//! whole system.

pub mod crm;
pub mod elevenlabs;
pub mod in_process;
pub mod knowlarity;
pub mod meter;
pub mod simulation;
pub mod speech;
pub mod ws;
