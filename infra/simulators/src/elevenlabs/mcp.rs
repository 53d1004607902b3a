//! Calls of MCP tools, as the platform makes them: streamable HTTP, one request at a time, the
//! conversation's secret token as `Authorization`.

use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

/// Longest wait for a tool; the platform allows 5 to 300 s.
const TOOL_WITHIN: Duration = Duration::from_secs(20);

/// One call of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct McpCall {
    pub(crate) call_id: String,
    pub(crate) name: String,
    pub(crate) arguments: Value,
    pub(crate) token: String,
}

/// The tools of one conversation.
pub(crate) struct McpClient {
    url: Option<String>,
    running: JoinSet<(String, Value)>,
}

impl McpClient {
    pub(crate) fn new(url: Option<String>) -> Self {
        Self {
            url,
            running: JoinSet::new(),
        }
    }

    /// Begins a call; [`Self::result`] gives what it brought.
    pub(crate) fn call(&mut self, call: McpCall) {
        let url = self.url.clone();
        self.running.spawn(async move {
            let result = match url {
                Some(url) => ask(&url, &call).await,
                None => json!({ "skipped": "there is no MCP server" }),
            };
            (call.call_id, result)
        });
    }

    /// The next result; never, while no call runs.
    pub(crate) async fn result(&mut self) -> (String, Value) {
        match self.running.join_next().await {
            Some(Ok(result)) => result,
            Some(Err(_)) | None => std::future::pending().await,
        }
    }
}

async fn ask(url: &str, call: &McpCall) -> Value {
    let message = json!({
        "jsonrpc": "2.0",
        "id": call.call_id,
        "method": "tools/call",
        "params": { "name": call.name, "arguments": call.arguments },
    });
    let request = reqwest::Client::new()
        .post(url)
        .timeout(TOOL_WITHIN)
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18")
        .header("authorization", &call.token)
        .json(&message);
    let answer = async { request.send().await?.error_for_status()?.json().await };
    answer.await.unwrap_or_else(
        |error: reqwest::Error| json!({ "error": { "message": error.without_url().to_string() } }),
    )
}
