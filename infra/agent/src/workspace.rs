//! The REST API of a workspace: agents, tools, MCP servers, webhooks.

use elevenlabs::{AgentError, Failed, Rest, RestConfig};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

/// Longest wait for one answer: creating an MCP server makes the platform ask it for its tools.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Longest answer read; a page of a hundred tools has some hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most pages read of one list, of a hundred entries each; what lies beyond is not seen.
const PAGES_MAX: usize = 100;

/// Why the workspace could not be read or changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkspaceError {
    /// The key is wrong, of another workspace or region, or may not do this.
    #[error(
        "{host} refused the key with status {status}: ELEVENLABS_API_KEY must be a key of a \
         workspace at ELEVENLABS_API_URL that may write agents and webhooks ({detail})"
    )]
    Refused {
        /// The host asked.
        host: String,
        /// 401 or 403.
        status: u16,
        /// What the platform says.
        detail: String,
    },
    /// What was asked for is not there.
    #[error("{path}: the workspace has no such thing ({detail})")]
    NotFound {
        /// Path of the request.
        path: String,
        /// What the platform says.
        detail: String,
    },
    /// The platform does not take what was sent.
    #[error("{path}: the platform did not take it, status {status}: {detail}")]
    Invalid {
        /// Path of the request.
        path: String,
        /// The status, of the 400s.
        status: u16,
        /// What the platform says.
        detail: String,
    },
    /// No answer, or one that says to try later.
    #[error("{host} is unavailable ({detail}); try again")]
    Unavailable {
        /// The host asked.
        host: String,
        /// What happened.
        detail: String,
    },
    /// An answer that is not as published.
    #[error("{path}: unreadable answer, expected {expected}")]
    Unreadable {
        /// Path of the request.
        path: String,
        /// What was expected.
        expected: &'static str,
    },
}

/// A workspace, read and changed by its REST API.
pub struct Workspace(Rest);

impl Workspace {
    /// Sets up the client for a host, without a trailing slash.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(api_url: String, api_key: SecretString) -> Result<Self, reqwest::Error> {
        let config = RestConfig {
            api_url,
            api_key,
            timeout: ANSWER_WITHIN,
        };
        Rest::new(config, ANSWER_BYTES_MAX).map(Self)
    }

    /// Reads one entry of a list.
    pub(super) async fn get(&self, list: &str, id: &str) -> Result<Value, WorkspaceError> {
        self.ask(Method::GET, list, Some(id), &[], None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, WorkspaceError> {
        self.ask(Method::POST, path, None, &[], Some(body)).await
    }

    /// Changes the fields that are given of one entry of a list.
    pub(super) async fn patch(
        &self,
        list: &str,
        id: &str,
        body: &Value,
    ) -> Result<Value, WorkspaceError> {
        self.ask(Method::PATCH, list, Some(id), &[], Some(body))
            .await
    }

    /// Every entry of a list, page by page.
    pub(super) async fn list(
        &self,
        path: &str,
        key: &'static str,
        query: &[(&str, &str)],
    ) -> Result<Vec<Value>, WorkspaceError> {
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut query = query.to_vec();
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let mut page = self.ask(Method::GET, path, None, &query, None).await?;
            let Value::Array(entries) = page[key].take() else {
                return Err(WorkspaceError::Unreadable {
                    path: path.to_owned(),
                    expected: key,
                });
            };
            found.extend(entries);
            cursor = page["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() || page["has_more"] == false {
                break;
            }
        }
        Ok(found)
    }

    /// The text under `key` of an answer.
    pub(super) fn text(
        path: &str,
        answer: &Value,
        key: &'static str,
    ) -> Result<String, WorkspaceError> {
        let text = answer[key].as_str().filter(|text| !text.is_empty());
        text.map(str::to_owned)
            .ok_or_else(|| WorkspaceError::Unreadable {
                path: path.to_owned(),
                expected: key,
            })
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        id: Option<&str>,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, WorkspaceError> {
        let answer = self.0.ask(method, path, id, query, body).await;
        let path = || id.map_or_else(|| path.to_owned(), |id| format!("{path}/{id}"));
        let answer = answer.map_err(|failed| self.failure(path(), failed))?;
        serde_json::from_slice(&answer).map_err(|_| WorkspaceError::Unreadable {
            path: path(),
            expected: "JSON",
        })
    }

    fn failure(&self, path: String, failed: Failed) -> WorkspaceError {
        let (host, detail) = (self.0.api_url().to_owned(), failed.detail);
        match failed.error {
            AgentError::Refused(status @ (401 | 403)) => WorkspaceError::Refused {
                host,
                status,
                detail,
            },
            AgentError::Refused(404) => WorkspaceError::NotFound { path, detail },
            AgentError::Refused(status) => WorkspaceError::Invalid {
                path,
                status,
                detail,
            },
            AgentError::Busy | AgentError::Unavailable => {
                WorkspaceError::Unavailable { host, detail }
            }
        }
    }
}

/// The body that wraps a tool's configuration (`ToolRequestModel`).
pub(super) fn tool_body(config: &Value) -> Value {
    json!({ "tool_config": config })
}
