//! The call session as a pure fold: old session + event + now gives new session + effects.
//!
//! Nothing in here waits, sends, or reads a clock. Every non-final state has a deadline stored
//! with it; when it passes, `sweep` delivers [`CallEvent::DeadlinePassed`] and the fold decides.

pub mod answers;
mod apply;
pub mod attempt;
pub mod audio;
pub mod audit;
mod change;
mod create;
pub mod decision;
pub mod delivery;
pub mod dialling;
pub mod event;
pub mod fault;
pub mod ids;
mod lease;
pub mod phone;
pub mod policy;
pub mod post_call;
pub mod private;
pub mod report;
pub mod request;
pub mod rules;
mod rung;
pub mod session;
pub mod state;
pub mod time;
pub mod trace;
pub mod turn;
pub mod voice;
pub mod window;

pub use attempt::{Attempt, AttemptState, DialTerms, Outcome};
pub use audio::{AudioGap, AudioReport, AudioTo, GapReason};
pub use audit::{Actor, AuditEvent};
pub use decision::{Decision, Effect};
pub use event::{CallEvent, HangUp, HungUpBy};
pub use fault::{AgentFault, CarrierStatus, Hindrance, RefusalReason};
pub use policy::Policy;
pub use request::{CallRequest, OfCampaign, Patient, TestOf};
pub use rung::{RUNG_MAX, Rung};
pub use session::{CallSession, Rejection};
pub use state::{CallState, EndCause};
pub use turn::{Speaker, Turn};
pub use voice::{Speaking, Voice};
pub use window::{CallingWindow, InvalidWindow};

#[cfg(test)]
mod tests;
