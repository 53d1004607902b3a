//! Telling others how calls went: webhooks after the Standard Webhooks specification, signed,
//! tried once each; who calls decides about another try.

mod client;
mod config;
mod guard;
mod hosts;
mod notice;
mod sign;
#[cfg(test)]
mod tests;

pub use client::HttpNotifier;
pub use config::NotifyConfig;
pub use guard::{TargetError, check_target};
pub use hosts::{CallbackHosts, InvalidHosts, host_of};
pub use notice::{Notice, Notifier, NotifyError};
pub use sign::{InvalidKeys, SigningKeys, draw_signing_key};
