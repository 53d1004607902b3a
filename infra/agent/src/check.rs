//! How far a workspace is from what is wanted.

use super::{
    agent::Ids,
    diff::{Difference, differences},
    look::{Found, Known},
    parts::Setup,
};
use serde_json::Value;

/// Everything in which the workspace differs from what is wanted, in wanted fields only.
#[must_use]
pub fn check(setup: &Setup, found: &Found) -> Vec<Difference> {
    let mut out = Vec::new();
    let mut part = |path: &str, wanted: &Value, found: Option<&Known>| match found {
        Some(found) => out.extend(differences(path, wanted, Some(&found.value))),
        None => out.push(Difference {
            path: path.to_owned(),
            expected: Some(wanted["name"].clone()),
            found: None,
        }),
    };
    part(
        "webhook",
        &wanted_webhook(setup, found.webhook.as_ref()),
        found.webhook.as_ref(),
    );
    if let Some(config) = &setup.mcp_server {
        part("mcp_server", config, found.mcp_server.as_ref());
    }
    for (config, found) in setup.tools.iter().zip(&found.tools) {
        let name = config["name"].as_str().unwrap_or_default();
        part(&format!("tools.{name}"), config, found.as_ref());
    }
    part(
        "agent",
        &setup.agent(&ids(setup, found)),
        found.agent.as_ref(),
    );
    out
}

/// The ids of what is there; what is not is named.
fn ids(setup: &Setup, found: &Found) -> Ids {
    let named = setup.named_ids();
    let id =
        |found: &Option<Known>, name: String| found.as_ref().map_or(name, |found| found.id.clone());
    Ids {
        tools: found
            .tools
            .iter()
            .zip(named.tools)
            .map(|(found, name)| id(found, name))
            .collect(),
        mcp_server: named.mcp_server.map(|name| id(&found.mcp_server, name)),
        webhook: id(&found.webhook, named.webhook),
    }
}

/// The webhook as its list shows it. Whether retries are on is not among the published fields of
/// the list, so it is compared only if it is shown; that it was switched off after failures is
/// shown, and not wanted.
pub(super) fn wanted_webhook(setup: &Setup, found: Option<&Known>) -> Value {
    let mut wanted = setup.webhook.clone();
    if let (Some(found), Some(fields)) = (found, wanted.as_object_mut()) {
        if found.value.get("retry_enabled").is_none() {
            fields.remove("retry_enabled");
        }
        if found.value.get("is_auto_disabled").is_some() {
            fields.insert("is_auto_disabled".to_owned(), false.into());
        }
    }
    wanted
}
