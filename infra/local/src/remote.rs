//! Asking a running system: which one, how a command ends, and what is said beside its answer.

use crate::client::{KEY, Trouble};
use agent_setup::BaseUrl;
use anyhow::{Result, bail};
use clap::Args;
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Which system, and how it is answered.
#[derive(Args, Clone, Debug)]
pub struct Remote {
    /// Address of the HTTP API
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    pub url: BaseUrl,
    /// Prints JSON
    #[arg(long)]
    pub json: bool,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// What was asked for is done.
    Done,
    /// The system refuses it, or something is to be corrected in the file.
    Faulty,
    /// No server answers at the address.
    Unreachable,
    /// The server cannot take more now, or broke off.
    Again,
    /// The key is wrong, or may not do this.
    NotAllowed,
    /// Somebody stopped the command; what it looked at goes on.
    Interrupted,
}

impl Ended {
    /// The exit code: 0, 1, one of `sysexits.h`, or that of an interrupted program.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Faulty => 1,
            Self::Unreachable => 69,
            Self::Again => 75,
            Self::NotAllowed => 77,
            Self::Interrupted => 130,
        }
    }
}

/// Where that is said which is no part of the answer.
pub struct Talk<'a> {
    out: &'a mut (dyn Write + Send),
    is_terminal: bool,
}

impl<'a> Talk<'a> {
    /// A talk on stderr, with progress if somebody watches.
    pub fn on(out: &'a mut io::Stderr) -> Self {
        let is_terminal = out.is_terminal();
        Self { out, is_terminal }
    }

    /// A talk into anything else: without progress.
    pub fn into(out: &'a mut (dyn Write + Send)) -> Self {
        Self {
            out,
            is_terminal: false,
        }
    }

    /// Says one thing. Who hears nothing misses nothing of the answer.
    pub(crate) fn say(&mut self, line: &str) {
        let clear = self.clear();
        let _ = writeln!(self.out, "{clear}{line}");
    }

    /// Shows how far it is, in the line of what was shown before.
    pub(crate) fn progress(&mut self, line: &str) {
        if self.is_terminal {
            let _ = write!(self.out, "\r\x1b[K{line}");
            let _ = self.out.flush();
        }
    }

    /// Says how far it is where no progress is shown.
    pub(crate) fn now_and_then(&mut self, line: &str) {
        if !self.is_terminal {
            self.say(line);
        }
    }

    /// Takes what is shown of the progress away.
    pub(crate) fn done(&mut self) {
        let clear = self.clear();
        let _ = write!(self.out, "{clear}");
        let _ = self.out.flush();
    }

    const fn clear(&self) -> &'static str {
        if self.is_terminal { "\r\x1b[K" } else { "" }
    }
}

/// What became of a command that met trouble; it says what to do.
pub(crate) fn ended(trouble: &Trouble, remote: &Remote, talk: &mut Talk) -> Result<Ended> {
    talk.say(&trouble.to_string());
    Ok(match trouble {
        Trouble::Refused { .. } => Ended::Faulty,
        Trouble::Unreachable => Ended::Unreachable,
        Trouble::Again { .. } => {
            talk.say("give the same command again: what was done is not done twice");
            Ended::Again
        }
        Trouble::NotAllowed { .. } => {
            talk.say(&format!("put another key into {KEY}"));
            Ended::NotAllowed
        }
        Trouble::Other(_) => bail!("{} is not the address of this API", remote.url),
    })
}

/// Whoever reads the answer may have read enough of it.
pub(crate) fn written(told: io::Result<()>) -> io::Result<()> {
    match told {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}

/// How much is done, as a bar of thirty signs.
pub(crate) fn bar(done: u64, all: u64) -> String {
    let full = usize::try_from(done.min(all) * 30 / all.max(1)).unwrap_or(0);
    format!("[{}{}]", "#".repeat(full), ".".repeat(30 - full))
}
