//! Asking the API, again if it is a passing trouble.

use agent_setup::BaseUrl;
use anyhow::{Context, Result};
use call::phone::PhoneNumber;
use reqwest::{Response, StatusCode, header::HeaderValue, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

/// Longest wait for an answer: the API's own bound is 30 s.
const TIMEOUT: Duration = Duration::from_secs(35);

/// How often the same numbers are sent before it is given up.
const TRIES: u32 = 3;

/// Longest pause that the server may ask for before the next try.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What became of the numbers that were sent.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    /// Were not on the list.
    pub(super) new: usize,
    /// Were on it already.
    pub(super) known: usize,
    /// Their calls that were ended.
    pub(super) ended: usize,
}

impl Sent {
    pub(super) const fn count(&self) -> usize {
        self.new + self.known
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.new += other.new;
        self.known += other.known;
        self.ended += other.ended;
    }

    /// Reads the answer to so many numbers.
    fn of(answer: &Value, count: usize) -> Option<Self> {
        let entries = answer["optOuts"].as_array()?;
        let mut sent = Self::default();
        for entry in entries {
            if entry["isNew"].as_bool()? {
                sent.new += 1;
            } else {
                sent.known += 1;
            }
            sent.ended += usize::from(entry["call"]["status"] == "failed");
        }
        (sent.count() == count).then_some(sent)
    }
}

/// Why numbers were not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("no server answers at this address")]
    Unreachable,
    #[error("the server did not take the numbers ({because})")]
    Again {
        because: String,
        pause: Option<Duration>,
    },
    #[error("the key is unknown, or has not the scope write that this needs (status {0})")]
    NotAllowed(u16),
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

/// Who asks the API.
pub(super) struct Client {
    http: reqwest::Client,
    address: String,
    key: HeaderValue,
    reason: Option<String>,
}

impl Client {
    pub(super) fn new(url: &BaseUrl, key: &SecretString, reason: Option<String>) -> Result<Self> {
        let key = HeaderValue::from_str(key.expose_secret());
        let mut key = key.ok().context("the key has signs that no key has")?;
        key.set_sensitive(true);
        // A redirect would take the key elsewhere.
        let http = reqwest::Client::builder().redirect(Policy::none());
        Ok(Self {
            http: http.timeout(TIMEOUT).build()?,
            address: format!("{url}{}", functions::opt_outs::PATH),
            key,
            reason,
        })
    }

    /// Sends at most as many numbers as one request takes.
    pub(super) async fn send(&self, numbers: &[PhoneNumber]) -> Result<Sent, Trouble> {
        let mut tries = 1;
        loop {
            match self.once(numbers).await {
                Err(Trouble::Again { pause, .. }) if tries < TRIES => {
                    let pause = pause.unwrap_or(Duration::from_secs(1) * tries);
                    tokio::time::sleep(pause.min(PAUSE_MAX)).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    async fn once(&self, numbers: &[PhoneNumber]) -> Result<Sent, Trouble> {
        let phones: Vec<&str> = numbers.iter().map(PhoneNumber::e164).collect();
        let body = json!({ "phoneNumbers": phones, "reason": self.reason });
        let request = self.http.post(&self.address).json(&body);
        let answer = request.header("x-api-key", self.key.clone()).send().await;
        let answer = answer.map_err(|error| {
            if error.is_connect() {
                Trouble::Unreachable
            } else {
                Trouble::again("it broke off".to_owned())
            }
        })?;
        match answer.status() {
            StatusCode::OK => {}
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(Trouble::NotAllowed(status.as_u16()));
            }
            status if is_passing(status) => {
                return Err(Trouble::Again {
                    because: format!("status {}", status.as_u16()),
                    pause: pause_of(&answer),
                });
            }
            status => return Err(Trouble::Other(status.as_u16())),
        }
        let text = answer.bytes().await;
        let text = text.map_err(|_| Trouble::again("it broke off".to_owned()))?;
        let answer = serde_json::from_slice(&text).ok();
        let sent = answer.and_then(|answer| Sent::of(&answer, numbers.len()));
        sent.ok_or(Trouble::Other(StatusCode::OK.as_u16()))
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

/// How long the server asks to wait.
fn pause_of(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}
