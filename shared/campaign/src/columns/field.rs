//! What a column may hold.

use super::{key_of, words};

/// What a call is asked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The number to dial.
    Phone,
    /// The patient's name.
    Name,
    /// The hospital's own id of the patient.
    PatientId,
    /// The language of the conversation.
    Language,
    /// What the call is about.
    Treatment,
    /// Where consent to promotion was given.
    ConsentSource,
    /// When.
    ConsentTime,
    /// For what.
    ConsentPurpose,
    /// In which words.
    ConsentText,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 9] = [
        Self::Phone,
        Self::Name,
        Self::PatientId,
        Self::Language,
        Self::Treatment,
        Self::ConsentSource,
        Self::ConsentTime,
        Self::ConsentPurpose,
        Self::ConsentText,
    ];

    /// What it is called where people read it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Name => "name",
            Self::PatientId => "patient id",
            Self::Language => "language",
            Self::Treatment => "treatment",
            Self::ConsentSource => "consent source",
            Self::ConsentTime => "consent time",
            Self::ConsentPurpose => "consent purpose",
            Self::ConsentText => "consent text",
        }
    }

    /// The headers by which it is known, in English and Hindi. Case, blanks, marks and punctuation do
    /// not count, nor does what stands in brackets.
    #[must_use]
    pub const fn headers(self) -> &'static [&'static str] {
        words::headers(self)
    }

    pub(super) fn of(header: &str) -> Option<Self> {
        let bare = header.split(['(', '[']).next().unwrap_or_default();
        let known = |text: &str| {
            let key = key_of(text);
            let is_known = |field: &Self| field.headers().iter().any(|word| key_of(word) == key);
            Self::ALL.into_iter().find(is_known)
        };
        known(header).or_else(|| known(bare))
    }
}
