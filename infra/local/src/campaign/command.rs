//! What can be asked of the campaigns of a running system at the command line.

use super::{
    Ended, Remote, Talk, back,
    control::{self, Named, Start, Verb},
    import, rehearse, results, set_plan, status, test_call,
};
use anyhow::Result;
use clap::Subcommand;
use settings::Env;
use std::io::Write;

/// Campaigns of a running system. `CLIENT_API_KEY` holds the key.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Brings a spreadsheet to a running system, and shows what it says of each row that cannot be called
    ///
    /// Calls nobody: the campaign waits to be started. The same command again goes on where it broke off.
    /// CLIENT_API_KEY holds the key. Exit code: 0 if every row is fit, 1 if something is to be corrected
    /// or the system refuses it, 2 if the command or the file is wrong (nothing was sent), 69 if no server
    /// answers, 75 to try again later, 77 if the key may not do this.
    Import(Box<import::Arguments>),
    /// Goes through a campaign on this machine as it would go, with nobody called, and writes its results
    ///
    /// Carrier, agent and patients are simulated, whatever the environment names; the answers are made up
    /// and marked TEST. At any hour, with waits of seconds. Exit code: 0 if every row that was looked at is
    /// fit, 1 if something is to be corrected, 2 if the command, the file or the plan is wrong, 130 if it
    /// was interrupted.
    Rehearse(Box<rehearse::Arguments>),
    /// Lists the campaigns of a running system, newest first
    List(Remote),
    /// Says where a campaign stands, and with --watch what changes until it is over
    Status(status::Status),
    /// Lists the rows of a campaign, each with why it is not called
    Rows(status::AskedRows),
    /// Writes the file of a campaign again, with a column of errors
    File(back::Arguments),
    /// Says what came of a campaign, and writes it as a spreadsheet with --out
    Results(results::Arguments),
    /// Rings a number of yours and says what a row's patient would hear; the campaign counts nothing of it
    ///
    /// The campaign need not be started. Exit code: 0 if the call was placed, with --watch if somebody
    /// talked; 1 if it failed or the system refuses it (it says why), 2 if the command is wrong, 69 if no
    /// server answers, 75 to try again later, 77 if the key may not do this.
    TestCall(test_call::Arguments),
    /// Starts a campaign: its rows are called when hours, pace and channels allow
    Start(Start),
    /// Pauses a campaign: no dial of it leaves once this is answered
    Pause(Named),
    /// Lets a paused campaign go on
    Resume(Named),
    /// Changes the plan of a campaign, while it runs too, and shows the whole of it
    ///
    /// What is not said stays as it is. A change holds at once for all that waits.
    Plan(Box<set_plan::SetPlan>),
    /// Ends a campaign for good
    Cancel(Named),
    /// Calls the rows of a campaign again that nobody answered
    RetryFailed(Named),
}

impl Command {
    /// Does what was asked: the answer goes to `out`, and what is said beside it to `talk`.
    ///
    /// # Errors
    /// If the command, the file or the address is wrong.
    pub async fn run(
        &self,
        env: &Env,
        out: &mut (dyn Write + Send),
        talk: &mut Talk<'_>,
    ) -> Result<Ended> {
        match self {
            Self::Import(arguments) => import::import(arguments, env, out, talk).await,
            Self::Rehearse(arguments) => rehearse::rehearse(arguments, env, out, talk).await,
            Self::List(remote) => status::list(remote, env, out, talk).await,
            Self::Status(arguments) => status::status(arguments, env, out, talk).await,
            Self::Rows(arguments) => status::rows(arguments, env, out, talk).await,
            Self::File(arguments) => back::file(arguments, env, talk).await,
            Self::Results(arguments) => results::results(arguments, env, out, talk).await,
            Self::TestCall(arguments) => test_call::test_call(arguments, env, out, talk).await,
            Self::Start(Start {
                named,
                dry_run: true,
            }) => {
                let status = status::Status::with_forecast(named);
                status::status(&status, env, out, talk).await
            }
            Self::Start(start) => control::command(Verb::Start, &start.named, env, out, talk).await,
            Self::Pause(named) => control::command(Verb::Pause, named, env, out, talk).await,
            Self::Resume(named) => control::command(Verb::Resume, named, env, out, talk).await,
            Self::Plan(arguments) => set_plan::set_plan(arguments, env, out, talk).await,
            Self::Cancel(named) => control::command(Verb::Cancel, named, env, out, talk).await,
            Self::RetryFailed(named) => {
                control::command(Verb::RetryFailed, named, env, out, talk).await
            }
        }
    }
}
