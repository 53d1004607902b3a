//! Every variable that is read, in one table. `infra/aws/README.md` shows the same.

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// The value used when it is unset; `None` if it is required or really optional.
    pub default: Option<&'static str>,
    /// What it does, in one line.
    pub meaning: &'static str,
}

const fn set(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        default: Some(default),
        meaning,
    }
}

const fn unset(name: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        default: None,
        meaning,
    }
}

/// Spoken while the callee waits for the agent, as the user's document has it.
const WELCOME: &str = "कृपया एक क्षण प्रतीक्षा करें, हम आपको हमारे सहायक से जोड़ रहे हैं।";

/// Every variable that is read, with its default and meaning.
pub const VARIABLES: &[Variable] = &[
    set(
        "KNOWLARITY_API_URL",
        "https://kpi.knowlarity.com",
        "Base address of the dial API",
    ),
    unset(
        "KNOWLARITY_API_KEY",
        "SR API key, sent as `authorization` (required by who dials)",
    ),
    unset(
        "KNOWLARITY_APPLICATION_KEY",
        "Application access key, sent as `x-api-key` (optional)",
    ),
    unset(
        "KNOWLARITY_ACCOUNT_ID",
        "Account id, put where `KNOWLARITY_DIAL_PATH` or `KNOWLARITY_CALL_LOG` has `{account_id}` (optional)",
    ),
    unset(
        "KNOWLARITY_CALLER_ID",
        "Number shown to the callee (required by who dials)",
    ),
    unset(
        "KNOWLARITY_NUMBER",
        "Knowlarity number that dials; the caller id if unset",
    ),
    set(
        "KNOWLARITY_DIALECT",
        "ivr_flow",
        "Dial API of the account: `ivr_flow` or `kapps_ivr`",
    ),
    unset(
        "KNOWLARITY_DIAL_PATH",
        "Path of the dial request; the dialect's own if unset",
    ),
    unset(
        "KNOWLARITY_IVR_ID",
        "IVR that the callee enters (required by `kapps_ivr`)",
    ),
    set(
        "KNOWLARITY_CALL_LOG",
        "Basic/v1/account/calllog",
        "Path or whole address of the call log; `off` for accounts without one",
    ),
    unset(
        "KNOWLARITY_WEBHOOK_SECRET",
        "Secret last part of the webhook's path (optional, advised; required with `SECRETS`)",
    ),
    unset(
        "KNOWLARITY_WEBHOOK_SECRET_PREVIOUS",
        "Another one that is taken while it is changed (optional)",
    ),
    unset(
        "SERVER_WEBSOCKET_URL",
        "Public address of the relay's streams (required by who dials)",
    ),
    set(
        "STREAM_SAMPLING_RATE",
        "16k",
        "Audio rate asked of the carrier: `16k` or `8k`",
    ),
    set(
        "STREAM_AUTH",
        "token",
        "How streams are admitted: `token`, `metadata`, `source_ip`, `open`",
    ),
    unset(
        "STREAM_SOURCES",
        "Addresses that may open streams, for `source_ip`, joined by commas",
    ),
    set(
        "WELCOME_TEXT",
        WELCOME,
        "Line spoken before the agent is connected",
    ),
    set("WELCOME_LANGUAGE", "hi", "Language of that line"),
    set(
        "DIAL_TIMEOUT",
        "30s",
        "Longest wait for the carrier's answer to a dial",
    ),
    unset(
        "CARRIER_ERRORS",
        "What texts in the carrier's answers mean, `text=balance; text=account`, before those that are known (optional)",
    ),
    set(
        "ELEVENLABS_API_URL",
        "https://api.elevenlabs.io",
        "Host of the agents' region",
    ),
    unset(
        "ELEVENLABS_API_KEY",
        "Key of the workspace (required by the relay; without it the sweep asks for no conversation)",
    ),
    unset(
        "ELEVENLABS_AGENT_ID",
        "Agent that talks unless the request names one (required by the relay)",
    ),
    set(
        "AGENT_LANGUAGES",
        "hi,en",
        "Languages that a request's `language` may name: those the agents have a preset for",
    ),
    set(
        "ELEVENLABS_TIMEOUT",
        "5s",
        "Longest wait for a signed URL or a conversation",
    ),
    unset(
        "ELEVENLABS_WEBHOOK_SECRET",
        "What signs the post-call webhook; without it none is taken",
    ),
    unset(
        "ELEVENLABS_WEBHOOK_SECRET_PREVIOUS",
        "Another one that is taken while it is changed (optional)",
    ),
    set(
        "POST_CALL_WAIT",
        "5m",
        "From the end of a conversation until the sweep asks for it, if no webhook came",
    ),
    unset(
        "SECRETS",
        "Secrets in AWS Secrets Manager, names or ARNs joined by commas, that fill what is not set here (optional)",
    ),
    set("TABLE_NAME", "outbound-calls", "DynamoDB table"),
    set(
        "TABLE_CREATE",
        "false",
        "Whether a missing table is created at start",
    ),
    set(
        "RETENTION_DAYS",
        "365",
        "Days for which what is known of a call is kept after it is over, 1 to 3650; then it is erased",
    ),
    unset(
        "RECORDINGS",
        "Where calls are recorded whose request consents to it: `s3://bucket/prefix` or `file:///folder`; none is if unset",
    ),
    unset(
        "API_KEYS",
        "Clients of the API: `name:scope+scope:sha256`, joined by commas (required by functions that clients ask)",
    ),
    unset(
        "CLIENT_API_KEY",
        "Key that the commands which ask a running system send (optional on this machine, where `local-key` is tried, and where `login` has kept one)",
    ),
    unset(
        "CLIENT_API_URL",
        "Address of the system that those commands ask without `--url` (optional)",
    ),
    unset(
        "TOKEN_SECRET",
        "Key of all tokens, 32 bytes or more (required by the relay, and by functions that make or check tokens)",
    ),
    unset(
        "TOKEN_SECRET_PREVIOUS",
        "Another key whose tokens are taken, but none made, while `TOKEN_SECRET` is changed (optional)",
    ),
    set(
        "RATE_LIMIT_PER_MINUTE",
        "600",
        "Triggers of one API key in a minute",
    ),
    unset(
        "QUESTIONNAIRE",
        "What the agent asks, as a JSON list of fields; name, age, gender, complaint, since when, severity and city if unset",
    ),
    set(
        "REPORT_ZONE",
        "Asia/Kolkata",
        "By whose midnights reports part the days, an IANA time zone",
    ),
    unset(
        "COST_PER_MINUTE_CARRIER",
        "What a minute of a telephone call costs in reports and forecasts, in rupees such as `0.80`, at most 1000 (optional; without prices they have no cost)",
    ),
    unset(
        "COST_PER_MINUTE_AGENT",
        "The same for a minute of conversation with the agent (optional)",
    ),
    set("RING_TIMEOUT", "30s", "How long a phone rings"),
    set(
        "ANSWER_MARGIN",
        "20s",
        "From the pick-up to the open stream: the welcome line, and what dial and reports take",
    ),
    set(
        "RECONCILE_MARGIN",
        "60s",
        "Added to it while the carrier's reply is missing",
    ),
    set(
        "AGENT_READY_TIMEOUT",
        "10s",
        "From the open stream to the agent's readiness",
    ),
    set(
        "HEARTBEAT_TIMEOUT",
        "30s",
        "Without a sign of the relay, a call counts as disconnected",
    ),
    set("MAX_CALL_DURATION", "15m", "Longest conversation"),
    set(
        "DISCONNECT_GRACE",
        "15s",
        "How long lost media may come back",
    ),
    set(
        "CALL_EXPIRY",
        "24h",
        "How long a call may wait when the request names no `expiresAt`",
    ),
    set("RETRIES_MAX", "3", "Re-dials after the first dial"),
    set("RETRY_BUSY", "5m", "Wait after a busy line"),
    set("RETRY_NO_ANSWER", "15m", "Wait after no answer"),
    set(
        "RETRY_UNREACHABLE",
        "30m",
        "Wait after a switched-off phone",
    ),
    set(
        "RETRY_AGENT_UNAVAILABLE",
        "2m",
        "Wait after no agent could be reached",
    ),
    set(
        "RETRY_CONNECTION_LOST",
        "1m",
        "Wait after the media was lost",
    ),
    set(
        "RETRY_CARRIER_ERROR",
        "1m",
        "Wait after trouble of the carrier's",
    ),
    set("MAX_CONCURRENT_CALLS", "10", "Channels of the carrier plan"),
    unset(
        "AGENT_CONCURRENCY",
        "Conversations the agents' plan allows at once; no limit of its own if unset",
    ),
    unset(
        "DIALS_PER_SECOND",
        "Dials begun in one second; not paced if unset",
    ),
    unset(
        "CALLING_WINDOW",
        "When phones may ring: `09:00-21:00 Asia/Kolkata`; always if unset",
    ),
    set(
        "DND_LIST_MAX_AGE",
        "168h",
        "How old the do-not-disturb list may be by which promotional calls are dialled, at most 720h",
    ),
    set(
        "CALLING_WINDOW_OVERRIDE",
        "false",
        "Whether a request's `callingWindow` replaces that window; else it can only narrow it",
    ),
    unset(
        "WEBHOOK_SIGNING_KEYS",
        "Keys that sign outcomes, `whsec_…`, newest first, joined by commas; without one none are sent",
    ),
    unset(
        "MONITORING_WEBHOOK_URL",
        "Address to which every outcome is delivered (optional)",
    ),
    set(
        "CALLBACK_ALLOW_PRIVATE",
        "false",
        "Whether `callbackUrl` may name this machine or a private network, and use http",
    ),
    unset(
        "CALLBACK_HOSTS",
        "Hosts that `callbackUrl` may name, `crm.example.org,*.hospital.example`; any if unset",
    ),
    set(
        "WEBHOOK_TIMEOUT",
        "10s",
        "Longest wait for the answer to an outcome",
    ),
    set(
        "SWEEP_DURATION",
        "55s",
        "How long one run of the sweep looks each second",
    ),
    unset(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Base address of a collector of OpenTelemetry traces (OTLP over HTTP), to which `/v1/traces` is appended; none are told if unset",
    ),
    unset(
        "METRICS_NAMESPACE",
        "Namespace of the metrics that the functions and the relay write into their logs, in CloudWatch's embedded metric format; none are written if unset",
    ),
    set(
        "RELAY_LISTEN",
        "0.0.0.0:3001",
        "Address the relay listens on",
    ),
    unset(
        "RELAY_TLS_CERTIFICATE",
        "File with the certificate of the relay's name and those between it and its root, in PEM, for relays without a load balancer that holds it; read again when it changes (optional)",
    ),
    unset(
        "RELAY_TLS_KEY",
        "File with its private key, in PEM without a passphrase (required beside the certificate)",
    ),
    unset(
        "RELAY_METRICS_LISTEN",
        "Address on which Prometheus may ask the relay for `/metrics`, for example `127.0.0.1:9090`; strangers must not reach it (optional)",
    ),
    unset(
        "TRANSFER_NUMBER",
        "Person to whom the agent hands callees over who ask for one (optional)",
    ),
    set(
        "AGENT_START",
        "auto",
        "When the agent starts: with the `stream`, when the stream or a report says `answered`, at the `first_audio`, or `auto`: with the stream unless that says that the phone still rings",
    ),
    set(
        "DRAIN_NOTICE",
        "2m",
        "How long a relay that a later version replaces still takes streams, while the load balancer learns of it",
    ),
    unset(
        "ECS_AGENT_URI",
        "Where ECS takes scale-in protection; ECS sets it",
    ),
    unset(
        "ECS_CONTAINER_METADATA_URI_V4",
        "Where ECS says which task this is; ECS sets it",
    ),
    set("RELAY_CALLS_MAX", "200", "Calls one relay carries at once"),
    set(
        "DRAIN_TIMEOUT",
        "95s",
        "How long running calls may go on after SIGTERM; who still talks then is told, within 20 s",
    ),
    set(
        "UPLINK_GAIN",
        "1.0",
        "Factor on the callee's audio, 0.1 to 8",
    ),
    set(
        "HALF_DUPLEX",
        "false",
        "Whether the agent hears silence while it is heard itself, for accounts whose stream brings our own audio back (`true`); nobody can interrupt it then",
    ),
    set("PLAYOUT_CHUNK", "200ms", "Audio in one `playAudio` message"),
    set(
        "PLAYOUT_LEAD",
        "400ms",
        "How far playout runs ahead of real time",
    ),
    set(
        "CALLEE_SILENCE_MAX",
        "2m",
        "How long the callee may say nothing before the call is ended with a goodbye; from `MAX_CALL_DURATION` on for ever",
    ),
];
