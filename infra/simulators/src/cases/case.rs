//! The cases.

use crate::knowlarity::Dial;

/// What the numbers of the cases begin with; two digits follow.
pub const NUMBERS_FROM: &str = "+9112345600";

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// The patient picks up and answers everything.
    Answer,
    /// The line is busy.
    Busy,
    /// Nobody picks up.
    NoAnswer,
    /// The phone is switched off.
    SwitchedOff,
    /// The patient declines.
    Rejected,
    /// The number does not exist.
    InvalidNumber,
    /// The carrier takes the dial and never reports.
    NeverReports,
    /// The carrier refuses the key.
    KeyRefused,
    /// The carrier does not answer the dial.
    NeverReplies,
    /// The line is busy each first time, and the patient picks up each second time.
    BusyOnce,
    /// The patient hangs up after one answer.
    HangsUp,
    /// The patient picks up and says nothing.
    SaysNothing,
    /// The line breaks after one answer.
    LineBreaks,
    /// The line breaks after one answer, and is back after three seconds.
    LineReturns,
    /// The line breaks before a word is said, each time.
    LineDead,
    /// No agent can be had.
    AgentUnreachable,
    /// The agent breaks down after its first sentence, each time.
    AgentBreaksDown,
    /// The agent hangs up after its first sentence.
    AgentHangsUp,
    /// The agent asks everything and saves nothing.
    NothingSaved,
    /// The patient asks for no more calls.
    OptsOut,
    /// The patient asks each first time to be called again after fifteen seconds, and answers everything then.
    CallsBack,
}

impl Case {
    /// All of them, by their numbers.
    pub const ALL: [Self; 21] = [
        Self::Answer,
        Self::Busy,
        Self::NoAnswer,
        Self::SwitchedOff,
        Self::Rejected,
        Self::InvalidNumber,
        Self::NeverReports,
        Self::KeyRefused,
        Self::NeverReplies,
        Self::BusyOnce,
        Self::HangsUp,
        Self::SaysNothing,
        Self::LineBreaks,
        Self::LineReturns,
        Self::LineDead,
        Self::AgentUnreachable,
        Self::AgentBreaksDown,
        Self::AgentHangsUp,
        Self::NothingSaved,
        Self::OptsOut,
        Self::CallsBack,
    ];

    /// Its name, an option of the command line without `--`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row()[0]
    }

    /// The number at which it always happens.
    #[must_use]
    pub const fn number(self) -> &'static str {
        self.row()[1]
    }

    /// What happens, in one sentence without its stop.
    #[must_use]
    pub const fn says(self) -> &'static str {
        self.row()[2]
    }

    /// Name, number, what happens.
    const fn row(self) -> [&'static str; 3] {
        match self {
            Self::Answer => [
                "answer",
                "+911234560000",
                "The patient picks up and answers everything",
            ],
            Self::Busy => ["busy", "+911234560001", "The line is busy"],
            Self::NoAnswer => ["no-answer", "+911234560002", "Nobody picks up"],
            Self::SwitchedOff => ["switched-off", "+911234560003", "The phone is switched off"],
            Self::Rejected => ["rejected", "+911234560004", "The patient declines"],
            Self::InvalidNumber => [
                "invalid-number",
                "+911234560005",
                "The number does not exist",
            ],
            Self::NeverReports => [
                "never-reports",
                "+911234560006",
                "The carrier takes the dial and never reports",
            ],
            Self::KeyRefused => [
                "key-refused",
                "+911234560007",
                "The carrier refuses the key",
            ],
            Self::NeverReplies => [
                "never-replies",
                "+911234560008",
                "The carrier does not answer the dial",
            ],
            Self::BusyOnce => [
                "busy-once",
                "+911234560009",
                "The line is busy each first time, and the patient picks up each second time",
            ],
            Self::HangsUp => [
                "hangs-up",
                "+911234560010",
                "The patient hangs up after one answer",
            ],
            Self::SaysNothing => [
                "says-nothing",
                "+911234560011",
                "The patient picks up and says nothing",
            ],
            Self::LineBreaks => [
                "line-breaks",
                "+911234560012",
                "The line breaks after one answer",
            ],
            Self::LineReturns => [
                "line-returns",
                "+911234560013",
                "The line breaks after one answer, and is back after three seconds",
            ],
            Self::LineDead => [
                "line-dead",
                "+911234560014",
                "The line breaks before a word is said, each time",
            ],
            Self::AgentUnreachable => ["agent-unreachable", "+911234560020", "No agent can be had"],
            Self::AgentBreaksDown => [
                "agent-breaks-down",
                "+911234560021",
                "The agent breaks down after its first sentence, each time",
            ],
            Self::AgentHangsUp => [
                "agent-hangs-up",
                "+911234560022",
                "The agent hangs up after its first sentence",
            ],
            Self::NothingSaved => [
                "nothing-saved",
                "+911234560023",
                "The agent asks everything and saves nothing",
            ],
            Self::OptsOut => [
                "opts-out",
                "+911234560024",
                "The patient asks for no more calls",
            ],
            Self::CallsBack => [
                "calls-back",
                "+911234560025",
                "The patient asks each first time to be called again after fifteen seconds, and answers everything then",
            ],
        }
    }

    /// The case that always happens at this number, if one does.
    #[must_use]
    pub fn at(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|case| case.number() == number)
    }

    /// What the last digit of any number stands for: 1 to 8 as in [`Self::number`], else an answer.
    #[must_use]
    pub fn by_last_digit(number: &str) -> Self {
        let digit = number.bytes().last().map(|byte| byte.wrapping_sub(b'0'));
        match digit {
            Some(digit @ 1..=8) => Self::ALL[usize::from(digit)],
            _ => Self::Answer,
        }
    }

    /// Whether it is the agent's doing: the carrier alone cannot play it.
    #[must_use]
    pub const fn is_agents(self) -> bool {
        matches!(
            self,
            Self::AgentUnreachable
                | Self::AgentBreaksDown
                | Self::AgentHangsUp
                | Self::NothingSaved
                | Self::OptsOut
                | Self::CallsBack
        )
    }

    /// What becomes of a dial to a number that was dialled so often before.
    pub(crate) const fn dial(self, earlier: usize) -> Dial {
        match self {
            Self::Busy => Dial::Busy,
            Self::NoAnswer => Dial::NoAnswer,
            Self::SwitchedOff => Dial::SwitchedOff,
            Self::Rejected => Dial::Rejected,
            Self::InvalidNumber => Dial::InvalidNumber,
            Self::NeverReports => Dial::NeverReports,
            Self::KeyRefused => Dial::Status(401),
            Self::NeverReplies => Dial::TimesOut,
            Self::BusyOnce if earlier.is_multiple_of(2) => Dial::Busy,
            Self::Answer
            | Self::BusyOnce
            | Self::HangsUp
            | Self::SaysNothing
            | Self::LineBreaks
            | Self::LineReturns
            | Self::LineDead
            | Self::AgentUnreachable
            | Self::AgentBreaksDown
            | Self::AgentHangsUp
            | Self::NothingSaved
            | Self::OptsOut
            | Self::CallsBack => Dial::Answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_case_has_a_name_and_a_number_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<_> = Case::ALL.map(Case::name).into();
        assert_eq!(names.len(), Case::ALL.len());
        for case in Case::ALL {
            assert_eq!(Case::at(case.number()), Some(case));
            let digits = case.number().strip_prefix(NUMBERS_FROM);
            assert_eq!(digits.map(str::len), Some(2), "{case:?}");
        }
        for number in ["+911234567890", "+911234560099", ""] {
            assert_eq!(Case::at(number), None);
        }
    }

    #[test]
    fn the_last_digit_stands_for_the_case_whose_number_ends_so() {
        for digit in 0..=9 {
            let case = Case::by_last_digit(&format!("+91123456789{digit}"));
            let expected = match digit {
                1..=8 => Case::at(&format!("{NUMBERS_FROM}0{digit}")),
                _ => Some(Case::Answer),
            };
            assert_eq!(Some(case), expected);
        }
        assert_eq!(Case::by_last_digit(""), Case::Answer);
    }

    #[test]
    fn who_is_busy_once_picks_up_each_second_time() {
        let dials = [0, 1, 2, 3].map(|earlier| Case::BusyOnce.dial(earlier));
        let expected = [Dial::Busy, Dial::Answer, Dial::Busy, Dial::Answer];
        assert_eq!(dials, expected);
    }
}
