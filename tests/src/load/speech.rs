//! What an agent says, and when.

use super::{
    call::Call,
    mark::{FRAME_BYTES, Mark, Way},
    shared::Clock,
};
use clap::ValueEnum;
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// How an agent talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Manner {
    /// Whole replies at once, in uneven pieces, as ElevenLabs does.
    Bursty,
    /// 100 ms each 100 ms, without a pause: the most that one can say.
    RealTime,
}

/// Audio of one piece in real time.
const PIECE: Duration = Duration::from_millis(100);

/// Frames of one piece in real time.
const PIECE_FRAMES: u32 = 5;

/// Pieces of one reply in real time: 2.5 s.
const REPLY_PIECES: u32 = 25;

/// Frames of one reply at once: 4 s.
const BURST_FRAMES: u32 = 200;

/// From one whole burst to the next: it is played out, and there is a pause.
const BURST_EACH: Duration = Duration::from_millis(4_300);

/// From a burst to its interruption: it is played, and most of it waits.
const BURST_UNTIL_INTERRUPTED: Duration = Duration::from_millis(1_500);

/// Sizes of the pieces of a burst in bytes, over and over. Some end within a frame.
const BURST_BYTES: [usize; 7] = [3_200, 12_802, 640, 25_600, 5_998, 1_000, 16_000];

/// Something that an agent sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    Audio { event_id: u32, pcm: Vec<u8> },
    Interruption { event_id: u32 },
}

/// What one agent says. Every second reply is interrupted.
#[derive(Debug)]
pub(super) struct Speech {
    manner: Manner,
    /// The present reply, from 1; its number is its event's.
    reply: u32,
    /// Number of the first frame of the present reply.
    first: u32,
    pieces: u32,
    is_over: bool,
    due: Instant,
    words: VecDeque<Word>,
}

impl Speech {
    pub(super) fn new(manner: Manner, begins: Instant) -> Self {
        Self {
            manner,
            reply: 0,
            first: 0,
            pieces: 0,
            is_over: true,
            due: begins,
            words: VecDeque::new(),
        }
    }

    /// When there is something to say.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// What is to be said now.
    pub(super) fn say(&mut self, call: &Call, clock: Clock) -> impl Iterator<Item = Word> {
        match self.manner {
            Manner::Bursty => self.burst(call, clock),
            Manner::RealTime => self.piece(call, clock),
        }
        self.words.drain(..)
    }

    fn is_interrupted(&self) -> bool {
        self.reply.is_multiple_of(2)
    }

    fn piece(&mut self, call: &Call, clock: Clock) {
        if self.is_over || self.pieces == REPLY_PIECES {
            if !self.is_over && self.is_interrupted() {
                self.interrupt(call, clock);
            }
            self.begin();
        }
        let pcm = self.frames(PIECE_FRAMES, call, clock);
        self.words.push_back(Word::Audio {
            event_id: self.reply,
            pcm,
        });
        self.pieces += 1;
        self.due += PIECE;
    }

    fn burst(&mut self, call: &Call, clock: Clock) {
        if !self.is_over && self.is_interrupted() {
            self.interrupt(call, clock);
        }
        self.begin();
        let pcm = self.frames(BURST_FRAMES, call, clock);
        let (mut rest, mut sizes) = (pcm.as_slice(), BURST_BYTES.into_iter().cycle());
        while !rest.is_empty() {
            let bytes = sizes.next().unwrap_or(FRAME_BYTES).min(rest.len());
            let (piece, after) = rest.split_at(bytes);
            self.words.push_back(Word::Audio {
                event_id: self.reply,
                pcm: piece.to_vec(),
            });
            rest = after;
        }
        self.due += if self.is_interrupted() {
            BURST_UNTIL_INTERRUPTED
        } else {
            BURST_EACH
        };
    }

    fn begin(&mut self) {
        self.is_over = false;
        self.reply += 1;
        self.pieces = 0;
    }

    /// Gives up the present reply.
    fn interrupt(&mut self, call: &Call, clock: Clock) {
        call.book().interrupt(self.first, clock.us());
        self.words.push_back(Word::Interruption {
            event_id: self.reply,
        });
    }

    fn frames(&mut self, count: u32, call: &Call, clock: Clock) -> Vec<u8> {
        let mut pcm = Vec::with_capacity(count as usize * FRAME_BYTES);
        let (sent_us, mut book) = (clock.us(), call.book());
        for nth in 0..count {
            let sequence = book.send_down();
            if nth == 0 && self.pieces == 0 {
                self.first = sequence;
            }
            let mark = Mark {
                way: Way::Down,
                call: call.number,
                reply: self.reply,
                sequence,
                sent_us,
            };
            mark.write(&mut pcm);
        }
        pcm
    }
}
