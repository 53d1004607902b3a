//! The ElevenLabs workspace as code: the agent, its tools, the MCP server and the post-call webhook
//! that this system needs, compared with what a workspace has, and set up there.
//!
//! [`Setup`] is built from the questionnaire and a few options, without a network; [`Workspace`]
//! speaks the platform's REST API; [`look()`], [`check()`] and [`apply()`] bring both together. Field
//! names are those of the official Python SDK 2.78.0 (`elevenlabs/types`). Nothing here was tried
//! on the live platform: where its behaviour is not published, the docs say what is assumed.

mod agent;
mod apply;
mod check;
mod diff;
mod look;
mod options;
mod parts;
mod tool;
mod workspace;

pub use agent::{CLIENT_EVENTS, Ids, prompt_variables};
pub use apply::{ApplyError, Change, apply};
pub use check::check;
pub use diff::{Difference, differences};
pub use look::{Found, Known, LookError, Part, look};
pub use options::{BaseUrl, InvalidUrl, Options, ToolPath};
pub use parts::Setup;
pub use workspace::{Workspace, WorkspaceError};
