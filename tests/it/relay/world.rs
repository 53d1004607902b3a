//! A relay between a simulated agent platform and streams that a test opens itself.

use super::{
    gate::Gate,
    stream::{self, Stream},
};
use crate::support::{carrier_id, phone, request_for};
use ::elevenlabs::{ElevenLabs, ElevenLabsConfig, RestConfig};
use ::recordings::Recordings;
use ::relay::{
    Relay,
    bridge::BridgeConfig,
    config::{AgentStart, RelayConfig, StreamAuth},
    ecs::EcsEndpoints,
    server::{Listener, serve},
    tls::TlsFiles,
};
use access::TokenKey;
use call::{
    CallEvent, CallSession, CallState, Outcome, Policy,
    answers::Questionnaire,
    ids::{CallId, CarrierCallId},
};
use local::database::Database;
use secrecy::SecretString;
use simulators::{
    elevenlabs::{self, AGENT_ID_DEFAULT, Script, Settings, Sim, Step},
    speech::line,
};
use std::{
    net::SocketAddr,
    sync::{
        Arc, Weak,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use store::clock::{Clock, SystemClock};
use store::{
    CallStore,
    calls::{Applied, Calls},
};
use tokio::{
    net::TcpListener,
    runtime::Handle,
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};
use traces::Traces;

/// Longest wait for a state.
pub(crate) const WITHIN: Duration = Duration::from_secs(15);

/// Pause between two looks at a call.
const LOOK: Duration = Duration::from_millis(20);

/// What differs between tests.
pub(crate) struct Setup {
    pub(crate) policy: Policy,
    pub(crate) auth: StreamAuth,
    pub(crate) script: Script,
    pub(crate) drain_timeout: Duration,
    pub(crate) drain_notice: Duration,
    pub(crate) ecs: Option<EcsEndpoints>,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) calls_max: usize,
    pub(crate) agent_start: AgentStart,
    /// How long beyond its end the agent's voice may come back; without, it is not kept from it.
    pub(crate) half_duplex: Option<Duration>,
    /// What the relay checks tokens with; the dialer makes them with [`token_key`] of 0.
    pub(crate) tokens: TokenKey,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) traces: Traces,
    /// Where calls are recorded; all callees agree to it then.
    pub(crate) recordings: Option<Recordings>,
}

/// The key of tokens, of the `n`-th secret.
pub(crate) fn token_key(n: u8) -> TokenKey {
    TokenKey::new(&token_secret(n)).unwrap()
}

pub(crate) fn token_secret(n: u8) -> SecretString {
    SecretString::from(format!("{n}123456789abcdef0123456789abcdef"))
}

impl Default for Setup {
    /// The agent says one second of a greeting, then listens.
    fn default() -> Self {
        let greeting = line("agent_greeting_hi").shortened(Duration::from_secs(1));
        Self {
            policy: Policy::default(),
            auth: StreamAuth::Token,
            script: Script::new([Step::Say(greeting.into())]),
            tokens: token_key(0),
            drain_timeout: WITHIN,
            drain_notice: Duration::ZERO,
            ecs: None,
            tls: None,
            calls_max: 100,
            agent_start: AgentStart::Auto,
            half_duplex: None,
            clock: Arc::new(SystemClock),
            traces: Traces::default(),
            recordings: None,
        }
    }
}

pub(crate) struct World {
    /// What the test sees and says, past the gate.
    pub(crate) calls: Calls,
    /// Between the relay and the database.
    pub(crate) gate: Gate,
    pub(crate) agents: Sim,
    /// As long as it serves.
    relay: Weak<Relay>,
    pub(crate) address: SocketAddr,
    /// Where the relay tells its metrics.
    pub(crate) metrics: SocketAddr,
    key: TokenKey,
    numbers: AtomicU32,
    pub(crate) recordings: Option<Recordings>,
    stop: watch::Sender<bool>,
    server: JoinHandle<usize>,
    _database: Database,
}

impl World {
    pub(crate) async fn start(setup: Setup) -> Self {
        Self::start_on(&Handle::current(), setup).await
    }

    /// Has the relay run on another runtime than all else.
    pub(crate) async fn start_on(relays_runtime: &Handle, setup: Setup) -> Self {
        crate::privacy::watch();
        // Fails only if a provider is there already, and then that one serves.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let database = Database::start(any, None).await.unwrap();
        let store = database.store("calls").await.unwrap();
        let calls = Calls::new(store, setup.clock.clone(), setup.policy.clone());
        let gate = Gate::before(database.url()).await;
        let relays = Calls {
            store: CallStore::local(&gate.url, "calls"),
            traces: setup.traces.clone(),
            ..calls.clone()
        };
        let agents = Sim::start(Settings::with_script(setup.script.clone()))
            .await
            .unwrap();
        let listener = Listener::bind(any, setup.tls.clone()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let of_metrics = TcpListener::bind(any).await.unwrap();
        let metrics = of_metrics.local_addr().unwrap();
        let config = relay_config(address, &setup);
        let agent = agent(&agents);
        let (stop, mut stopped) = watch::channel(false);
        let (made, relay) = oneshot::channel();
        let server = relays_runtime.spawn(async move {
            let relay = Relay::new(relays, setup.tokens, agent, config);
            let _ = made.send(Arc::downgrade(&relay));
            relay.serve_metrics(of_metrics);
            let shutdown = async move {
                let _ = stopped.wait_for(|stopped| *stopped).await;
            };
            serve(listener, relay, shutdown).await
        });
        Self {
            calls,
            gate,
            agents,
            relay: relay.await.unwrap(),
            address,
            metrics,
            key: token_key(0),
            numbers: AtomicU32::new(0),
            recordings: setup.recordings,
            stop,
            server,
            _database: database,
        }
    }

    /// A call whose phone rings, accepted by the carrier under [`carrier_id`].
    pub(crate) async fn dialing(&self) -> CallId {
        self.dialing_as(|id| Some(carrier_id(id))).await
    }

    /// The same, accepted under this id or none.
    pub(crate) async fn dialing_as(
        &self,
        named: impl Fn(CallId) -> Option<CarrierCallId>,
    ) -> CallId {
        let n = self.numbers.fetch_add(1, Ordering::SeqCst);
        let mut request = request_for(&format!("+91123456{:04}", 7000 + n));
        request.recording_consent = self.recordings.is_some();
        self.calls.create(&request, None).await.unwrap();
        let carrier_call_id = named(request.id);
        for event in [
            CallEvent::DialDue,
            CallEvent::DialDispatched { attempt: 1 },
            CallEvent::DialAccepted {
                attempt: 1,
                carrier_call_id,
            },
        ] {
            self.apply(request.id, event).await;
        }
        request.id
    }

    /// Tells a call something that must change it.
    pub(crate) async fn apply(&self, id: CallId, event: CallEvent) {
        let applied = self.calls.apply(id, &event).await.unwrap();
        assert!(
            matches!(applied, Applied::Changed { .. }),
            "{event:?}: {applied:?}"
        );
    }

    pub(crate) fn token(&self, id: CallId) -> String {
        self.token_of(id, 1)
    }

    pub(crate) fn token_of(&self, id: CallId, attempt: u8) -> String {
        self.key.stream_token(id, attempt)
    }

    /// Path and query of a call's first attempt.
    pub(crate) fn target(&self, id: CallId) -> String {
        format!("/knowlarity-stream/{id}?t={}", self.token(id))
    }

    pub(crate) async fn open(&self, target: &str) -> Result<Stream, u16> {
        stream::open(self.address, target, Some("audio.drachtio.org")).await
    }

    /// Opens the stream of a call with its token.
    pub(crate) async fn connect(&self, id: CallId) -> Stream {
        self.open(&self.target(id)).await.unwrap()
    }

    /// A call in conversation.
    pub(crate) async fn talking(&self) -> (CallId, Stream) {
        let id = self.dialing().await;
        let stream = self.connect(id).await;
        self.until(id, CallState::Active).await;
        (id, stream)
    }

    pub(crate) async fn until(&self, id: CallId, state: CallState) -> CallSession {
        self.until_it(id, |call| call.state == state).await
    }

    /// Waits until a call is as wanted.
    pub(crate) async fn until_it(
        &self,
        id: CallId,
        wanted: impl Fn(&CallSession) -> bool,
    ) -> CallSession {
        let mut last = None;
        let looked = timeout(WITHIN, async {
            loop {
                let session = self.calls.store.load(id).await.unwrap().unwrap();
                if wanted(&session) {
                    return session;
                }
                last = Some(session.state);
                sleep(LOOK).await;
            }
        })
        .await;
        looked.unwrap_or_else(|_| panic!("the call is {last:?}"))
    }

    /// Waits until attempt 1 is over and the next one waits for its time.
    pub(crate) async fn until_retry(&self, id: CallId, outcome: Outcome) {
        let session = self.until(id, CallState::Initiating).await;
        assert_eq!(session.attempt.unwrap().outcome, Some(outcome));
        assert!(session.dial_at.is_some());
    }

    pub(crate) async fn status(&self, path: &str) -> u16 {
        let url = format!("http://{}{path}", self.address);
        reqwest::get(url).await.unwrap().status().as_u16()
    }

    pub(crate) fn relay(&self) -> Arc<Relay> {
        self.relay.upgrade().unwrap()
    }

    /// Asks the relay to stop; it drains.
    pub(crate) fn shut_down(&self) {
        self.stop.send_replace(true);
    }

    /// How many calls the relay cut when it stopped.
    pub(crate) async fn stopped(&mut self) -> usize {
        timeout(WITHIN, &mut self.server).await.unwrap().unwrap()
    }

    /// Waits until the `number`-th conversation is as wanted.
    pub(crate) async fn agent_until(
        &self,
        number: usize,
        wanted: impl Fn(&elevenlabs::ConversationRecord) -> bool,
    ) -> elevenlabs::ConversationRecord {
        self.agents
            .wait_until(number, WITHIN, wanted)
            .await
            .unwrap()
    }
}

fn agent(agents: &Sim) -> ElevenLabs {
    let config = ElevenLabsConfig {
        rest: RestConfig {
            api_url: agents.base_url(),
            api_key: SecretString::from(agents.api_key()),
            timeout: Duration::from_secs(5),
        },
        agent_id: AGENT_ID_DEFAULT.to_owned(),
    };
    ElevenLabs::new(config).unwrap()
}

fn relay_config(listen: SocketAddr, setup: &Setup) -> RelayConfig {
    let policy = &setup.policy;
    let bridge = BridgeConfig {
        agent_ready_timeout: policy.agent_ready_timeout,
        grace: policy.disconnect_grace,
        call_max: policy.max_call_duration,
        half_duplex: setup.half_duplex.is_some(),
        echo_margin: setup.half_duplex.unwrap_or_default(),
        ..BridgeConfig::default()
    };
    RelayConfig {
        listen,
        tls: setup.tls.clone(),
        metrics_listen: None,
        calls_max: setup.calls_max,
        drain_timeout: setup.drain_timeout,
        drain_notice: setup.drain_notice,
        ecs: setup.ecs.clone(),
        auth: setup.auth.clone(),
        agent_start: setup.agent_start,
        bridge,
        questionnaire: Questionnaire::default(),
        transfer_number: Some(phone("+911234567892")),
        recordings: setup.recordings.clone(),
    }
}
