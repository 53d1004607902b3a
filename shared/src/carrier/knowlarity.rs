//! Knowlarity's dial API over HTTPS.

use super::{
    BoxFuture, Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError,
    dialect::carrier_call_id,
};
use crate::{call::RefusalReason, config::KnowlarityConfig};
use reqwest::{
    Client, Response, StatusCode,
    header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect,
};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::time::Duration;

/// Longest wait for a connection, name lookup and TLS included. A timeout here proves that
/// nothing was sent, so it must pass before the whole request's own timeout, which does not.
const CONNECT_TIMEOUT_MAX: Duration = Duration::from_secs(5);

/// Longest answer read; real ones have a few hundred bytes. The rest is ignored.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The client. Never repeats a request and follows no redirect: either could ring a phone twice.
pub struct Knowlarity {
    pub(super) client: Client,
    pub(super) config: KnowlarityConfig,
}

impl Knowlarity {
    /// Sets up the client.
    ///
    /// # Errors
    /// If a key cannot stand in an HTTP header, or TLS cannot be set up.
    pub fn new(config: KnowlarityConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy() // Its error pages would pass for the carrier's answers.
            .connect_timeout(CONNECT_TIMEOUT_MAX.min(config.timeout / 2))
            .timeout(config.timeout)
            .pool_max_idle_per_host(0) // A stale pooled connection makes "not sent" unprovable.
            .build()?;
        Ok(Self { client, config })
    }

    async fn place(&self, request: &DialRequest) -> Result<Dialed, DialError> {
        let dialect = &self.config.dialect;
        let path = self.config.dial_path.as_deref().unwrap_or(dialect.path());
        let url = format!("{}/{}", self.config.api_url, path.trim_start_matches('/'));
        let headers = self
            .headers()
            .ok_or(DialError::Refused(RefusalReason::Auth))?;
        let body = dialect.body(&self.config, request);
        let sent = self
            .client
            .post(url)
            .headers(headers)
            .json(&body)
            .send()
            .await;
        match sent {
            Ok(answer) => read(answer).await,
            Err(error) if error.is_connect() || error.is_builder() => Err(DialError::NotSent(None)),
            Err(_) => Err(DialError::Unknown),
        }
    }

    /// Both credentials.
    pub(super) fn headers(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        let secret = |text: &str| {
            let mut value = HeaderValue::from_str(text).ok()?;
            value.set_sensitive(true);
            Some(value)
        };
        headers.insert(AUTHORIZATION, secret(self.config.api_key.expose_secret())?);
        if let Some(key) = &self.config.application_key {
            headers.insert("x-api-key", secret(key.expose_secret())?);
        }
        headers.insert("channel", HeaderValue::from_static("Basic"));
        Some(headers)
    }
}

impl Carrier for Knowlarity {
    fn dial<'a>(&'a self, request: &'a DialRequest) -> BoxFuture<'a, Result<Dialed, DialError>> {
        Box::pin(self.place(request))
    }

    fn look_up<'a>(
        &'a self,
        query: &'a LogQuery,
    ) -> BoxFuture<'a, Result<Option<LogEntry>, LookUpError>> {
        Box::pin(self.find(query))
    }
}

/// Sorts the answer by what may be done next.
async fn read(mut answer: Response) -> Result<Dialed, DialError> {
    let status = answer.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(DialError::NotSent(retry_after(&answer)));
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        tracing::error!(%status, "the carrier refuses our credentials");
        return Err(DialError::Refused(RefusalReason::Auth));
    }
    let body = body_of(&mut answer, ANSWER_BYTES_MAX).await;
    if status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT {
        return Err(DialError::Refused(refusal(&body)));
    }
    if !status.is_success() {
        return Err(DialError::Unknown);
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    Ok(Dialed {
        carrier_call_id: carrier_call_id(&answer),
    })
}

/// The first `bytes_max` of the answer, or what came of them.
pub(super) async fn body_of(answer: &mut Response, bytes_max: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        let room = bytes_max - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == bytes_max {
            break;
        }
    }
    body
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer
        .headers()
        .get(RETRY_AFTER)?
        .to_str()
        .ok()?
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds))
}

/// What a 4xx means, by the words that are known; anything else is a plain no.
fn refusal(body: &[u8]) -> RefusalReason {
    let text = String::from_utf8_lossy(body).to_lowercase();
    if ["international format", "invalid number", "valid number"]
        .iter()
        .any(|w| text.contains(w))
    {
        RefusalReason::InvalidNumber
    } else if text.contains("ndnc") || text.contains("dnd") {
        RefusalReason::DoNotDisturb
    } else {
        RefusalReason::Rejected
    }
}
