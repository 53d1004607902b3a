//! The REST API of a workspace: agents, tools, MCP servers, webhooks.

use reqwest::{Client, Method, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// Longest wait for one answer: creating an MCP server makes the platform ask it for its tools.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Longest answer read; a page of a hundred tools has some hundred kilobytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Pages read of one list.
const PAGES_MAX: usize = 100;

/// Longest explanation of the platform's that is passed on, in characters.
const DETAIL_CHARS_MAX: usize = 400;

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

/// The client.
pub struct Workspace {
    client: Client,
    api_url: String,
    api_key: SecretString,
}

impl Workspace {
    /// Sets up the client for a host, without a trailing slash.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(api_url: String, api_key: SecretString) -> Result<Self, reqwest::Error> {
        let mut client = Client::builder()
            .redirect(redirect::Policy::none()) // The key goes to no other host.
            .timeout(ANSWER_WITHIN);
        if api_url.starts_with("http://") {
            client = client.no_proxy(); // A simulator on this machine.
        }
        Ok(Self {
            client: client.build()?,
            api_url,
            api_key,
        })
    }

    /// Reads something.
    pub(super) async fn get(&self, path: &str) -> Result<Value, WorkspaceError> {
        self.ask(Method::GET, path, &[], None).await
    }

    /// Creates something.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, WorkspaceError> {
        self.ask(Method::POST, path, &[], Some(body)).await
    }

    /// Changes the fields that are given.
    pub(super) async fn patch(&self, path: &str, body: &Value) -> Result<Value, WorkspaceError> {
        self.ask(Method::PATCH, path, &[], Some(body)).await
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
            let mut page = self.ask(Method::GET, path, &query, None).await?;
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
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, WorkspaceError> {
        let url = format!("{}{path}", self.api_url);
        let url = match query {
            [] => Url::parse(&url),
            query => Url::parse_with_params(&url, query),
        };
        let url = url.map_err(|error| self.unavailable(&error.to_string()))?;
        let mut request = self
            .client
            .request(method, url)
            .header("xi-api-key", self.api_key.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let sent = request.send().await;
        let answer = sent.map_err(|error| self.unavailable(&error.without_url().to_string()))?;
        let status = answer.status();
        let body = body_of(answer).await;
        let body = body.ok_or_else(|| self.unavailable("the answer was cut short"))?;
        let body: Option<Value> = serde_json::from_slice(&body).ok();
        if status.is_success() {
            return body.ok_or_else(|| WorkspaceError::Unreadable {
                path: path.to_owned(),
                expected: "JSON",
            });
        }
        Err(self.failure(path, status, &body.unwrap_or_default()))
    }

    fn failure(&self, path: &str, status: StatusCode, body: &Value) -> WorkspaceError {
        let detail = detail(&body["detail"]);
        let (path, code) = (path.to_owned(), status.as_u16());
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => WorkspaceError::Refused {
                host: self.api_url.clone(),
                status: code,
                detail,
            },
            StatusCode::NOT_FOUND => WorkspaceError::NotFound { path, detail },
            StatusCode::TOO_MANY_REQUESTS => self.unavailable(&format!("status {code}: {detail}")),
            status if status.is_client_error() => WorkspaceError::Invalid {
                path,
                status: code,
                detail,
            },
            _ => self.unavailable(&format!("status {code}: {detail}")),
        }
    }

    fn unavailable(&self, detail: &str) -> WorkspaceError {
        WorkspaceError::Unavailable {
            host: self.api_url.clone(),
            detail: detail.to_owned(),
        }
    }
}

/// What the platform says went wrong: a text, an object with a `message`, or for 422 a list of
/// `loc` and `msg`. What was sent is not repeated.
fn detail(detail: &Value) -> String {
    let text = match detail {
        Value::Array(problems) => {
            let problem = |problem: &Value| {
                let place = problem["loc"].as_array().into_iter().flatten();
                let place = place.map(|part| part.as_str().map_or(part.to_string(), str::to_owned));
                let place: Vec<String> = place.collect();
                format!(
                    "{}: {}",
                    place.join("."),
                    problem["msg"].as_str().unwrap_or("wrong")
                )
            };
            problems.iter().map(problem).collect::<Vec<_>>().join("; ")
        }
        Value::Object(fields) => {
            let message = fields.get("message").or_else(|| fields.get("status"));
            message
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        }
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    };
    if text.is_empty() {
        return "no reason given".to_owned();
    }
    text.chars().take(DETAIL_CHARS_MAX).collect()
}

/// The whole body, unless it is cut short or longer than [`ANSWER_BYTES_MAX`].
async fn body_of(mut answer: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// The body that wraps a tool's configuration (`ToolRequestModel`).
pub(super) fn tool_body(config: &Value) -> Value {
    json!({ "tool_config": config })
}
