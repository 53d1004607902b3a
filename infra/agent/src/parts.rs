//! Everything that is set up, as the bodies of the platform's REST requests.

use super::{
    agent::{self, Ids},
    options::{Options, ToolPath},
    tool,
};
use call::answers::Questionnaire;
use serde_json::{Value, json};

const MCP_PATH: &str = "/mcp";

/// Path that takes post-call results.
const WEBHOOK_PATH: &str = "/api/elevenlabs/webhook";

/// What a workspace is to hold.
#[derive(Clone, Debug)]
pub struct Setup {
    questionnaire: Questionnaire,
    options: Options,
    /// The tools of the workspace, each as its `tool_config`.
    pub tools: Vec<Value>,
    /// The MCP server's `config`, if the tools come over MCP.
    pub mcp_server: Option<Value>,
    /// The post-call webhook, as [`Setup::webhook_settings`] and the update say it.
    pub webhook: Value,
}

impl Setup {
    /// Builds it for a questionnaire. Those of [`agent_tools::all`] come as the options say; those of
    /// [`agent_tools::live`] are client tools in every set-up.
    #[must_use]
    pub fn new(questionnaire: Questionnaire, options: Options) -> Self {
        let of_answers = agent_tools::all(&questionnaire);
        let mut configs: Vec<Value> = agent_tools::live::all().iter().map(tool::client).collect();
        match options.tools {
            ToolPath::Mcp => {}
            ToolPath::Client => configs.extend(of_answers.iter().map(tool::client)),
            ToolPath::Webhook => {
                let webhook = |tool| tool::webhook(tool, &options.base_url);
                configs.extend(of_answers.iter().map(webhook));
            }
        }
        Self {
            mcp_server: agent::uses_mcp(&options).then(|| mcp_server(&options)),
            webhook: json!({
                "auth_type": "hmac",
                "name": options.name,
                "webhook_url": options.base_url.at(WEBHOOK_PATH),
                "is_disabled": false,
                "retry_enabled": true,
            }),
            tools: configs,
            questionnaire,
            options,
        }
    }

    /// Name of the agent, the MCP server and the webhook.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.options.name
    }

    /// The agent, referring to these.
    #[must_use]
    pub fn agent(&self, ids: &Ids) -> Value {
        agent::body(&self.questionnaire, &self.options, ids)
    }

    /// What creates the webhook (`WebhookHmacSettings`); the rest is set by an update.
    #[must_use]
    pub fn webhook_settings(&self) -> Value {
        let [auth_type, name, url] =
            ["auth_type", "name", "webhook_url"].map(|key| &self.webhook[key]);
        json!({ "auth_type": auth_type, "name": name, "webhook_url": url })
    }

    /// What the agent refers to before the platform has given ids: by kind and name.
    #[must_use]
    pub fn named_ids(&self) -> Ids {
        let name = |tool: &Value| tool["name"].as_str().unwrap_or_default().to_owned();
        let of_tool = |tool| format!("<id of the tool {}>", name(tool));
        Ids {
            tools: self.tools.iter().map(of_tool).collect(),
            mcp_server: self
                .mcp_server
                .as_ref()
                .map(|_| format!("<id of the MCP server {}>", self.name())),
            webhook: format!("<id of the webhook {}>", self.name()),
        }
    }

    /// Everything, to be read.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "agent": self.agent(&self.named_ids()),
            "tools": self.tools,
            "mcp_server": self.mcp_server,
            "webhook": self.webhook,
        })
    }
}

/// `McpServerConfigInput`. It gets no description: an update could not change it.
fn mcp_server(options: &Options) -> Value {
    let mut config = tool::pace();
    let own = [
        ("name", json!(options.name)),
        ("url", json!(options.base_url.at(MCP_PATH))),
        ("transport", json!("STREAMABLE_HTTP")),
        // Nobody is there to approve a tool in the middle of a phone call.
        ("approval_policy", json!("auto_approve_all")),
        ("request_headers", tool::headers()),
    ];
    config.extend(own.map(|(key, value)| (key.to_owned(), value)));
    Value::Object(config)
}
