//! `cargo run`: one whole call, or the system kept running, on this machine.

use anyhow::Result;
use clap::{Parser, Subcommand};
use local::{agent_config, campaign, complaint, demo, dnd, keys, opt_outs, up};
use settings::Env;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
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
    /// Numbers that want no calls
    #[command(subcommand)]
    OptOuts(OptOuts),
    /// Numbers that promotion may not disturb
    #[command(subcommand)]
    Dnd(Dnd),
    /// Writes all that a running system knows of the dials to a number that complains
    ///
    /// CLIENT_API_KEY holds the key. Exit code: 0 if it is written, 2 if the command is wrong, 69 if no
    /// server answers, 75 to try again later, 77 if the key may not do this.
    Complaint(complaint::Arguments),
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
    let command = Arguments::parse().command;
    let on_error = match &command {
        // 1 says that something differs, or is to be corrected.
        Some(
            Command::AgentConfig(_)
            | Command::Campaign(_)
            | Command::OptOuts(_)
            | Command::Dnd(_)
            | Command::Complaint(_),
        ) => ExitCode::from(2),
        _ => ExitCode::FAILURE,
    };
    match run(command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            on_error
        }
    }
}

async fn run(command: Option<Command>) -> Result<ExitCode> {
    match command {
        None => demo::run("target/demo".into()).await?,
        Some(Command::Demo { out }) => demo::run(out).await?,
        Some(Command::Up(arguments)) => up::run(&arguments).await?,
        Some(Command::Db { listen, data }) => up::database(listen, data).await?,
        Some(Command::ApiKey { name, scopes }) => keys::draw(&name, &scopes)?,
        Some(Command::SigningKey) => keys::draw_signing(),
        Some(Command::AgentConfig(arguments)) => return configure(&arguments).await,
        Some(Command::Campaign(Campaign::Check(arguments))) => return check(&arguments),
        Some(Command::Campaign(Campaign::Forecast(arguments))) => return forecast(&arguments),
        Some(Command::Campaign(Campaign::Service(command))) => return ask(&command).await,
        Some(Command::OptOuts(OptOuts::Import(arguments))) => return import(&arguments).await,
        Some(Command::Dnd(Dnd::Import(arguments))) => return bring(&arguments).await,
        Some(Command::Complaint(arguments)) => return complain(&arguments).await,
    }
    Ok(ExitCode::SUCCESS)
}

async fn configure(arguments: &agent_config::Arguments) -> Result<ExitCode> {
    let mut out = std::io::stdout();
    let outcome = agent_config::run(arguments, &Env::process(), &mut out).await?;
    Ok(match outcome {
        agent_config::Outcome::Done => ExitCode::SUCCESS,
        agent_config::Outcome::Differs => ExitCode::from(1),
    })
}

fn check(arguments: &campaign::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout().lock(), std::io::stderr());
    Ok(code(campaign::check(arguments, &mut out, &mut talk)?))
}

fn forecast(arguments: &campaign::forecast::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout().lock(), std::io::stderr());
    let (env, now) = (Env::process(), SystemClock.now());
    let outcome = campaign::forecast::run(arguments, &env, now, &mut out, &mut talk)?;
    Ok(code(outcome))
}

fn code(outcome: campaign::Outcome) -> ExitCode {
    match outcome {
        campaign::Outcome::Fit => ExitCode::SUCCESS,
        campaign::Outcome::Faulty => ExitCode::from(1),
    }
}

async fn ask(command: &campaign::Command) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let mut talk = campaign::Talk::on(&mut talk);
    let ended = command.run(&Env::process(), &mut out, &mut talk).await?;
    Ok(ExitCode::from(ended.code()))
}

async fn import(arguments: &opt_outs::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = opt_outs::import(arguments, &Env::process(), &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}

async fn bring(arguments: &dnd::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = dnd::import(arguments, &Env::process(), &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}

async fn complain(arguments: &complaint::Arguments) -> Result<ExitCode> {
    let (mut out, mut talk) = (std::io::stdout(), std::io::stderr());
    let outcome = complaint::complaint(arguments, &Env::process(), &mut out, &mut talk).await?;
    Ok(ExitCode::from(outcome.code()))
}
