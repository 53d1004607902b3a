//! Bringing a workspace to what is wanted.

use super::{
    agent::Ids,
    check::{check, wanted_webhook},
    diff::{Difference, differences},
    look::{self, AGENTS, Known, LookError, MCP_SERVERS, Part, TOOLS, WEBHOOKS},
    parts::Setup,
    workspace::{Workspace, WorkspaceError, tool_body},
};
use secrecy::SecretString;
use serde_json::{Value, json};

/// Fields of an MCP server that its update takes (`mcp-servers` PATCH of the official SDK). Where
/// another one differs, a new server is made.
const MCP_UPDATABLE: [&str; 5] = [
    "approval_policy",
    "request_headers",
    "response_timeout_secs",
    "pre_tool_speech",
    "execution_mode",
];

/// Fields of a webhook that its update takes; the address is not among them.
const WEBHOOK_UPDATABLE: [&str; 3] = ["name", "is_disabled", "retry_enabled"];

/// What was done to one part.
#[derive(Clone, Debug)]
pub struct Change {
    /// The part that was made, corrected or found as wanted.
    pub part: Part,
    /// Its name in the workspace, by which it is found again.
    pub name: String,
    /// The platform's id.
    pub id: String,
    /// Whether it was made.
    pub is_new: bool,
    /// What was changed, if it was there.
    pub corrected: Vec<Difference>,
    /// The webhook's key, which the platform tells only when it makes one.
    pub secret: Option<SecretString>,
}

/// Why a workspace is not as wanted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ApplyError {
    /// It is not known what is there.
    #[error(transparent)]
    Look(#[from] LookError),
    /// A part could not be made or changed.
    #[error("{}: {error}", part.label())]
    Part {
        /// The part that was at hand; what was done before it stands.
        part: Part,
        /// What the platform said, or that it did not answer.
        error: WorkspaceError,
    },
    /// The platform has no MCP for this workspace, or does not take the server.
    #[error(
        "MCP server: {0}. MCP must be enabled for the workspace, which zero retention forbids, and \
         the platform must reach the address; without MCP use --tools webhook"
    )]
    NoMcp(WorkspaceError),
    /// The platform said that it took everything and still differs.
    #[error("the platform took the set-up but still differs:\n{}", lines(.0))]
    NotTaken(Vec<Difference>),
}

fn lines(differences: &[Difference]) -> String {
    let lines: Vec<String> = differences.iter().map(Difference::to_string).collect();
    lines.join("\n")
}

/// Makes what is missing, corrects what differs, and reads everything again. What is as wanted is
/// not written to. `announce` is called after each part, at once, because a webhook's key is told only
/// once; nothing else that fails later can lose it. Returns the agent's id.
///
/// An update names only wanted fields; that the platform keeps the others is what its PATCH says.
///
/// # Errors
/// [`ApplyError`]; what was done until then stands, and running it again goes on from there.
pub async fn apply(
    workspace: &Workspace,
    setup: &Setup,
    agent_id: Option<&str>,
    announce: &mut (dyn FnMut(&Change) + Send),
) -> Result<String, ApplyError> {
    let found = look::look(workspace, setup, agent_id).await?;
    let mut run = Run {
        workspace,
        announce,
    };
    let webhook = run.webhook(setup, found.webhook.as_ref()).await?;
    let mcp_server = match &setup.mcp_server {
        Some(config) => Some(run.mcp_server(config, found.mcp_server.as_ref()).await?),
        None => None,
    };
    let mut tools = Vec::new();
    for (config, found) in setup.tools.iter().zip(&found.tools) {
        tools.push(run.tool(config, found.as_ref()).await?);
    }
    let ids = Ids {
        tools,
        mcp_server,
        webhook,
    };
    let agent = run.agent(&setup.agent(&ids), found.agent.as_ref()).await?;
    let left = check(setup, &look::look(workspace, setup, Some(&agent)).await?);
    if left.is_empty() {
        return Ok(agent);
    }
    Err(ApplyError::NotTaken(left))
}

struct Run<'a> {
    workspace: &'a Workspace,
    announce: &'a mut (dyn FnMut(&Change) + Send),
}

impl Run<'_> {
    fn report(&mut self, part: Part, wanted: &Value, id: &str, corrected: Option<Vec<Difference>>) {
        self.report_with(part, wanted, id, corrected, None);
    }

    fn report_with(
        &mut self,
        part: Part,
        wanted: &Value,
        id: &str,
        corrected: Option<Vec<Difference>>,
        secret: Option<SecretString>,
    ) {
        (self.announce)(&Change {
            part,
            name: wanted["name"].as_str().unwrap_or_default().to_owned(),
            id: id.to_owned(),
            is_new: corrected.is_none(),
            corrected: corrected.unwrap_or_default(),
            secret,
        });
    }

    async fn webhook(
        &mut self,
        setup: &Setup,
        found: Option<&Known>,
    ) -> Result<String, ApplyError> {
        let of = failed(Part::Webhook);
        let wanted = wanted_webhook(setup, found);
        let update = fields(&setup.webhook, &WEBHOOK_UPDATABLE);
        let differing =
            found.map(|found| (found, differences("webhook", &wanted, Some(&found.value))));
        if let Some((found, differing)) = differing.filter(|(_, differing)| {
            // That `is_disabled: false` also switches on one that failed too often is assumed; the
            // last look tells.
            touches_only(
                differing,
                &[&WEBHOOK_UPDATABLE[..], &["is_auto_disabled"]].concat(),
            )
        }) {
            if !differing.is_empty() {
                self.workspace
                    .patch(WEBHOOKS, &found.id, &update)
                    .await
                    .map_err(of)?;
            }
            self.report(Part::Webhook, &wanted, &found.id, Some(differing));
            return Ok(found.id.clone());
        }
        let settings = json!({ "settings": setup.webhook_settings() });
        let made = self
            .workspace
            .post(WEBHOOKS, &settings)
            .await
            .map_err(&of)?;
        let id = Workspace::text(WEBHOOKS, &made, "webhook_id").map_err(&of)?;
        let secret = made["webhook_secret"].as_str().map(SecretString::from);
        self.report_with(Part::Webhook, &wanted, &id, None, secret);
        self.workspace
            .patch(WEBHOOKS, &id, &update)
            .await
            .map_err(of)?;
        Ok(id)
    }

    async fn mcp_server(
        &mut self,
        wanted: &Value,
        found: Option<&Known>,
    ) -> Result<String, ApplyError> {
        if let Some(found) = found {
            let differing = differences("mcp_server", wanted, Some(&found.value));
            if touches_only(&differing, &MCP_UPDATABLE) {
                if !differing.is_empty() {
                    let update = fields(wanted, &MCP_UPDATABLE);
                    self.workspace
                        .patch(MCP_SERVERS, &found.id, &update)
                        .await
                        .map_err(failed(Part::McpServer))?;
                }
                self.report(Part::McpServer, wanted, &found.id, Some(differing));
                return Ok(found.id.clone());
            }
        }
        let made = self
            .workspace
            .post(MCP_SERVERS, &json!({ "config": wanted }))
            .await;
        let made = made.map_err(|error| match error {
            error @ (WorkspaceError::Invalid { .. } | WorkspaceError::NotFound { .. }) => {
                ApplyError::NoMcp(error)
            }
            error @ (WorkspaceError::Refused { .. }
            | WorkspaceError::Unavailable { .. }
            | WorkspaceError::Unreadable { .. }) => failed(Part::McpServer)(error),
        })?;
        let id = Workspace::text(MCP_SERVERS, &made, "id").map_err(failed(Part::McpServer))?;
        self.report(Part::McpServer, wanted, &id, None);
        Ok(id)
    }

    async fn tool(&mut self, wanted: &Value, found: Option<&Known>) -> Result<String, ApplyError> {
        let of = failed(Part::Tool);
        if let Some(found) = found {
            let name = wanted["name"].as_str().unwrap_or_default();
            let differing = differences(&format!("tools.{name}"), wanted, Some(&found.value));
            if !differing.is_empty() {
                self.workspace
                    .patch(TOOLS, &found.id, &tool_body(wanted))
                    .await
                    .map_err(of)?;
            }
            self.report(Part::Tool, wanted, &found.id, Some(differing));
            return Ok(found.id.clone());
        }
        let made = self
            .workspace
            .post(TOOLS, &tool_body(wanted))
            .await
            .map_err(&of)?;
        let id = Workspace::text(TOOLS, &made, "id").map_err(of)?;
        self.report(Part::Tool, wanted, &id, None);
        Ok(id)
    }

    async fn agent(&mut self, wanted: &Value, found: Option<&Known>) -> Result<String, ApplyError> {
        let of = failed(Part::Agent);
        if let Some(found) = found {
            let differing = differences("agent", wanted, Some(&found.value));
            if !differing.is_empty() {
                self.workspace
                    .patch(AGENTS, &found.id, wanted)
                    .await
                    .map_err(of)?;
            }
            self.report(Part::Agent, wanted, &found.id, Some(differing));
            return Ok(found.id.clone());
        }
        let path = format!("{AGENTS}/create");
        let made = self.workspace.post(&path, wanted).await.map_err(&of)?;
        let id = Workspace::text(&path, &made, "agent_id").map_err(of)?;
        self.report(Part::Agent, wanted, &id, None);
        Ok(id)
    }
}

fn failed(part: Part) -> impl Fn(WorkspaceError) -> ApplyError {
    move |error| ApplyError::Part { part, error }
}

/// Whether every difference is in one of these fields.
fn touches_only(differing: &[Difference], updatable: &[&str]) -> bool {
    differing.iter().all(|difference| {
        let field = difference.path.split('.').nth(1);
        field.is_some_and(|field| updatable.contains(&field))
    })
}

fn fields(of: &Value, keys: &[&str]) -> Value {
    keys.iter()
        .map(|key| ((*key).to_owned(), of[key].clone()))
        .collect()
}
