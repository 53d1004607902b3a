//! Status webhooks, in the forms that are seen.

use super::settings::{Settings, WebhookStyle};
use serde_json::json;
use std::time::Duration;

/// What is reported about one ring.
pub(super) struct Report<'a> {
    pub(super) call_id: &'a str,
    pub(super) number: &'a str,
    pub(super) ours: &'a str,
    pub(super) status: &'a str,
    pub(super) duration: Duration,
}

/// Sends the report, if the account has a webhook. Failures are the receiver's loss.
pub(super) async fn send(client: &reqwest::Client, settings: &Settings, report: &Report<'_>) {
    let Some(url) = &settings.webhook_url else {
        return;
    };
    let times = if settings.webhook == WebhookStyle::Twice {
        2
    } else {
        1
    };
    for _ in 0..times {
        let request = match settings.webhook {
            WebhookStyle::None => return,
            WebhookStyle::Json | WebhookStyle::Twice => client.post(url).json(&json_of(report)),
            WebhookStyle::Form => client
                .post(url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form_of(report)),
            WebhookStyle::Get => client.get(format!("{url}?{}", query_of(report))),
        };
        let _ = request.timeout(Duration::from_secs(5)).send().await;
    }
}

fn json_of(report: &Report<'_>) -> serde_json::Value {
    let seconds = report.duration.as_secs();
    json!({
        "call_uuid": report.call_id,
        "call_date": "2026-11-02",
        "call_time": "11:04:10",
        "call_direction": "Outbound",
        "caller_number": report.ours.replace('+', "%2b"),
        "called_number": report.number.replace('+', "%2b"),
        "call_status": report.status,
        "agent_number": "False",
        "caller_duration": format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
        "hangup_cause": if report.duration.is_zero() { report.status } else { "Normal" },
    })
}

fn form_of(report: &Report<'_>) -> String {
    let number = report.number.replace('+', "%2B");
    format!(
        "call_id={}&status={}&customer_number={number}&duration={}",
        report.call_id,
        report.status,
        report.duration.as_secs()
    )
}

fn query_of(report: &Report<'_>) -> String {
    let (number, ours) = (
        report.number.replace('+', "%2B"),
        report.ours.replace('+', "%2B"),
    );
    format!(
        "uuid={}&customer_number={number}&agent_number={ours}&call_duration={}&call_status={}&Call_Type=Outgoing",
        report.call_id,
        report.duration.as_secs(),
        report.status
    )
}
