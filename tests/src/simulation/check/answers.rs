//! What was said is kept: by tools while they talk, and by the platform's report afterwards.

use super::{
    super::{
        history::{Answering, Fact, Place},
        platform::ONLY_REPORTED,
    },
    Judged, Seen,
};
use call::ids::CallId;
use std::collections::BTreeMap;

/// An answer as it stands in the end: the number, if it is one, and when it was given.
type Standing = (Option<u64>, Option<Place>);

fn standing<'a>(judged: &Judged<'a>) -> BTreeMap<(CallId, &'a str), Standing> {
    let answers = judged.entries.iter().filter_map(|entry| {
        let Fact::Answer {
            call,
            field,
            value,
            place,
        } = &entry.fact
        else {
            return None;
        };
        Some(((*call, field.as_str()), (*value, *place)))
    });
    answers.collect()
}

/// What was called saved is there: itself, or what the patient said later.
pub(super) fn what_was_saved_stays(judged: &Judged) -> Seen {
    let standing = standing(judged);
    let uttered: Vec<&Answering> = judged
        .entries
        .iter()
        .filter_map(|entry| {
            let Fact::Answering(said) = &entry.fact else {
                return None;
            };
            Some(said)
        })
        .collect();
    for entry in judged.entries {
        let Fact::Saved(said) = &entry.fact else {
            continue;
        };
        let Some((value, place)) = standing.get(&(said.call, said.field)) else {
            return Err(format!("{said:?} is gone"));
        };
        let holds = uttered.iter().find(|other| {
            (other.call, other.field) == (said.call, said.field)
                && Some(other.place) == *place
                && Some(other.value) == *value
        });
        if holds.is_none_or(|holds| holds.place < said.place) {
            return Err(format!("{said:?} gave way to {value:?} of {place:?}"));
        }
    }
    Ok(())
}

/// Each conversation's report is read into the record, with what it alone tells.
pub(super) fn reports_are_read(judged: &Judged) -> Seen {
    let standing = standing(judged);
    for entry in judged.entries {
        let Fact::Conversation {
            call,
            id,
            is_merged,
        } = &entry.fact
        else {
            continue;
        };
        let is_restricted = judged.calls.get(call).is_none_or(|call| call.is_restricted);
        if is_restricted {
            continue;
        }
        if !is_merged {
            return Err(format!("the report of {id} is not in the record of {call}"));
        }
        if !standing.contains_key(&(*call, ONLY_REPORTED)) {
            return Err(format!("{call} lacks what the report of {id} tells"));
        }
    }
    Ok(())
}
