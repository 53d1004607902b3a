//! Turns a stream of samples into segments of speech, by a voice-activity detector.
//!
//! Time is counted in samples received, so a listener that gets no audio also sees no time pass.

use std::time::Duration;

use earshot::Detector;

use super::{playing_time, samples_in};

/// Samples in one frame of the detector: 16 ms at 16 kHz.
const FRAME_SAMPLES: usize = 256;

/// Silence that ends a beginning which has not yet proved to be speech, in frames (80 ms).
const FALSE_START_FRAMES: usize = 5;

/// When sound counts as speech, and when speech is over.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ListenSettings {
    /// Detector score, 0 to 1, from which a 16 ms frame counts as voice.
    ///
    /// White noise stays below 0.45 and a pure tone below 0.55; speech is mostly above 0.7.
    pub threshold: f32,
    /// Voice needed before speech is believed; shorter sounds are ignored.
    pub min_speech: Duration,
    /// Silence after which a segment is over.
    pub end_silence: Duration,
}

impl Default for ListenSettings {
    fn default() -> Self {
        Self {
            threshold: 0.6,
            min_speech: Duration::from_millis(200),
            end_silence: Duration::from_millis(600),
        }
    }
}

/// One stretch of speech, in samples since the stream began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// First sample of the first voiced frame.
    pub start: usize,
    /// One past the last sample of the last voiced frame.
    pub end: usize,
}

impl Segment {
    /// Playing time from the first to the last voiced frame.
    pub fn duration(&self) -> Duration {
        playing_time(self.end - self.start)
    }
}

/// What a listener noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Someone has been speaking for [`ListenSettings::min_speech`], since sample `start`.
    Began {
        /// First sample of the first voiced frame.
        start: usize,
    },
    /// Speech was followed by [`ListenSettings::end_silence`].
    Ended(Segment),
}

/// Listens to one stream.
pub struct Segmenter {
    settings: ListenSettings,
    detector: Box<Detector>,
    carry: Vec<i16>,
    /// Samples judged so far, always whole frames.
    position: usize,
    state: State,
}

enum State {
    Quiet,
    Rising {
        start: usize,
        voiced: usize,
        quiet: usize,
    },
    Speech {
        start: usize,
        end: usize,
        quiet: usize,
    },
}

impl Segmenter {
    /// A listener at the beginning of a stream.
    pub fn new(settings: ListenSettings) -> Self {
        Self {
            settings,
            detector: Detector::default_boxed(),
            carry: Vec::with_capacity(FRAME_SAMPLES),
            position: 0,
            state: State::Quiet,
        }
    }

    /// Listens to more audio, in pieces of any size.
    pub fn push(&mut self, pcm: &[i16]) -> Vec<Heard> {
        let mut heard = Vec::new();
        self.carry.extend_from_slice(pcm);

        let whole = self.carry.len() / FRAME_SAMPLES * FRAME_SAMPLES;
        let frames: Vec<i16> = self.carry.drain(..whole).collect();
        for frame in frames.chunks_exact(FRAME_SAMPLES) {
            let voiced = self.detector.predict_i16(frame) >= self.settings.threshold;
            heard.extend(self.judge(voiced));
        }
        heard
    }

    /// Whether a segment has begun and is not yet over.
    pub fn is_speech(&self) -> bool {
        matches!(self.state, State::Speech { .. })
    }

    fn judge(&mut self, voiced: bool) -> Option<Heard> {
        let start_of_frame = self.position;
        self.position += FRAME_SAMPLES;
        let needed = frames_in(self.settings.min_speech).max(1);

        match &mut self.state {
            State::Quiet if voiced => {
                self.state = State::Rising {
                    start: start_of_frame,
                    voiced: 1,
                    quiet: 0,
                };
                self.believe(needed)
            }
            State::Quiet => None,
            State::Rising {
                voiced: count,
                quiet,
                ..
            } if voiced => {
                *count += 1;
                *quiet = 0;
                self.believe(needed)
            }
            State::Rising { quiet, .. } => {
                *quiet += 1;
                if *quiet > FALSE_START_FRAMES {
                    self.state = State::Quiet;
                }
                None
            }
            State::Speech { end, quiet, .. } if voiced => {
                *end = self.position;
                *quiet = 0;
                None
            }
            State::Speech { start, end, quiet } => {
                *quiet += 1;
                if *quiet < frames_in(self.settings.end_silence) {
                    return None;
                }
                let segment = Segment {
                    start: *start,
                    end: *end,
                };
                self.state = State::Quiet;
                Some(Heard::Ended(segment))
            }
        }
    }

    fn believe(&mut self, needed: usize) -> Option<Heard> {
        let State::Rising { start, voiced, .. } = self.state else {
            return None;
        };
        if voiced < needed {
            return None;
        }
        self.state = State::Speech {
            start,
            end: self.position,
            quiet: 0,
        };
        Some(Heard::Began { start })
    }
}

fn frames_in(duration: Duration) -> usize {
    samples_in(duration).div_ceil(FRAME_SAMPLES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::{Role, lines, noise, silence};

    fn listen(pcm: &[i16], piece: usize) -> Vec<Heard> {
        let mut segmenter = Segmenter::new(ListenSettings::default());
        pcm.chunks(piece)
            .flat_map(|piece| segmenter.push(piece))
            .collect()
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn every_embedded_line_of_the_callee_is_exactly_one_segment() {
        for line in lines().iter().filter(|line| line.role == Role::Callee) {
            let pcm = [silence(ms(300)), line.pcm.to_vec(), silence(ms(900))].concat();

            let heard = listen(&pcm, 320);

            let [Heard::Began { start }, Heard::Ended(segment)] = heard[..] else {
                panic!("{}: {heard:?}", line.id);
            };
            assert_eq!(segment.start, start);
            assert!(segment.start >= samples_in(ms(250)) && segment.start < samples_in(ms(600)));
            assert!(
                segment.duration() > line.duration() - ms(350),
                "{}: {segment:?}",
                line.id
            );
            assert!(segment.end <= samples_in(ms(300)) + line.pcm.len() + samples_in(ms(200)));
        }
    }

    #[test]
    fn silence_noise_and_clicks_are_not_speech() {
        let mut clicks = silence(ms(3_000));
        clicks
            .iter_mut()
            .step_by(4_000)
            .for_each(|sample| *sample = 20_000);

        assert_eq!(listen(&silence(ms(3_000)), 320), []);
        assert_eq!(listen(&noise(ms(3_000), 3_000, 1), 320), []);
        assert_eq!(listen(&clicks, 320), []);
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        let line = crate::speech::line("callee_age_hi");
        let pcm = [line.pcm.to_vec(), silence(ms(900))].concat();

        let whole = listen(&pcm, pcm.len());

        assert_eq!(whole.len(), 2);
        assert_eq!(listen(&pcm, 1), whole);
        assert_eq!(listen(&pcm, 777), whole);
    }
}
