//! What the carrier's metadata says about its call.

use super::loose::{decoded_forms, inner_object, number, text};
use call::private::Private;
use serde_json::{Map, Value};

/// Ids and settings that the carrier sent about its stream, from any account's form of it.
///
/// Our own flow sends `{"client_meta_id":"<call id>","attempt":1,"t":"<token>"}`; everything
/// else is put there by the carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamMetadata {
    /// `client_meta_id`: our id, as our flow sent it.
    pub client_meta_id: Option<String>,
    /// `ivr_data.client_custom_id`: our id, in the carrier's wrapping.
    pub client_custom_id: Option<String>,
    /// `metadata.sessionId`, `.call_session_id` or `.ivrCallId`: our id, as given with the dial.
    pub inner_id: Option<String>,
    /// `session_metadata.call_session_id`: our id.
    pub session_metadata_id: Option<String>,
    /// `callid`, `uuid` or `call_id`: the carrier's id of the call.
    pub carrier_id: Option<String>,
    /// `customer_number` or `from`: the callee, in any spelling.
    pub customer_number: Option<Private>,
    /// `virtual_number` or `to`: our number, in any spelling.
    pub virtual_number: Option<Private>,
    /// `sample_rate`: rate of the carrier's audio in Hz, 8,000 to 48,000.
    pub sample_hz: Option<u32>,
    /// `t` or `token`: the admission token.
    pub token: Option<Private>,
    /// `attempt`: which attempt of the call this stream belongs to, from 1.
    pub attempt: Option<u32>,
    /// Whether a state of the call says that the phone still rings.
    pub is_ringing: bool,
}

/// Where an id was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdSource {
    /// Top-level `client_meta_id`.
    ClientMetaId,
    /// `ivr_data.client_custom_id`.
    ClientCustomId,
    /// One of the inner metadata's ids.
    InnerMetadata,
    /// `session_metadata.call_session_id`.
    SessionMetadata,
    /// The carrier's own id.
    Carrier,
}

impl StreamMetadata {
    /// Candidate ids, best first. The first four are ours; the last is the carrier's.
    pub fn ids(&self) -> impl Iterator<Item = (IdSource, &str)> {
        [
            (IdSource::ClientMetaId, &self.client_meta_id),
            (IdSource::ClientCustomId, &self.client_custom_id),
            (IdSource::InnerMetadata, &self.inner_id),
            (IdSource::SessionMetadata, &self.session_metadata_id),
            (IdSource::Carrier, &self.carrier_id),
        ]
        .into_iter()
        .filter_map(|(source, id)| Some((source, id.as_deref()?)))
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes from a repeated frame what was not known yet.
    pub fn merge(&mut self, later: Self) {
        fn fill<T>(known: &mut Option<T>, later: Option<T>) {
            if known.is_none() {
                *known = later;
            }
        }
        fill(&mut self.client_meta_id, later.client_meta_id);
        fill(&mut self.client_custom_id, later.client_custom_id);
        fill(&mut self.inner_id, later.inner_id);
        fill(&mut self.session_metadata_id, later.session_metadata_id);
        fill(&mut self.carrier_id, later.carrier_id);
        fill(&mut self.customer_number, later.customer_number);
        fill(&mut self.virtual_number, later.virtual_number);
        fill(&mut self.sample_hz, later.sample_hz);
        fill(&mut self.token, later.token);
        fill(&mut self.attempt, later.attempt);
        self.is_ringing |= later.is_ringing;
    }

    /// Reads the fields of one object, at its top and in the objects that it may wrap.
    pub(super) fn from_object(object: &Map<String, Value>) -> Self {
        let scopes = Scopes::of(object);
        Self {
            client_meta_id: scopes.anywhere(&["client_meta_id"]),
            client_custom_id: scopes.ivr(&["client_custom_id"]),
            inner_id: scopes.inner(&["sessionId", "call_session_id", "ivrCallId"]),
            session_metadata_id: scopes.session(&["call_session_id"]),
            carrier_id: scopes.top(&["callid", "uuid", "call_id"]),
            customer_number: scopes.top(&["customer_number", "from"]).map(Private::from),
            virtual_number: scopes.top(&["virtual_number", "to"]).map(Private::from),
            sample_hz: scopes
                .number(&["sample_rate", "sampling_rate", "sampleRate"])
                .and_then(hz),
            token: scopes.anywhere(&["t", "token"]).map(Private::from),
            attempt: scopes.number(&["attempt"]).filter(|attempt| *attempt > 0),
            is_ringing: scopes.top(&STATES).is_some_and(|state| is_ringing(&state)),
        }
    }

    /// Finds `key: value` pairs in text that could not be read, whatever quotes are left.
    ///
    /// A value at the very end of the text may be cut short, and is not taken.
    pub(super) fn salvage(unread: &str) -> Self {
        let forms: Vec<_> = decoded_forms(unread)
            .iter()
            .map(|form| form.replace('\\', ""))
            .collect();
        let find = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| forms.iter().find_map(|form| salvage_value(form, key)))
        };
        let find_number = |keys: &[&str]| find(keys).and_then(|value| value.parse().ok());
        Self {
            client_meta_id: find(&["client_meta_id"]),
            client_custom_id: find(&["client_custom_id"]),
            inner_id: find(&["sessionId", "ivrCallId"]),
            session_metadata_id: find(&["call_session_id"]),
            carrier_id: find(&["callid", "uuid", "call_id"]),
            customer_number: find(&["customer_number"]).map(Private::from),
            virtual_number: find(&["virtual_number"]).map(Private::from),
            sample_hz: find_number(&["sample_rate"]).and_then(hz),
            token: find(&["t", "token"]).map(Private::from),
            attempt: find_number(&["attempt"]).filter(|attempt| *attempt > 0),
            is_ringing: find(&STATES).is_some_and(|state| is_ringing(&state)),
        }
    }
}

/// Where accounts may write how far the call is.
const STATES: [&str; 4] = ["call_status", "call_state", "channel_state", "status"];

/// The carrier's words for a call that nobody has picked up yet.
fn is_ringing(state: &str) -> bool {
    let letters = state.chars().filter(|c| c.is_alphanumeric());
    let word: String = letters.flat_map(char::to_lowercase).collect();
    matches!(
        word.as_str(),
        "queued" | "initiated" | "dialing" | "dialling" | "ringing" | "originate" | "early"
    )
}

/// The objects in which fields are looked for.
struct Scopes<'a> {
    top: &'a Map<String, Value>,
    ivr_data: Option<Map<String, Value>>,
    client_data: Option<Map<String, Value>>,
    metadata: Option<Map<String, Value>>,
    session_metadata: Option<Map<String, Value>>,
}

impl<'a> Scopes<'a> {
    fn of(top: &'a Map<String, Value>) -> Self {
        let inner = |object: &Map<String, Value>, key| object.get(key).and_then(inner_object);
        let ivr_data = inner(top, "ivr_data");
        Self {
            client_data: ivr_data
                .as_ref()
                .and_then(|ivr_data| inner(ivr_data, "client_data")),
            ivr_data,
            metadata: inner(top, "metadata"),
            session_metadata: inner(top, "session_metadata"),
            top,
        }
    }

    fn all(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let inner = [
            &self.metadata,
            &self.ivr_data,
            &self.client_data,
            &self.session_metadata,
        ];
        [self.top].into_iter().chain(inner.into_iter().flatten())
    }

    fn anywhere(&self, keys: &[&str]) -> Option<String> {
        self.all().find_map(|scope| first(scope, keys))
    }

    fn number(&self, keys: &[&str]) -> Option<u32> {
        self.all()
            .find_map(|scope| keys.iter().find_map(|key| number_like(scope.get(*key)?)))
    }

    fn top(&self, keys: &[&str]) -> Option<String> {
        first(self.top, keys)
    }

    fn ivr(&self, keys: &[&str]) -> Option<String> {
        self.ivr_data.as_ref().and_then(|scope| first(scope, keys))
    }

    fn inner(&self, keys: &[&str]) -> Option<String> {
        self.metadata.as_ref().and_then(|scope| first(scope, keys))
    }

    fn session(&self, keys: &[&str]) -> Option<String> {
        self.session_metadata
            .as_ref()
            .and_then(|scope| first(scope, keys))
    }
}

fn first(scope: &Map<String, Value>, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| text(scope.get(*key)?))
}

/// A number, text that is one, or `8k` for 8,000.
fn number_like(value: &Value) -> Option<u32> {
    number(value).or_else(|| {
        let thousands = text(value)?;
        thousands
            .strip_suffix(['k', 'K'])?
            .parse::<u32>()
            .ok()?
            .checked_mul(1_000)
    })
}

/// A rate that the carrier's engine can send.
fn hz(rate: u32) -> Option<u32> {
    matches!(rate, 8_000 | 16_000 | 24_000 | 32_000 | 48_000).then_some(rate)
}

/// The value after a whole word `key`, a colon or equals sign, and any quotes and blanks.
fn salvage_value(text: &str, key: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '%');
    text.match_indices(key).find_map(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + key.len()..]);
        if before.ends_with(is_part) {
            return None;
        }
        let after = after
            .trim_start_matches([' ', '"', '\''])
            .strip_prefix([':', '='])?;
        let after = after.trim_start_matches([' ', '"', '\'']);
        let value = &after[..after.find(|c| !is_part(c))?];
        let is_nothing = matches!(value, "" | "None" | "null" | "False");
        (!is_nothing).then(|| value.to_owned())
    })
}
