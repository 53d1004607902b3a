//! What one bridge is told about its call.

use crate::defaults;
use std::time::Duration;

/// Rates, sizes and timeouts of one bridge. [`Default`] takes all from [`crate::defaults`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BridgeConfig {
    /// Rate of the audio from the carrier, in Hz, until [`super::Input::CarrierRate`].
    pub carrier_in_hz: u32,
    /// Rate of the audio played to the carrier, in Hz; also that of [`super::Input::Say`].
    pub carrier_out_hz: u32,
    /// Factor on caller audio, saturating; 1 leaves it untouched.
    pub to_agent_gain: f32,
    /// Whether the agent hears silence while it is heard itself: for carriers whose stream brings our own
    /// audio back. The callee cannot interrupt then.
    pub half_duplex: bool,
    /// How long the silence lasts beyond that.
    pub echo_margin: Duration,
    /// Longest piece of caller audio in one message to the agent.
    pub frame: Duration,
    /// Audio in one message to the carrier.
    pub chunk: Duration,
    /// How far playout may run ahead of real time. Less than one chunk counts as one chunk.
    pub lead: Duration,
    /// Least audio that is sent before its chunk is full, if the carrier is about to run dry.
    pub chunk_min: Duration,
    /// How long even less waits for more.
    pub tail_wait: Duration,
    /// How long before the carrier runs dry an incomplete chunk is sent.
    pub dry_margin: Duration,
    /// Agent speech held from which on the agent has to wait ([`super::Bridge::has_room`]).
    pub playout_max: Duration,
    /// Most caller audio held while no agent is ready; the oldest is dropped.
    pub backlog_max: Duration,
    /// Pause after which silence is sent to the agent.
    pub silence_interval: Duration,
    /// How long an agent may take to become ready, first and again.
    pub agent_ready_timeout: Duration,
    /// How long the carrier may send no audio before its stream is lost.
    pub stream_idle_timeout: Duration,
    /// How long after an announced stop the call counts as hung up.
    pub stop_wait: Duration,
    /// How long after a key another may follow that belongs to it.
    pub keys_wait: Duration,
    /// Longest time in which the callee hears nothing while no agent is there to speak.
    pub hold_after: Duration,
    /// How long the callee may say nothing. Longer than [`Self::call_max`] is for ever.
    pub callee_silence_max: Duration,
    /// How long after the agent's last words the callee may think at least, silent for long or not.
    pub answer_time: Duration,
    /// How long a lost stream may take to come back.
    pub grace: Duration,
    /// Longest call, from the making of the bridge.
    pub call_max: Duration,
    /// How long before that the callee is told, a quarter of it at most.
    pub limit_notice: Duration,
    /// Added to the time at which all audio should have been heard.
    pub drain_margin: Duration,
    /// How long an agent that announced the end may stay quiet before it counts as done.
    pub goodbye_quiet: Duration,
    /// How long the carrier may take to close, and the owner to decide, at the end.
    pub hard_cap: Duration,
}

impl Default for BridgeConfig {
    fn default() -> Self {
        Self {
            carrier_in_hz: defaults::CARRIER_HZ,
            carrier_out_hz: defaults::CARRIER_HZ,
            to_agent_gain: 1.0,
            half_duplex: false,
            echo_margin: defaults::ECHO_MARGIN,
            frame: defaults::FRAME,
            chunk: defaults::CHUNK,
            lead: defaults::LEAD,
            chunk_min: defaults::CHUNK_MIN,
            tail_wait: defaults::TAIL_WAIT,
            dry_margin: defaults::DRY_MARGIN,
            playout_max: defaults::PLAYOUT_MAX,
            backlog_max: defaults::BACKLOG_MAX,
            silence_interval: defaults::SILENCE_INTERVAL,
            agent_ready_timeout: defaults::AGENT_READY_TIMEOUT,
            stream_idle_timeout: defaults::STREAM_IDLE_TIMEOUT,
            stop_wait: defaults::STOP_WAIT,
            keys_wait: defaults::KEYS_WAIT,
            hold_after: defaults::HOLD_AFTER,
            callee_silence_max: defaults::CALLEE_SILENCE_MAX,
            answer_time: defaults::ANSWER_TIME,
            grace: defaults::GRACE,
            call_max: defaults::CALL_MAX,
            limit_notice: defaults::LIMIT_NOTICE,
            drain_margin: defaults::DRAIN_MARGIN,
            goodbye_quiet: defaults::GOODBYE_QUIET,
            hard_cap: defaults::HARD_CAP,
        }
    }
}

impl BridgeConfig {
    /// How long before the longest duration the callee is told of it.
    pub(super) fn limit_notice(&self) -> Duration {
        self.limit_notice.min(self.call_max / 4)
    }
}
