//! A receiver of outcomes, as a CRM would run it: keeps all that it gets, answers as it is told,
//! and checks signatures by the Standard Webhooks specification, with no code of the sender's.

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    task::JoinHandle,
    time::{Instant, sleep},
};

/// Pause between two looks at what came.
const LOOK: Duration = Duration::from_millis(20);

/// How far a timestamp may be off (5 min), as in the specification's reference libraries.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// What a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// 429 with this `Retry-After`, in seconds.
    Busy(u64),
    /// 302 to an address that must never be asked.
    Redirect,
    /// Nothing, ever.
    Silence,
}

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Path and query that were asked.
    pub path: String,
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, in seconds.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// `content-type`.
    pub content_type: String,
    /// `traceparent`.
    pub traceparent: String,
    /// The body, byte for byte.
    pub body: Bytes,
}

impl Notice {
    /// The body as JSON.
    ///
    /// # Panics
    /// If it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("an outcome is JSON")
    }

    /// Whether one of the signatures was made with this key (`whsec_…`).
    ///
    /// # Panics
    /// If the key is none.
    #[must_use]
    pub fn is_signed_with(&self, key: &str) -> bool {
        let key = key.strip_prefix("whsec_").expect("a key of the standard");
        let key = STANDARD.decode(key).expect("a key of the standard");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let mut context = hmac::Context::with_key(&key);
        for part in [self.id.as_bytes(), b".", self.timestamp.as_bytes(), b"."] {
            context.update(part);
        }
        context.update(&self.body);
        let expected = format!("v1,{}", STANDARD.encode(context.sign()));
        self.signature.split(' ').any(|found| found == expected)
    }

    /// One line: what it is, whether this key signed it, and what it says.
    ///
    /// # Panics
    /// If the key is none.
    #[must_use]
    pub fn described(&self, key: Option<&str>) -> String {
        let signature = match key {
            None => "signature not checked",
            Some(key) if self.is_signed_with(key) => "signature right",
            Some(_) => "signature WRONG",
        };
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(outcome) => {
                let kind = outcome["type"].as_str().unwrap_or("no type");
                format!("{kind} ({signature}) {}", outcome["data"])
            }
            Err(_) => format!("no JSON ({signature})"),
        }
    }

    /// Whether it was signed minutes ago at most, seen from `now` in seconds since 1970: who
    /// replays what was overheard is turned away.
    #[must_use]
    pub fn is_fresh(&self, now: u64) -> bool {
        let sent: Result<u64, _> = self.timestamp.parse();
        sent.is_ok_and(|sent| sent.abs_diff(now) <= TOLERANCE.as_secs())
    }
}

#[derive(Default)]
struct Shared {
    notices: Mutex<Vec<Notice>>,
    replies: Mutex<VecDeque<Reply>>,
}

impl Shared {
    /// Keeps a request; what it is answered.
    fn keep(&self, notice: Notice) -> Reply {
        self.notices.lock().expect("no handler panics").push(notice);
        let mut replies = self.replies.lock().expect("no handler panics");
        replies.pop_front().unwrap_or(Reply::Status(204))
    }
}

/// A running receiver; it ends with its owner.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Receiver {
    /// Listens on any port of this machine.
    ///
    /// # Panics
    /// If the machine has no port left.
    pub async fn start() -> Self {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::listen(any).await.expect("a free port")
    }

    /// Listens on this address; port 0 takes any free port.
    ///
    /// # Errors
    /// If it is taken, or none of this machine.
    pub async fn listen(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/", post(take))
            .route("/{*path}", post(take))
            .with_state(shared.clone());
        let server = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            address,
            shared,
            server,
        })
    }

    /// An address of this receiver.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers the next requests so, and all after them 204.
    ///
    /// # Panics
    /// If a handler panicked.
    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut next = self.shared.replies.lock().expect("no handler panics");
        next.extend(replies);
    }

    /// All that came, in order.
    ///
    /// # Panics
    /// If a handler panicked.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        let notices = self.shared.notices.lock().expect("no handler panics");
        notices.clone()
    }

    /// Waits for the one that comes after the first `seen`, however long that takes.
    ///
    /// # Panics
    /// If a handler panicked.
    pub async fn after(&self, seen: usize) -> Notice {
        loop {
            if let Some(notice) = self.notices().get(seen) {
                return notice.clone();
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until this many came.
    ///
    /// # Panics
    /// If they do not come within `limit`.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Vec<Notice> {
        let give_up = Instant::now() + limit;
        loop {
            let notices = self.notices();
            if notices.len() >= count {
                return notices;
            }
            assert!(Instant::now() < give_up, "only {notices:?} came");
            sleep(LOOK).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State(shared): State<Arc<Shared>>,
    uri: axum::http::Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| {
        let value = headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let notice = Notice {
        path: uri.to_string(),
        id: text("webhook-id"),
        timestamp: text("webhook-timestamp"),
        signature: text("webhook-signature"),
        content_type: text("content-type"),
        traceparent: text("traceparent"),
        body,
    };
    match shared.keep(notice) {
        Reply::Status(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        Reply::Busy(secs) => {
            let wait = [(RETRY_AFTER, secs.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
        }
        Reply::Redirect => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        Reply::Silence => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vector of the Standard Webhooks reference libraries.
    const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SENT: u64 = 1_614_265_330;

    fn published() -> Notice {
        Notice {
            path: "/".to_owned(),
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
            timestamp: SENT.to_string(),
            signature:
                "v1,bm9ib2R5IHNpZ25lZCB0aGlz v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
                    .to_owned(),
            content_type: String::new(),
            traceparent: String::new(),
            body: Bytes::from_static(br#"{"test": 2432232314}"#),
        }
    }

    #[test]
    fn the_published_vector_is_taken_and_nothing_else() {
        assert!(published().is_signed_with(KEY));
        assert!(!published().is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        let changes: [fn(&mut Notice); 4] = [
            |notice| notice.body = Bytes::from_static(br#"{"test": 2432232315}"#),
            |notice| notice.id.push('x'),
            |notice| notice.timestamp = (SENT + 1).to_string(),
            |notice| notice.signature = notice.signature.replace("v1,", "v2,"),
        ];
        for change in changes {
            let mut notice = published();
            change(&mut notice);
            assert!(!notice.is_signed_with(KEY), "{notice:?}");
        }
    }

    #[test]
    fn an_old_signature_is_not_fresh() {
        for (now, is_fresh) in [(SENT + 300, true), (SENT + 301, false), (SENT - 301, false)] {
            assert_eq!(published().is_fresh(now), is_fresh);
        }
        let mut notice = published();
        notice.timestamp.clear();
        assert!(!notice.is_fresh(SENT));
    }
}
