//! What the secrets hold.

use super::error::Trouble;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};
use settings::{Env, Secret};
use std::collections::BTreeMap;

/// What the secrets hold, by the variable that it fills.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, SecretString>);

impl Values {
    /// Fills what `env` leaves unset.
    pub(super) fn fill(&self, env: Env) -> Env {
        let values = self.0.clone();
        env.filled_by(move |name| {
            let value = values.get(name)?;
            Some(value.expose_secret().to_owned())
        })
    }

    /// Takes in one secret's text. An empty value counts as unset.
    pub(super) fn take_in(&mut self, text: &str) -> Result<(), Trouble> {
        let fields: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| Trouble::NotAnObject)?;
        for (key, value) in fields {
            let variable = variable(&key).ok_or(Trouble::UnknownKey)?;
            let Value::String(value) = value else {
                return Err(Trouble::NotAnObject);
            };
            if value.trim().is_empty() {
                continue;
            }
            if self.0.insert(variable, SecretString::from(value)).is_some() {
                return Err(Trouble::Twice(variable));
            }
        }
        Ok(())
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        let exposed = |(name, value): (&&'static str, &SecretString)| {
            (*name, value.expose_secret().to_owned())
        };
        self.0.iter().map(exposed).eq(other.0.iter().map(exposed))
    }
}

fn variable(key: &str) -> Option<&'static str> {
    let mut known = Secret::ALL.iter().flat_map(|secret| secret.variables());
    known.find(|name| **name == key).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(texts: &[&str]) -> Result<Values, Trouble> {
        let mut values = Values::default();
        for text in texts {
            values.take_in(text)?;
        }
        Ok(values)
    }

    #[test]
    fn what_is_set_wins_and_what_is_empty_is_filled() {
        let values = read(&[
            r#"{"API_KEYS": "from the secret", "TOKEN_SECRET": "from the secret"}"#,
            r#"{"KNOWLARITY_API_KEY": " ", "ELEVENLABS_API_KEY": "from the secret"}"#,
        ]);
        let env = Env::from_reader(|name| match name {
            "API_KEYS" => Some("set".to_owned()),
            "ELEVENLABS_API_KEY" => Some(" ".to_owned()),
            _ => None,
        });
        let env = values.unwrap().fill(env);
        let read = |name| env.text(name);
        assert_eq!(read("API_KEYS").as_deref(), Some("set"));
        assert_eq!(read("TOKEN_SECRET").as_deref(), Some("from the secret"));
        assert_eq!(
            read("ELEVENLABS_API_KEY").as_deref(),
            Some("from the secret")
        );
        assert_eq!(read("KNOWLARITY_API_KEY"), None);
    }

    #[test]
    fn what_is_no_object_of_known_texts_is_refused() {
        for text in ["", "text", "[]", "7", r#"{"API_KEYS": 7}"#, "{"] {
            assert_eq!(read(&[text]), Err(Trouble::NotAnObject), "{text}");
        }
        for text in [r#"{"api_keys": "x"}"#, r#"{"TABLE_NAME": "x"}"#] {
            assert_eq!(read(&[text]), Err(Trouble::UnknownKey), "{text}");
        }
        let twice = [r#"{"API_KEYS": "a"}"#, r#"{"API_KEYS": "a"}"#];
        assert_eq!(read(&twice), Err(Trouble::Twice("API_KEYS")));
        assert_eq!(read(&["{}"]), Ok(Values::default()));
    }

    #[test]
    fn a_changed_value_is_a_change_and_shows_nothing() {
        let of = |key: &str| read(&[&format!(r#"{{"API_KEYS": "{key}"}}"#)]).unwrap();
        assert_eq!(of("one"), of("one"));
        assert_ne!(of("one"), of("two"));
        assert_ne!(of("one"), Values::default());
        assert!(!format!("{:?}", of("one")).contains("one"));
    }
}
