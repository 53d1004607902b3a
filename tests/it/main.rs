//! Every test of the system as a whole, in one binary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agent_config;
mod answers;
mod boundaries;
mod calls;
mod campaign;
mod campaign_import;
mod capacity;
mod channels;
mod commands;
mod crash;
mod deploy;
mod described;
mod dialing;
mod doctor;
mod documents;
mod doors;
mod erasure;
mod fuzz;
mod http;
mod outcomes;
mod page;
mod post_call;
mod privacy;
mod readme;
mod recordings;
mod relay;
mod reports;
mod secrets;
mod settings;
mod simulation;
mod store_contract;
mod store_faults;
mod support;
mod template;
mod tokens;
mod traces;
mod unit_costs;
mod unknown_messages;
