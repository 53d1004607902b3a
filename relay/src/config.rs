//! The relay's own settings.

use crate::{bridge::BridgeConfig, ecs::EcsEndpoints, tls::TlsFiles};
use call::{Policy, answers::Questionnaire, phone::PhoneNumber};
use recordings::{Place, Recordings};
use settings::{ConfigError, Env};
use std::{net::IpAddr, net::SocketAddr, path::PathBuf, time::Duration};

/// How audio streams are admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamAuth {
    /// By a token bound to call and attempt, in the query or the metadata. The default.
    Token,
    /// By naming a live call in path or metadata, for accounts whose flow cannot carry a token.
    Metadata,
    /// As `Metadata`, but from these addresses only.
    SourceIp(Vec<IpAddr>),
    /// By naming a live call, or the number of one. For trials only.
    Open,
}

/// When the agent starts to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentStart {
    /// With the stream, unless its metadata says that the phone still rings. The default.
    Auto,
    /// With the stream, whatever it says.
    Stream,
    /// When the stream says that somebody picked up.
    Answered,
    /// With the first sound.
    FirstAudio,
}

/// Settings of one relay.
#[derive(Clone, Debug)]
pub struct RelayConfig {
    /// Address and port on which streams and health checks arrive.
    pub listen: SocketAddr,
    /// The certificate that is shown there; without one it speaks plain HTTP and WebSockets.
    pub tls: Option<TlsFiles>,
    /// Address and port on which Prometheus may ask for metrics, if any.
    pub metrics_listen: Option<SocketAddr>,
    /// Most calls at once; more are refused with 503.
    pub calls_max: usize,
    /// How long running calls may go on after SIGTERM.
    pub drain_timeout: Duration,
    /// How long a relay that later ones replace still takes streams, while the load balancer learns it.
    pub drain_notice: Duration,
    /// The container agent of ECS; without it the relay knows of no other one.
    pub ecs: Option<EcsEndpoints>,
    /// How streams are admitted.
    pub auth: StreamAuth,
    /// When the agent starts to talk.
    pub agent_start: AgentStart,
    /// Rates and pacing of the audio.
    pub bridge: BridgeConfig,
    /// What the agent asks.
    pub questionnaire: Questionnaire,
    /// The person to whom the agent hands callees over, if there is one.
    pub transfer_number: Option<PhoneNumber>,
    /// Where calls are recorded whose request consents to it; without it none is.
    pub recordings: Option<Recordings>,
}

/// Most calls that may be set. One core carries about 600; a task has at most a few cores.
const CALLS_BOUND: usize = 10_000;

impl RelayConfig {
    /// Reads the settings. The bridge's deadlines are those of the stored call.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn from_env(env: &Env, policy: &Policy) -> Result<Self, ConfigError> {
        let listen = env.parsed("RELAY_LISTEN");
        let tls = tls(env);
        let has_metrics = env.text("RELAY_METRICS_LISTEN").is_some();
        let metrics_listen = has_metrics.then(|| env.parsed("RELAY_METRICS_LISTEN"));
        let calls_max = env.number("RELAY_CALLS_MAX", 1, CALLS_BOUND);
        let drain_timeout = env.duration("DRAIN_TIMEOUT");
        let drain_notice = env.duration("DRAIN_NOTICE");
        let (auth, bridge) = (auth(env), bridge(env, policy));
        let agent_start = env.choice(
            "AGENT_START",
            &[
                ("auto", AgentStart::Auto),
                ("stream", AgentStart::Stream),
                ("answered", AgentStart::Answered),
                ("first_audio", AgentStart::FirstAudio),
            ],
        );
        let questionnaire = settings::questionnaire(env);
        let has_number = env.text("TRANSFER_NUMBER").is_some();
        let transfer_number = has_number.then(|| env.parsed("TRANSFER_NUMBER"));
        let recordings = recordings(env);
        env.check((|| {
            let (listen, calls_max) = (listen?, calls_max?);
            let (drain_timeout, drain_notice) = (drain_timeout?, drain_notice?);
            let (auth, bridge) = (auth?, bridge?);
            Some(Self {
                listen,
                tls: tls?,
                metrics_listen: metrics_listen.flatten(),
                calls_max,
                drain_timeout,
                drain_notice,
                ecs: ecs(env),
                auth,
                agent_start: agent_start?,
                bridge,
                questionnaire: questionnaire?,
                transfer_number: transfer_number.flatten(),
                recordings: recordings?,
            })
        })())
    }
}

/// Sets the storage up, if one is named.
fn recordings(env: &Env) -> Option<Option<Recordings>> {
    let Some(place) = Place::of(env)? else {
        return Some(None);
    };
    match Recordings::open(&place) {
        Ok(recordings) => Some(Some(recordings)),
        Err(error) => env.wrong("RECORDINGS", &error.to_string()),
    }
}

/// Both files or none.
fn tls(env: &Env) -> Option<Option<TlsFiles>> {
    let certificate = env.text("RELAY_TLS_CERTIFICATE").map(PathBuf::from);
    let key = env.text("RELAY_TLS_KEY").map(PathBuf::from);
    match (certificate, key) {
        (Some(certificate), Some(key)) => Some(Some(TlsFiles { certificate, key })),
        (None, None) => Some(None),
        (Some(_), None) => env.wrong("RELAY_TLS_KEY", "is not set beside RELAY_TLS_CERTIFICATE"),
        (None, Some(_)) => env.wrong("RELAY_TLS_CERTIFICATE", "is not set beside RELAY_TLS_KEY"),
    }
}

/// Both or none: an agent that cannot say which task it protects would keep it for ever.
fn ecs(env: &Env) -> Option<EcsEndpoints> {
    Some(EcsEndpoints {
        agent: env.text("ECS_AGENT_URI")?,
        metadata: env.text("ECS_CONTAINER_METADATA_URI_V4")?,
    })
}

fn auth(env: &Env) -> Option<StreamAuth> {
    let auth = env.choice(
        "STREAM_AUTH",
        &[
            ("token", StreamAuth::Token),
            ("metadata", StreamAuth::Metadata),
            ("source_ip", StreamAuth::SourceIp(Vec::new())),
            ("open", StreamAuth::Open),
        ],
    )?;
    if auth != StreamAuth::SourceIp(Vec::new()) {
        return Some(auth);
    }
    let text = env.required("STREAM_SOURCES")?;
    let addresses: Result<Vec<IpAddr>, _> = text.split(',').map(|ip| ip.trim().parse()).collect();
    match addresses {
        Ok(addresses) => Some(StreamAuth::SourceIp(addresses)),
        Err(_) => env.wrong("STREAM_SOURCES", "expected IP addresses joined by commas"),
    }
}

fn bridge(env: &Env, policy: &Policy) -> Option<BridgeConfig> {
    let carrier_hz = env.choice("STREAM_SAMPLING_RATE", &[("16k", 16_000), ("8k", 8_000)])?;
    Some(BridgeConfig {
        carrier_in_hz: carrier_hz,
        carrier_out_hz: carrier_hz,
        to_agent_gain: env.number("UPLINK_GAIN", 0.1, 8.0)?,
        half_duplex: env.flag("HALF_DUPLEX")?,
        chunk: env.duration("PLAYOUT_CHUNK")?,
        lead: env.duration("PLAYOUT_LEAD")?,
        callee_silence_max: env.duration("CALLEE_SILENCE_MAX")?,
        agent_ready_timeout: policy.agent_ready_timeout,
        grace: policy.disconnect_grace,
        call_max: policy.max_call_duration,
        ..BridgeConfig::default()
    })
}
