//! Asking the API of a running system, again if it is a passing trouble.

use crate::system::LOCAL_KEY;
use agent_setup::BaseUrl;
use anyhow::{Context, Result};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{HeaderValue, IF_MATCH, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;
use settings::Env;
use std::time::Duration;

/// The variable that holds the key.
pub(crate) const KEY: &str = "CLIENT_API_KEY";

/// Longest wait for an answer: the API's own bound is 30 s.
const TIMEOUT: Duration = Duration::from_secs(35);

/// How often the same request is sent before it is given up.
const TRIES: u32 = 3;

/// Longest pause that the server may ask for before the next try.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Why a request was not answered as was hoped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("no server answers at this address")]
    Unreachable,
    #[error("the server did not take it ({because})")]
    Again {
        because: String,
        pause: Option<Duration>,
    },
    #[error("the key is unknown, or has not the scope {scope} that this needs (status {status})")]
    NotAllowed { scope: &'static str, status: u16 },
    /// The API says no, and why.
    #[error("{message}")]
    Refused { message: String },
    #[error("the answer is not understood (status {0})")]
    Other(u16),
}

impl Trouble {
    const fn again(because: String) -> Self {
        Self::Again {
            because,
            pause: None,
        }
    }
}

/// What the API says to a request that it takes.
struct Answer {
    status: StatusCode,
    /// Where the next page begins, of what has it in a header.
    next: Option<String>,
    bytes: Vec<u8>,
}

/// Who asks the API.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    key: HeaderValue,
    scope: &'static str,
}

impl Client {
    /// One that asks there with the key of the environment, for what needs this `scope`.
    pub(crate) fn new(url: &BaseUrl, env: &Env, scope: &'static str) -> Result<Self> {
        let url = url.to_string();
        let mut key = HeaderValue::from_str(&key(&url, env, scope)?)
            .ok()
            .context("the key has signs that no key has")?;
        key.set_sensitive(true);
        // A redirect would take the key elsewhere.
        let http = reqwest::Client::builder().redirect(Policy::none());
        Ok(Self {
            http: http.timeout(TIMEOUT).build()?,
            url,
            key,
            scope,
        })
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, Trouble> {
        self.send(self.http.get(self.at(path))).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.send(self.http.post(self.at(path)).json(body)).await
    }

    /// Posts under a key of its own, so that it counts once however often it is sent.
    pub(crate) async fn post_once(
        &self,
        path: &str,
        body: &Value,
        key: &str,
    ) -> Result<Value, Trouble> {
        let request = self.http.post(self.at(path)).json(body);
        self.send(request.header("idempotency-key", key)).await
    }

    pub(crate) async fn put_json(&self, path: &str, body: &Value) -> Result<Value, Trouble> {
        self.send(self.http.put(self.at(path)).json(body)).await
    }

    /// Puts it in the place of the version that was read, and of no other.
    pub(crate) async fn put_if_match(
        &self,
        path: &str,
        body: &Value,
        version: &str,
    ) -> Result<Value, Trouble> {
        let request = self.http.put(self.at(path)).json(body);
        self.send(request.header(IF_MATCH, version)).await
    }

    /// Puts bytes, held to their SHA-256 in base64.
    pub(crate) async fn put(
        &self,
        path: &str,
        bytes: Vec<u8>,
        sha256: &str,
    ) -> Result<Value, Trouble> {
        let request = self.http.put(self.at(path)).body(bytes);
        let request = request.header("content-type", "application/octet-stream");
        let digest = format!("sha-256=:{sha256}:");
        self.send(request.header("content-digest", digest)).await
    }

    pub(crate) async fn delete(&self, path: &str, body: Option<&Value>) -> Result<Value, Trouble> {
        let request = self.http.delete(self.at(path));
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        self.send(request).await
    }

    /// Gets what is no JSON, and where the next page of it begins.
    pub(crate) async fn get_page(&self, path: &str) -> Result<(Vec<u8>, Option<String>), Trouble> {
        let answer = self.try_again(self.http.get(self.at(path))).await?;
        Ok((answer.bytes, answer.next))
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, Trouble> {
        let answer = self.try_again(request).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let read = serde_json::from_slice(&answer.bytes);
        read.map_err(|_| Trouble::Other(answer.status.as_u16()))
    }

    async fn try_again(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        let mut tries = 1;
        loop {
            let request = request.try_clone().expect("the body is in memory");
            match self.once(request).await {
                Err(Trouble::Again { pause, .. }) if tries < TRIES => {
                    let pause = pause.unwrap_or(Duration::from_secs(1) * tries);
                    tokio::time::sleep(pause.min(PAUSE_MAX)).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn once(&self, request: RequestBuilder) -> Result<Answer, Trouble> {
        let answer = request.header("x-api-key", self.key.clone()).send().await;
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                Trouble::Unreachable
            } else {
                Trouble::again("it broke off".to_owned())
            }
        })?;
        let (status, pause) = (answer.status(), pause_of(&answer));
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Err(Trouble::NotAllowed {
                scope: self.scope,
                status: status.as_u16(),
            });
        }
        if is_passing(status) {
            return Err(Trouble::Again {
                because: format!("status {}", status.as_u16()),
                pause,
            });
        }
        let next = answer.headers().get("next-cursor");
        let next = next.and_then(|next| Some(next.to_str().ok()?.to_owned()));
        let bytes = answer.bytes().await;
        let bytes = bytes.map_err(|_| Trouble::again("it broke off".to_owned()))?;
        if status.is_success() {
            let bytes = bytes.to_vec();
            return Ok(Answer {
                status,
                next,
                bytes,
            });
        }
        let answer: Option<Value> = serde_json::from_slice(&bytes).ok();
        let refusal = answer.and_then(|answer| refusal(&answer));
        Err(refusal.unwrap_or(Trouble::Other(status.as_u16())))
    }
}

/// The key, which is no argument, because other users of the machine see those.
fn key(url: &str, env: &Env, scope: &str) -> Result<String> {
    // An address without TLS is one of this machine.
    let is_here = url.starts_with("http://");
    let key = env.text(KEY);
    let key = key.or_else(|| is_here.then(|| LOCAL_KEY.to_owned()));
    key.with_context(|| format!("{KEY} is not set: put a key with the scope {scope} there"))
}

/// What the API says of a request that it refuses.
fn refusal(answer: &Value) -> Option<Trouble> {
    let text = |name: &str| answer["error"][name].as_str().map(str::to_owned);
    let code = text("code")?;
    // Such an address is none of this API's.
    (code != "no_such_route").then_some(Trouble::Refused {
        message: text("message")?,
    })
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

/// How long the server asks to wait.
fn pause_of(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}
