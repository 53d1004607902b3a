//! The whole system on one machine, without account or network.
//!
//! [`system::System`] starts the embedded database, the functions behind one HTTP server, the
//! relay and the simulators of both vendors in one process. The same handlers, the same relay and
//! the same store run on AWS; only the wiring is here.

pub mod agent_config;
mod api;
pub mod calls;
pub mod campaign;
mod client;
pub mod complaint;
mod data;
pub mod database;
pub mod defaults;
pub mod demo;
pub mod dnd;
pub mod doctor;
pub mod keys;
pub mod login;
mod news;
pub mod opt_outs;
pub mod remote;
mod sheet;
pub mod stop_list;
pub mod stored;
pub mod system;
pub mod timeline;
pub mod up;
mod vendors;
