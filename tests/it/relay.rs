//! The relay with real sockets: what a carrier and an agent platform can do to it, one at a time.

mod admission;
mod agent;
mod alarms;
mod announced;
mod carrier;
mod cut_off;
mod echo;
mod first_words;
mod flood;
mod formats;
mod gate;
mod knock;
mod metrics;
mod missed;
mod recorded;
mod replaced;
mod ringing;
mod serving;
mod speaking;
mod stalled;
mod stream;
mod tls;
mod tools;
pub(crate) mod world;
