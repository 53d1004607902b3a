//! Which system a command asks, and with which key, if the command itself does not say.

use crate::{client::KEY, stored::Stored};
use agent_setup::BaseUrl;
use anyhow::Result;
use clap::{Arg, ArgMatches, Command};
use secrecy::ExposeSecret;
use settings::Env;

/// The address that commands ask by themselves.
#[cfg(test)]
const HERE: &str = "http://127.0.0.1:3000";

/// The variable that says which one they ask instead.
const URL: &str = "CLIENT_API_URL";

/// The option that says it for one command.
const OPTION: &str = "url";

/// Has every command that asks a system ask the one of the environment, else the one that `login` has kept.
#[must_use]
pub fn with_url(command: Command, env: &Env, stored: Option<&Stored>) -> Command {
    let kept = stored.map(|stored| stored.url.to_string());
    match env.text(URL).or(kept) {
        Some(url) => set(command, url.leak()),
        None => command,
    }
}

fn set(mut command: Command, url: &'static str) -> Command {
    if command.get_arguments().any(is_of_a_system) {
        command = command.mut_arg(OPTION, |option| option.default_value(url));
    }
    let inner = command
        .get_subcommands()
        .map(|inner| inner.get_name().to_owned());
    let inner: Vec<String> = inner.collect();
    inner.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |inner| set(inner, url))
    })
}

/// Whether an option names the system that is asked: it has a default then.
fn is_of_a_system(option: &Arg) -> bool {
    option.get_id() == OPTION && !option.get_default_values().is_empty()
}

/// The environment, with the key that `login` has kept if the command asks the system that it is for.
///
/// # Errors
/// If the command needs a key and what is kept cannot be read.
pub fn with_key(
    command: &Command,
    matches: &ArgMatches,
    env: Env,
    stored: Result<Option<Stored>>,
) -> Result<Env> {
    let Some(url) = asked(command, matches).filter(|_| !env.is_set(KEY)) else {
        return Ok(env);
    };
    let stored = stored?.filter(|stored| stored.url.to_string() == url.to_string());
    let key = stored.map(|stored| stored.key.expose_secret().to_owned());
    Ok(env.filled_by(move |name| key.clone().filter(|_| name == KEY)))
}

/// Which system the command asks, if it asks one.
fn asked(command: &Command, matches: &ArgMatches) -> Option<BaseUrl> {
    if let Some((name, inner)) = matches.subcommand() {
        return asked(command.find_subcommand(name)?, inner);
    }
    let is_asking = command.get_arguments().any(is_of_a_system);
    is_asking
        .then(|| matches.get_one(OPTION).cloned())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls, remote::Remote};
    use anyhow::bail;
    use clap::{Args, Subcommand};
    use secrecy::SecretString;

    fn command() -> Command {
        let calls = calls::Command::augment_subcommands(Command::new("it"));
        let other = Arg::new("url").long("url").required(true);
        let login = Command::new("login").arg(other);
        let deep = Command::new("deep").subcommand(Remote::augment_args(Command::new("list-it")));
        calls.subcommand(login).subcommand(deep)
    }

    fn env(set: &'static [(&str, &str)]) -> Env {
        Env::from_reader(move |name| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn kept() -> Stored {
        Stored {
            url: "https://kept.example.org".parse().unwrap(),
            key: SecretString::from("kept-key".to_owned()),
        }
    }

    /// Which system is asked with which key.
    fn found(
        words: &[&str],
        set: &'static [(&str, &str)],
        stored: Option<Stored>,
    ) -> (Option<String>, Option<String>) {
        let command = with_url(command(), &env(set), stored.as_ref());
        let matches = command
            .clone()
            .try_get_matches_from([&["it"], words].concat())
            .unwrap();
        let url = asked(&command, &matches).map(|url| url.to_string());
        let env = with_key(&command, &matches, env(set), Ok(stored)).unwrap();
        (url, env.text(KEY))
    }

    fn of(url: &str, key: Option<&str>) -> (Option<String>, Option<String>) {
        (Some(url.to_owned()), key.map(str::to_owned))
    }

    #[test]
    fn the_option_goes_before_the_environment_and_that_before_what_is_kept() {
        let elsewhere = "https://other.example.org";
        let set = &[
            ("CLIENT_API_URL", "https://set.example.org"),
            ("CLIENT_API_KEY", "set-key"),
        ];
        let kept_url = "https://kept.example.org";
        for list in [&["list"][..], &["deep", "list-it"]] {
            let there = [list, &["--url", elsewhere]].concat();
            assert_eq!(found(list, &[], None), of(HERE, None));
            assert_eq!(
                found(list, &[], Some(kept())),
                of(kept_url, Some("kept-key"))
            );
            assert_eq!(
                found(list, set, Some(kept())),
                of("https://set.example.org", Some("set-key"))
            );
            assert_eq!(
                found(&there, set, Some(kept())),
                of(elsewhere, Some("set-key"))
            );
        }
    }

    #[test]
    fn a_key_that_is_kept_goes_to_its_own_system_alone() {
        let there = ["list", "--url", "https://other.example.org"];
        assert_eq!(
            found(&there, &[], Some(kept())),
            of("https://other.example.org", None)
        );
        let set = &[("CLIENT_API_URL", "https://other.example.org")];
        assert_eq!(
            found(&["list"], set, Some(kept())),
            of("https://other.example.org", None)
        );
    }

    #[test]
    fn what_is_kept_and_cannot_be_read_stops_who_needs_it_and_nobody_else() {
        let told = |words: &[&str], set: &'static [(&str, &str)]| {
            let command = with_url(command(), &env(set), None);
            let matches = command
                .clone()
                .try_get_matches_from([&["it"], words].concat());
            let stored = || -> Result<Option<Stored>> { bail!("others can read it") };
            with_key(&command, &matches.unwrap(), env(set), stored()).is_ok()
        };
        assert!(!told(&["list"], &[]));
        assert!(told(&["list"], &[("CLIENT_API_KEY", "set-key")]));
        assert!(told(&["login", "--url", "https://kept.example.org"], &[]));
    }
}
