//! What is recorded of the call, if its request consents to it and there is a place for it.

use super::Session;
use crate::{bridge::Input, recording::Recording};
use recordings::Stream;

impl Session<'_> {
    /// Begins recording what both hear from here on.
    pub(super) fn begin_recording(&mut self) {
        let Some(to) = self.relay.config.recordings.clone() else {
            return;
        };
        if !self.request.recording_consent {
            return;
        }
        let of = Stream {
            call: self.request.id,
            attempt: self.attempt,
            stream: self.stream,
            began: self.relay.calls.now(),
        };
        let bridge = &self.relay.config.bridge;
        let rates = (bridge.carrier_in_hz, bridge.carrier_out_hz);
        let lost = self.relay.metrics.recording_lost();
        let (recording, work) = Recording::begin(to, of, rates, lost);
        // It outlives the session by what is left to store, and a drain waits for it.
        self.relay.tasks.carry(work);
        self.recording = Some(recording);
    }

    /// Takes down what came from the carrier.
    pub(super) fn record_input(&self, input: &Input) {
        let Some(recording) = &self.recording else {
            return;
        };
        if let Input::CarrierAudio(pcm) = input {
            recording.callee(pcm);
        } else if let Input::CarrierRate(hz) = input {
            recording.callee_hz(*hz);
        }
    }

    /// The callee hears nothing more of what was sent.
    pub(super) fn cut_recording(&self) {
        if let Some(recording) = &self.recording {
            recording.cut();
        }
    }
}
