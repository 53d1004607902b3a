//! What was lost of an attempt's audio, stream by stream.

use call::{Attempt, AudioGap, AudioReport};
use serde::Serialize;
use utoipa::ToSchema;

/// What is known of the audio of one stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AudioState {
    Clean,
    Gaps,
    Carried,
    NoReport,
}

/// What was lost of the audio of one stream, as the relay that carried it knows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StreamAudio)]
pub(crate) struct AudioView {
    /// Which stream of the attempt it is, from 1; more than one means that one was lost or replaced.
    pub(crate) stream: u32,
    pub(crate) state: AudioState,
    /// From when on it was carried, in milliseconds since `answeredAt`.
    #[serde(skip_serializing_if = "Option::is_none")]
    from_ms: Option<u64>,
    /// How long it was carried, in milliseconds, its time as a lost one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    length_ms: Option<u64>,
    /// What was lost, earliest first; 32 at most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<AudioGap>,
    /// How many more gaps there were.
    #[serde(skip_serializing_if = "is_zero")]
    more_gaps: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Each stream on which somebody was talked to. One that has no report is not taken for a clean one.
pub(crate) fn streams(attempt: &Attempt, reports: &[AudioReport]) -> Vec<AudioView> {
    if attempt.answered_at.is_none() {
        return Vec::new();
    }
    let of = |stream: u32| {
        let is_own =
            |report: &&AudioReport| (report.attempt, report.stream) == (attempt.number, stream);
        let is_carried = stream == attempt.streams && !attempt.is_closed();
        reports.iter().find(is_own).map_or_else(
            || AudioView::without_report(stream, is_carried),
            AudioView::of,
        )
    };
    (1..=attempt.streams).map(of).collect()
}

impl AudioView {
    fn of(report: &AudioReport) -> Self {
        Self {
            stream: report.stream,
            state: if report.is_clean() {
                AudioState::Clean
            } else {
                AudioState::Gaps
            },
            from_ms: Some(report.from_ms),
            length_ms: Some(report.length_ms),
            gaps: report.gaps.clone(),
            more_gaps: report.more_gaps,
        }
    }

    /// How many gaps there are, those included that are not told one by one.
    pub(crate) fn gap_count(&self) -> usize {
        self.gaps.len() + usize::try_from(self.more_gaps).unwrap_or(usize::MAX)
    }

    fn without_report(stream: u32, is_carried: bool) -> Self {
        Self {
            stream,
            state: if is_carried {
                AudioState::Carried
            } else {
                AudioState::NoReport
            },
            from_ms: None,
            length_ms: None,
            gaps: Vec::new(),
            more_gaps: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{AttemptState, AudioTo, GapReason, time::Timestamp};

    fn report(stream: u32, gaps: Vec<AudioGap>) -> AudioReport {
        AudioReport {
            attempt: 1,
            stream,
            at: Timestamp::from_millis(1_000),
            from_ms: 0,
            length_ms: 900,
            gaps,
            more_gaps: 0,
        }
    }

    #[test]
    fn a_stream_without_a_report_is_not_said_to_be_clean() {
        let gap = AudioGap {
            to: AudioTo::Callee,
            at_ms: 100,
            length_ms: 50,
            because: GapReason::UnderRun,
        };
        let foreign = AudioReport {
            attempt: 2,
            ..report(3, Vec::new())
        };
        let reports = [report(1, Vec::new()), report(2, vec![gap]), foreign];
        let mut attempt = Attempt {
            streams: 4,
            ..Attempt::intent(1, Timestamp::from_millis(0))
        };
        let states = |attempt: &Attempt| -> Vec<AudioState> {
            let streams = streams(attempt, &reports);
            streams.iter().map(|stream| stream.state).collect()
        };
        assert_eq!(states(&attempt), [], "nobody picked up");
        attempt.answered_at = Some(Timestamp::from_millis(0));
        let (clean, gaps) = (AudioState::Clean, AudioState::Gaps);
        let (carried, no_report) = (AudioState::Carried, AudioState::NoReport);
        assert_eq!(states(&attempt), [clean, gaps, no_report, carried]);
        attempt.state = AttemptState::Closed;
        assert_eq!(states(&attempt), [clean, gaps, no_report, no_report]);
    }
}
