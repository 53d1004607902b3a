//! Deadlines and delays.

use std::time::Duration;

/// Deadlines and delays of one conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// Time for the client to send its client data; then close 1008 (own choice of the simulator).
    pub client_data_within: Duration,
    /// Time between two pings; the vendor publishes none.
    pub ping_every: Duration,
    /// Time for a pong; then `asyncio_timeout`, close 1002 (own choice).
    pub pong_within: Duration,
    /// Time without user audio; then `transport_receive_timeout`, close 1002. 60 s live.
    pub no_input_after: Duration,
    /// Time between the end of the callee's turn and the next step.
    pub think: Duration,
    /// Silence of the callee after which the agent speaks again. 7 s live (`turn.turn_timeout`).
    pub turn_timeout: Duration,
    /// Longest conversation; then `max_duration_exceeded`, close 1000. 600 s live.
    pub max_duration: Duration,
    /// Time for a `client_tool_result`; then the script goes on without. 1 to 120 s live.
    pub tool_within: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            client_data_within: Duration::from_secs(5),
            ping_every: Duration::from_secs(2),
            pong_within: Duration::from_secs(10),
            no_input_after: Duration::from_secs(60),
            think: Duration::from_millis(300),
            turn_timeout: Duration::from_secs(7),
            max_duration: Duration::from_secs(600),
            tool_within: Duration::from_secs(20),
        }
    }
}
