//! What calls cost, by what a minute of the carrier and one of the agent cost. Money is whole paise.

use super::Row;
use serde::Serialize;
use std::str::FromStr;
use utoipa::ToSchema;

/// Most that a minute may cost, in paise (₹1,000): more is a slip of the keyboard.
const MINUTE_PAISE_MAX: u32 = 100_000;

/// What a minute costs, 0 to 1,000 rupees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinutePrice {
    paise: u32,
}

/// The text is no price of a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected rupees such as 0.80, at most 1000")]
pub struct InvalidPrice;

impl MinutePrice {
    /// The price in paise.
    #[must_use]
    pub const fn paise(self) -> u32 {
        self.paise
    }
}

impl FromStr for MinutePrice {
    type Err = InvalidPrice;

    /// Reads rupees to the paisa: `0.80`, `0.8` and `12`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rupees, rest) = text.split_once('.').unwrap_or((text, ""));
        let is_fit = |part: &str| part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
        if rest.len() > 2 || rupees.is_empty() || !is_fit(rupees) || !is_fit(rest) {
            return Err(InvalidPrice);
        }
        let paise: u32 = format!("{rupees}{rest:0<2}")
            .parse()
            .map_err(|_| InvalidPrice)?;
        if paise > MINUTE_PAISE_MAX {
            return Err(InvalidPrice);
        }
        Ok(Self { paise })
    }
}

/// What a minute of each vendor costs, as far as somebody has said it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    /// A minute of the telephone call.
    pub carrier: Option<MinutePrice>,
    /// A minute of conversation with the agent.
    pub agent: Option<MinutePrice>,
}

impl Prices {
    /// What a minute of both costs in paise, as far as somebody has said it; `None` if nobody has.
    #[must_use]
    pub fn minute_paise(self) -> Option<u32> {
        let said = [self.carrier, self.agent].into_iter().flatten();
        said.map(MinutePrice::paise).reduce(|all, one| all + one)
    }
}

/// What is taken to be paid for. The vendors' invoices are right where they differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Billed {
    /// Minutes of the carrier: those begun from each call's pick-up to its end. A ring that was picked up, and
    /// after which the call was dialled again, counts as one minute: how long it lasted is not in the report's row.
    pub carrier_minutes: u64,
    /// Seconds of the agent: from each call's pick-up to its end.
    pub agent_secs: u64,
}

impl Billed {
    pub(super) fn add(&mut self, row: &Row) {
        let is_answered = |outcome: crate::Outcome| outcome.was_answered() == Some(true);
        let rings = row.rung.iter().filter(|rung| is_answered(rung.outcome));
        let rings = u64::try_from(rings.count()).unwrap_or(u64::MAX);
        let earlier = rings.saturating_sub(u64::from(row.talk_secs.is_some()));
        let minutes = row.talk_secs.map_or(0, |secs| secs.div_ceil(60).max(1));
        self.carrier_minutes = self.carrier_minutes.saturating_add(minutes + earlier);
        self.agent_secs = self.agent_secs.saturating_add(row.talk_secs.unwrap_or(0));
    }
}

/// What that costs by the prices that are set, in paise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// All of it, as far as a price is set.
    pub paise: u64,
    /// The carrier's part, if its price is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier_paise: Option<u64>,
    /// The agent's part, if its price is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_paise: Option<u64>,
    /// For each call that was asked for, rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paise_per_call: Option<u64>,
    /// For each call in which every question was answered, rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paise_per_complete_record: Option<u64>,
}

impl Cost {
    /// What `billed` costs of so many calls, of which so many are complete; none without a price.
    pub(super) fn of(prices: Prices, billed: Billed, calls: u64, complete: u64) -> Option<Self> {
        let times = |price: MinutePrice, count: u64| count.saturating_mul(u64::from(price.paise));
        let carrier_paise = prices
            .carrier
            .map(|price| times(price, billed.carrier_minutes));
        let agent_paise = prices
            .agent
            .map(|price| rounded(times(price, billed.agent_secs), 60));
        if carrier_paise.is_none() && agent_paise.is_none() {
            return None;
        }
        let both = carrier_paise.unwrap_or(0);
        let paise = both.saturating_add(agent_paise.unwrap_or(0));
        Some(Self {
            paise,
            carrier_paise,
            agent_paise,
            paise_per_call: (calls > 0).then(|| rounded(paise, calls)),
            paise_per_complete_record: (complete > 0).then(|| rounded(paise, complete)),
        })
    }
}

/// The quotient to the nearest whole, a half upwards.
const fn rounded(part: u64, whole: u64) -> u64 {
    part.saturating_add(whole / 2) / whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Option<MinutePrice> {
        text.parse().ok()
    }

    #[test]
    fn money_is_read_to_the_paisa() {
        let given = ["0.80", "0.8", "12", "1000", "0"];
        assert_eq!(
            given.map(|text| price(text).unwrap().paise()),
            [80, 80, 1_200, 100_000, 0]
        );
        for wrong in ["", ".5", "0.805", "-1", "1000.01", "+1", "1,5", "0.+5"] {
            assert_eq!(price(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_what_has_a_price_costs_something() {
        let billed = Billed {
            carrier_minutes: 5,
            agent_secs: 201,
        };
        let of = |carrier, agent| {
            let (carrier, agent) = (price(carrier), price(agent));
            Cost::of(Prices { carrier, agent }, billed, 4, 2)
        };
        assert_eq!(of("", ""), None);
        let cost = of("0.80", "").unwrap();
        assert_eq!(
            (cost.paise, cost.carrier_paise, cost.agent_paise),
            (400, Some(400), None)
        );
        // 201 s at 7.50 a minute are 25.125.
        let cost = of("", "7.50").unwrap();
        assert_eq!(
            (cost.paise, cost.carrier_paise, cost.agent_paise),
            (2_513, None, Some(2_513))
        );
        let cost = of("0.80", "7.50").unwrap();
        assert_eq!(cost.paise, 2_913);
        assert_eq!(
            (cost.paise_per_call, cost.paise_per_complete_record),
            (Some(728), Some(1_457))
        );
        let none = Cost::of(
            Prices {
                carrier: price("0"),
                agent: None,
            },
            Billed::default(),
            0,
            0,
        );
        let none = none.unwrap();
        assert_eq!((none.paise, none.paise_per_call), (0, None));
        assert_eq!(none.paise_per_complete_record, None);
    }
}
