//! What a forecast rests on beside the plan: what the request says, what earlier calls tell, and what is
//! assumed where nobody knows.

use crate::{http::Violation, query};
use call::{Policy, report::Prices};
use campaign::{Assumed, History, Span};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};
use utoipa::ToSchema;

const PARAMETERS: [&str; 5] = ["answerRate", "talkSecs", "doubt", "paisePerMinute", "seed"];
const PERCENT_RULE: &str = "a whole number of percent, 0 to 100";
const TALK_RULE: &str = "seconds, 1 to 3600";
const PAISE_RULE: &str = "paise, 0 to 100000";
const SEED_RULE: &str = "a whole number";

/// What is said of people, and what is not.
#[derive(Default)]
pub(super) struct Wanted {
    /// Percent.
    answer_rate: Option<u64>,
    talk_secs: Option<u64>,
    /// Percent.
    doubt: Option<u64>,
    paise_per_minute: Option<u64>,
    pub(super) seed: Option<u64>,
}

impl Wanted {
    pub(super) fn read(query: Option<&str>) -> Result<Self, Violation> {
        let values: BTreeMap<String, String> = query::read(query, &PARAMETERS)?;
        let number = |name: &'static str, most: u64, rule: &'static str| {
            let Some(text) = values.get(name) else {
                return Ok(None);
            };
            let number = text.parse::<u64>().ok().filter(|number| *number <= most);
            number.ok_or_else(|| Violation::new(name, rule)).map(Some)
        };
        let talk_secs = number("talkSecs", 3_600, TALK_RULE)?;
        if talk_secs == Some(0) {
            return Err(Violation::new("talkSecs", TALK_RULE));
        }
        Ok(Self {
            answer_rate: number("answerRate", 100, PERCENT_RULE)?,
            talk_secs,
            doubt: number("doubt", 100, PERCENT_RULE)?,
            paise_per_minute: number("paisePerMinute", 100_000, PAISE_RULE)?,
            seed: number("seed", u64::MAX, SEED_RULE)?,
        })
    }

    /// The same with what a minute costs by these prices, unless it was said.
    pub(super) fn at(self, prices: Prices) -> Self {
        let said = self.paise_per_minute;
        Self {
            paise_per_minute: said.or_else(|| prices.minute_paise().map(u64::from)),
            ..self
        }
    }

    /// Whether earlier calls could tell something that was not said.
    pub(super) const fn needs_history(&self) -> bool {
        self.answer_rate.is_none() || self.talk_secs.is_none()
    }

    pub(super) fn assumed(&self, history: &History) -> Assumed {
        let known = history.assumed(Assumed::default());
        let said = |number: u64| u16::try_from(number).unwrap_or(u16::MAX);
        Assumed {
            answered_permille: self
                .answer_rate
                .map_or(known.answered_permille, |rate| [said(rate) * 10; 24]),
            talk: self
                .talk_secs
                .map_or(known.talk, |secs| Span::around(Duration::from_secs(secs))),
            doubt_percent: self
                .doubt
                .and_then(|doubt| u8::try_from(doubt).ok())
                .unwrap_or(known.doubt_percent),
            paise_per_minute: self
                .paise_per_minute
                .and_then(|paise| u32::try_from(paise).ok()),
            ..known
        }
    }
}

/// What it rests on, beside the plan.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Assumptions)]
pub(crate) struct Said {
    /// Of 100 dials, how many are answered; of all hours together where hours differ.
    pub(crate) answer_rate: u32,
    answer_rate_from: Origin,
    /// The same for each hour of the day, if earlier calls told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer_rate_by_hour: Option<Vec<u32>>,
    /// Dials of the last 30 days that tell it.
    pub(crate) dials_known: u32,
    pub(crate) talk_secs: u64,
    talk_secs_from: Origin,
    pub(crate) doubt: u8,
    channels: u32,
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Origin {
    /// The request.
    Query,
    /// Calls that were made.
    History,
    /// Nobody.
    Assumed,
}

impl Origin {
    const fn of(is_said: bool, is_known: bool) -> Self {
        match (is_said, is_known) {
            (true, _) => Self::Query,
            (false, true) => Self::History,
            (false, false) => Self::Assumed,
        }
    }
}

impl Said {
    pub(super) fn of(
        wanted: &Wanted,
        history: &History,
        assumed: &Assumed,
        policy: &Policy,
    ) -> Self {
        let known = history.answered_permille();
        let answer_rate_from = Origin::of(wanted.answer_rate.is_some(), known.is_some());
        let hours = assumed.answered_permille.map(u32::from);
        let answer_rate = match answer_rate_from {
            Origin::History => history.answered_percent(),
            Origin::Query | Origin::Assumed => hours[0] / 10,
        };
        Self {
            answer_rate,
            answer_rate_from,
            answer_rate_by_hour: (answer_rate_from == Origin::History)
                .then(|| hours.map(|of_thousand| (of_thousand + 5) / 10).to_vec()),
            dials_known: history.dials(),
            talk_secs: ((assumed.talk.from + assumed.talk.to) / 2).as_secs(),
            talk_secs_from: Origin::of(wanted.talk_secs.is_some(), history.talk().is_some()),
            doubt: assumed.doubt_percent,
            channels: policy.channels(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_costs_what_is_said_or_what_the_service_pays_for_it() {
        for (query, carrier, agent, paise) in [
            (None, None, None, None),
            (None, Some("0.80"), None, Some(80)),
            (None, None, Some("7.50"), Some(750)),
            (None, Some("0.80"), Some("7.50"), Some(830)),
            (
                Some("paisePerMinute=90"),
                Some("0.80"),
                Some("7.50"),
                Some(90),
            ),
        ] {
            let price = |text: Option<&str>| text.map(|text| text.parse().unwrap());
            let prices = Prices {
                carrier: price(carrier),
                agent: price(agent),
            };
            let wanted = Wanted::read(query).unwrap_or_else(|_| panic!("{query:?}"));
            let assumed = wanted.at(prices).assumed(&History::default());
            assert_eq!(assumed.paise_per_minute, paise, "{query:?} {prices:?}");
        }
    }
}
