//! Typed settings from the environment. A wrong or missing one fails the start by its name.

mod domain;
mod env;
mod secret;
mod variables;

pub use domain::{DND_LIST_AGE_BOUND, policy, questionnaire};
pub use env::{ConfigError, Env, duration_of};
pub use secret::Secret;
pub use variables::{VARIABLES, Variable};
