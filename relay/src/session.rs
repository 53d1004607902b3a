//! One call: the loop that feeds the bridge and does what it says.

mod agent;
mod alarm;
mod ending;
mod lines;
mod measured;
mod missed;
mod obey;
mod recorded;
mod ringing;
mod tools;
mod traced;
mod transcript;

use crate::{
    agent_leg::{AgentNews, AgentSocket},
    bridge::{Bridge, Input, Output},
    carrier_leg::{self, CarrierSocket},
    defaults::PING_INTERVAL,
    recorder::Recorder,
    recording::Recording,
    registry::{Attached, Seat},
    relay::Relay,
    wire,
};
use alarm::Alarm;
use call::{CallRequest, CallSession, time::Timestamp};
use elevenlabs::message::AgentFailure;
use ending::Announced;
use futures_util::future::BoxFuture;
use measured::Moments;
use missed::Carried;
use store::StoreError;
use tokio::{sync::watch, time::Instant};
use tokio_tungstenite::tungstenite::{Error, Message};
use tools::{Done, Tools};
use traced::Spans;
use transcript::earlier;

/// Dropped, it stops opening.
type Opening<'a> = BoxFuture<'a, Result<AgentSocket, AgentFailure>>;

/// Carries one attempt of a call from its admitted stream to its end.
pub(crate) async fn run(relay: &Relay, call: CallSession, stream: Attached, mut seat: Seat) {
    let id = call.id;
    // What is rare is boxed: a call's task is as large as the largest of what it may wait for.
    let picked_up = Box::pin(ringing::outlast(relay, call, stream, &mut seat)).await;
    let Some((call, stream)) = picked_up else {
        return;
    };
    match Box::pin(Session::new(relay, call, stream, seat)).await {
        Ok(Some(session)) => Box::pin(session.run()).await,
        Ok(None) => tracing::error!(call_id = %id, "a call without its request"),
        Err(error) => tracing::error!(call_id = %id, %error, "the call's request cannot be read"),
    }
}

struct Session<'a> {
    relay: &'a Relay,
    request: CallRequest,
    attempt: u8,
    /// Which stream of the attempt this session began with, from 1. The one that it carries now is
    /// the recorder's.
    stream: u32,
    bridge: Bridge,
    carried: Carried,
    recorder: Recorder,
    /// Where the recorder tells that the stored call is over.
    over: watch::Receiver<bool>,
    seat: Seat,
    carrier: Option<CarrierSocket>,
    alarm: Alarm,
    ping_at: Instant,
    agent: Option<AgentSocket>,
    opening: Option<Opening<'a>>,
    opens: u32,
    /// What the last failure of the agent's means for the next conversation.
    failure: AgentFailure,
    is_told_over: bool,
    is_leaving: bool,
    announced: Option<Announced>,
    /// What the carrier is told once what is announced is stored.
    parting: Vec<Output>,
    /// Whether the callee has heard that it takes a moment.
    is_asked_to_wait: bool,
    tools: Tools,
    turn_times: Vec<Timestamp>,
    /// What was said so far, for a conversation that replaces a lost one.
    said: String,
    moments: Moments,
    spans: Spans,
    /// What takes both voices down, if the call is recorded.
    recording: Option<Recording>,
}

enum Wake {
    Over,
    Attached(Attached),
    Carrier(Option<Result<Message, Error>>),
    Agent(AgentNews),
    Opened(Result<AgentSocket, AgentFailure>),
    Tool(Done),
    Parted,
    Timer,
}

impl<'a> Session<'a> {
    async fn new(
        relay: &'a Relay,
        call: CallSession,
        attached: Attached,
        seat: Seat,
    ) -> Result<Option<Self>, StoreError> {
        let attempt = call.attempt.as_ref().map_or(1, |attempt| attempt.number);
        let stream = call.attempt.as_ref().map_or(1, |attempt| attempt.streams);
        let is_resumed = stream > 1;
        let Some(request) = relay.calls.store.request(call.id).await? else {
            return Ok(None);
        };
        let said = if is_resumed {
            earlier(relay, &call).await?
        } else {
            String::new()
        };
        // A talk that another relay began ends when it would have ended there.
        let mut config = relay.config.bridge;
        if let Some(until) = call.talk_until {
            config.call_max = config.call_max.min(until.since(relay.calls.now()));
        }
        let recorder = Recorder::start(
            relay.calls.clone(),
            relay.metrics.call.failed(),
            &call,
            attached.lease,
        );
        let began = Instant::now();
        let mut session = Self {
            relay,
            request,
            attempt,
            stream,
            bridge: Bridge::new(config, began.into_std()),
            carried: Carried::of(&call, relay.calls.now(), began.into_std()),
            over: recorder.told_over(),
            recorder,
            seat,
            moments: Moments::of(attached.at),
            spans: Spans::of(
                &call,
                attempt,
                stream,
                relay.calls.now() - attached.at.elapsed(),
            ),
            carrier: Some(attached.socket),
            alarm: Alarm::default(),
            ping_at: Instant::now() + PING_INTERVAL,
            agent: None,
            opening: None,
            opens: 0,
            failure: AgentFailure::Transient,
            is_told_over: false,
            is_leaving: false,
            announced: None,
            parting: Vec::new(),
            is_asked_to_wait: false,
            tools: Tools::default(),
            turn_times: Vec::new(),
            said,
            recording: None,
        };
        session.begin_recording();
        session.open_agent();
        Ok(Some(session))
    }

    async fn run(mut self) {
        let end = loop {
            let wake = self.next().await;
            if let Wake::Attached(stream) = &wake {
                self.recorder.take_over(stream.lease);
            }
            // A process that was frozen may wake with all of this in store: its right comes first.
            self.check_lease();
            self.check_shutdown();
            self.handle(wake).await;
            if let Some(end) = self.obey() {
                break end;
            }
            let now = Instant::now().into_std();
            self.recorder.hears(self.bridge.voice(now));
            self.announce_end();
        };
        Box::pin(self.finish(end)).await;
    }

    /// Waits for whatever comes first; what ends calls goes before what carries audio.
    async fn next(&mut self) -> Wake {
        let next = self.bridge.poll_timeout();
        self.moments.wait_for(next);
        let timer = next.map(|(at, _)| at.into());
        let lapse = self.recorder.leased_until().filter(|_| !self.is_leaving);
        let agent_may_talk = self.bridge.has_room();
        tokio::select! {
            biased;
            Ok(_) = self.over.wait_for(|over| *over), if !self.is_told_over => Wake::Over,
            () = self.seat.over.notified(), if !self.is_told_over => Wake::Over,
            Some(stream) = self.seat.attached.recv() => Wake::Attached(stream),
            message = next_of(&mut self.carrier) => Wake::Carrier(message),
            news = news_of(&mut self.agent), if agent_may_talk => Wake::Agent(news),
            opened = opened(&mut self.opening) => Wake::Opened(opened),
            Some(done) = self.tools.done(), if !self.tools.is_idle() => Wake::Tool(done),
            () = settled(&mut self.announced), if !self.parting.is_empty() => Wake::Parted,
            () = self.alarm.until([timer, lapse, Some(self.ping_at)]) => Wake::Timer,
        }
    }

    async fn handle(&mut self, wake: Wake) {
        match wake {
            Wake::Over => {
                self.is_told_over = true;
                self.feed(Input::HangUp);
            }
            Wake::Attached(stream) => {
                self.carrier = Some(stream.socket);
                self.recorder.beat(self.agent.is_some());
                if let Some(recording) = &self.recording {
                    recording.attached();
                }
                self.feed(Input::CarrierAttached);
                self.report_audio();
            }
            Wake::Carrier(message) => {
                if wire::is_stalled(&message) {
                    tracing::warn!(call_id = %self.request.id, "the carrier takes no audio");
                    self.relay.metrics.call.stalled("carrier");
                }
                let is_gone = !matches!(message, Some(Ok(_)));
                carrier_leg::inputs(message).into_iter().for_each(|input| {
                    self.record_input(&input);
                    self.feed(input);
                });
                if is_gone {
                    self.carrier = None;
                }
            }
            Wake::Agent(AgentNews::Message(message)) => self.heed_agent(message).await,
            Wake::Agent(AgentNews::Stalled) => {
                tracing::warn!(call_id = %self.request.id, "the agent takes no audio");
                self.relay.metrics.call.stalled("agent");
                self.agent_closed(AgentFailure::Transient);
            }
            Wake::Agent(AgentNews::Closed(failure)) => self.agent_closed(failure),
            Wake::Opened(Ok(socket)) => self.agent = Some(socket),
            Wake::Opened(Err(failure)) => self.agent_closed(failure),
            Wake::Tool(done) => self.tool_done(done),
            Wake::Parted => self.parted(),
            Wake::Timer => {
                if self.ping_at <= Instant::now() {
                    self.ping_at = Instant::now() + PING_INTERVAL;
                    self.ping();
                }
                self.feed(Input::Timeout);
            }
        }
    }

    fn carrier_hz(&self) -> u32 {
        self.relay.config.bridge.carrier_out_hz
    }

    fn feed(&mut self, input: Input) {
        self.bridge.handle(input, Instant::now().into_std());
    }
}

async fn next_of(carrier: &mut Option<CarrierSocket>) -> Option<Result<Message, Error>> {
    match carrier {
        Some(carrier) => carrier.next().await,
        None => std::future::pending().await,
    }
}

async fn news_of(agent: &mut Option<AgentSocket>) -> AgentNews {
    match agent {
        Some(agent) => agent.next().await,
        None => std::future::pending().await,
    }
}

async fn opened(opening: &mut Option<Opening<'_>>) -> Result<AgentSocket, AgentFailure> {
    let Some(agent) = opening else {
        return std::future::pending().await;
    };
    let result = agent.await;
    *opening = None;
    result
}

async fn settled(announced: &mut Option<Announced>) {
    if let Some(announced) = announced {
        announced.settled().await;
    }
}
