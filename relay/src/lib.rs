//! Media relay: terminates the carrier's audio stream and bridges it to an agent.
//!
//! [`bridge`] decides and knows no sockets, tasks, clocks or store; the vendors' crates read and write
//! their messages. [`server`] admits streams and runs one session per call.

mod admission;
mod agent_leg;
mod arrivals;
pub mod audio;
pub mod bridge;
mod carrier_leg;
pub mod carrying;
pub mod config;
pub mod defaults;
pub mod ecs;
mod fleet;
pub mod keys;
mod lease;
mod live;
mod load;
mod metrics;
mod peer;
mod prepare;
mod protection;
mod recorder;
mod recording;
mod registry;
mod relay;
mod scrape;
pub mod server;
mod service;
mod session;
mod spares;
mod tasks;
pub mod tls;
mod tries;
mod unidentified;
mod unknown;
mod watch;
mod wire;

pub use relay::Relay;
