//! Typed settings from the environment. A wrong or missing one fails the start by its name.

mod env;
mod groups;
mod variables;

pub use env::{ConfigError, Env};
pub use groups::{
    ApiConfig, ConversationsConfig, ElevenLabsConfig, KnowlarityConfig, NotifyConfig,
    PostCallConfig, StoreConfig, policy, questionnaire,
};
pub use variables::{VARIABLES, Variable};

#[cfg(test)]
mod tests;
