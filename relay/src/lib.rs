//! Media relay: terminates the carrier's audio stream and bridges it to an agent.
//!
//! [`bridge`] decides, [`wire`] reads and writes the two vendors' messages; neither knows
//! sockets, tasks, clocks or the store. [`server`] admits streams and runs one session per call.

mod admission;
mod agent_leg;
pub mod audio;
pub mod bridge;
mod carrier_leg;
pub mod config;
pub mod defaults;
mod lease;
pub mod private;
mod recorder;
mod registry;
pub mod server;
mod session;
mod strangers;
mod unknown;
mod watch;
pub mod wire;
