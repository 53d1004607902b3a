//! One request to the platform's REST API, and its answer.

use reqwest::{Method, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::time::Duration;

/// Longest explanation of the platform's that is passed on, in characters.
const DETAIL_CHARS_MAX: usize = 400;

/// How the platform's REST API is reached.
#[derive(Clone, Debug)]
pub struct RestConfig {
    /// Base address, without a trailing slash.
    pub api_url: String,
    /// Key of the workspace, sent as `xi-api-key`.
    pub api_key: SecretString,
    /// Longest wait for a whole answer.
    pub timeout: Duration,
}

/// Why the platform did not do what it was asked, by what may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// Wrong key, nothing of that id, or a request that it does not accept: the same request gets the
    /// same answer. With the status.
    #[error("the agent platform refused with status {0}")]
    Refused(u16),
    /// The plan's limit is reached.
    #[error("the agent platform is at its limit")]
    Busy,
    /// No answer, not all of one, or one that says to try later.
    #[error("the agent platform is unavailable")]
    Unavailable,
}

/// A request that failed.
#[derive(Debug)]
pub struct Failed {
    /// By what may be done next.
    pub error: AgentError,
    /// What happened, in the platform's words if it used any.
    pub detail: String,
}

impl From<Failed> for AgentError {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

/// The client. Follows no redirect: the key goes to no other host.
#[derive(Clone)]
pub struct Rest {
    http: reqwest::Client,
    config: RestConfig,
    answer_bytes_max: usize,
}

impl Rest {
    /// Sets up the client; answers of more than `answer_bytes_max` are not read.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(config: RestConfig, answer_bytes_max: usize) -> Result<Self, reqwest::Error> {
        let mut http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(config.timeout);
        if config.api_url.starts_with("http://") {
            http = http.no_proxy(); // A simulator on this machine.
        }
        Ok(Self {
            http: http.build()?,
            config,
            answer_bytes_max,
        })
    }

    /// The base address.
    #[must_use]
    pub fn api_url(&self) -> &str {
        &self.config.api_url
    }

    /// Whether both ask at the same address with the same key.
    #[must_use]
    pub fn asks_like(&self, other: &Self) -> bool {
        let (one, other) = (&self.config, &other.config);
        one.api_url == other.api_url && one.api_key.expose_secret() == other.api_key.expose_secret()
    }

    /// Sends one request, once, and reads its whole answer. `path` begins with a slash; `id`, of what
    /// is meant below it, may hold anything.
    ///
    /// # Errors
    /// [`Failed`].
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        id: Option<&str>,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Vec<u8>, Failed> {
        let mut request = self
            .http
            .request(method, self.url(path, id, query)?)
            .header("xi-api-key", self.config.api_key.expose_secret());
        if let Some(body) = body {
            request = request.json(body);
        }
        let sent = request.send().await;
        let answer = sent.map_err(|error| unavailable(&error.without_url().to_string()))?;
        let status = answer.status();
        let body = self.body_of(answer).await;
        if status.is_success() {
            return body.ok_or_else(|| unavailable("the answer was cut short"));
        }
        let body: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
        Err(failure(status, detail(&body.unwrap_or_default()["detail"])))
    }

    fn url(&self, path: &str, id: Option<&str>, query: &[(&str, &str)]) -> Result<Url, Failed> {
        let mut url = Url::parse(&format!("{}{path}", self.config.api_url))
            .map_err(|error| unavailable(&error.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| unavailable("no base address"))?
            .extend(id);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    /// The whole body, unless it is cut short or too long.
    async fn body_of(&self, mut answer: Response) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.ok()? {
            if body.len() + chunk.len() > self.answer_bytes_max {
                return None;
            }
            body.extend_from_slice(&chunk);
        }
        Some(body)
    }
}

fn failure(status: StatusCode, detail: String) -> Failed {
    let code = status.as_u16();
    let error = match status {
        StatusCode::TOO_MANY_REQUESTS => AgentError::Busy,
        StatusCode::REQUEST_TIMEOUT => AgentError::Unavailable,
        status if status.is_client_error() => {
            let error = AgentError::Refused(code);
            return Failed { error, detail };
        }
        _ => AgentError::Unavailable,
    };
    let detail = format!("status {code}: {detail}");
    Failed { error, detail }
}

fn unavailable(detail: &str) -> Failed {
    Failed {
        error: AgentError::Unavailable,
        detail: detail.to_owned(),
    }
}

/// What the platform says went wrong: a text, an object with a `message`, or for 422 a list of
/// `loc` and `msg`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_one_segment_below_its_list() {
        let config = RestConfig {
            api_url: "http://127.0.0.1:1".to_owned(),
            api_key: SecretString::from("the-key"),
            timeout: Duration::from_secs(1),
        };
        let rest = Rest::new(config, 1).unwrap();
        let url = |id, query| rest.url("/v1/list", Some(id), query).unwrap().to_string();
        assert_eq!(url("x_-1", &[]), "http://127.0.0.1:1/v1/list/x_-1");
        let strange = url("a/../b?c", &[("d", "e&f")]);
        let expected = "http://127.0.0.1:1/v1/list/a%2F..%2Fb%3Fc?d=e%26f";
        assert_eq!(strange, expected);
    }
}
