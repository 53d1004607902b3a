//! Text about a patient, or a secret, that must not reach a log.

/// Text that prints as `…`: words said, phone numbers, digits pressed, tokens.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Private(String);

impl Private {
    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Gives the text itself away.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl From<String> for Private {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Private {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::Private;

    #[test]
    fn private_text_does_not_print() {
        assert_eq!(
            format!("{:?}", Some(Private::from("+911234567890"))),
            "Some(…)"
        );
    }
}
