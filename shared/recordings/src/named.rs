//! How the objects of a recording are named: `calls/<call>/<attempt>-<stream>-<began>/<segment>`.

use call::{ids::CallId, time::Timestamp};
use object_store::path::Path;

/// What is added to the name of a stream's last segment.
const END: &str = "-end";

/// One stream of one attempt of a call. They are ordered as they were carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stream {
    /// The call.
    pub call: CallId,
    /// The attempt, from 1.
    pub attempt: u8,
    /// Which of the attempt's streams, from 1.
    pub stream: u32,
    /// When its first sample was heard.
    pub began: Timestamp,
}

/// One segment of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Segment {
    /// Of which stream.
    pub of: Stream,
    /// Which of its segments, from 0.
    pub seq: u32,
    /// Whether it is the last one.
    pub is_last: bool,
}

/// Where all segments of all calls are.
pub(crate) fn all() -> Path {
    Path::from("calls")
}

/// Where all segments of a call are.
pub(crate) fn of_call(call: CallId) -> Path {
    Path::from(format!("calls/{call}"))
}

/// Where a segment is.
pub(crate) fn path_of(segment: Segment) -> Path {
    let Segment { of, seq, is_last } = segment;
    let (attempt, stream, began) = (of.attempt, of.stream, of.began.as_millis());
    let end = if is_last { END } else { "" };
    let call = of.call;
    Path::from(format!(
        "calls/{call}/{attempt:02}-{stream:03}-{began:013}/{seq:05}{end}"
    ))
}

/// What a name says; nothing of one that no relay gave.
pub(crate) fn segment_of(path: &Path) -> Option<Segment> {
    let parts: Vec<_> = path.parts().collect();
    let [folder, call, stream, segment] = parts.as_slice() else {
        return None;
    };
    let mut words = stream.as_ref().splitn(3, '-');
    let mut word = || words.next();
    let of = Stream {
        call: call.as_ref().parse().ok()?,
        attempt: word()?.parse().ok()?,
        stream: word()?.parse().ok()?,
        began: Timestamp::from_millis(word()?.parse().ok()?),
    };
    let name = segment.as_ref();
    let seq = name.strip_suffix(END);
    let segment = Segment {
        of,
        seq: seq.unwrap_or(name).parse().ok()?,
        is_last: seq.is_some(),
    };
    (folder.as_ref() == "calls").then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_it_was_made_of() {
        let of = Stream {
            call: "07070707-0707-0707-0707-070707070707".parse().unwrap(),
            attempt: 2,
            stream: 13,
            began: Timestamp::from_millis(1_793_400_000_123),
        };
        for (segment, name) in [
            (
                Segment {
                    of,
                    seq: 0,
                    is_last: false,
                },
                "02-013-1793400000123/00000",
            ),
            (
                Segment {
                    of,
                    seq: 360,
                    is_last: true,
                },
                "02-013-1793400000123/00360-end",
            ),
        ] {
            let path = path_of(segment);
            let folder = "calls/07070707-0707-0707-0707-070707070707";
            assert_eq!(path.as_ref(), format!("{folder}/{name}"));
            assert_eq!(segment_of(&path), Some(segment));
            assert!(path.as_ref().starts_with(of_call(of.call).as_ref()));
        }
    }

    #[test]
    fn names_of_others_say_nothing() {
        for name in [
            "calls",
            "calls/07070707-0707-0707-0707-070707070707",
            "calls/07070707-0707-0707-0707-070707070707/01-001-1/x",
            "calls/07070707-0707-0707-0707-070707070707/01-001/00000",
            "calls/nobody/01-001-1/00000",
            "other/07070707-0707-0707-0707-070707070707/01-001-1/00000",
        ] {
            assert_eq!(segment_of(&Path::from(name)), None, "{name}");
        }
    }
}
