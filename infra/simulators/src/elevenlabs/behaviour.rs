//! Faults on demand.

use std::time::Duration;

use serde_json::{Value, json};

use super::wire;

/// How one conversation is treated as a whole; the script decides the rest.
#[derive(Debug, Clone, Default)]
pub enum Behaviour {
    /// Speaks the protocol and follows the script.
    #[default]
    Converse,
    /// Answers the upgrade with an HTTP status, such as 401 or 403.
    RefuseUpgrade(u16),
    /// Answers the upgrade late, then converses.
    SlowAccept(Duration),
    /// Accepts, reads the client data, and sends the metadata late, then converses.
    SlowMetadata(Duration),
    /// Accepts and records, but never sends anything.
    Mute,
    /// Accepts, reads the client data, and fails before the metadata.
    FailAtStart(Failure),
    /// Converses, and takes nothing from the socket that long after it opened.
    DeafAfter(Duration),
    /// Converses, and fails that long after the metadata.
    FailAfter(Duration, Failure),
}

/// A failing end: frames, then how the connection goes.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// Messages sent before the end.
    pub frames: Vec<Value>,
    /// How the connection ends.
    pub ending: Ending,
}

/// How a connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// A close frame.
    Close {
        /// Close code.
        code: u16,
        /// Close reason, at most 123 bytes.
        reason: String,
    },
    /// A TCP reset without a close frame.
    Reset,
}

impl Failure {
    /// A bare close, without an error frame.
    pub fn close(code: u16) -> Self {
        Self {
            frames: Vec::new(),
            ending: Ending::Close {
                code,
                reason: String::new(),
            },
        }
    }

    /// A TCP reset.
    pub fn reset() -> Self {
        Self {
            frames: Vec::new(),
            ending: Ending::Reset,
        }
    }

    /// A nested `error` frame with one of the vendor's error types, then a close with that code.
    pub fn error(code: u16, error_type: &str) -> Self {
        Self {
            frames: vec![wire::error(code, error_type, error_type)],
            ..Self::close(code)
        }
    }

    /// A server crash: `unknown_websocket_crash`, close 1011.
    pub fn crash() -> Self {
        Self::error(1011, "unknown_websocket_crash")
    }

    /// The authentication style of error: `client_error`, close 1008.
    pub fn invalid_api_key() -> Self {
        let event = json!({"code": 1008, "error_name": "invalid_api_key",
            "message": "Invalid API key"});
        Self {
            frames: vec![json!({"type": "client_error", "error_event": event})],
            ..Self::close(1008)
        }
    }

    /// Quota used up, as one report shows it: a *flat* `error` frame, close 1002.
    pub fn quota_flat() -> Self {
        let message = "received 1002 (protocol error) This request exceeds your quota limit.";
        Self {
            frames: vec![json!({"type": "error", "message": message})],
            ..Self::close(1002)
        }
    }

    /// Quota used up, as another report shows it: close 3000.
    pub fn quota_close() -> Self {
        let reason = "quota_exceeded".to_owned();
        Self {
            frames: Vec::new(),
            ending: Ending::Close { code: 3000, reason },
        }
    }

    /// The concurrency queue timed out: `queue_status` events, close 4300.
    pub fn queue_timed_out() -> Self {
        let status =
            |status| json!({"type": "queue_status", "queue_status_event": {"status": status}});
        Self {
            frames: vec![status("waiting"), status("timed_out")],
            ..Self::close(4300)
        }
    }
}

/// A fault of one REST request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestFault {
    /// Answers that status with an error body of the vendor: 401, 404, 422, 429, 500, …
    Status(u16),
    /// Answers correctly, that much later.
    Delay(Duration),
    /// Answers 200 with a body that is not JSON.
    Garbage,
}
