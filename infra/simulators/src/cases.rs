//! What can become of a call, by name: for every call, or at a number that always behaves so.
//!
//! A CRM that is developed against the simulators sees each failure by the number that it posts.

mod agent;
mod callee;
mod case;
mod chosen;

pub use callee::willing;
pub use case::{Case, NUMBERS_FROM};
pub use chosen::{Cases, Chosen, Numbers};
