//! The ElevenLabs Agents REST API.

use crate::ElevenLabsConfig;
use reqwest::{Client, Response, StatusCode, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

/// Path of the signed URL endpoint (ElevenLabs API, `get-signed-url`).
const SIGNED_URL: &str = "/v1/convai/conversation/get-signed-url";

/// Pause before the one repeat of a failed request.
const REPEAT_PAUSE: Duration = Duration::from_millis(250);

/// Longest answer read; real ones have a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Why no conversation can be opened, by what may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// Wrong key, unknown agent, or a request that it does not accept: the same request gets the
    /// same answer.
    #[error("the agent platform refused with status {0}")]
    Refused(u16),
    /// All conversations of the plan are in use.
    #[error("the agent platform is at its limit")]
    Busy,
    /// No answer, or one that says to try later.
    #[error("the agent platform is unavailable")]
    Unavailable,
}

/// The client.
#[derive(Clone)]
pub struct ElevenLabs {
    client: Client,
    config: ElevenLabsConfig,
}

#[derive(Deserialize)]
struct SignedUrl {
    signed_url: String,
}

impl ElevenLabs {
    /// Sets up the client.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(config: ElevenLabsConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy() // The conversation's own socket knows none either.
            .timeout(config.timeout)
            .build()?;
        Ok(Self { client, config })
    }

    /// The agent that talks unless a request names one.
    #[must_use]
    pub fn default_agent(&self) -> &str {
        &self.config.agent_id
    }

    /// Asks for an address at which one conversation may be started within 15 minutes. Secret,
    /// opaque. Repeats once, with a fresh request, if the platform is unavailable.
    ///
    /// # Errors
    /// [`AgentError`].
    pub async fn signed_url(&self, agent_id: &str) -> Result<SecretString, AgentError> {
        match self.ask_signed_url(agent_id).await {
            Err(AgentError::Unavailable) => {
                tokio::time::sleep(REPEAT_PAUSE).await;
                self.ask_signed_url(agent_id).await
            }
            answer => answer,
        }
    }

    async fn ask_signed_url(&self, agent_id: &str) -> Result<SecretString, AgentError> {
        let url = format!("{}{SIGNED_URL}", self.config.api_url);
        let url = reqwest::Url::parse_with_params(&url, [("agent_id", agent_id)])
            .map_err(|_| AgentError::Unavailable)?;
        let request = self
            .client
            .get(url)
            .header("xi-api-key", self.config.api_key.expose_secret());
        let answer = request.send().await.map_err(|_| AgentError::Unavailable)?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::TOO_MANY_REQUESTS => return Err(AgentError::Busy),
            status if status.is_client_error() => return Err(AgentError::Refused(status.as_u16())),
            _ => return Err(AgentError::Unavailable),
        }
        let body = body_of(answer, ANSWER_BYTES_MAX).await;
        let body = body.ok_or(AgentError::Unavailable)?;
        let body: SignedUrl = serde_json::from_slice(&body).map_err(|_| AgentError::Unavailable)?;
        Ok(SecretString::from(body.signed_url))
    }
}

/// The whole body, unless it is cut short or longer than `bytes_max`.
pub(super) async fn body_of(mut answer: Response, bytes_max: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > bytes_max {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use settings::Env;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// Answers every request with one status line and body; counts the requests.
    async fn serve(answer: impl Into<String>) -> (ElevenLabs, Arc<AtomicU32>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let count = Arc::new(AtomicU32::new(0));
        let (seen, answer) = (count.clone(), answer.into());
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let read = socket.read(&mut buffer).await.unwrap();
                let request = String::from_utf8_lossy(&buffer[..read]).into_owned();
                assert!(request.starts_with(
                    "GET /v1/convai/conversation/get-signed-url?agent_id=agent%26x HTTP/1.1"
                ));
                assert!(request.contains("xi-api-key: the-key\r\n"));
                seen.fetch_add(1, Ordering::SeqCst);
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        let env = Env::from_reader(move |name| match name {
            "ELEVENLABS_API_URL" => Some(format!("http://{address}")),
            "ELEVENLABS_API_KEY" => Some("the-key".to_owned()),
            "ELEVENLABS_AGENT_ID" => Some("agent_x".to_owned()),
            _ => None,
        });
        (
            ElevenLabs::new(ElevenLabsConfig::from_env(&env).unwrap()).unwrap(),
            count,
        )
    }

    #[tokio::test]
    async fn the_signed_url_is_taken_as_it_is() {
        let (client, _) = serve(
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"signed_url\":\"wss://host/x?sig=1\"}",
        )
        .await;
        let url = client.signed_url("agent&x").await.unwrap();
        assert_eq!(url.expose_secret(), "wss://host/x?sig=1");
    }

    #[tokio::test]
    async fn an_answer_over_the_bound_is_not_read_to_its_end() {
        let long = "x".repeat(ANSWER_BYTES_MAX);
        let answer =
            format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{{\"signed_url\":\"{long}\"}}");
        let (client, count) = serve(answer).await;
        let url = client.signed_url("agent&x").await;
        assert_eq!(url.err(), Some(AgentError::Unavailable));
        assert_eq!(count.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn failures_are_sorted_and_only_the_passing_ones_repeated() {
        for (answer, expected, requests) in [
            (
                "HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n",
                AgentError::Refused(401),
                1,
            ),
            (
                "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n",
                AgentError::Refused(404),
                1,
            ),
            (
                "HTTP/1.1 429 No\r\ncontent-length: 0\r\n\r\n",
                AgentError::Busy,
                1,
            ),
            (
                "HTTP/1.1 500 No\r\nconnection: close\r\n\r\n",
                AgentError::Unavailable,
                2,
            ),
            (
                "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}",
                AgentError::Unavailable,
                2,
            ),
        ] {
            let (client, count) = serve(answer).await;
            assert_eq!(client.signed_url("agent&x").await.err(), Some(expected));
            assert_eq!(count.load(Ordering::SeqCst), requests);
        }
    }
}
