//! What can be set, and the defaults.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::posting::PostCall;
use super::script::Script;

/// API key that a simulator accepts unless told otherwise.
pub const API_KEY_DEFAULT: &str = "sim-key";

/// Agent that a simulator knows unless told otherwise.
pub const AGENT_ID_DEFAULT: &str = "agent_sim";

/// Conversations at the same time, beyond which an upgrade is answered 429.
pub const CONCURRENCY_DEFAULT: usize = 1_000;

/// Finished and running conversations remembered; the oldest finished one is forgotten first.
pub const RECORDS_DEFAULT: usize = 2_000;

/// Chooses a script by the dynamic variables of a conversation.
#[derive(Clone)]
pub struct ChooseScript(Arc<Choose>);

type Choose = dyn Fn(&Map<String, Value>) -> Option<Script> + Send + Sync;

impl ChooseScript {
    /// Chosen by this.
    pub fn new(
        choose: impl Fn(&Map<String, Value>) -> Option<Script> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(choose))
    }

    /// The script of a conversation with these variables, if it is not its agent's.
    pub(super) fn script(&self, variables: &Map<String, Value>) -> Option<Script> {
        self.0(variables)
    }
}

impl fmt::Debug for ChooseScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChooseScript")
    }
}

/// How a simulator starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The `xi-api-key` it accepts.
    pub api_key: String,
    /// Agents by id, each with its script.
    pub agents: BTreeMap<String, Script>,
    /// Whether agents may be used without a signed URL.
    pub is_public: bool,
    /// Scripts that a conversation may choose by the dynamic variable `sim_script`.
    pub named_scripts: BTreeMap<String, Script>,
    /// Says which script a conversation follows, if it is not its agent's.
    pub choice: Option<ChooseScript>,
    /// Most conversations at the same time.
    pub concurrency_max: usize,
    /// Most conversations remembered.
    pub records_max: usize,
    /// Address of the MCP server whose tools the agents may call.
    pub mcp_url: Option<String>,
    /// Where post-call reports of finished conversations are posted, if anywhere.
    pub post_call: Option<PostCall>,
    /// Whether samples are kept in the records; off for load tests.
    pub keeps_audio: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: API_KEY_DEFAULT.to_owned(),
            agents: BTreeMap::from([(AGENT_ID_DEFAULT.to_owned(), Script::intake_hi())]),
            is_public: false,
            named_scripts: BTreeMap::from([
                ("intake_hi".to_owned(), Script::intake_hi()),
                ("intake_en".to_owned(), Script::intake_en()),
                ("brief".to_owned(), Script::brief()),
                ("failing".to_owned(), Script::failing()),
            ]),
            choice: None,
            concurrency_max: CONCURRENCY_DEFAULT,
            records_max: RECORDS_DEFAULT,
            mcp_url: None,
            post_call: None,
            keeps_audio: true,
        }
    }
}

impl Settings {
    /// The defaults with another script for the default agent.
    pub fn with_script(script: Script) -> Self {
        let agents = BTreeMap::from([(AGENT_ID_DEFAULT.to_owned(), script)]);
        Self {
            agents,
            ..Self::default()
        }
    }
}
