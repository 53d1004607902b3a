//! Agent speech on its way to the carrier: queued, cut to chunks, paced to real time.

use super::{barge_in::Utterance, config::BridgeConfig};
use crate::audio::{SAMPLE_BYTES, bytes_in, duration_of};
use bytes::{Bytes, BytesMut};
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// A queue, with the bound from which on it asks for no more, and the clock of what the carrier should have played by when.
///
/// The carrier tells nothing about its playback, so this clock is the only one: it assumes that
/// a chunk starts when it is sent or when the one before it ends, whichever is later.
#[derive(Debug)]
pub(crate) struct Playout {
    queue: VecDeque<Piece>,
    queued_bytes: usize,
    /// When everything handed out so far will have been heard.
    heard_until: Instant,
    last_arrival: Instant,
    last_played: Option<Utterance>,
    hz: u32,
    chunk_bytes: usize,
    chunk_bytes_min: usize,
    bytes_max: usize,
    lead: Duration,
    tail_wait: Duration,
    dry_margin: Duration,
}

#[derive(Debug)]
struct Piece {
    utterance: Utterance,
    pcm: Bytes,
}

/// One chunk to be played.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) pcm: Bytes,
    /// How long the carrier had run dry before it, within the same utterance of an agent's.
    pub(crate) dry: Option<Duration>,
}

impl Playout {
    pub(crate) fn new(config: &BridgeConfig, now: Instant) -> Self {
        let hz = config.carrier_out_hz;
        let chunk_bytes = bytes_in(config.chunk, hz).max(SAMPLE_BYTES);
        Self {
            queue: VecDeque::new(),
            queued_bytes: 0,
            heard_until: now,
            last_arrival: now,
            last_played: None,
            hz,
            chunk_bytes,
            chunk_bytes_min: bytes_in(config.chunk_min, hz),
            bytes_max: bytes_in(config.playout_max, hz),
            lead: config.lead.max(duration_of(chunk_bytes, hz)),
            tail_wait: config.tail_wait,
            dry_margin: config.dry_margin,
        }
    }

    /// Queues whole samples at the carrier's rate.
    pub(crate) fn push(&mut self, utterance: Utterance, pcm: Bytes, now: Instant) {
        if pcm.is_empty() {
            return;
        }
        self.queued_bytes += pcm.len();
        self.last_arrival = now;
        self.queue.push_back(Piece { utterance, pcm });
    }

    /// Whether more is welcome.
    pub(crate) fn has_room(&self) -> bool {
        self.queued_bytes < self.bytes_max
    }

    /// When the next chunk is to be sent; in the past if it is overdue.
    ///
    /// A full chunk goes as soon as the lead allows it. An incomplete one waits for the rest until
    /// the carrier is about to run dry, and one that is very short until nothing came for a while.
    pub(crate) fn due(&self) -> Option<Instant> {
        let bytes = self.queued_bytes.min(self.chunk_bytes);
        if bytes == 0 {
            return None;
        }
        let ahead = self.heard_until + duration_of(bytes, self.hz);
        let paced = earlier(ahead, self.lead);
        if bytes == self.chunk_bytes {
            return Some(paced);
        }
        let due = paced.max(earlier(self.heard_until, self.dry_margin));
        if bytes >= self.chunk_bytes_min {
            return Some(due);
        }
        Some(due.max(self.last_arrival + self.tail_wait))
    }

    /// Takes the next chunk if it is due, and counts it as playing.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<Chunk> {
        if self.due()? > now {
            return None;
        }
        let utterance = self.queue.front()?.utterance;
        let goes_on = self.last_played == Some(utterance) && utterance != Utterance::HOLD;
        let dry = now.saturating_duration_since(self.heard_until);
        let dry = (goes_on && !dry.is_zero()).then_some(dry);
        let pcm = self.take(self.queued_bytes.min(self.chunk_bytes));
        self.heard_until = self.heard_until.max(now) + duration_of(pcm.len(), self.hz);
        Some(Chunk { pcm, dry })
    }

    /// Takes `bytes` from the front, without a copy if they lie in one piece.
    fn take(&mut self, bytes: usize) -> Bytes {
        self.queued_bytes -= bytes;
        let first = self.take_from_front(bytes);
        if first.len() == bytes {
            return first;
        }
        let mut joined = BytesMut::with_capacity(bytes);
        joined.extend_from_slice(&first);
        while joined.len() < bytes {
            let next = self.take_from_front(bytes - joined.len());
            joined.extend_from_slice(&next);
        }
        joined.freeze()
    }

    fn take_from_front(&mut self, bytes_max: usize) -> Bytes {
        let front = self
            .queue
            .front_mut()
            .expect("no more is taken than is queued");
        self.last_played = Some(front.utterance);
        if front.pcm.len() > bytes_max {
            return front.pcm.split_to(bytes_max);
        }
        self.queue
            .pop_front()
            .map(|piece| piece.pcm)
            .unwrap_or_default()
    }

    /// Drops what is queued of utterances up to `last`; returns how many bytes.
    pub(crate) fn drop_through(&mut self, last: Utterance) -> usize {
        self.drop_where(|piece| piece.utterance <= last)
    }

    fn drop_where(&mut self, is_void: impl Fn(&Piece) -> bool) -> usize {
        let before = self.queued_bytes;
        self.queue.retain(|piece| !is_void(piece));
        self.queued_bytes = self.queue.iter().map(|piece| piece.pcm.len()).sum();
        before - self.queued_bytes
    }

    /// Drops what is queued of one utterance; returns how many bytes.
    pub(crate) fn drop_only(&mut self, utterance: Utterance) -> usize {
        self.drop_where(|piece| piece.utterance == utterance)
    }

    /// Drops all that is queued; returns how many bytes.
    pub(crate) fn clear(&mut self) -> usize {
        self.queue.clear();
        std::mem::take(&mut self.queued_bytes)
    }

    /// Nothing handed out so far will be heard from `now` on; returns how many bytes that is.
    pub(crate) fn cut(&mut self, now: Instant) -> usize {
        let unheard = self.heard_until.saturating_duration_since(now);
        self.heard_until = now;
        self.last_played = None;
        bytes_in(unheard, self.hz)
    }

    /// Whether something handed out since the last cut may be heard at `now`, if the carrier is
    /// up to `margin` late.
    pub(crate) fn may_be_heard(&self, now: Instant, margin: Duration) -> bool {
        self.last_played.is_some() && now < self.heard_until + margin
    }

    /// Whether what is heard last is an agent's.
    pub(crate) fn plays_agent(&self) -> bool {
        self.last_played.is_some_and(|last| last < Utterance::HOLD)
    }

    /// When the carrier runs dry if nothing more comes.
    pub(crate) fn dry_at(&self) -> Instant {
        self.heard_until + duration_of(self.queued_bytes, self.hz)
    }

    /// When everything handed out so far will have been heard.
    pub(crate) fn heard_until(&self) -> Instant {
        self.heard_until
    }

    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }
}

/// `instant - duration`, or `instant` itself if the clock does not reach back so far.
fn earlier(instant: Instant, duration: Duration) -> Instant {
    instant.checked_sub(duration).unwrap_or(instant)
}
