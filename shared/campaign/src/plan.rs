//! How a campaign is to be carried out: what a person may set, and change while it runs.

use crate::hours::Hours;
use call::{CallingWindow, Policy, phone::PhoneNumber, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Most calls of one campaign at once (1,000): no plan of a carrier's has as many channels.
pub const CONCURRENCY_MAX: u32 = 1_000;

/// Most dials of one campaign in a minute (6,000).
pub const PACE_MAX: u32 = 6_000;

/// Most re-dials of a row (9). A person who did not answer ten times does not want to.
pub const RETRIES_MAX: u8 = 9;

/// Highest priority (9). Most campaigns have 0.
pub const PRIORITY_MAX: u8 = 9;

/// Longest life of a campaign (90 days from its creation, however often its end is moved): its answers
/// have been overtaken by then. What is stored of it is kept from there.
pub const LIFE_MAX: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// In which hours promotion may ring in India at the most (TCCCPR 2018).
const PROMOTION: &str = "10:00-21:00 Asia/Kolkata";

/// What kind of calls they are; it decides window, consent and numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// About the patient's own treatment. The agent sells nothing.
    Service,
    /// Anything that sells: each row needs consent, and the hours are bounded by law.
    Promotional,
}

impl Class {
    /// The hours outside of which such calls may never ring, whatever the plan says.
    #[must_use]
    pub fn bounds(self) -> Option<CallingWindow> {
        match self {
            Self::Service => None,
            Self::Promotional => Some(PROMOTION.parse().expect("a window")),
        }
    }
}

/// What a person sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// What kind of calls they are.
    pub class: Class,
    /// When phones may ring.
    pub hours: Hours,
    /// Most of its phones that ring or are talked on at once, 1 to [`CONCURRENCY_MAX`]; the channels of all bound
    /// it too.
    pub concurrency: u32,
    /// Most of its dials in a minute, 1 to [`PACE_MAX`]; no pace of its own without it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dials_per_minute: Option<u32>,
    /// Re-dials of a row after its first dial, over all reasons, 0 to [`RETRIES_MAX`].
    pub retries_max: u8,
    /// Who goes first where campaigns share channels: the higher, 0 to [`PRIORITY_MAX`].
    pub priority: u8,
    /// No dial from this moment on.
    pub expires_at: Timestamp,
    /// The number that is shown to the callee, if not the configured one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub caller: Option<PhoneNumber>,
    /// Whether every patient of its file agreed to be recorded, as whoever made it says.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub recording_consent: bool,
}

/// Why a plan cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// No calls at once, or too many.
    #[error("expected 1 to {CONCURRENCY_MAX} calls at once")]
    Concurrency,
    /// No dials in a minute, or too many.
    #[error("expected 1 to {PACE_MAX} dials a minute")]
    Pace,
    /// Too many re-dials.
    #[error("expected at most {RETRIES_MAX} retries")]
    Retries,
    /// A priority that is too high.
    #[error("expected a priority of at most {PRIORITY_MAX}")]
    Priority,
    /// An end that has passed or is too far away.
    #[error("expected an end in the future, at most 90 days from the campaign's creation")]
    Expiry,
    /// Days of the week that do not exist, or none.
    #[error("expected days of the week from 1 (Monday) to 7 (Sunday), and at least one")]
    Weekdays,
    /// Promotion that would show no number by which it is known.
    #[error(
        "expected a number of the series 140 (+91140 and seven digits), which promotional calls must show"
    )]
    NoSeries,
    /// Service calls that would show a number that promotion is known by.
    #[error("expected no number of the series 140, which promotional calls alone may show")]
    OtherSeries,
    /// Hours that never come before the end.
    #[error("no phone may ring before the campaign ends: look at its hours, days and end")]
    NeverOpen,
}

impl Plan {
    /// The plan of who says no more than when it ends: service calls in the usual hours, on as many
    /// channels and with as many retries as the service has.
    #[must_use]
    pub fn usual(policy: &Policy, expires_at: Timestamp) -> Self {
        Self {
            class: Class::Service,
            hours: Hours::usual(),
            concurrency: policy.channels().min(CONCURRENCY_MAX),
            dials_per_minute: None,
            retries_max: policy.retries_max.min(RETRIES_MAX),
            priority: 0,
            expires_at,
            caller: None,
            recording_consent: false,
        }
    }

    /// Whether it can be carried out from `now` on; `service` are the hours of the whole service.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(
        &self,
        now: Timestamp,
        service: Option<&CallingWindow>,
    ) -> Result<(), InvalidPlan> {
        let is_within = |value: u32, max: u32| (1..=max).contains(&value);
        let days = &self.hours.weekdays;
        let opens = self.next_open(now, service);
        let rules = [
            (
                is_within(self.concurrency, CONCURRENCY_MAX),
                InvalidPlan::Concurrency,
            ),
            (
                self.dials_per_minute
                    .is_none_or(|pace| is_within(pace, PACE_MAX)),
                InvalidPlan::Pace,
            ),
            (self.retries_max <= RETRIES_MAX, InvalidPlan::Retries),
            (self.priority <= PRIORITY_MAX, InvalidPlan::Priority),
            (
                self.expires_at > now && self.expires_at <= now + LIFE_MAX,
                InvalidPlan::Expiry,
            ),
            (
                !days.is_empty() && days.iter().all(|day| (1..=7).contains(day)),
                InvalidPlan::Weekdays,
            ),
            (
                opens.is_some_and(|opens| opens < self.expires_at),
                InvalidPlan::NeverOpen,
            ),
        ];
        let broken = rules.into_iter().find(|(is_kept, _)| !is_kept);
        broken.map_or(Ok(()), |(_, rule)| Err(rule))
    }

    /// Whether its calls show a number that calls of its class may. The configured number is none of
    /// promotion's, so a plan for promotion names its own.
    ///
    /// # Errors
    /// Which rule its number breaks.
    pub fn check_caller(&self) -> Result<(), InvalidPlan> {
        let caller = self.caller.as_ref();
        let shows_promotion = caller.is_some_and(PhoneNumber::is_for_promotion);
        match (self.class, shows_promotion) {
            (Class::Promotional, false) => Err(InvalidPlan::NoSeries),
            (Class::Service, true) => Err(InvalidPlan::OtherSeries),
            (Class::Promotional, true) | (Class::Service, false) => Ok(()),
        }
    }

    /// The first moment from `from` on at which a phone may ring, by the plan's hours, its class and
    /// the hours of the whole service.
    #[must_use]
    pub fn next_open(&self, from: Timestamp, service: Option<&CallingWindow>) -> Option<Timestamp> {
        let bounds = self.class.bounds();
        let others: Vec<&CallingWindow> = bounds.iter().chain(service).collect();
        self.hours.next_open(from, &others)
    }

    /// Dials that a row may have in one round.
    #[must_use]
    pub const fn dials_max(&self) -> u8 {
        self.retries_max.saturating_add(1)
    }
}
