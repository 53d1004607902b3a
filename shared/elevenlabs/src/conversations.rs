//! Asking the platform for the post-call report of a conversation, in place of a webhook that never came, and
//! having it delete its own copy.

use super::elevenlabs::body_of;
use crate::ConversationsConfig;
use call::{ids::ConversationId, post_call::POST_CALL_REPORT_BYTES_MAX};
use futures_util::future::BoxFuture;
use reqwest::{Client, Method, Response, StatusCode, Url, redirect};
use secrecy::ExposeSecret;

/// Path of the conversations (ElevenLabs API, `GET` and `DELETE /v1/convai/conversations/{id}`).
const PATH: &str = "/v1/convai/conversations";

/// Why the platform did not do what it was asked, by what may be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The platform knows no such conversation. It may not have stored it yet.
    #[error("no such conversation")]
    Unknown,
    /// Wrong key, or a request that it does not accept.
    #[error("the agent platform refused with status {0}")]
    Refused(u16),
    /// No answer, or one that says to try later.
    #[error("the agent platform is unavailable")]
    Unavailable,
}

/// Who knows what became of conversations.
pub trait Conversations: Send + Sync + 'static {
    /// Asks once for the post-call report of a conversation, as JSON text.
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, FetchError>>;

    /// Asks once that the platform delete its copy of a conversation. One that it does not know is
    /// deleted.
    fn delete<'a>(&'a self, id: &'a ConversationId) -> BoxFuture<'a, Result<(), FetchError>>;
}

/// The client of the live platform.
#[derive(Clone)]
pub struct PlatformConversations {
    client: Client,
    config: ConversationsConfig,
}

impl PlatformConversations {
    /// Sets up the client.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(config: ConversationsConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(config.timeout)
            .build()?;
        Ok(Self { client, config })
    }

    /// Sends a request about one conversation; its answer, if that is a success.
    async fn ask(&self, method: Method, id: &ConversationId) -> Result<Response, FetchError> {
        let mut url = Url::parse(&self.config.api_url).map_err(|_| FetchError::Unavailable)?;
        url.path_segments_mut()
            .map_err(|()| FetchError::Unavailable)?
            .pop_if_empty()
            .extend(PATH.split('/').skip(1))
            .push(id.as_str());
        let request = self.client.request(method, url);
        let request = request.header("xi-api-key", self.config.api_key.expose_secret());
        let answer = request.send().await.map_err(|_| FetchError::Unavailable)?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => Err(FetchError::Unknown),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                Err(FetchError::Unavailable)
            }
            status if status.is_client_error() => Err(FetchError::Refused(status.as_u16())),
            _ => Err(FetchError::Unavailable),
        }
    }

    async fn fetch(&self, id: &ConversationId) -> Result<Vec<u8>, FetchError> {
        let answer = self.ask(Method::GET, id).await?;
        let body = body_of(answer, POST_CALL_REPORT_BYTES_MAX).await;
        body.ok_or(FetchError::Unavailable)
    }

    async fn forget(&self, id: &ConversationId) -> Result<(), FetchError> {
        match self.ask(Method::DELETE, id).await {
            Ok(_) | Err(FetchError::Unknown) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Conversations for PlatformConversations {
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, FetchError>> {
        Box::pin(self.fetch(id))
    }

    fn delete<'a>(&'a self, id: &'a ConversationId) -> BoxFuture<'a, Result<(), FetchError>> {
        Box::pin(self.forget(id))
    }
}
