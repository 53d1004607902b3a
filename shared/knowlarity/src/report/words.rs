//! Knowlarity's status vocabulary, reduced to what changes a call.
//!
//! Words are compared without case, signs or blanks, and up to a `#`, behind which some
//! accounts add a telephone number. A word that is not here changes nothing.

use super::Report;
use crate::fields::comparable;
use call::CarrierStatus;

/// What one word says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// The carrier is at work.
    Working,
    /// Somebody picked up.
    Answered,
    /// The call is over; how it went must be told by something else.
    Over,
    /// The agent's leg of a click-to-call: says nothing about the callee.
    FirstLeg,
    /// The call failed in a way that the word names.
    Failure(CarrierStatus),
}

impl Report {
    /// What it says about the attempt, or `None` if nothing that is known.
    ///
    /// `stream_seen` is whether the attempt's audio stream was ever open: "completed" means a talk
    /// only with that or with a duration.
    #[must_use]
    pub fn status(&self, stream_seen: bool) -> Option<CarrierStatus> {
        status(self, stream_seen)
    }

    /// Whether it says what happened in words of which none is known here, or ends for a cause that
    /// is not.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        is_unknown(self)
    }
}

fn status(report: &Report, stream_seen: bool) -> Option<CarrierStatus> {
    let mut words = report.words.iter().filter_map(|text| word(text));
    let cause = report.hangup_cause.as_deref().and_then(hangup_word);
    let Some(first) = words.next().or(cause) else {
        return status_without_word(report);
    };
    match first {
        Word::Working => Some(CarrierStatus::Ringing),
        Word::FirstLeg => None,
        // A failure that says no more than that is told more closely by its cause.
        Word::Failure(CarrierStatus::Failed) => Some(
            cause
                .and_then(Word::failure)
                .unwrap_or(CarrierStatus::Failed),
        ),
        Word::Failure(status) => Some(status),
        Word::Answered if report.hangup_cause.is_some() || has_talked(report) => {
            Some(CarrierStatus::Ended)
        }
        Word::Answered => Some(CarrierStatus::Answered),
        Word::Over if stream_seen || has_talked(report) => Some(CarrierStatus::Ended),
        Word::Over => words
            .chain(cause)
            .find_map(Word::failure)
            .or_else(|| without_talk(report)),
    }
}

fn is_unknown(report: &Report) -> bool {
    let knows_none = report.words.iter().all(|text| word(text).is_none());
    let cause = report.hangup_cause.as_deref();
    (!report.words.is_empty() && knows_none)
        || cause.is_some_and(|text| hangup_word(text).is_none())
}

/// Call records of some accounts carry no status field: a duration says that there was a talk.
fn status_without_word(report: &Report) -> Option<CarrierStatus> {
    (report.words.is_empty() && has_talked(report)).then_some(CarrierStatus::Ended)
}

/// Over after 0 seconds: nobody answered. Over after nobody knows how long: no evidence, so the
/// attempt's own deadline decides.
fn without_talk(report: &Report) -> Option<CarrierStatus> {
    (report.duration_secs == Some(0)).then_some(CarrierStatus::NoAnswer)
}

fn has_talked(report: &Report) -> bool {
    report.duration_secs.is_some_and(|secs| secs > 0)
}

impl Word {
    fn failure(self) -> Option<CarrierStatus> {
        match self {
            Self::Failure(status) => Some(status),
            Self::Working | Self::Answered | Self::Over | Self::FirstLeg => None,
        }
    }
}

fn word(text: &str) -> Option<Word> {
    use {CarrierStatus as C, Word as W};

    let (words, is_marked) = match text.split_once('#') {
        Some((words, _)) => (words, true),
        None => (text, false),
    };
    Some(match comparable(words).as_str() {
        "queued" | "initiated" | "dialing" | "dialling" | "ringing" | "originate"
        | "customercall" | "inprogress" => W::Working,
        "connected" | "answered" | "answer" | "bridge" | "customeranswer" => W::Answered,
        "completed" | "success" | "hangup" | "normal" | "normalclearing" | "cdr" => W::Over,
        "agentcall" | "agentanswer" => W::FirstLeg,
        "busy" | "userbusy" | "customerbusy" => W::Failure(C::Busy),
        "noanswer" | "unanswered" | "notanswered" | "missed" | "customermissed"
        | "nouserresponse" => W::Failure(C::NoAnswer),
        "switchoff" | "switchedoff" | "notreachable" | "temporarilyunavailable" => {
            W::Failure(C::Unreachable)
        }
        // Nothing was dialled, or nobody knows why not: the number is not to blame.
        "failed" | "error" | "cancelled" | "canceled" | "didnotprocess" => W::Failure(C::Failed),
        // The leg to our side was not answered. The dialects spoken here ring the callee first,
        // who may well have picked up: not `NoAnswer`, but a ring that the carrier failed to
        // join to its stream, and that is over.
        "agentmissed" => W::Failure(C::Failed),
        "rejected" => W::Failure(C::Rejected),
        "invalid" | "unallocated" => W::Failure(C::InvalidNumber),
        "dnd" | "ndnc" | "blocked" | "optout" => W::Failure(C::DoNotDisturb),
        words if is_marked && words.contains("busy") => W::Failure(C::Busy),
        _ => return None,
    })
}

/// A hang-up cause is a word, or a number of ITU-T Q.850. The numbers count here only: a status
/// of `1` may as well mean "success".
fn hangup_word(text: &str) -> Option<Word> {
    use {CarrierStatus as C, Word as W};

    Some(match text.trim() {
        "1" | "28" => W::Failure(C::InvalidNumber),
        "16" => W::Over,
        "17" => W::Failure(C::Busy),
        "18" | "19" => W::Failure(C::NoAnswer),
        "20" => W::Failure(C::Unreachable),
        "21" => W::Failure(C::Rejected),
        words => return word(words),
    })
}

#[cfg(test)]
mod tests;
