//! `cargo run`: one whole call, or the system kept running, on this machine.

use anyhow::{Context, Result};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use local::{
    agent_config, calls, campaign, complaint, defaults, demo, dnd, doctor, keys, login, opt_outs,
    remote::{Ended, Remote, Talk},
    stored::{self, Stored},
    up,
};
use settings::Env;
use std::{
    io::Stdout,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};
use store::clock::{Clock, SystemClock};

/// Outbound AI calls on one machine: no account, no network, nothing to install.
#[derive(Parser)]
#[command(name = "outbound-call", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Places one whole call and shows it as it happens (the default)
    Demo {
        /// Where the record, the transcript and the sound of the call are left
        #[arg(long, default_value = "target/demo")]
        out: PathBuf,
    },
    /// Keeps the system running until Ctrl-C
    Up(up::Arguments),
    /// Serves the embedded DynamoDB alone, with the table created
    Db {
        /// Address to listen on
        #[arg(long, default_value = "127.0.0.1:8000")]
        listen: SocketAddr,
        /// Folder for the database; without it everything is kept in memory
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Draws a new API key and prints its entry for API_KEYS
    ApiKey {
        /// Who will use it, for example crm
        name: String,
        /// What it may do: read, write, pii, admin, joined by +
        #[arg(default_value = "read+write")]
        scopes: String,
    },
    /// Draws a new key that signs outcomes, for WEBHOOK_SIGNING_KEYS
    SigningKey,
    /// Shows what ElevenLabs needs for this system, or sets it up there
    ///
    /// Prints it as JSON unless --apply or --check is given. Exit code: 0 if all is as asked,
    /// 1 if a check found differences, 2 on errors.
    AgentConfig(agent_config::Arguments),
    /// Campaigns: many patients, from a spreadsheet
    #[command(subcommand)]
    Campaign(Campaign),
    #[command(flatten)]
    Calls(calls::Command),
    /// Numbers that want no calls
    #[command(subcommand, visible_alias = "opt-out")]
    OptOuts(OptOuts),
    /// Numbers that promotion may not disturb
    #[command(subcommand)]
    Dnd(Dnd),
    /// Writes all that a running system knows of the dials to a number that complains
    ///
    /// CLIENT_API_KEY holds the key. Exit code: 0 if it is written, 2 if the command is wrong, 69 if no
    /// server answers, 75 to try again later, 77 if the key may not do this.
    Complaint(complaint::Arguments),
    /// Looks at everything that a call needs, and says what to do about what is wrong
    ///
    /// Settings, both vendors' keys, the table, the addresses that others come to with their certificates, the
    /// agent, the clock. Changes nothing, rings nobody, costs nothing, shows no secret. Exit code: 0 if nothing
    /// is wrong, 1 if something is.
    Doctor(doctor::Arguments),
    /// Keeps which system later commands ask, and with which key
    ///
    /// The key is read from stdin, tried, and kept in a file of yours alone under $XDG_CONFIG_HOME.
    Login(login::Arguments),
    /// Prints what a shell needs to complete these commands
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Subcommand)]
enum Dnd {
    /// Brings the do-not-disturb list of a day to a running system
    ///
    /// May be given again at any time. CLIENT_API_KEY holds the key. Exit code: 0 if the list is complete,
    /// 1 if rows hold no number (nothing was sent), 2 if the command or the file is wrong, 69 if no server
    /// answers, 75 to try again later, 77 if the key may not do this.
    Import(dnd::Arguments),
}

#[derive(Subcommand)]
enum OptOuts {
    /// Puts the numbers of a spreadsheet on the list of a running system
    ///
    /// Takes nothing off the list, and may be given again at any time. CLIENT_API_KEY holds the key.
    /// Exit code: 0 if all numbers are in, 1 if rows hold none (the others are in), 2 if the command or
    /// the file is wrong (nothing was sent), 69 if no server answers, 75 to try again later, 77 if the
    /// key may not do this.
    Import(opt_outs::Arguments),
    /// Puts numbers on the list; a call of one that waits, rings or talks ends
    Add(opt_outs::kept::Add),
    /// Takes a number off the list, so that it may be called again
    Remove(opt_outs::kept::Remove),
    /// Lists the numbers
    List(Remote),
}

#[derive(Subcommand)]
enum Campaign {
    /// Says which rows of a spreadsheet can be called, and why the others cannot
    ///
    /// Calls nobody and sends nothing. Writes the file again with a column of errors, to be
    /// corrected and checked again. Exit code: 0 if every row is fit, 1 if something is to be
    /// corrected, 2 if the command is wrong.
    Check(campaign::Arguments),
    /// Says when a campaign would be done, how many dials and minutes it takes and what it costs
    ///
    /// Calls nobody and sends nothing: it goes through the campaign many times over. The service's
    /// settings are read from the environment. Exit code: 0 if nine of ten times every row fits before
    /// the end, 1 if not or if the file is unfit, 2 if the command or the plan is wrong.
    Forecast(Box<campaign::forecast::Arguments>),
    #[command(flatten)]
    Service(campaign::Command),
}

#[tokio::main]
async fn main() -> ExitCode {
    let place = stored::place(|name| std::env::var(name).ok());
    let stored = place.as_deref().map_or(Ok(None), Stored::load);
    let env = Env::process();
    let kept = stored.as_ref().ok().and_then(Option::as_ref);
    let command = defaults::with_url(Arguments::command(), &env, kept);
    let matches = command.clone().get_matches();
    let arguments = Arguments::from_arg_matches(&matches);
    let chosen = arguments.unwrap_or_else(|error| error.exit()).command;
    let on_error = on_error(chosen.as_ref());
    let done = match defaults::with_key(&command, &matches, env, stored) {
        Ok(env) => run(chosen, &env, place.as_deref()).await,
        Err(error) => Err(error),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        on_error
    })
}

/// The exit code of a command that could not be carried out.
fn on_error(command: Option<&Command>) -> ExitCode {
    match command {
        None
        | Some(
            Command::Demo { .. }
            | Command::Up(_)
            | Command::Db { .. }
            | Command::ApiKey { .. }
            | Command::SigningKey
            | Command::Completions { .. },
        ) => ExitCode::FAILURE,
        // 1 says that something differs, is refused or is to be corrected.
        Some(
            Command::AgentConfig(_)
            | Command::Campaign(_)
            | Command::Calls(_)
            | Command::OptOuts(_)
            | Command::Dnd(_)
            | Command::Complaint(_)
            | Command::Doctor(_)
            | Command::Login(_),
        ) => ExitCode::from(2),
    }
}

async fn run(command: Option<Command>, env: &Env, place: Option<&Path>) -> Result<ExitCode> {
    match command {
        None => demo::run("target/demo".into()).await?,
        Some(Command::Demo { out }) => demo::run(out).await?,
        Some(Command::Up(arguments)) => up::run(&arguments).await?,
        Some(Command::Db { listen, data }) => up::database(listen, data).await?,
        Some(Command::ApiKey { name, scopes }) => keys::draw(&name, &scopes)?,
        Some(Command::SigningKey) => keys::draw_signing(),
        Some(Command::Completions { shell }) => complete(shell),
        Some(Command::Doctor(arguments)) => return diagnose(&arguments).await,
        Some(Command::AgentConfig(arguments)) => return configure(&arguments, env).await,
        Some(Command::Campaign(Campaign::Check(arguments))) => return check(&arguments),
        Some(Command::Campaign(Campaign::Forecast(arguments))) => return forecast(&arguments, env),
        Some(Command::Campaign(Campaign::Service(command))) => {
            return asked(async |out, talk| command.run(env, out, talk).await).await;
        }
        Some(Command::Calls(command)) => {
            return asked(async |out, talk| command.run(env, out, talk).await).await;
        }
        Some(Command::OptOuts(command)) => return opt_outs(&command, env).await,
        Some(Command::Dnd(Dnd::Import(arguments))) => return bring(&arguments, env).await,
        Some(Command::Complaint(arguments)) => return complain(&arguments, env).await,
        Some(Command::Login(arguments)) => return login(&arguments, place).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Carries out a command that asks a system.
async fn asked(
    carry_out: impl AsyncFnOnce(&mut Stdout, &mut Talk<'_>) -> Result<Ended>,
) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let ended = carry_out(&mut out, &mut Talk::on(&mut talk)).await?;
    Ok(ExitCode::from(ended.code()))
}

async fn opt_outs(command: &OptOuts, env: &Env) -> Result<ExitCode> {
    use opt_outs::kept;
    match command {
        OptOuts::Import(arguments) => import(arguments, env).await,
        OptOuts::Add(arguments) => {
            asked(async |out, talk| kept::add(arguments, env, out, talk).await).await
        }
        OptOuts::Remove(arguments) => {
            asked(async |out, talk| kept::remove(arguments, env, out, talk).await).await
        }
        OptOuts::List(remote) => {
            asked(async |out, talk| kept::list(remote, env, out, talk).await).await
        }
    }
}

async fn login(arguments: &login::Arguments, place: Option<&Path>) -> Result<ExitCode> {
    let place = place.context("there is no home to keep the key in: set XDG_CONFIG_HOME")?;
    let key = login::Hidden::stdin().line()?;
    asked(async |_, talk| login::login(arguments, &key, place, talk).await).await
}

async fn diagnose(arguments: &doctor::Arguments) -> Result<ExitCode> {
    let mut out = std::io::stdout();
    let is_well = doctor::run(arguments, doctor::Patient::process(), &mut out).await?;
    Ok(ExitCode::from(u8::from(!is_well)))
}

fn complete(shell: Shell) {
    let mut out = std::io::stdout();
    clap_complete::generate(shell, &mut Arguments::command(), "outbound-call", &mut out);
}

async fn configure(arguments: &agent_config::Arguments, env: &Env) -> Result<ExitCode> {
    let mut out = std::io::stdout();
    let outcome = agent_config::run(arguments, env, &mut out).await?;
    Ok(match outcome {
        agent_config::Outcome::Done => ExitCode::SUCCESS,
        agent_config::Outcome::Differs => ExitCode::from(1),
    })
}

fn check(arguments: &campaign::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout().lock(), std::io::stderr());
    Ok(code(campaign::check(arguments, &mut out, &mut talk)?))
}

fn forecast(arguments: &campaign::forecast::Arguments, env: &Env) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout().lock(), std::io::stderr());
    let now = SystemClock.now();
    let outcome = campaign::forecast::run(arguments, env, now, &mut out, &mut talk)?;
    Ok(code(outcome))
}

fn code(outcome: campaign::Outcome) -> ExitCode {
    match outcome {
        campaign::Outcome::Fit => ExitCode::SUCCESS,
        campaign::Outcome::Faulty => ExitCode::from(1),
    }
}

async fn import(arguments: &opt_outs::Arguments, env: &Env) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = opt_outs::import(arguments, env, &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}

async fn bring(arguments: &dnd::Arguments, env: &Env) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = dnd::import(arguments, env, &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}

async fn complain(arguments: &complaint::Arguments, env: &Env) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = complaint::complaint(arguments, env, &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_well_formed_with_any_system() {
        Arguments::command().debug_assert();
        let env = Env::from_reader(|name| {
            (name == "CLIENT_API_URL").then(|| "https://api.example.org".to_owned())
        });
        defaults::with_url(Arguments::command(), &env, None).debug_assert();
    }
}
