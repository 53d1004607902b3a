//! The ElevenLabs side from this repository: shown, compared, set up.

use agent_setup::{BaseUrl, Change, Options, Setup, ToolPath, Workspace};
use anyhow::{Context, Result, bail};
use call::answers::Questionnaire;
use clap::{Args, ValueEnum};
use secrecy::ExposeSecret;
use settings::Env;
use std::io::Write;
use store::StoreConfig;

/// What is to be done, and with what.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// Public address of the HTTP API, which the agent's tools and results come to
    #[arg(long)]
    pub url: BaseUrl,
    /// Creates or updates everything in the workspace of ELEVENLABS_API_KEY
    #[arg(long, conflicts_with = "check")]
    pub apply: bool,
    /// Compares the workspace of ELEVENLABS_API_KEY with this repository; exit code 1 if it differs
    #[arg(long)]
    pub check: bool,
    /// How the agent's tools come: mcp, unless there is zero retention
    #[arg(long, value_enum)]
    pub tools: Option<Tools>,
    /// Makes the platform keep nothing; the tools come as webhooks, because it has no MCP then
    #[arg(long)]
    pub zero_retention: bool,
    /// Name of the agent, the MCP server and the webhook, by which they are found again
    #[arg(long, default_value = NAME_DEFAULT, value_parser = name)]
    pub name: String,
    /// Voice of the agent; left as it is in the workspace if not given
    #[arg(long)]
    pub voice: Option<String>,
    /// Language model of the agent; left as it is in the workspace if not given
    #[arg(long)]
    pub llm: Option<String>,
}

/// How the agent's tools come.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Tools {
    /// Over MCP
    Mcp,
    /// As webhooks
    Webhook,
    /// Over the relay
    Client,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As asked; a check found no difference.
    Done,
    /// A check found differences.
    Differs,
}

/// Name of what is set up, unless another is given.
const NAME_DEFAULT: &str = "outbound-call";

/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 100;

fn name(text: &str) -> Result<String, String> {
    let is_fit = (1..=NAME_CHARS_MAX).contains(&text.chars().count())
        && text.trim() == text
        && !text.chars().any(char::is_control);
    let expected = || format!("expected 1 to {NAME_CHARS_MAX} characters");
    is_fit.then(|| text.to_owned()).ok_or_else(expected)
}

/// Prints what would be set up, compares it, or sets it up.
///
/// # Errors
/// If a setting is missing or wrong, or the platform refuses or does not answer.
pub async fn run(
    arguments: &Arguments,
    env: &Env,
    out: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let setup = build(arguments, env)?;
    if !arguments.apply && !arguments.check {
        writeln!(out, "{:#}", setup.to_json())?;
        return Ok(Outcome::Done);
    }
    let workspace = connect(env)?;
    let agent = env.text("ELEVENLABS_AGENT_ID");
    if arguments.check {
        return check(&workspace, &setup, agent.as_deref(), out).await;
    }
    apply(&workspace, &setup, agent.as_deref(), out).await
}

/// What differs between the workspace and this repository, for an API at this address.
///
/// # Errors
/// As [`run`].
pub async fn drift(url: &BaseUrl, env: &Env) -> Result<Vec<String>> {
    let arguments = Arguments {
        url: url.clone(),
        apply: false,
        check: true,
        tools: None,
        zero_retention: false,
        name: NAME_DEFAULT.to_owned(),
        voice: None,
        llm: None,
    };
    let setup = build(&arguments, env)?;
    let agent = env.text("ELEVENLABS_AGENT_ID");
    let found = agent_setup::look(&connect(env)?, &setup, agent.as_deref()).await?;
    let differences = agent_setup::check(&setup, &found);
    Ok(differences.iter().map(ToString::to_string).collect())
}

fn build(arguments: &Arguments, env: &Env) -> Result<Setup> {
    let tools = match (arguments.tools, arguments.zero_retention) {
        (None | Some(Tools::Webhook), true) | (Some(Tools::Webhook), false) => ToolPath::Webhook,
        (None | Some(Tools::Mcp), false) => ToolPath::Mcp,
        (Some(Tools::Client), _) => ToolPath::Client,
        (Some(Tools::Mcp), true) => {
            bail!(
                "--tools mcp: the platform has no MCP with --zero-retention, use webhook or client"
            )
        }
    };
    let questionnaire = match env.text("QUESTIONNAIRE") {
        Some(_) => env.parsed("QUESTIONNAIRE"),
        None => Some(Questionnaire::default()),
    };
    let duration_max = env.duration("MAX_CALL_DURATION");
    let (questionnaire, duration_max) = env.check((|| Some((questionnaire?, duration_max?)))())?;
    let retention = StoreConfig::from_env(env)?.retention;
    let options = Options {
        name: arguments.name.clone(),
        base_url: arguments.url.clone(),
        tools,
        retention,
        zero_retention: arguments.zero_retention,
        voice_id: arguments.voice.clone(),
        llm: arguments.llm.clone(),
        duration_max,
    };
    Ok(Setup::new(questionnaire, options))
}

fn connect(env: &Env) -> Result<Workspace> {
    let url: Option<BaseUrl> = env.parsed("ELEVENLABS_API_URL");
    let key = env.secret("ELEVENLABS_API_KEY");
    let (url, key) = env.check((|| Some((url?, key?)))())?;
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Workspace::new(url.to_string(), key).context("cannot set up TLS")
}

async fn check(
    workspace: &Workspace,
    setup: &Setup,
    agent: Option<&str>,
    out: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let found = agent_setup::look(workspace, setup, agent).await?;
    let differences = agent_setup::check(setup, &found);
    for difference in &differences {
        writeln!(out, "{difference}")?;
    }
    if !differences.is_empty() {
        writeln!(out, "{} different; --apply corrects it", differences.len())?;
        return Ok(Outcome::Differs);
    }
    writeln!(out, "the workspace is as this repository says")?;
    Ok(Outcome::Done)
}

async fn apply(
    workspace: &Workspace,
    setup: &Setup,
    agent: Option<&str>,
    out: &mut (dyn Write + Send),
) -> Result<Outcome> {
    let mut written = Ok(());
    let mut announce = |change: &Change| {
        let line = show(change, out);
        if written.is_ok() {
            written = line;
        }
    };
    let agent = agent_setup::apply(workspace, setup, agent, &mut announce).await;
    written?;
    let agent = agent?;
    writeln!(
        out,
        "\nput into the environment of the relay:  ELEVENLABS_AGENT_ID={agent}"
    )?;
    Ok(Outcome::Done)
}

/// One line for each part, and one for each field that was corrected.
fn show(change: &Change, out: &mut (dyn Write + Send)) -> std::io::Result<()> {
    let action = match (change.is_new, change.corrected.is_empty()) {
        (true, _) => "created",
        (false, true) => "unchanged",
        (false, false) => "updated",
    };
    let (kind, id, name) = (change.part.label(), &change.id, &change.name);
    writeln!(out, "{action:<10} {kind:<11} {id}  {name}")?;
    for difference in &change.corrected {
        writeln!(out, "  {difference}")?;
    }
    match &change.secret {
        Some(secret) => writeln!(
            out,
            "  told only this once, put into the environment of the functions:  \
             ELEVENLABS_WEBHOOK_SECRET={}",
            secret.expose_secret()
        )?,
        None if change.is_new && change.part == agent_setup::Part::Webhook => writeln!(
            out,
            "  the platform told no key; read ELEVENLABS_WEBHOOK_SECRET in its console"
        )?,
        None => {}
    }
    out.flush()
}
