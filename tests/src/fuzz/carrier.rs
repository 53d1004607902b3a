//! What the carrier sends: the address of a stream, the texts on it, and status reports.

use super::{NUMBER_DIGITS, repeats_no_number};
use knowlarity::{
    report::Report,
    stream::{self, CarrierMessage, ID_BYTES_MAX, StreamMetadata, StreamPath},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Segments of a path that are read.
const SEGMENTS_MAX: usize = 4;

/// Ids, and numbers, that a report is looked up by.
const LOOK_UPS_MAX: usize = 8;

/// Path and query of an upgrade.
pub(super) fn path(bytes: &[u8]) {
    let target = String::from_utf8_lossy(bytes);
    let Ok(path) = StreamPath::parse(&target) else {
        return;
    };
    assert!(path.segments.len() <= SEGMENTS_MAX && target.len() <= 4_096);
    assert!(path.ids().count() <= 2 * SEGMENTS_MAX);
    assert!(
        path.ids()
            .all(|id| !id.is_empty() && id.len() <= ID_BYTES_MAX)
    );
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut printed = "/knowlarity-stream".to_owned();
    for segment in &path.segments {
        printed = format!("{printed}/{}", encode(segment));
    }
    if let Some(token) = &path.token {
        printed = format!("{printed}?t={}", encode(token.expose()));
    }
    if printed.len() <= 4_096 {
        assert_eq!(StreamPath::parse(&printed), Ok(path));
    }
}

/// A text on a stream, its metadata first of all.
pub(super) fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let messages = stream::parse(&text);
    // Each takes two characters of its own, and the rest is one.
    assert!(messages.len() <= text.len() / 2 + 1);
    for message in messages {
        if let CarrierMessage::Metadata(metadata) = message {
            understood(&text, &metadata);
        }
    }
}

fn understood(text: &str, metadata: &StreamMetadata) {
    assert!(!metadata.is_empty());
    let mut twice = metadata.clone();
    twice.merge(metadata.clone());
    assert_eq!(twice, *metadata);
    let private = [&metadata.customer_number, &metadata.virtual_number];
    let shown = format!("{metadata:?}");
    for number in private.into_iter().flatten().map(|number| number.expose()) {
        let is_id = metadata.ids().any(|(_, id)| id.contains(number));
        let is_number = number.bytes().filter(u8::is_ascii_digit).count() >= NUMBER_DIGITS;
        assert!(
            is_id || !is_number || !shown.contains(number),
            "a number is shown"
        );
        // A lossy character takes three bytes for one.
        assert!(number.len() <= 3 * text.len());
    }
    let rates = [8_000, 16_000, 24_000, 32_000, 48_000];
    assert!(metadata.sample_hz.is_none_or(|hz| rates.contains(&hz)));
    assert!(metadata.attempt != Some(0));
}

/// A status report: what it is announced as, its body and its query, parted by a zero.
pub(super) fn report(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else {
        return;
    };
    let rest = String::from_utf8_lossy(rest);
    let (body, query) = rest.split_once('\0').unwrap_or((&rest, ""));
    let report = match Report::read(form % 2 == 1, body, query) {
        Ok(report) => report,
        Err(error) => return repeats_no_number(&rest, &error.to_string()),
    };
    assert!(report.carrier_ids.len() <= LOOK_UPS_MAX && report.numbers.len() <= LOOK_UPS_MAX);
    for id in &report.carrier_ids {
        assert!(id.as_str().len() <= ID_BYTES_MAX);
    }
    let words: usize = report.words.iter().map(String::len).sum();
    assert!(words <= 4 * rest.len(), "{words} bytes of words");
    assert!(report.is_empty() || !rest.is_empty());
    let _ = (report.status(true), report.status(false));
}
