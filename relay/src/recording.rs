//! Recording a call: from the media loop, which hands over what it passes on anyway and never waits, to the
//! storage, which may be slow or away.

mod shelf;
mod tape;

pub(crate) use shelf::Lost;

use bytes::Bytes;
use recordings::{Recordings, Stream};
use shelf::Shelf;
use std::time::Instant;
use tape::Tape;
use tokio::{
    select,
    sync::mpsc::{self, Receiver, Sender},
};

/// Pieces that wait for the tape (256): as many as come in about four seconds. Its task does nothing but
/// write them down, so more means a machine that stands still.
const PIECES_MAX: usize = 256;

/// The media loop's end. Dropped, the recording ends.
pub(crate) struct Recording {
    pieces: Sender<Piece>,
    lost: Lost,
}

/// What is told of the audio, and when that was.
struct Piece {
    at: Instant,
    is: Is,
}

enum Is {
    /// PCM of the callee's.
    Callee(Bytes),
    /// The rate of it from here on, in Hz.
    CalleeHz(u32),
    /// A new stream of it begins.
    CalleeAnew,
    /// PCM that the carrier was told to play.
    Agent(Bytes),
    /// What it plays is cut.
    Cut,
}

impl Recording {
    /// Begins one. What is returned beside it is the work, to be carried beside the call: it ends once all
    /// is stored, or within [`shelf::END_MAX`] after the recording is dropped.
    pub(crate) fn begin(
        to: Recordings,
        of: Stream,
        rates: (u32, u32),
        lost: Lost,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (pieces, told) = mpsc::channel(PIECES_MAX);
        let tape = Tape::new(rates.0, rates.1, now());
        let shelf = Shelf::new(to, of, lost.clone());
        (Self { pieces, lost }, record(told, tape, shelf))
    }

    /// The carrier sent PCM of the callee's.
    pub(crate) fn callee(&self, pcm: &Bytes) {
        self.tell(Is::Callee(pcm.clone()));
    }

    /// The carrier said at which rate it sends.
    pub(crate) fn callee_hz(&self, hz: u32) {
        self.tell(Is::CalleeHz(hz));
    }

    /// Another stream of the carrier's takes the place of the one before.
    pub(crate) fn attached(&self) {
        self.tell(Is::Cut);
        self.tell(Is::CalleeAnew);
    }

    /// The carrier was told to play this.
    pub(crate) fn agent(&self, pcm: &Bytes) {
        self.tell(Is::Agent(pcm.clone()));
    }

    /// What the carrier was told to play is heard no further.
    pub(crate) fn cut(&self) {
        self.tell(Is::Cut);
    }

    fn tell(&self, is: Is) {
        let at = now();
        if self.pieces.try_send(Piece { at, is }).is_err() {
            (self.lost)("piece");
        }
    }
}

/// By tokio's clock, which tests may stop.
fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

async fn record(mut told: Receiver<Piece>, mut tape: Tape, mut shelf: Shelf) {
    loop {
        select! {
            biased;
            piece = told.recv() => {
                let Some(Piece { at, is }) = piece else { break };
                while let Some(segment) = tape.take_due(at) {
                    shelf.put(segment);
                }
                match is {
                    Is::Callee(pcm) => tape.callee(pcm, at),
                    Is::CalleeHz(hz) => tape.callee_hz(hz),
                    Is::CalleeAnew => tape.callee_anew(),
                    Is::Agent(pcm) => tape.agent(pcm, at),
                    Is::Cut => tape.cut(at),
                }
            }
            () = shelf.store() => {}
        }
    }
    shelf.end(tape.finish(now())).await;
}

#[cfg(test)]
mod tests;
