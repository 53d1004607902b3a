//! Counting what people say without remembering all of it.

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Different texts that are counted at once; what is new beyond them counts as others.
pub const GROUPS_MAX: usize = 2_000;

/// Texts that are shown.
pub const TOP_MAX: usize = 20;

/// Longest text that makes a group of its own, in characters: a phrase, not a story.
const GROUP_CHARS_MAX: usize = 80;

/// How often each text was said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    counts: BTreeMap<String, u64>,
    others: u64,
}

/// The most frequent texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Top {
    /// Texts with their counts, the most frequent first.
    #[schema(required = false)]
    pub top: Vec<Count>,
    /// How often anything else was said.
    #[schema(required = false)]
    pub others: u64,
}

/// One text and how often it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    /// The text, in lower case with single blanks.
    pub value: String,
    /// How often.
    pub count: u64,
}

impl Groups {
    /// Counts a text. Case and blanks make no difference.
    pub fn add(&mut self, text: &str) {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let text = words.join(" ");
        let is_known = self.counts.contains_key(&text);
        let has_room = self.counts.len() < GROUPS_MAX && text.chars().count() <= GROUP_CHARS_MAX;
        if is_known || has_room {
            *self.counts.entry(text).or_default() += 1;
        } else {
            self.others += 1;
        }
    }

    /// The most frequent ones; of equally frequent ones the first in the alphabet.
    #[must_use]
    pub fn top(&self) -> Top {
        let mut counts: Vec<_> = self.counts.iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let rest = counts.iter().skip(TOP_MAX).map(|(_, count)| **count);
        let others = self.others + rest.sum::<u64>();
        let shown = counts.into_iter().take(TOP_MAX);
        let top = shown.map(|(value, count)| Count {
            value: value.clone(),
            count: *count,
        });
        Top {
            top: top.collect(),
            others,
        }
    }
}

impl Serialize for Groups {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.top().serialize(serializer)
    }
}

/// The group that an age in years belongs to.
#[must_use]
pub fn age_group(years: i64) -> &'static str {
    match years {
        ..=17 => "0-17",
        18..=34 => "18-34",
        35..=49 => "35-49",
        50..=64 => "50-64",
        65.. => "65+",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_nothing_is_forgotten() {
        let mut groups = Groups::default();
        for n in 0..3_000 {
            groups.add(&format!("issue {n}"));
        }
        for text in ["जयपुर", " जयपुर ", "Back  pain", "back PAIN", "back pain"]
        {
            groups.add(text);
        }
        groups.add(&"x".repeat(100));
        let top = groups.top();
        assert_eq!(top.top.len(), TOP_MAX);
        let all: u64 = top.top.iter().map(|group| group.count).sum();
        assert_eq!(all + top.others, 3_006);
        assert_eq!(groups.counts.len(), GROUPS_MAX);

        let mut groups = Groups::default();
        for text in ["b", "a", "Back  pain", "back PAIN"] {
            groups.add(text);
        }
        let shown: Vec<_> = groups
            .top()
            .top
            .into_iter()
            .map(|g| (g.value, g.count))
            .collect();
        let expected = [("back pain", 2), ("a", 1), ("b", 1)];
        assert_eq!(
            shown,
            expected.map(|(value, count)| (value.to_owned(), count))
        );
    }

    #[test]
    fn every_age_has_a_group() {
        let groups = [0, 17, 18, 34, 35, 49, 50, 64, 65, 120].map(age_group);
        let expected = [
            "0-17", "0-17", "18-34", "18-34", "35-49", "35-49", "50-64", "50-64", "65+", "65+",
        ];
        assert_eq!(groups, expected);
    }
}
