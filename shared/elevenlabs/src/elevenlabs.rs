//! Opening a conversation.

use crate::{
    config::ElevenLabsConfig,
    rest::{AgentError, Rest},
};
use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;

/// Path of the signed URL endpoint (ElevenLabs API, `get-signed-url`).
const SIGNED_URL: &str = "/v1/convai/conversation/get-signed-url";

/// Pause before the one repeat of a failed request.
const REPEAT_PAUSE: Duration = Duration::from_millis(250);

/// Longest answer read; real ones have a few hundred bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Opens conversations, and knows which agent talks unless a request names one.
#[derive(Clone)]
pub struct ElevenLabs {
    rest: Rest,
    agent_id: String,
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
        Ok(Self {
            rest: Rest::new(config.rest, ANSWER_BYTES_MAX)?,
            agent_id: config.agent_id,
        })
    }

    /// The agent that talks unless a request names one.
    #[must_use]
    pub fn default_agent(&self) -> &str {
        &self.agent_id
    }

    /// Whether both ask at the same address with the same key: what one was given serves the other.
    #[must_use]
    pub fn asks_like(&self, other: &Self) -> bool {
        self.rest.asks_like(&other.rest)
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
        let query = [("agent_id", agent_id)];
        let asked = self.rest.ask(Method::GET, SIGNED_URL, None, &query, None);
        let answer = serde_json::from_slice(&asked.await?).map_err(|_| AgentError::Unavailable);
        answer.map(|SignedUrl { signed_url }| SecretString::from(signed_url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
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
