//! Both vendors: real accounts that are configured, else simulators of them.

use anyhow::{Result, ensure};
use simulators::{elevenlabs, knowlarity};
use std::{collections::HashMap, net::SocketAddr};

/// What the simulated agent platform signs its webhook with.
const LOCAL_WEBHOOK_SECRET: &str = "wsec_local";

/// What a real vendor must be told, because no default of this machine is true for it: its address
/// is in the first setting, so the others must be given too.
const VENDORS: [(&str, &[&str]); 2] = [
    (
        "KNOWLARITY_API_URL",
        &[
            "KNOWLARITY_API_KEY",
            "KNOWLARITY_CALLER_ID",
            "SERVER_WEBSOCKET_URL",
        ],
    ),
    (
        "ELEVENLABS_API_URL",
        &["ELEVENLABS_API_KEY", "ELEVENLABS_AGENT_ID"],
    ),
];

/// Refuses to call a real vendor with settings made up for its simulator.
pub(crate) fn check_vendors(given: &impl Fn(&str) -> Option<String>) -> Result<()> {
    for (address, needed) in VENDORS {
        let missing = needed.iter().filter(|name| given(name).is_none());
        let missing: Vec<_> = missing.copied().collect();
        ensure!(
            given(address).is_none() || missing.is_empty(),
            "{address} names a real account, so set {} too",
            missing.join(", ")
        );
    }
    Ok(())
}

pub(crate) async fn start_knowlarity(
    mut settings: knowlarity::Settings,
    api: SocketAddr,
    defaults: &mut HashMap<String, String>,
    given: &impl Fn(&str) -> Option<String>,
) -> Result<knowlarity::Sim> {
    let secret = given("KNOWLARITY_WEBHOOK_SECRET").map_or(String::new(), |s| format!("/{s}"));
    settings
        .webhook_url
        .get_or_insert(format!("http://{api}/api/knowlarity/webhook{secret}"));
    defaults.insert("KNOWLARITY_API_KEY".to_owned(), settings.api_key.clone());
    let sim = knowlarity::Sim::start(settings).await?;
    defaults.insert("KNOWLARITY_API_URL".to_owned(), sim.base_url());
    Ok(sim)
}

pub(crate) async fn start_elevenlabs(
    mut settings: elevenlabs::Settings,
    api: SocketAddr,
    defaults: &mut HashMap<String, String>,
    choice: Option<elevenlabs::ChooseScript>,
) -> Result<elevenlabs::Sim> {
    settings.choice = settings.choice.or(choice);
    settings.mcp_url = Some(format!("http://{api}/mcp"));
    let webhook = format!("http://{api}/api/elevenlabs/webhook");
    let post_call = elevenlabs::PostCall::new(webhook, LOCAL_WEBHOOK_SECRET);
    let post_call = settings.post_call.get_or_insert(post_call);
    defaults.insert(
        "ELEVENLABS_WEBHOOK_SECRET".to_owned(),
        post_call.secret.clone(),
    );
    let sim = elevenlabs::Sim::start(settings).await?;
    for (name, value) in [
        ("ELEVENLABS_API_URL", sim.base_url()),
        ("ELEVENLABS_API_KEY", sim.api_key().to_owned()),
        (
            "ELEVENLABS_AGENT_ID",
            elevenlabs::AGENT_ID_DEFAULT.to_owned(),
        ),
    ] {
        defaults.insert(name.to_owned(), value);
    }
    Ok(sim)
}
