//! Whether phones may ring at all: a breaker for each vendor, and the operator's own pause.
//!
//! A fold without clock or store. What is wrong with our account at a vendor fares every call the
//! same, so it opens the vendor's breaker at once; passing trouble opens it when it comes in a burst.
//! While a breaker is open calls wait, and one call at a time is let through to see whether the
//! trouble is over.

use crate::{AgentFault, Hindrance, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Troubles in a row, none of them older than [`BURST_SPAN`], that open a breaker (5).
pub const BURST: u32 = 5;

/// How long passing trouble counts (60 s).
pub const BURST_SPAN: Duration = Duration::from_secs(60);

/// From the opening of a breaker to its first probe (30 s); doubled by each probe.
const PROBE_PAUSE: Duration = Duration::from_secs(30);

/// Longest pause between two probes (5 min).
const PROBE_PAUSE_MAX: Duration = Duration::from_secs(300);

/// Whom a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vendor {
    /// Who dials: Knowlarity.
    Carrier,
    /// Who talks: the agent's platform.
    Agent,
}

impl Vendor {
    /// Its name in reasons and logs.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Carrier => "carrier",
            Self::Agent => "agent",
        }
    }
}

/// What opened a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Credentials are refused.
    Auth,
    /// The account has no money left.
    Balance,
    /// The account or its plan has ended or is suspended.
    Account,
    /// The agent, its key or what it is sent is set up wrongly.
    Configuration,
    /// The platform's quota is used up.
    Quota,
    /// Trouble that may pass, [`BURST`] times in a row.
    Burst,
}

impl Cause {
    const fn label(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Balance => "balance",
            Self::Account => "account",
            Self::Configuration => "configuration",
            Self::Quota => "quota",
            Self::Burst => "burst",
        }
    }
}

/// What one dial or one conversation says about a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It works.
    Works,
    /// It will fail every call until a person mends it.
    Fails(Cause),
    /// It failed this call, and may work for the next.
    Stumbles,
}

impl Sign {
    /// What it says of the carrier that a dial was not taken for this reason, if it says anything.
    #[must_use]
    pub const fn of_hindrance(because: Hindrance) -> Option<Self> {
        match because {
            Hindrance::Auth => Some(Self::Fails(Cause::Auth)),
            Hindrance::Balance => Some(Self::Fails(Cause::Balance)),
            Hindrance::Account => Some(Self::Fails(Cause::Account)),
            Hindrance::NoConnection => Some(Self::Stumbles),
            Hindrance::RateLimited | Hindrance::ChannelsBusy | Hindrance::TooLate => None,
        }
    }

    /// What it says of the agent's platform that no agent could be had.
    #[must_use]
    pub const fn of_fault(because: AgentFault) -> Self {
        match because {
            AgentFault::Configuration => Self::Fails(Cause::Configuration),
            AgentFault::Quota => Self::Fails(Cause::Quota),
            AgentFault::Busy | AgentFault::Outage => Self::Stumbles,
        }
    }
}

/// An open breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// The trouble that opened it.
    pub cause: Cause,
    /// When it opened.
    pub since: Timestamp,
    /// When the next call is let through.
    pub probe_at: Timestamp,
    /// Calls let through so far.
    pub probes: u32,
}

/// What is known of one vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Breaker {
    /// Troubles in a row, while closed.
    troubles: u32,
    /// When the first of them was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    first_at: Option<Timestamp>,
    /// Set while no call may use the vendor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub open: Option<Open>,
}

/// An operator's pause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pause {
    /// Name of the API key that asked for it.
    pub by: String,
    /// When it was asked for.
    pub since: Timestamp,
    /// Why, in the operator's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Whether phones may ring, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dialling {
    /// Counts stored changes, from 1; 0 if nothing was stored yet.
    pub version: u64,
    /// Set while an operator holds all dials back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub paused: Option<Pause>,
    /// Of the carrier.
    pub carrier: Breaker,
    /// Of the agent's platform.
    pub agent: Breaker,
}

/// What holds all calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// An operator's pause.
    Operator,
    /// Trouble at a vendor.
    Vendor(Vendor, Cause),
}

/// How many calls may be dialled now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// As many as there are channels for.
    All,
    /// One, to see whether the trouble is over; it is to be claimed with [`Dialling::probing`].
    One,
    /// None: an operator paused, or a breaker is open and its next try is not due.
    None,
}

impl Dialling {
    /// How many calls may be dialled at `now`.
    #[must_use]
    pub fn permit(&self, now: Timestamp) -> Permit {
        if self.paused.is_some() {
            return Permit::None;
        }
        let mut open = self.open().map(|(_, open)| open).peekable();
        if open.peek().is_none() {
            Permit::All
        } else if open.all(|open| open.probe_at <= now) {
            Permit::One
        } else {
            Permit::None
        }
    }

    /// What holds calls back, if anything does.
    #[must_use]
    pub fn held(&self) -> Option<Held> {
        if self.paused.is_some() {
            return Some(Held::Operator);
        }
        let (vendor, open) = self.open().next()?;
        Some(Held::Vendor(vendor, open.cause))
    }

    /// Why calls wait, if they do: `operator`, or vendor and cause, `carrier_balance`.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        Some(match self.held()? {
            Held::Operator => "operator".to_owned(),
            Held::Vendor(vendor, cause) => format!("{}_{}", vendor.label(), cause.label()),
        })
    }

    /// Since when that is so, if it is.
    #[must_use]
    pub fn since(&self) -> Option<Timestamp> {
        let operator = self.paused.as_ref().map(|pause| pause.since);
        operator.or_else(|| Some(self.open().next()?.1.since))
    }

    /// One call was let through.
    #[must_use]
    pub fn probing(mut self, now: Timestamp) -> Self {
        for breaker in [&mut self.carrier, &mut self.agent] {
            if let Some(open) = &mut breaker.open {
                open.probes = open.probes.saturating_add(1);
                let doubled = PROBE_PAUSE.saturating_mul(1 << open.probes.min(8));
                open.probe_at = now + doubled.min(PROBE_PAUSE_MAX);
            }
        }
        self
    }

    /// What a sign changes; `None` if nothing.
    #[must_use]
    pub fn seen(&self, vendor: Vendor, sign: Sign, now: Timestamp) -> Option<Self> {
        let mut next = self.clone();
        let breaker = match vendor {
            Vendor::Carrier => &mut next.carrier,
            Vendor::Agent => &mut next.agent,
        };
        let changed = breaker.seen(sign, now)?;
        *breaker = changed;
        Some(next)
    }

    /// An operator holds all dials back.
    #[must_use]
    pub fn pause(mut self, pause: Pause) -> Self {
        self.paused = Some(pause);
        self
    }

    /// An operator lets dials go on, and believes the vendors to be well.
    #[must_use]
    pub fn resume(self) -> Self {
        Self {
            version: self.version,
            ..Self::default()
        }
    }

    fn open(&self) -> impl Iterator<Item = (Vendor, Open)> {
        let all = [(Vendor::Carrier, self.carrier), (Vendor::Agent, self.agent)];
        all.into_iter()
            .filter_map(|(vendor, breaker)| Some((vendor, breaker.open?)))
    }
}

impl Breaker {
    fn seen(self, sign: Sign, now: Timestamp) -> Option<Self> {
        match sign {
            Sign::Works => (self != Self::default()).then(Self::default),
            Sign::Fails(cause) => self.open.is_none().then(|| Self::opened(cause, now)),
            Sign::Stumbles if self.open.is_some() => None,
            Sign::Stumbles => {
                let first_at = self.first_at.filter(|first| now < *first + BURST_SPAN);
                let troubles = first_at.map_or(1, |_| self.troubles + 1);
                Some(if troubles >= BURST {
                    Self::opened(Cause::Burst, now)
                } else {
                    Self {
                        troubles,
                        first_at: first_at.or(Some(now)),
                        open: None,
                    }
                })
            }
        }
    }

    fn opened(cause: Cause, now: Timestamp) -> Self {
        let open = Open {
            cause,
            since: now,
            probe_at: now + PROBE_PAUSE,
            probes: 0,
        };
        Self {
            open: Some(open),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
