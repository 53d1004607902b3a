//! Notices over HTTPS.

use super::{
    guard::{NotPublic, Public, check_target},
    notice::{Notice, Notifier, NotifyError},
    sign::SigningKeys,
};
use call::{delivery::Target, trace::TRACEPARENT};
use futures_util::future::BoxFuture;
use reqwest::{
    Client, ClientBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
    redirect,
};
use std::{error::Error, sync::Arc, time::Duration};

/// What receivers see in their logs.
const USER_AGENT: &str = concat!("outbound-call/", env!("CARGO_PKG_VERSION"));

/// The client. Follows no redirect and repeats nothing: the next try is the caller's decision.
pub struct HttpNotifier {
    keys: SigningKeys,
    guarded: Client,
    free: Client,
    allows_private: bool,
}

impl HttpNotifier {
    /// Sets up the client; one try takes at most `timeout`. With `allows_private` callbacks may
    /// lead to this machine or a private network.
    ///
    /// # Errors
    /// If TLS cannot be set up.
    pub fn new(
        keys: SigningKeys,
        timeout: Duration,
        allows_private: bool,
    ) -> Result<Self, reqwest::Error> {
        Self::guarded_by(Public::by_system(), keys, timeout, allows_private)
    }

    /// The same with names looked up by `public`, unless callbacks may lead to a private network.
    pub(super) fn guarded_by(
        public: Public,
        keys: SigningKeys,
        timeout: Duration,
        allows_private: bool,
    ) -> Result<Self, reqwest::Error> {
        let free = builder(timeout).build()?;
        let guarded = if allows_private {
            free.clone()
        } else {
            builder(timeout).dns_resolver(Arc::new(public)).build()?
        };
        Ok(Self {
            keys,
            guarded,
            free,
            allows_private,
        })
    }

    async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        let client = match notice.target {
            Target::Callback => {
                check_target(&notice.url, self.allows_private)
                    .map_err(|_| NotifyError::Forbidden)?;
                &self.guarded
            }
            Target::Monitoring => &self.free,
        };
        let signature = self.keys.sign(&notice.id, notice.at, &notice.body);
        let mut request = client.post(&notice.url);
        if let Some(context) = notice.context {
            request = request.header(TRACEPARENT, context.to_string());
        }
        let sent = request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &notice.id)
            .header("webhook-timestamp", notice.at.as_secs())
            .header("webhook-signature", signature)
            .body(notice.body.clone())
            .send()
            .await;
        match sent {
            Ok(answer) => read(&answer),
            Err(error) if is_guarded(&error) => Err(NotifyError::Forbidden),
            Err(_) => Err(NotifyError::Unreachable),
        }
    }
}

impl Notifier for HttpNotifier {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(self.send(notice))
    }
}

fn builder(timeout: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy() // It would look names up for us, past the guard.
        .timeout(timeout)
}

/// The status says it all: the body of an answer is never read.
fn read(answer: &Response) -> Result<(), NotifyError> {
    match answer.status() {
        status if status.is_success() => Ok(()),
        StatusCode::GONE => Err(NotifyError::Gone),
        status => Err(NotifyError::Refused {
            status: status.as_u16(),
            retry_after: retry_after(answer),
        }),
    }
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Whether the guard is what stopped a request.
fn is_guarded(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return true;
        }
        cause = error.source();
    }
    false
}
