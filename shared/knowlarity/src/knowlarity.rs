//! Knowlarity's dial API over HTTPS.

use super::{
    carrier::{Carrier, DialError, DialRequest, Dialed, LogEntry, LogQuery, LookUpError},
    config::KnowlarityConfig,
    dialect::carrier_call_id,
    refusal::{ErrorTable, is_denial},
};
use call::Hindrance;
use futures_util::future::BoxFuture;
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
        let headers = self.headers().ok_or(not_sent(Hindrance::Auth))?;
        let body = dialect.body(&self.config, request);
        let sent = self
            .client
            .post(url)
            .headers(headers)
            .json(&body)
            .send()
            .await;
        match sent {
            Ok(answer) => read(answer, &self.config.errors).await,
            Err(error) if error.is_connect() || error.is_builder() => {
                Err(not_sent(Hindrance::NoConnection))
            }
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
async fn read(mut answer: Response, errors: &ErrorTable) -> Result<Dialed, DialError> {
    let status = answer.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(DialError::NotSent {
            retry_after: retry_after(&answer),
            because: Hindrance::RateLimited,
        });
    }
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        tracing::error!(%status, "the carrier refuses our credentials");
        return Err(not_sent(Hindrance::Auth));
    }
    if status == StatusCode::PAYMENT_REQUIRED {
        return Err(not_sent(Hindrance::Balance));
    }
    let body = body_of(&mut answer, ANSWER_BYTES_MAX).await;
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    let is_no = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
    if is_no || status.is_success() && is_denial(&answer) {
        let error = errors.read(&body);
        if error == DialError::Unknown {
            tracing::error!(%status, carrier_answers_unknown = 1, "an answer that CARRIER_ERRORS does not know");
        }
        return Err(error);
    }
    if !status.is_success() {
        return Err(DialError::Unknown);
    }
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

fn not_sent(because: Hindrance) -> DialError {
    DialError::NotSent {
        retry_after: None,
        because,
    }
}
