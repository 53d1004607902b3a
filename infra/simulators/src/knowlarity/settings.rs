//! What can be set, and the defaults.

use super::{callee::Callee, framing::Framing};
use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

/// SR API key that a simulator accepts unless told otherwise.
pub const API_KEY_DEFAULT: &str = "sim-sr-key";

/// What becomes of a dial, and who picks up if it is not whoever always does.
pub type Fate = (Dial, Option<Callee>);

/// Tells the fate of a dial by its number, and by how often that was dialled before.
#[derive(Clone)]
pub struct Fates(Arc<TellFate>);

type TellFate = dyn Fn(&str, usize) -> Option<Fate> + Send + Sync;

impl Fates {
    /// Told by this.
    pub fn new(tell: impl Fn(&str, usize) -> Option<Fate> + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl fmt::Debug for Fates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fates")
    }
}

/// How a simulator starts.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; port 0 takes any free port.
    pub listen: SocketAddr,
    /// The `authorization` it accepts.
    pub api_key: String,
    /// The `x-api-key` it accepts; not checked without one.
    pub application_key: Option<String>,
    /// Where status webhooks go; none are sent without it.
    pub webhook_url: Option<String>,
    /// Says what becomes of a dial that no other order is for; it is answered without it.
    pub fates: Option<Fates>,
    /// From the dial to the answer, or to the end of an unanswered ring.
    pub ring: Duration,
    /// Whether dial reply, stream, webhook and call log each name the ring by an id of their own.
    pub ids_differ: bool,
    /// Whether the stream opens while the phone still rings, and says when somebody picks up.
    pub opens_early: bool,
    /// Length of the flow's welcome line, between answer and stream.
    pub welcome: Duration,
    /// Where calls of the `kapps_ivr` dialect open their stream; `/{call id}_0` is appended.
    pub kapps_stream_url: Option<String>,
    /// Form of the stream's first message.
    pub variant: Variant,
    /// Shape of the stream's binary frames.
    pub framing: Framing,
    /// Whether the first message comes twice, the second time with another message in its frame.
    pub repeats_metadata: bool,
    /// Whether `killAudio` leaves what is queued already, which plays on.
    pub kill_spares_queue: bool,
    /// Whether the flow goes on waiting after `disconnect`, until the stream is closed.
    pub ignores_disconnect: bool,
    /// Who answers, unless another callee is queued.
    pub callee: Callee,
    /// Form of the status webhooks.
    pub webhook: WebhookStyle,
    /// How the call log behaves.
    pub call_log: CallLog,
    /// Whether samples are kept in the records of calls.
    pub keeps_audio: bool,
}

impl Settings {
    /// What becomes of a dial to a number that was dialled so often before, and who picks up if it is not
    /// whoever always does.
    pub(super) fn fate(&self, number: &str, earlier: usize) -> Option<Fate> {
        self.fates.as_ref()?.0(number, earlier)
    }

    /// The ring's id as one part of the carrier's tells it.
    pub(super) fn id_in(&self, part: &str, call_id: &str) -> String {
        if self.ids_differ {
            format!("{part}-{call_id}")
        } else {
            call_id.to_owned()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            api_key: API_KEY_DEFAULT.to_owned(),
            application_key: None,
            webhook_url: None,
            fates: None,
            ring: Duration::from_millis(300),
            ids_differ: false,
            opens_early: false,
            welcome: Duration::from_millis(200),
            kapps_stream_url: None,
            variant: Variant::OwnMetadata,
            framing: Framing::Even,
            repeats_metadata: false,
            kill_spares_queue: false,
            ignores_disconnect: false,
            callee: Callee::silent(),
            webhook: WebhookStyle::Json,
            call_log: CallLog::After(Duration::from_millis(200)),
            keeps_audio: true,
        }
    }
}

/// Form of the first text message of a stream, by account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The flow's metadata, verbatim.
    OwnMetadata,
    /// Strict JSON around a nested JSON string.
    StrictJson,
    /// A Python dict around a percent-encoded object.
    PythonDict,
    /// A JSON string that holds the JSON.
    DoubleEncoded,
    /// A byte order mark and blanks around the JSON.
    Bom,
    /// The metadata as percent-encoded text.
    InnerText,
    /// Other keys: `uuid`, `from`, `to`.
    OtherKeys,
    /// No text at all: audio comes first.
    NoText,
}

/// Form of the status webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookStyle {
    /// POST with JSON.
    Json,
    /// POST with a form.
    Form,
    /// GET with a query.
    Get,
    /// Never sent.
    None,
    /// POST with JSON, twice.
    Twice,
}

/// How the call log behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallLog {
    /// Each ring is recorded that long after its end.
    After(Duration),
    /// No ring is ever recorded.
    Empty,
    /// Every look-up is answered with this status.
    Status(u16),
    /// No look-up is ever answered.
    TimesOut,
}

/// What becomes of one dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dial {
    /// Answered after the ring.
    Answer,
    /// The line is busy.
    Busy,
    /// Rings out.
    NoAnswer,
    /// Switched off.
    SwitchedOff,
    /// The callee declines.
    Rejected,
    /// The dial is answered 400, as for a malformed number.
    InvalidNumber,
    /// Accepted, and the phone rings out; then neither stream nor webhook ever comes.
    NeverReports,
    /// Accepted, and never carried out: nothing rings, and the call log alone says so.
    NeverProcessed,
    /// The dial is answered with this status and nothing rings.
    Status(u16),
    /// The dial is answered 429 with this `Retry-After`, in seconds.
    RateLimited(u64),
    /// The dial is never answered, and nothing rings.
    TimesOut,
    /// The dial is never answered, but the phone rings and is picked up.
    TimesOutButRings,
    /// The dial is never answered, but the phone rings, and the line is busy.
    TimesOutButBusy,
    /// The dial is answered with this status, but the phone rings and is picked up.
    StatusButRings(u16),
    /// The dial is answered with this status, but the phone rings out.
    StatusButRingsOut(u16),
    /// Accepted without an id, then answered.
    NoId,
}

impl Dial {
    /// Whether somebody picks up in the end.
    pub(super) fn is_answered(self) -> bool {
        matches!(
            self,
            Self::Answer | Self::TimesOutButRings | Self::StatusButRings(_) | Self::NoId
        )
    }

    /// Whether the carrier takes the dial up at all: then its call log has it.
    pub(super) fn is_placed(self) -> bool {
        !matches!(
            self,
            Self::TimesOut | Self::Status(_) | Self::RateLimited(_) | Self::InvalidNumber
        )
    }

    /// The status word of the webhook for a ring that was not picked up.
    pub(super) fn status_word(self) -> Option<&'static str> {
        match self {
            Self::Busy | Self::TimesOutButBusy => Some("busy"),
            Self::NoAnswer | Self::StatusButRingsOut(_) => Some("no_answer"),
            Self::SwitchedOff => Some("switch_off"),
            Self::Rejected => Some("rejected"),
            Self::Answer
            | Self::InvalidNumber
            | Self::NeverReports
            | Self::NeverProcessed
            | Self::Status(_)
            | Self::RateLimited(_)
            | Self::TimesOut
            | Self::TimesOutButRings
            | Self::StatusButRings(_)
            | Self::NoId => None,
        }
    }

    /// What the call log writes before the number for a ring that was not picked up; it has
    /// fewer words than the webhooks.
    pub(super) fn log_words(self) -> &'static str {
        match self {
            Self::NeverProcessed => "Did Not Process",
            Self::Busy | Self::TimesOutButBusy => "Customer Busy#",
            Self::Answer
            | Self::NoAnswer
            | Self::SwitchedOff
            | Self::Rejected
            | Self::InvalidNumber
            | Self::NeverReports
            | Self::Status(_)
            | Self::RateLimited(_)
            | Self::TimesOut
            | Self::TimesOutButRings
            | Self::StatusButRings(_)
            | Self::StatusButRingsOut(_)
            | Self::NoId => "Customer Missed#",
        }
    }
}
