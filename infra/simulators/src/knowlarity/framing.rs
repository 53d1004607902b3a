//! How the callee's audio is cut into binary frames.

/// Shape of the binary frames of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// One frame for each 20 ms.
    #[default]
    Even,
    /// Five frames in one, as when the carrier's writer lags.
    Coalesced,
    /// Frames of an odd number of bytes: samples are cut in half at the joins.
    Odd,
    /// Short, empty and odd frames in turn.
    Uneven,
}

/// Frames of 20 ms that [`Framing::Coalesced`] holds back before they go out together.
const COALESCED: usize = 5;

/// Cuts one stream.
#[derive(Debug, Default)]
pub(super) struct Framer {
    framing: Framing,
    held: Vec<u8>,
    frames: usize,
}

impl Framer {
    pub(super) fn new(framing: Framing) -> Self {
        Self {
            framing,
            ..Self::default()
        }
    }

    /// Takes 20 ms of audio; gives the frames to send now, which may be none.
    pub(super) fn cut(&mut self, audio: &[u8]) -> Vec<Vec<u8>> {
        self.frames += 1;
        self.held.extend(audio);
        match self.framing {
            Framing::Even => vec![std::mem::take(&mut self.held)],
            Framing::Coalesced if self.frames.is_multiple_of(COALESCED) => {
                vec![std::mem::take(&mut self.held)]
            }
            Framing::Coalesced => Vec::new(),
            Framing::Odd => vec![self.odd_part()],
            Framing::Uneven => {
                let short: Vec<u8> = self.held.drain(..3).collect();
                vec![short, Vec::new(), self.odd_part()]
            }
        }
    }

    /// All that is held but a last byte, if that makes the length odd.
    fn odd_part(&mut self) -> Vec<u8> {
        let odd = self.held.len() - (1 - self.held.len() % 2);
        self.held.drain(..odd).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_carries_the_same_bytes() {
        let audio: Vec<u8> = (0..640).map(|n| (n % 251) as u8).collect();
        for framing in [
            Framing::Even,
            Framing::Coalesced,
            Framing::Odd,
            Framing::Uneven,
        ] {
            let mut framer = Framer::new(framing);
            let frames: Vec<Vec<u8>> = (0..20).flat_map(|_| framer.cut(&audio)).collect();
            let mut sent = frames.concat();
            sent.extend(&framer.held);
            assert!(sent == audio.repeat(20), "{framing:?}");
            let has_odd = frames.iter().any(|frame| frame.len() % 2 == 1);
            assert_eq!(has_odd, matches!(framing, Framing::Odd | Framing::Uneven));
        }
    }
}
