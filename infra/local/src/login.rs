//! `cargo run -- login`: a key tried, and kept for the next commands.

use crate::{
    client::{Client, KEY},
    remote::{Ended, Remote, Talk, ended},
    stored::Stored,
};
use agent_setup::BaseUrl;
use anyhow::{Result, ensure};
use clap::Args;
use secrecy::SecretString;
use settings::Env;
use std::{
    io::{self, BufRead, IsTerminal},
    path::Path,
    process::Command,
};

/// Which system.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Address of the HTTP API, which all later commands ask unless they say otherwise
    #[arg(long)]
    pub url: BaseUrl,
}

/// Stdin, of which a terminal shows nothing meanwhile.
pub struct Hidden {
    input: io::StdinLock<'static>,
    is_terminal: bool,
}

impl Hidden {
    /// Hides what is typed, and asks for it, if somebody sits there.
    #[must_use]
    pub fn stdin() -> Self {
        let input = io::stdin().lock();
        let is_terminal = input.is_terminal();
        if is_terminal {
            eprint!("key: ");
            echo(false);
        }
        Self { input, is_terminal }
    }

    /// Reads one line, without what ends it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        if self.is_terminal {
            echo(true);
            eprintln!();
        }
    }
}

/// Where there is no `stty`, what is typed can be seen.
fn echo(is_on: bool) {
    let option = if is_on { "echo" } else { "-echo" };
    let _ = Command::new("stty").arg(option).status();
}

/// Has the system say that it knows the key, and keeps both at `path`.
///
/// # Errors
/// If there is no key or the file cannot be written.
pub async fn login(
    arguments: &Arguments,
    key: &str,
    path: &Path,
    talk: &mut Talk<'_>,
) -> Result<Ended> {
    ensure!(
        !key.is_empty(),
        "no key was given: one line is read from stdin"
    );
    let tried = key.to_owned();
    let env = Env::from_reader(move |name| (name == KEY).then(|| tried.clone()));
    let client = Client::new(&arguments.url, &env, "read")?;
    let asked = format!("{}?limit=1", functions::list::PATH);
    if let Err(trouble) = client.get(&asked).await {
        let remote = Remote {
            url: arguments.url.clone(),
            json: false,
        };
        talk.say("nothing was kept");
        return ended(&trouble, &remote, talk);
    }
    let stored = Stored {
        url: arguments.url.clone(),
        key: SecretString::from(key.to_owned()),
    };
    stored.save(path)?;
    talk.say(&format!(
        "later commands ask {} with this key, kept in {}",
        arguments.url,
        path.display()
    ));
    Ok(Ended::Done)
}
