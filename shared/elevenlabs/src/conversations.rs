//! Asking the platform for the post-call report of a conversation, in place of a webhook that never came, and
//! having it delete its own copy.

use crate::rest::{AgentError, Rest, RestConfig};
use call::{ids::ConversationId, post_call::POST_CALL_REPORT_BYTES_MAX};
use futures_util::future::BoxFuture;
use reqwest::Method;

/// Path of the conversations (ElevenLabs API, `GET` and `DELETE /v1/convai/conversations/{id}`).
const PATH: &str = "/v1/convai/conversations";

/// Who knows what became of conversations.
pub trait Conversations: Send + Sync + 'static {
    /// Asks once for the post-call report of a conversation, as JSON text.
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>>;

    /// Asks once that the platform delete its copy of a conversation. One that it does not know is
    /// deleted.
    fn delete<'a>(&'a self, id: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>>;
}

/// The client of the live platform.
#[derive(Clone)]
pub struct PlatformConversations(Rest);

impl PlatformConversations {
    /// Sets up the client.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(config: RestConfig) -> Result<Self, reqwest::Error> {
        Rest::new(config, POST_CALL_REPORT_BYTES_MAX).map(Self)
    }

    /// Sends a request about one conversation.
    async fn ask(&self, method: Method, id: &ConversationId) -> Result<Vec<u8>, AgentError> {
        let asked = self.0.ask(method, PATH, Some(id.as_str()), &[], None);
        Ok(asked.await?)
    }

    async fn forget(&self, id: &ConversationId) -> Result<(), AgentError> {
        match self.ask(Method::DELETE, id).await {
            Ok(_) | Err(AgentError::Refused(404)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Conversations for PlatformConversations {
    fn conversation<'a>(
        &'a self,
        id: &'a ConversationId,
    ) -> BoxFuture<'a, Result<Vec<u8>, AgentError>> {
        Box::pin(self.ask(Method::GET, id))
    }

    fn delete<'a>(&'a self, id: &'a ConversationId) -> BoxFuture<'a, Result<(), AgentError>> {
        Box::pin(self.forget(id))
    }
}
