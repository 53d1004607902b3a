//! One number, put together from its words: `one lakh two thousand five hundred and six`.

use super::Part;

/// Greatest number that is read, as long as one in digits can be.
const NUMBER_MAX: i64 = 999_999_999;

/// What was heard of a number. Scales only get smaller, and what follows one is less than it.
#[derive(Default)]
pub(super) struct Sum {
    /// What is complete, a thousand and more.
    above: i64,
    /// The scale of its last part.
    within: Option<i64>,
    /// What the next scale multiplies, or what ends the number.
    section: Option<i64>,
    last: Last,
}

/// What came last, so what may follow.
#[derive(Clone, Copy, Default)]
enum Last {
    #[default]
    Nothing,
    /// A word of 20, 30, … 90: one of 1 to 9 may follow.
    Ten,
    /// A number below a hundred, or digits: a scale may follow.
    Group,
    Hundred,
    /// A thousand and more.
    Scale,
    /// A shift, in quarters: a number or a scale must follow.
    Shift(i64),
    /// A fraction, in quarters: a scale must follow.
    Quarters(i64),
    /// A fraction of a scale: nothing may follow.
    End,
}

impl Sum {
    /// Adds a word; `None` if no number goes on with it.
    pub(super) fn add(&mut self, part: Part) -> Option<()> {
        match part {
            Part::Quarters(quarters) => self.begin(Last::Quarters(quarters)),
            Part::Shift(quarters) => self.begin(Last::Shift(quarters)),
            Part::Scale(scale) => self.multiply(scale),
            Part::Ten(value) => self.group(value, Last::Ten),
            Part::Unit(value) if matches!(self.last, Last::Ten) => {
                self.section = self.section.map(|section| section + value);
                self.last = Last::Group;
                Some(())
            }
            Part::Unit(value) | Part::Whole(value) | Part::Digits(value) => {
                self.group(value, Last::Group)
            }
        }
    }

    /// Whether an `and` may follow.
    pub(super) fn ends_in_scale(&self) -> bool {
        matches!(self.last, Last::Hundred | Last::Scale)
    }

    /// The number; `None` for a fraction and for what is too big.
    pub(super) fn total(&self) -> Option<i64> {
        if matches!(
            self.last,
            Last::Nothing | Last::Shift(_) | Last::Quarters(_)
        ) {
            return None;
        }
        let section = self.section.unwrap_or(0);
        let is_within = self.within.is_none_or(|scale| section < scale);
        let total = self.above.checked_add(section)?;
        (is_within && total <= NUMBER_MAX).then_some(total)
    }

    fn begin(&mut self, fraction: Last) -> Option<()> {
        let is_first = matches!(self.last, Last::Nothing);
        self.last = fraction;
        is_first.then_some(())
    }

    fn group(&mut self, value: i64, last: Last) -> Option<()> {
        match self.last {
            Last::Nothing => self.section = Some(value),
            Last::Scale if value > 0 => self.section = Some(value),
            Last::Hundred if (1..=99).contains(&value) => {
                self.section = self.section.map(|section| section + value);
            }
            Last::Shift(quarters) if (1..=99).contains(&value) => {
                self.last = Last::Quarters(4 * value + quarters);
                return Some(());
            }
            Last::Scale | Last::Hundred | Last::Shift(_) => return None,
            Last::Ten | Last::Group | Last::Quarters(_) | Last::End => return None,
        }
        self.last = last;
        Some(())
    }

    fn multiply(&mut self, scale: i64) -> Option<()> {
        match self.last {
            Last::Quarters(quarters) => self.end(quarters * (scale / 4)),
            // `सवा सौ` and `पौने सौ`; nobody says it with `साढ़े`.
            Last::Shift(quarters @ (-1 | 1)) => self.end((4 + quarters) * (scale / 4)),
            Last::Shift(_) | Last::End => None,
            Last::Nothing | Last::Scale if scale == 100 => self.hundreds(1),
            Last::Ten | Last::Group if scale == 100 => self.hundreds(self.section?),
            Last::Nothing => self.complete(1, scale),
            Last::Ten | Last::Group | Last::Hundred if scale > 100 => {
                self.complete(self.section?, scale)
            }
            Last::Ten | Last::Group | Last::Hundred | Last::Scale => None,
        }
    }

    fn end(&mut self, section: i64) -> Option<()> {
        (self.section, self.last) = (Some(section), Last::End);
        Some(())
    }

    fn hundreds(&mut self, factor: i64) -> Option<()> {
        let is_fit = (1..=99).contains(&factor);
        (self.section, self.last) = (Some(100 * factor), Last::Hundred);
        is_fit.then_some(())
    }

    fn complete(&mut self, factor: i64, scale: i64) -> Option<()> {
        let product = factor.checked_mul(scale)?;
        let is_within = self.within.is_none_or(|within| product < within);
        self.above = self.above.checked_add(product)?;
        (self.within, self.section, self.last) = (Some(scale), None, Last::Scale);
        (factor > 0 && is_within).then_some(())
    }
}
