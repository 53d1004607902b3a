//! The domain of outbound calls: a call is a value that changes when something happens at a time.
//!
//! [`call`] decides and is pure. [`store`] keeps calls in DynamoDB, [`carrier`] and [`agent`]
//! speak to Knowlarity and ElevenLabs, [`config`] reads the environment. [`calls`] joins the fold
//! to the store: load, decide, commit.

pub mod agent;
pub mod answers;
pub mod call;
pub mod calls;
pub mod carrier;
pub mod channels;
pub mod config;
pub mod dialling;
pub mod ids;
pub mod log;
pub mod notify;
pub mod phone;
pub mod report;
pub mod store;
pub mod time;
pub mod token;
pub mod tools;
pub mod unknown;
