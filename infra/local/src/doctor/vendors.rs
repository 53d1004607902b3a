//! Both vendors, asked with requests that cost nothing and ring nobody.

use super::{Finding, WAIT, knock::Knocker};
use crate::agent_config;
use agent_setup::BaseUrl;
use elevenlabs::ElevenLabsConfig;
use knowlarity::{Carrier, Knowlarity, KnowlarityConfig, LogQuery, LookUpError};
use reqwest::{StatusCode, redirect::Policy};
use secrecy::ExposeSecret;
use settings::Env;
use std::time::Duration;
use store::clock::{Clock, SystemClock};
use tokio::time::timeout;
use url::Url;

const CARRIER: &str = "carrier";
const AGENT: &str = "agent platform";
const DRIFT: &str = "agent";

/// How much of the call log is asked for.
const SPAN: Duration = Duration::from_secs(60);

/// Differences that are named.
const DIFFERENCES_MAX: usize = 3;

/// Whether the carrier takes the key: its call log is asked, the one thing that rings nobody.
pub(super) async fn carrier(knocker: &Knocker, env: &Env) -> Vec<Finding> {
    let Ok(config) = KnowlarityConfig::from_env(env) else {
        return vec![unset(CARRIER)];
    };
    let base = config.api_url.clone();
    let (to, host) = (config.caller_id.clone(), host(&config.api_url));
    let now = SystemClock.now();
    let query = LogQuery {
        to,
        carrier_call_id: None,
        since: now - SPAN,
        until: now,
    };
    let looked = async {
        match Knowlarity::new(config) {
            Ok(carrier) => carrier.look_up(&query).await.map(drop),
            Err(_) => Err(LookUpError::Unavailable),
        }
    };
    let (clock, looked) = tokio::join!(time(knocker, &base), timeout(WAIT, looked));
    vec![match looked.unwrap_or(Err(LookUpError::Unavailable)) {
        Ok(()) => Finding::fine(
            CARRIER,
            format!("{host} takes the key (its call log was asked, which rings nobody)"),
        ),
        Err(LookUpError::Refused) => Finding::wrong(
            CARRIER,
            format!("{host} refuses the key"),
            "put the right KNOWLARITY_API_KEY (and KNOWLARITY_APPLICATION_KEY) from the carrier's console",
        ),
        Err(LookUpError::Off) => Finding::unchecked(
            CARRIER,
            "the account has no call log, and nothing else can be asked that rings nobody",
            "place a call to a telephone of your own",
        ),
        Err(LookUpError::Unavailable) => Finding::wrong(
            CARRIER,
            format!("{host} gives no answer that can be read{clock}"),
            "see whether KNOWLARITY_API_URL and KNOWLARITY_CALL_LOG are those of this account",
        ),
    }]
}

/// Whether the platform takes the key and has the agent, and whether that is as this repository says.
pub(super) async fn agent(knocker: &Knocker, env: &Env, url: Option<&BaseUrl>) -> Vec<Finding> {
    let Ok(config) = ElevenLabsConfig::from_env(env) else {
        return vec![unset(AGENT)];
    };
    let (_, key) = tokio::join!(time(knocker, &config.rest.api_url), key(&config));
    let is_taken = key.remedy.is_empty();
    let mut findings = vec![key];
    if is_taken {
        findings.push(drift(env, url).await);
    }
    findings
}

async fn key(config: &ElevenLabsConfig) -> Finding {
    let rest = &config.rest;
    let host = host(&rest.api_url);
    let client = reqwest::Client::builder()
        .redirect(Policy::none())
        .timeout(WAIT);
    let (base, agent) = (&rest.api_url, &config.agent_id);
    let url = format!("{base}/v1/convai/conversation/get-signed-url?agent_id={agent}");
    let answer = match client.build() {
        Ok(client) => {
            let request = client
                .get(url)
                .header("xi-api-key", rest.api_key.expose_secret());
            request.send().await.ok().map(|answer| answer.status())
        }
        Err(_) => None,
    };
    match answer {
        Some(status) if status.is_success() => Finding::fine(
            AGENT,
            format!(
                "{host} takes the key and has the agent (a conversation's address was asked for, and not used)"
            ),
        ),
        Some(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Finding::wrong(
            AGENT,
            format!("{host} refuses the key"),
            "put a key into ELEVENLABS_API_KEY that may open conversations of this agent",
        ),
        Some(StatusCode::NOT_FOUND) => Finding::wrong(
            AGENT,
            format!("{host} has no such agent"),
            "put the agent's id into ELEVENLABS_AGENT_ID, as `agent-config --apply` prints it",
        ),
        status => {
            let said = status.map_or("gives no answer".to_owned(), |status| {
                format!("answers {}", status.as_u16())
            });
            let remedy = "see whether ELEVENLABS_API_URL is right, and the platform's status page";
            Finding::wrong(AGENT, format!("{host} {said}"), remedy)
        }
    }
}

async fn drift(env: &Env, url: Option<&BaseUrl>) -> Finding {
    let Some(url) = url else {
        let remedy = "give the address of the API with --url";
        return Finding::unchecked(DRIFT, "it is not compared with this repository", remedy);
    };
    match timeout(WAIT, agent_config::drift(url, env)).await {
        Ok(Ok(different)) if different.is_empty() => {
            Finding::fine(DRIFT, "it is set up as this repository says")
        }
        Ok(Ok(different)) => {
            let named: Vec<&str> = different
                .iter()
                .take(DIFFERENCES_MAX)
                .map(String::as_str)
                .collect();
            let more = different.len().saturating_sub(DIFFERENCES_MAX);
            let more = if more > 0 {
                format!("; and {more} more")
            } else {
                String::new()
            };
            let found = format!(
                "it differs from this repository: {}{more}",
                named.join("; ")
            );
            Finding::wrong(
                DRIFT,
                found,
                format!("`agent-config --url {url} --apply` corrects it"),
            )
        }
        Ok(Err(error)) => {
            let remedy = format!("`agent-config --url {url} --check` says more");
            Finding::wrong(DRIFT, format!("it cannot be compared: {error:#}"), remedy)
        }
        Err(_) => Finding::unchecked(
            DRIFT,
            "the platform answers too slowly to compare it",
            "look again",
        ),
    }
}

fn unset(look: &'static str) -> Finding {
    Finding::unchecked(
        look,
        "its settings cannot be read",
        "correct the settings first",
    )
}

/// Has the host tell its time; what is in the way of that, in words.
async fn time(knocker: &Knocker, base: &str) -> String {
    let Ok(url) = Url::parse(base) else {
        return String::new();
    };
    match knocker.ask(&url, "GET", "Connection: close\r\n").await {
        Ok(answer) => {
            let wrong = answer
                .certificate
                .and_then(|shown| shown.wrong(SystemClock.now()));
            wrong.map_or(String::new(), |wrong| format!(" ({wrong})"))
        }
        Err(silence) => format!(" ({silence})"),
    }
}

/// Who is asked; a path may hold an account's name.
fn host(base: &str) -> String {
    let url = Url::parse(base).ok();
    let host = url.as_ref().and_then(Url::host_str);
    host.unwrap_or("the address").to_owned()
}
