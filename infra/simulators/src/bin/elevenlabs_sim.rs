//! Runs the simulator of the ElevenLabs Agents platform until it is interrupted.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use simulators::elevenlabs::{AGENT_ID_DEFAULT, API_KEY_DEFAULT, PostCall, Script, Settings, Sim};

/// Simulates the ElevenLabs Agents platform: signed URLs, the agent WebSocket, conversation
/// history. Set ELEVENLABS_API_URL of the system under test to the printed URL.
#[derive(Parser)]
#[command(name = "elevenlabs-sim")]
struct Args {
    /// Address to listen on; port 0 takes any free port
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// API key that is accepted in the header xi-api-key
    #[arg(long, default_value = API_KEY_DEFAULT)]
    api_key: String,
    /// Id of the one agent that exists
    #[arg(long, default_value = AGENT_ID_DEFAULT)]
    agent_id: String,
    /// What the agent says
    #[arg(long, value_enum, default_value = "intake-hi")]
    script: ScriptName,
    /// Let clients connect without a signed URL
    #[arg(long)]
    public: bool,
    /// Dynamic variable without which a conversation is refused; may be given several times
    #[arg(long = "require", value_name = "NAME")]
    required: Vec<String>,
    /// Seconds without audio from the client after which a conversation is ended
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    no_input_s: u64,
    /// Milliseconds between two pings
    #[arg(long, default_value_t = 2_000, value_name = "MS")]
    ping_every_ms: u64,
    /// Where the post-call report of each finished conversation is posted
    #[arg(long, value_name = "URL", requires = "post_call_secret")]
    post_call_url: Option<String>,
    /// What signs those post-call reports
    #[arg(long, value_name = "SECRET")]
    post_call_secret: Option<String>,
    /// MCP server whose tools the agent calls, such as http://localhost:3000/mcp; without it no answer is saved
    #[arg(long, value_name = "URL")]
    mcp_url: Option<String>,
    /// Do not keep audio, for long load tests
    #[arg(long)]
    no_audio_records: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScriptName {
    IntakeHi,
    IntakeEn,
    Brief,
    Failing,
}

impl Args {
    fn settings(self) -> Settings {
        let mut script = match self.script {
            ScriptName::IntakeHi => Script::intake_hi(),
            ScriptName::IntakeEn => Script::intake_en(),
            ScriptName::Brief => Script::brief(),
            ScriptName::Failing => Script::failing(),
        };
        script.required_variables = self.required;
        script.timing.no_input_after = Duration::from_secs(self.no_input_s);
        script.timing.ping_every = Duration::from_millis(self.ping_every_ms);

        Settings {
            listen: self.listen,
            api_key: self.api_key,
            agents: BTreeMap::from([(self.agent_id, script)]),
            post_call: self
                .post_call_url
                .zip(self.post_call_secret)
                .map(|(url, secret)| PostCall::new(url, secret)),
            mcp_url: self.mcp_url,
            is_public: self.public,
            keeps_audio: !self.no_audio_records,
            ..Settings::default()
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let listen = args.listen;
    let sim = Sim::start(args.settings())
        .await
        .with_context(|| format!("cannot listen on {listen}"))?;
    println!("elevenlabs-sim listens on {}", sim.base_url());

    tokio::signal::ctrl_c()
        .await
        .context("cannot wait for the interrupt signal")?;
    let count = sim.conversations().len();
    sim.stop().await;
    println!("elevenlabs-sim ends after {count} conversations");
    Ok(())
}
