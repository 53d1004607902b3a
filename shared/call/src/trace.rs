//! The trace of a call: by which id all that is told of it belongs together, in whatever process it happens.
//!
//! A process needs the stored call alone to know its trace and the places in it that others hang on.

use super::ids::CallId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Identifies a trace; never all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// Identifies one span of a trace; never all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

/// A place in a trace, as `traceparent` says it (W3C Trace Context).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The span that what follows hangs on.
    pub span: SpanId,
    /// Whether whoever began the trace wants it kept.
    pub is_sampled: bool,
}

/// The header that carries a [`TraceContext`] between processes.
pub const TRACEPARENT: &str = "traceparent";

/// The text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct InvalidTraceContext;

/// A span's id that every process finds by itself. Calls that share the trace of one caller have different
/// ones, as their ids are random.
pub(super) fn derived(id: CallId, place: u8) -> SpanId {
    let id = u128::from_be_bytes(id.to_bytes());
    #[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
    let (upper, lower) = ((id >> 64) as u64, id as u64);
    let span = mixed(mixed(mixed(upper) ^ lower) ^ u64::from(place));
    SpanId(span.max(1).to_be_bytes())
}

/// The finalizer of MurmurHash3: each bit of what goes in changes about half of those that come out.
fn mixed(mut bits: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        bits = (bits ^ (bits >> 33)).wrapping_mul(factor);
    }
    bits ^ (bits >> 33)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trace, span, .. } = self;
        write!(f, "00-{trace}-{span}-{:02x}", u8::from(self.is_sampled))
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTraceContext;

    /// Reads any version but `ff`; what a later one adds at the end is left out.
    fn from_str(text: &str) -> Result<Self, InvalidTraceContext> {
        let mut parts = text.split('-');
        let mut part = || parts.next().ok_or(InvalidTraceContext);
        let (version, trace, span, flags) = (part()?, part()?, part()?, part()?);
        let [version] = bytes(version)?;
        let [flags] = bytes(flags)?;
        let (trace, span) = (bytes(trace)?, bytes(span)?);
        let is_known = version != 0xff && (version > 0 || parts.next().is_none());
        if !is_known || trace == [0; 16] || span == [0; 8] {
            return Err(InvalidTraceContext);
        }
        Ok(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            is_sampled: flags & 1 == 1,
        })
    }
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], InvalidTraceContext> {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if text.len() != 2 * N || !text.bytes().all(is_hex) {
        return Err(InvalidTraceContext);
    }
    let mut read = [0; N];
    for (at, byte) in read.iter_mut().enumerate() {
        let digits = &text[2 * at..2 * at + 2];
        *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidTraceContext)?;
    }
    Ok(read)
}

impl TryFrom<String> for TraceContext {
    type Error = InvalidTraceContext;

    fn try_from(text: String) -> Result<Self, InvalidTraceContext> {
        text.parse()
    }
}

impl From<TraceContext> for String {
    fn from(context: TraceContext) -> Self {
        context.to_string()
    }
}
