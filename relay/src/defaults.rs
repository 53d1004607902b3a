//! Every limit and pause of the media path, with its unit and its reason.

use std::time::Duration;

/// Rate of the carrier's stream unless its metadata says otherwise, both ways.
///
/// Knowlarity streams 16 kHz, 16-bit little-endian mono PCM when the flow's node says `16k`.
pub const CARRIER_HZ: u32 = 16_000;

/// Rate of the agent's audio until its metadata names one: ElevenLabs' default `pcm_16000`.
pub const AGENT_HZ: u32 = 16_000;

/// Longest piece of caller audio in one message to the agent.
///
/// The carrier sends 20 ms frames, which are passed on as they come. Frames that coalesced on
/// the way are cut back to this. At 16 kHz, 20 ms is 640 bytes.
pub const FRAME: Duration = Duration::from_millis(20);

/// Audio carried by one `playAudio` message.
///
/// The carrier plays each message as a file: shorter chunks click at the joins, longer ones
/// delay barge-in. At 16 kHz, 200 ms is 6,400 bytes.
pub const CHUNK: Duration = Duration::from_millis(200);

/// How far the audio sent to the carrier may run ahead of real time.
///
/// Two chunks: one playing, one waiting, so that a late packet does not leave a gap. More would
/// be heard after a barge-in, because `killAudio` may not reach files already queued.
pub const LEAD: Duration = Duration::from_millis(400);

/// Least audio that is sent before its chunk is full, while the carrier has less than
/// [`DRY_MARGIN`] left to play.
///
/// The first words of a reply, and an agent that speaks no faster than it is heard, do not wait for
/// a whole chunk. Less than this clicks, and costs a message for next to nothing.
pub const CHUNK_MIN: Duration = Duration::from_millis(60);

/// How long even less waits for more.
///
/// The agent's pieces come much faster than they play, so a pause this long means that the
/// utterance is over and its last, short piece is to be played.
pub const TAIL_WAIT: Duration = Duration::from_millis(100);

/// How long before the carrier runs dry an incomplete chunk is sent, so that it arrives in time.
pub const DRY_MARGIN: Duration = Duration::from_millis(100);

/// Agent speech held for playout, from which on the agent's socket is not read (120 s is 3.84 MB at
/// 16 kHz).
///
/// The agent speaks faster than real time, so a whole reply waits here, and an interruption is read
/// only behind it: the bound is far above any reply, and a longer one waits in the socket.
pub const PLAYOUT_MAX: Duration = Duration::from_secs(120);

/// Most caller audio held while no agent is ready (3 s is 96,000 bytes at 16 kHz).
///
/// Enough for a "hello?" and the start of a sentence. Older audio is dropped and counted: an
/// agent that starts by hearing long-past audio answers late for the rest of the call.
pub const BACKLOG_MAX: Duration = Duration::from_secs(3);

/// Pause after which one frame of silence is sent to an agent that heard nothing, and between
/// two such frames.
///
/// ElevenLabs ends a conversation after 60 s without caller audio. One [`FRAME`] a second is far
/// inside that bound and delays audio that stalled on the way by at most a fiftieth.
pub const SILENCE_INTERVAL: Duration = Duration::from_secs(1);

/// How long an agent may take to become ready, at the start and after it was lost.
pub const AGENT_READY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the carrier may send no audio before its stream counts as lost.
///
/// Its audio is continuous while the call is up, silence included.
pub const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long after the carrier announced a graceful stop (a frame of zero bytes) the call
/// counts as hung up, if no audio follows.
pub const STOP_WAIT: Duration = Duration::from_secs(2);

/// How long after a key of the telephone another may follow that belongs to it (2 s): who types from a
/// paper looks up between two digits.
pub const KEYS_WAIT: Duration = Duration::from_secs(2);

/// Most keys that are told together; more than any number that is asked for has.
pub const KEYS_MAX: usize = 32;

/// Longest silence while no agent is there to speak (1.5 s): then the callee hears a line of ours, within
/// 2 s with the way there.
pub const HOLD_AFTER: Duration = Duration::from_millis(1_500);

/// How long the callee may say nothing before we say goodbye. Who looks for a report is away for a
/// minute; a phone that lies on a table costs until the longest duration.
pub const CALLEE_SILENCE_MAX: Duration = Duration::from_secs(120);

/// How long after the agent's last words a callee who was silent for long may still think.
pub const ANSWER_TIME: Duration = Duration::from_secs(10);

/// From which peak on caller audio counts as speech: −36 dB of full scale. Speech on a quiet line peaks
/// near −25 dB, the noise of telephone lines lies below −45 dB.
pub const SPEECH_PEAK: u16 = 520;

/// How long after its last loud sound the callee still counts as speaking (1 s): words have pauses.
pub const SPEAKS_ON: Duration = Duration::from_secs(1);

/// How long a lost carrier stream may take to come back.
pub const GRACE: Duration = Duration::from_secs(15);

/// Longest call, from the opening of the carrier's stream.
pub const CALL_MAX: Duration = Duration::from_secs(15 * 60);

/// How long before the longest call ends the callee is told so: the line takes 4 s.
pub const LIMIT_NOTICE: Duration = Duration::from_secs(6);

/// Added to the time at which all audio should have been heard, before hanging up.
///
/// The carrier reports no end of playback. This covers the way to it and its own start delay.
pub const DRAIN_MARGIN: Duration = Duration::from_millis(300);

/// For how long after our audio should have been heard its echo may still arrive, where the carrier's
/// stream brings it back.
///
/// It covers the way to the carrier, its own start delay and the way back, as [`DRAIN_MARGIN`] does. The first
/// word of a callee who answers sooner is lost; people take about as long to begin.
pub const ECHO_MARGIN: Duration = Duration::from_millis(300);

/// How long an agent that announced the end (tool `end_call`) but has not closed yet may stay
/// quiet before its goodbye counts as complete.
pub const GOODBYE_QUIET: Duration = Duration::from_millis(1_000);

/// How long the carrier may take to close its side after `disconnect`, and the owner to decide
/// what to say when no agent can be had. Past it the call is over regardless.
pub const HARD_CAP: Duration = Duration::from_secs(10);

/// Largest binary frame accepted from the carrier: 5 s at 16 kHz, the most its engine's buffer
/// can coalesce.
pub const CARRIER_FRAME_MAX_BYTES: usize = 160_000;

/// Largest text frame accepted from the carrier: its metadata limit of 8,192 bytes, several
/// times over because pending texts share one frame.
pub const CARRIER_TEXT_MAX_BYTES: usize = 65_536;

/// Largest message accepted from the agent; ElevenLabs' own clients allow 16 MB.
pub const AGENT_MESSAGE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Read buffer of each socket. The WebSocket library fills the whole buffer with zeroes before
/// each read, so a large one costs most of the CPU: 4 KiB instead of 128 KiB was measured at a
/// third of the cost per call. Larger messages still pass.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;

/// How long what was written to a socket may wait for its peer. Nobody waits with it; a peer that
/// takes less than it is sent for this long is gone.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// From so many bytes on that wait a socket is written to before it is flushed. The library keeps what
/// its buffer has grown to: the backlog of an agent that became ready would stay with the call.
pub const WRITE_BUFFER_BYTES: usize = 4 * 1024;

/// Most bytes that wait for a peer: 10 s of audio at 16 kHz, as base64 in JSON. [`WRITE_TIMEOUT`] comes
/// before.
pub const WAITING_BYTES_MAX: usize = 512 * 1024;

/// Send buffer that is asked of the system for each socket: about 1.5 s of audio. Its own bound is some
/// megabytes, a minute of audio that nobody would hear before we learn that the peer takes none.
pub const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Pause between two pings to both peers, far below the 60 s idle limit of common proxies.
pub const PING_INTERVAL: Duration = Duration::from_secs(4);

/// How long an agent's socket may say nothing at all, not even that it got a ping. An agent whose
/// machine died says no more than one that thinks: with its pings unanswered for this long it is gone.
pub const AGENT_SILENCE_MAX: Duration = Duration::from_secs(10);

/// How long an unidentified stream may take to say which call it belongs to.
pub const METADATA_TIMEOUT: Duration = Duration::from_secs(5);

/// Most addresses, and most connections, that are kept for calls whose phones ring. More than this many
/// people seldom pick up within a second, and each is had again within one.
pub const SPARES_MAX: usize = 8;

/// How long an address at which a conversation may begin is kept: ElevenLabs takes it for 15 minutes.
pub const SPARE_URL_KEPT: Duration = Duration::from_secs(10 * 60);

/// How long an open connection is kept that has not been used: hosts close silent ones, few before 30 s.
pub const SPARE_CONNECTION_KEPT: Duration = Duration::from_secs(20);

/// How long opening the agent's socket may take, signed URL not included.
pub const AGENT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Conversations opened for one attempt: the first, and one more after trouble of the platform's. At
/// the second failure the callee hears an apology and is called again later.
pub const AGENT_OPENS_MAX: u32 = 2;

/// Numbers of conversations set apart for each stream of an attempt, more than
/// [`AGENT_OPENS_MAX`]: by them an answer of a later conversation is known.
pub const CONVERSATIONS_PER_STREAM: u32 = 16;

/// Pause before another conversation is opened.
pub const AGENT_REOPEN_PAUSE: Duration = Duration::from_millis(250);

/// How long a tool of the agent's may take (10 s): the platform waits 20 s for it by default, and the
/// store gives up after 6 s.
pub const TOOL_TIMEOUT: Duration = Duration::from_secs(10);

/// Tools of one conversation that run at the same time; an agent calls one or two in a turn.
pub const TOOLS_AT_ONCE_MAX: usize = 8;

/// Calls of tools whose answers are remembered, to answer a repeated delivery with the same.
pub const TOOL_CALLS_KEPT: usize = 64;

/// How long a connection may take from being accepted to the head of its request, with TLS before it.
/// A carrier needs a few round trips; a head that comes byte by byte is cut off here.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Most connections at once that have asked for nothing yet. Each holds a descriptor and a few
/// kilobytes; within [`HEAD_TIMEOUT`] more than a hundred a second must come to push a slow carrier out.
pub const ARRIVALS_MAX: usize = 1_024;

/// Of those, how many of one address. Carriers share few addresses, and each of their connections has
/// asked within a round trip: 25 pick-ups a second and a round trip of 2 s are 50.
pub const ARRIVALS_PER_ADDRESS_MAX: usize = 256;

/// Longest head of a request, in bytes: a path and query of 4,096 and headers of real clients, which
/// take less than 1,024.
pub const HEAD_MAX_BYTES: usize = 16 * 1024;

/// Most headers of a request; real ones have about ten.
pub const HEADERS_MAX: usize = 64;

/// Ids of a stream that are looked up in the table, the best first: two that a path gives in two forms
/// each, and two of its metadata. Each takes two reads at most.
pub const IDS_LOOKED_UP_MAX: usize = 6;

/// Vain looks into the table for streams of one address, after which none is done for those of its
/// streams that prove nothing by themselves. A stream whose token is genuine is never held back.
pub const TRIES_PER_ADDRESS_MAX: f64 = 60.0;

/// Pause after which one vain look of an address counts no more.
pub const TRIES_PER_ADDRESS_PAUSE: Duration = Duration::from_secs(1);

/// Vain looks for streams of all addresses after which the same holds for everybody: 12,000 reads at
/// most, and 200 a second from then on.
pub const TRIES_MAX: f64 = 1_000.0;

/// Addresses whose vain looks are remembered, some 400 kB; those beyond count among all only.
pub const TRIES_ADDRESSES_MAX: usize = 4_096;
