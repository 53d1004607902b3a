//! The path on which the carrier connects.

use call::private::Private;
use percent_encoding::percent_decode_str;

/// All streams connect below this path.
const PREFIX: &str = "/knowlarity-stream";

/// Longest path and query read. The carrier's engine cuts them at this length.
const PATH_MAX_BYTES: usize = 4_096;

/// Longest segment or other id that is looked up (128 bytes); UUIDs take 36.
pub const ID_BYTES_MAX: usize = 128;

/// Most segments read: two ids and two words of a proxy's.
const SEGMENTS_MAX: usize = 4;

/// What a stream's path and query say about its call.
///
/// Known forms: our id as in the flow's URL, the carrier's call id followed by `_0`, and one
/// fixed path without an id. Any further segments are read the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPath {
    /// The segments after `/knowlarity-stream`, percent-decoded.
    pub segments: Vec<String>,
    /// The admission token: query parameter `t` or `token`, percent-decoded.
    pub token: Option<Private>,
}

/// Why a target is not read as a stream's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It is below another path.
    #[error("no stream is here")]
    Elsewhere,
    /// Path and query are longer than 4,096 bytes, the path has more than four segments, or one of them is
    /// longer than [`ID_BYTES_MAX`].
    #[error("the path is longer than that of any stream")]
    TooLong,
}

impl StreamPath {
    /// Reads the target of an upgrade request.
    ///
    /// # Errors
    /// [`BadPath`].
    pub fn parse(target: &str) -> Result<Self, BadPath> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest = path.strip_prefix(PREFIX).ok_or(BadPath::Elsewhere)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return Err(BadPath::Elsewhere);
        }
        if target.len() > PATH_MAX_BYTES {
            return Err(BadPath::TooLong);
        }
        let segments = rest.split('/').filter(|segment| !segment.is_empty());
        let segments: Vec<String> = segments.map(decode).take(SEGMENTS_MAX + 1).collect();
        let is_short = |segment: &String| segment.len() <= ID_BYTES_MAX;
        if segments.len() > SEGMENTS_MAX || !segments.iter().all(is_short) {
            return Err(BadPath::TooLong);
        }
        Ok(Self {
            segments,
            token: token(query),
        })
    }

    /// Ids that may name the call, best first: each segment as it is, then each without a
    /// trailing `_` and digits.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        let exact = self.segments.iter().map(String::as_str);
        exact.chain(
            self.segments
                .iter()
                .filter_map(|segment| without_counter(segment)),
        )
    }
}

/// `id` of `id_0`.
fn without_counter(segment: &str) -> Option<&str> {
    let (id, counter) = segment.rsplit_once('_')?;
    let is_counter = !counter.is_empty() && counter.bytes().all(|byte| byte.is_ascii_digit());
    (is_counter && !id.is_empty()).then_some(id)
}

fn token(query: &str) -> Option<Private> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) =
        pairs.find(|(key, value)| matches!(*key, "t" | "token") && !value.is_empty())?;
    Some(decode(value).into())
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(target: &str, ids: &[&str], token: Option<&str>) {
        let path = StreamPath::parse(target).unwrap();
        assert_eq!(path.ids().collect::<Vec<_>>(), ids);
        assert_eq!(path.token, token.map(Private::from));
    }

    #[test]
    fn each_form_of_path_gives_its_ids() {
        check("/knowlarity-stream", &[], None);
        check("/knowlarity-stream/", &[], None);
        check("/knowlarity-stream?t=abc", &[], Some("abc"));
        check("/knowlarity-stream/c1", &["c1"], None);
        check("/knowlarity-stream/c1/?x=1&t=a%2Db", &["c1"], Some("a-b"));
        check("/knowlarity-stream/c1?token=abc", &["c1"], Some("abc"));
        check("/knowlarity-stream/c1?t=", &["c1"], None);
        check("/knowlarity-stream/7f3a_0", &["7f3a_0", "7f3a"], None);
        check("/knowlarity-stream/7f3a_12", &["7f3a_12", "7f3a"], None);
        check("/knowlarity-stream/a_b", &["a_b"], None);
        check("/knowlarity-stream/_0", &["_0"], None);
        check(
            "/knowlarity-stream/c1/7f3a_0",
            &["c1", "7f3a_0", "7f3a"],
            None,
        );
        check("/knowlarity-stream/c%201", &["c 1"], None);
        check("/knowlarity-stream/%FF", &["\u{FFFD}"], None);
    }

    #[test]
    fn other_paths_are_no_streams() {
        for target in [
            "/",
            "",
            "/healthz",
            "/knowlarity-streams/c1",
            "/x/knowlarity-stream/c1",
        ] {
            assert_eq!(
                StreamPath::parse(target),
                Err(BadPath::Elsewhere),
                "{target}"
            );
        }
        for (segments, is_read) in [
            ("a".repeat(ID_BYTES_MAX), true),
            ("a".repeat(ID_BYTES_MAX + 1), false),
            ("a/".repeat(SEGMENTS_MAX), true),
            ("a/".repeat(SEGMENTS_MAX + 1), false),
        ] {
            let path = StreamPath::parse(&format!("/knowlarity-stream/{segments}"));
            assert_eq!(path.is_ok(), is_read, "{segments}");
        }
        let query = format!("/knowlarity-stream/c1?x={}", "a".repeat(4_096));
        assert_eq!(StreamPath::parse(&query), Err(BadPath::TooLong));
    }
}
