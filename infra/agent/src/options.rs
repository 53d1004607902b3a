//! What a user decides about the set-up.

use reqwest::Url;
use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

/// How the agent's tools reach this system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolPath {
    /// Over the MCP server at `/mcp`. The platform has no MCP with zero retention.
    Mcp,
    /// As webhooks at `/api/tools/{name}`.
    Webhook,
    /// Over the conversation's own socket, answered by the relay.
    Client,
}

/// What is to be set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of the agent, the MCP server and the webhook in the workspace, by which they are found
    /// again. Two deployments in one workspace need two names.
    pub name: String,
    /// Where the platform reaches the functions.
    pub base_url: BaseUrl,
    /// How the tools reach this system.
    pub tools: ToolPath,
    /// How long the platform keeps conversations and their recordings, in whole days: as long as they
    /// are kept here.
    pub retention: Duration,
    /// Whether the platform is to keep nothing. `false` leaves the agent's setting as it is.
    pub zero_retention: bool,
    /// The voice; left as it is in the workspace if `None`.
    pub voice_id: Option<String>,
    /// The language model; left as it is if `None`, because regions offer different ones.
    pub llm: Option<String>,
    /// Longest conversation; brought into the platform's 60 s to 7,200 s.
    pub duration_max: Duration,
}

/// A base address, without a trailing slash. It is https, because keys and patients' answers go
/// there; http is taken on this machine only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is no base address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected an address such as https://api.example.org: https (http on this machine only), \
     without user, query and fragment"
)]
pub struct InvalidUrl;

impl FromStr for BaseUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let url = Url::parse(text.trim()).map_err(|_| InvalidUrl)?;
        let is_plain = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let is_safe = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(&url),
            _ => false,
        };
        let base = url.as_str().trim_end_matches('/').to_owned();
        (is_plain && is_safe)
            .then_some(Self(base))
            .ok_or(InvalidUrl)
    }
}

/// Whether it names this machine; the platform's simulator is reached there.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

impl BaseUrl {
    /// The address of a path that begins with a slash.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
