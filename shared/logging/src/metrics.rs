//! The numbers that are kept over time: what each of them counts or measures, exactly.
//!
//! Whoever sees the thing happen notes it; [`Emf`] writes it where CloudWatch reads metrics. A process whose
//! log has no namespace for them notes them in vain.

mod emf;
mod noted;

pub use emf::Emf;
pub use noted::{Noted, Value};

/// Target of the events that carry a value. They are no lines of the log.
pub(crate) const TARGET: &str = "metric";

/// In what a metric is measured, as CloudWatch names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Parts of a hundred.
    Percent,
}

impl Unit {
    /// Its name in CloudWatch.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Seconds => "Seconds",
            Self::Percent => "Percent",
        }
    }
}

/// A number that is kept over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name in CloudWatch.
    pub name: &'static str,
    /// In what it is measured.
    pub unit: Unit,
    /// The dimension that parts it, if one does; the whole is kept too.
    pub by: Option<&'static str>,
    /// What one value says, and when it is noted.
    pub meaning: &'static str,
}

impl Metric {
    /// Notes a value of a metric that nothing parts.
    pub fn note(&self, value: f64) {
        debug_assert_eq!(self.by, None, "{} is noted without its part", self.name);
        let (metric, unit) = (self.name, self.unit.name());
        tracing::info!(target: TARGET, metric, unit, value);
    }

    /// Notes a value of one part. Parts are words of our own, a few for each metric: each costs as much as
    /// a metric.
    pub fn note_of(&self, part: &'static str, value: f64) {
        let (metric, unit) = (self.name, self.unit.name());
        debug_assert!(self.by.is_some(), "{metric} has no parts");
        let by = self.by.unwrap_or_default();
        tracing::info!(target: TARGET, metric, unit, value, by, part);
    }
}

/// Makes a constant of each metric, and the list of all; what its comment says is its meaning.
macro_rules! metrics {
    ($($(#[doc = $meaning:literal])+ $id:ident = $name:literal, $unit:ident $(, by $by:literal)?;)+) => {
        $(
            $(#[doc = $meaning])+
            pub const $id: Metric = Metric {
                name: $name,
                unit: Unit::$unit,
                by: metrics!(@by $($by)?),
                meaning: concat!($($meaning),+).trim_ascii(),
            };
        )+
        /// Every metric.
        pub const METRICS: &[Metric] = &[$($id),+];
    };
    (@by) => { None };
    (@by $by:literal) => { Some($by) };
}

metrics! {
    /// 1 for each stored change of a call's state, by the state that it entered.
    CALLS_REACHED = "CallsReached", Count, by "State";
    /// 1 for each attempt that ended, by its outcome.
    ATTEMPTS_ENDED = "AttemptsEnded", Count, by "Outcome";
    /// For each phone that was rung, when its attempt ended: 100 if somebody picked up, else 0. The average is
    /// the answered share. Refused numbers and cancelled attempts are not among them.
    ANSWERED_PERCENT = "AnsweredPercent", Percent;
    /// From the right to send the dial to the first word that somebody picked up, once for each attempt.
    RING_TO_ANSWER = "RingToAnswer", Milliseconds;
    /// 1 for each attempt that ended because no agent could be had, by the fault.
    AGENT_UNAVAILABLE = "AgentUnavailable", Count, by "Fault";

    /// From sending a dial request to the carrier's reply, or to giving up on it.
    DIAL_LATENCY = "DialLatency", Milliseconds;
    /// 1 for each dial request that the carrier did not take, by the cause: of the account (`auth`, `balance`,
    /// `account`), of the moment (`channels_busy`, `rate_limited`, `no_connection`), of the `number`, or
    /// `no_reply` that could be read.
    CARRIER_REFUSALS = "CarrierRefusals", Count, by "Cause";
    /// 1 for each campaign that was paused, because the carrier refused one of its dials after the other.
    CAMPAIGNS_PAUSED = "CampaignsPaused", Count;

    /// By how much the most overdue deadline of a call was late when a run of the sweep told it; 0 if none was.
    SWEEP_LAG = "SweepLag", Seconds;
    /// Calls whose deadline a run of the sweep told more than 30 s late.
    CALLS_OVERDUE = "CallsOverdue", Count;
    /// Requests to the table that failed in one run of the sweep; what they were for is still due.
    SWEEP_ERRORS = "SweepErrors", Count;
    /// Outcomes that are due and not delivered yet, the most that a tick of the run saw; it counts up to 128
    /// of each shard beside those that have a place, 4,608 in all.
    OUTBOX_BACKLOG = "OutboxBacklog", Count;
    /// By how many channels the counter differs from the live calls, each minute; the log says in which
    /// direction.
    CHANNEL_DRIFT = "ChannelDrift", Count;
    /// Channels that are taken, of those there are, each minute.
    CHANNELS_USED = "ChannelsUsed", Percent;
    /// 1 for each minute in which calls were due and no phone might ring.
    DIALLING_PAUSED = "DiallingPaused", Count;
    /// 1 for each outcome that was given up.
    OUTCOMES_PARKED = "OutcomesParked", Count;
    /// 1 for each conversation whose post-call report never came, or cannot be read.
    CONVERSATIONS_MISSING = "ConversationsMissing", Count;
    /// 1 for each time that a conversation at ElevenLabs, or a recording, could not be deleted a day after it had to be.
    CONVERSATIONS_UNERASED = "ConversationsUnerased", Count;
    /// 1 for each record that lacks answers after its post-call report was read. A patient may refuse to answer.
    RECORDS_INCOMPLETE = "RecordsIncomplete", Count;

    /// 1 for each time that a process could not read its secrets again, or not use what it read: it goes on with
    /// those it has, and tries again a minute later.
    SECRETS_STALE = "SecretsStale", Count;

    /// 1 for each start of a relay.
    RELAY_STARTS = "RelayStarts", Count;
    /// Calls that one relay carries, those whose end it stores, and those at its door, each 10 s.
    RELAY_CALLS = "RelayCalls", Count;
    /// Calls that one relay would still take, each 10 s; 0 while it drains.
    RELAY_ROOM = "RelayRoom", Count;
    /// The part of `RELAY_CALLS_MAX` that one relay carries, each 10 s. A relay that drains says nothing: it is
    /// no room to scale by.
    RELAY_LOAD = "RelayLoad", Percent;
    /// From the admission of a stream, or from the pick-up if the stream came before, to the readiness of its
    /// first agent.
    AGENT_READY = "AgentReady", Milliseconds;
    /// From the admission of an attempt's first stream, or from the pick-up if the stream came before, to the
    /// first agent audio handed to the carrier.
    FIRST_AUDIO = "FirstAudio", Milliseconds;
    /// Times the carrier ran dry within one reply of the agent, for each call that a relay left.
    UNDERRUNS = "Underruns", Count;
    /// 1 for each call that a relay ended before its time, by the reason: `drained`, `lease_lapsed`.
    CALLS_CUT = "CallsCut", Count, by "Reason";
}
