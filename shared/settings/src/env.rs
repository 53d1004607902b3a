//! Reading one variable at a time, and collecting all that is wrong.

use super::variables::VARIABLES;
use secrecy::SecretString;
use std::{cell::RefCell, collections::BTreeSet, fmt, str::FromStr, time::Duration};

/// Gives the value of a variable, if it is set.
type Reader = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where settings are read from: the process's environment, or a map in tests.
///
/// Getters note problems instead of failing, so that one start names all of them; each group's
/// constructor ends with [`Env::check`].
pub struct Env {
    read: Box<Reader>,
    problems: RefCell<BTreeSet<String>>,
}

/// Every setting that is missing or wrong. Values are not repeated: they may be secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Vec<String>);

impl ConfigError {
    /// Each of them, by the variable's name.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for ConfigError {}

impl Env {
    /// Reads the process's environment.
    #[must_use]
    pub fn process() -> Self {
        Self::from_reader(|name| std::env::var(name).ok())
    }

    /// Reads through a function. An empty value counts as unset.
    #[must_use]
    pub fn from_reader(read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self {
            read: Box::new(read),
            problems: RefCell::default(),
        }
    }

    /// Asks `read` for what is not set here. What is set wins: whoever sets a variable by hand, on a machine
    /// of their own, means it.
    #[must_use]
    pub fn filled_by(self, read: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let set = self.read;
        let is_set = |text: &String| !text.trim().is_empty();
        Self::from_reader(move |name| set(name).filter(is_set).or_else(|| read(name)))
    }

    /// Passes `value` on if nothing was wrong since the last check.
    ///
    /// # Errors
    /// [`ConfigError`] names every variable that is missing or wrong.
    pub fn check<T>(&self, value: Option<T>) -> Result<T, ConfigError> {
        let problems: Vec<String> = self.problems.take().into_iter().collect();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(ConfigError(problems)),
        }
    }

    /// A text, or the default that [`VARIABLES`] gives; `None` if neither is there.
    pub fn text(&self, name: &str) -> Option<String> {
        let variable = VARIABLES.iter().find(|variable| variable.name == name);
        let variable = variable.expect("every variable read is in VARIABLES");
        let given = (self.read)(name).map(|text| text.trim().to_owned());
        let given = given.filter(|text| !text.is_empty());
        given.or_else(|| variable.default.map(str::to_owned))
    }

    /// Whether it is set, whatever its default is.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        (self.read)(name).is_some_and(|text| !text.trim().is_empty())
    }

    /// A setting that has no default and may be missing.
    pub fn optional<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        self.text(name).and_then(|_| read(name))
    }

    /// A text that must be there.
    pub fn required(&self, name: &str) -> Option<String> {
        self.text(name).or_else(|| self.wrong(name, "is not set"))
    }

    /// A secret that must be there.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.required(name).map(SecretString::from)
    }

    /// An optional secret and the one before it, whichever are set: while it is changed, both are taken.
    pub fn with_previous(&self, name: &str, previous: &str) -> Vec<SecretString> {
        let both = [self.text(name), self.text(previous)];
        both.into_iter().flatten().map(SecretString::from).collect()
    }

    /// Anything with a text form that says what it expects when it fails.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&self, name: &str) -> Option<T> {
        let text = self.required(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.wrong(name, &error.to_string()),
        }
    }

    /// A whole number within bounds.
    pub fn number<T>(&self, name: &str, min: T, max: T) -> Option<T>
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let value = self.required(name)?.parse().ok();
        value
            .filter(|value| (&min..=&max).contains(&value))
            .or_else(|| self.wrong(name, &format!("expected a number from {min} to {max}")))
    }

    /// A duration with its unit: `500ms`, `30s`, `5m`, `24h`.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        let text = self.required(name)?;
        duration_of(&text).or_else(|| {
            self.wrong(
                name,
                "expected a duration with its unit: 500ms, 30s, 5m, 24h",
            )
        })
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.choice(name, &[("true", true), ("false", false)])
    }

    /// One of a few words.
    pub fn choice<T: Clone>(&self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.required(name)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| value.clone()).or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            self.wrong(name, &format!("expected one of: {}", words.join(", ")))
        })
    }

    /// An address with one of these schemes, without a trailing slash. Paths are appended to it,
    /// so it may have no query and no fragment.
    pub fn url(&self, name: &str, schemes: &[&str]) -> Option<String> {
        let text = self.required(name)?;
        let parsed = url::Url::parse(&text).ok();
        let is_fit = |url: &url::Url| {
            let is_base = url.query().is_none() && url.fragment().is_none();
            schemes.contains(&url.scheme()) && url.has_host() && is_base
        };
        if parsed.as_ref().is_some_and(is_fit) {
            return Some(text.trim_end_matches('/').to_owned());
        }
        self.wrong(
            name,
            &format!(
                "expected an address that begins with {}:// and has no query",
                schemes.join(":// or ")
            ),
        )
    }

    /// Notes that a variable is wrong and what is expected of it.
    pub fn wrong<T>(&self, name: &str, expected: &str) -> Option<T> {
        self.problems
            .borrow_mut()
            .insert(format!("{name}: {expected}"));
        None
    }
}

/// Reads a duration with its unit, `500ms`, `30s`, `5m` or `24h`; at most a hundred years.
#[must_use]
pub fn duration_of(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(unit_at);
    let count: u64 = digits.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    // A hundred years: more is a slip of the keyboard.
    count
        .checked_mul(millis)
        .filter(|millis| *millis <= 3_155_760_000_000)
        .map(Duration::from_millis)
}
