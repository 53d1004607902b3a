//! What of a set-up a workspace has already.

use super::{
    diff::differences,
    parts::Setup,
    workspace::{Workspace, WorkspaceError},
};
use serde_json::Value;

/// Where agents are listed.
pub(super) const AGENTS: &str = "/v1/convai/agents";
/// Where tools are listed and created.
pub(super) const TOOLS: &str = "/v1/convai/tools";
/// Where MCP servers are listed and created.
pub(super) const MCP_SERVERS: &str = "/v1/convai/mcp-servers";
/// Where webhooks are listed and created.
pub(super) const WEBHOOKS: &str = "/v1/workspace/webhooks";

/// Entries of one page; the platform's own most.
const PAGE_SIZE: (&str, &str) = ("page_size", "100");

/// The parts of a set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The post-call webhook.
    Webhook,
    /// The MCP server.
    McpServer,
    /// One tool.
    Tool,
    /// The agent.
    Agent,
}

impl Part {
    /// What it is called.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::McpServer => "MCP server",
            Self::Tool => "tool",
            Self::Agent => "agent",
        }
    }
}

/// Something that the workspace has.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The platform's id.
    pub id: String,
    /// Its configuration as the platform gives it.
    pub value: Value,
}

/// What of a set-up the workspace has.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The agent of the id that was given, else the one of its name.
    pub agent: Option<Known>,
    /// The tools, in the order of [`Setup::tools`].
    pub tools: Vec<Option<Known>>,
    /// The MCP server of its name, if one is wanted.
    pub mcp_server: Option<Known>,
    /// The webhook of its name.
    pub webhook: Option<Known>,
}

/// Why it is not known what the workspace has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// The workspace could not be read.
    #[error(transparent)]
    Workspace(#[from] WorkspaceError),
    /// The agent that was named is not there.
    #[error(
        "ELEVENLABS_AGENT_ID: the workspace has no agent {0}; unset it to find or create the agent \
         by its name, or use the key and ELEVENLABS_API_URL of the workspace that has it"
    )]
    NoSuchAgent(String),
    /// The name does not say which agent is meant.
    #[error("several agents are called {name} ({ids}): say which in ELEVENLABS_AGENT_ID")]
    SeveralAgents {
        /// The name that they share.
        name: String,
        /// Their ids, joined by commas.
        ids: String,
    },
}

/// Finds the agent by id, or by its name if no id is given, and the rest by their names.
///
/// Tools of one name may be there several times, of other agents: taken is the one that the agent
/// has, else one that is exactly as wanted; another agent's is never changed. An MCP server or
/// webhook of the right name counts first if its address is right.
///
/// # Errors
/// [`LookError`].
pub async fn look(
    workspace: &Workspace,
    setup: &Setup,
    agent_id: Option<&str>,
) -> Result<Found, LookError> {
    let agent = find_agent(workspace, setup.name(), agent_id).await?;
    let attached = attached_tools(agent.as_ref());
    let listed = workspace.list(TOOLS, "tools", &[PAGE_SIZE]).await?;
    let wanted = setup.tools.iter();
    let tools = wanted
        .map(|config| find_tool(config, &listed, &attached))
        .collect();
    let mcp_server = match &setup.mcp_server {
        Some(config) => find_mcp_server(workspace, config).await?,
        None => None,
    };
    let webhook = find_webhook(workspace, &setup.webhook).await?;
    Ok(Found {
        agent,
        tools,
        mcp_server,
        webhook,
    })
}

async fn find_agent(
    workspace: &Workspace,
    name: &str,
    agent_id: Option<&str>,
) -> Result<Option<Known>, LookError> {
    let id = match agent_id {
        Some(id) => id.to_owned(),
        None => match agent_named(workspace, name).await? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    match workspace.get(AGENTS, &id).await {
        Ok(value) => Ok(Some(Known { id, value })),
        Err(WorkspaceError::NotFound { .. }) => Err(LookError::NoSuchAgent(id)),
        Err(error) => Err(error.into()),
    }
}

async fn agent_named(workspace: &Workspace, name: &str) -> Result<Option<String>, LookError> {
    let query = [PAGE_SIZE, ("search", name)];
    let listed = workspace.list(AGENTS, "agents", &query).await?;
    let named = listed
        .iter()
        .filter(|agent| agent["name"] == name && agent["archived"] != true);
    let ids: Vec<&str> = named
        .filter_map(|agent| agent["agent_id"].as_str())
        .collect();
    match ids.as_slice() {
        [] => Ok(None),
        [id] => Ok(Some((*id).to_owned())),
        several => Err(LookError::SeveralAgents {
            name: name.to_owned(),
            ids: several.join(", "),
        }),
    }
}

fn attached_tools(agent: Option<&Known>) -> Vec<String> {
    let ids = agent.map(|agent| &agent.value["conversation_config"]["agent"]["prompt"]["tool_ids"]);
    let ids = ids.and_then(Value::as_array).into_iter().flatten();
    ids.filter_map(|id| id.as_str().map(str::to_owned))
        .collect()
}

fn find_tool(wanted: &Value, listed: &[Value], attached: &[String]) -> Option<Known> {
    let is_named = |tool: &&Value| {
        ["name", "type"]
            .iter()
            .all(|key| tool["tool_config"][key] == wanted[key])
    };
    let named: Vec<Known> = listed
        .iter()
        .filter(is_named)
        .filter_map(|tool| known(tool, "id", &tool["tool_config"]))
        .collect();
    let own = named.iter().find(|tool| attached.contains(&tool.id));
    let same = || {
        named
            .iter()
            .find(|tool| differences("", wanted, Some(&tool.value)).is_empty())
    };
    own.or_else(same).cloned()
}

async fn find_mcp_server(
    workspace: &Workspace,
    wanted: &Value,
) -> Result<Option<Known>, WorkspaceError> {
    let listed = workspace.list(MCP_SERVERS, "mcp_servers", &[]).await?;
    let servers = listed
        .iter()
        .filter_map(|server| known(server, "id", &server["config"]));
    Ok(named(wanted, "url", servers.collect()))
}

async fn find_webhook(
    workspace: &Workspace,
    wanted: &Value,
) -> Result<Option<Known>, WorkspaceError> {
    let listed = workspace.list(WEBHOOKS, "webhooks", &[]).await?;
    let webhooks = listed
        .iter()
        .filter_map(|webhook| known(webhook, "webhook_id", webhook));
    Ok(named(wanted, "webhook_url", webhooks.collect()))
}

/// The one with the wanted name and address, else the first with the name.
fn named(wanted: &Value, address: &str, listed: Vec<Known>) -> Option<Known> {
    let mut named = listed;
    named.retain(|known| known.value["name"] == wanted["name"]);
    let exact = named
        .iter()
        .find(|known| known.value[address] == wanted[address]);
    exact.or_else(|| named.first()).cloned()
}

fn known(entry: &Value, id: &str, value: &Value) -> Option<Known> {
    Some(Known {
        id: entry[id].as_str()?.to_owned(),
        value: value.clone(),
    })
}
