//! Addresses that others come to, tried from this machine: what is in between them and it is not seen.

use super::{
    Arguments, Finding,
    knock::{Answer, Knocker, Silence},
};
use agent_setup::BaseUrl;
use settings::Env;
use store::clock::{Clock, SystemClock};
use url::Url;

const STREAM: &str = "stream address";
const API: &str = "API";
const REPORTS: &str = "carrier reports";
const CALLBACK: &str = "callback";
const MONITORING: &str = "monitoring";

/// What a client says that wants a WebSocket; the key is that of RFC 6455's example.
const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

/// What a relay answers to who wants no WebSocket, and nobody else does.
const UPGRADE_REQUIRED: u16 = 426;

/// A call that there is not.
const NO_CALL: &str = "00000000-0000-0000-0000-000000000000";

/// A request that ends with its answer.
const LAST: &str = "Connection: close\r\n";

/// Whether the relay answers where the carrier is told to open streams.
pub(super) async fn stream(knocker: &Knocker, env: &Env) -> Vec<Finding> {
    const NAME: &str = "SERVER_WEBSOCKET_URL";
    let Some(base) = env.text(NAME) else {
        let found = format!("{NAME} is not set");
        return vec![Finding::unchecked(STREAM, found, "set it first")];
    };
    let Ok(url) = Url::parse(&format!("{base}/{NO_CALL}?t=doctor")) else {
        let found = format!("{NAME} is no address");
        return vec![Finding::unchecked(STREAM, found, "correct it first")];
    };
    let remedy = format!("let {NAME} lead to a relay that runs, path and all");
    let (plain, upgrade) = tokio::join!(
        knocker.ask(&url, "GET", LAST),
        knocker.ask(&url, "GET", UPGRADE)
    );
    let plain = plain.map_or(0, |answer| answer.status);
    vec![judged(STREAM, &url, upgrade, &remedy, |status| {
        match (plain, status) {
            (UPGRADE_REQUIRED, UPGRADE_REQUIRED) => {
                Err("a relay answers, and what stands before it lets no WebSocket through")
            }
            (_, 503) => Err("a relay answers that it takes no more calls"),
            (UPGRADE_REQUIRED, _) => Ok("a relay answers, and WebSockets come through to it"),
            _ => Err("what answers is no relay, or not at this path"),
        }
    })]
}

/// The API, the way of the carrier's reports, and the CRM.
pub(super) async fn own(knocker: &Knocker, env: &Env, arguments: &Arguments) -> Vec<Finding> {
    let monitoring = env.text("MONITORING_WEBHOOK_URL");
    let (mut findings, callback, monitoring) = tokio::join!(
        api(knocker, env, arguments.url.as_ref()),
        receiver(knocker, CALLBACK, arguments.callback_url.as_deref()),
        receiver(knocker, MONITORING, monitoring.as_deref()),
    );
    findings.extend(callback.into_iter().chain(monitoring));
    findings
}

async fn api(knocker: &Knocker, env: &Env, url: Option<&BaseUrl>) -> Vec<Finding> {
    let Some(url) = url else {
        let remedy = "give the address of the API with --url";
        return vec![Finding::unchecked(
            API,
            "it is not known where it is",
            remedy,
        )];
    };
    let at = |path: &str| Url::parse(&format!("{url}{path}")).ok();
    let Some(health) = at("/health") else {
        return vec![Finding::wrong(API, "--url is no address", "correct it")];
    };
    let (answer, reports) = tokio::join!(
        knocker.ask(&health, "GET", LAST),
        reports(knocker, env, at("/api/knowlarity/webhook/doctor")),
    );
    let remedy =
        "look at the log of the function behind /health; RUNBOOK.md says more under ApiErrorsAlarm";
    let health = judged(API, &health, answer, remedy, |status| match status {
        200 => Ok("it is healthy, its database too"),
        _ => Err("it is not healthy"),
    });
    vec![health, reports]
}

/// A report with a wrong secret is refused; one without would be stored as not understood.
async fn reports(knocker: &Knocker, env: &Env, url: Option<Url>) -> Finding {
    let Some(url) = url.filter(|_| env.is_set("KNOWLARITY_WEBHOOK_SECRET")) else {
        let remedy =
            "draw a KNOWLARITY_WEBHOOK_SECRET, and give the carrier the address with it at its end";
        let found =
            "without KNOWLARITY_WEBHOOK_SECRET strangers may report, and the address is not tried";
        return Finding::unchecked(REPORTS, found, remedy);
    };
    let head = format!("{LAST}Content-Type: application/json\r\nContent-Length: 0\r\n");
    let answer = knocker.ask(&url, "POST", &head).await;
    let remedy =
        "give the carrier this address, with the right secret in the place of the last word";
    judged(REPORTS, &url, answer, remedy, |status| match status {
        401 | 403 => Ok("a report with a wrong secret is turned away as it should be"),
        404 => Err("no function answers there"),
        200..=299 => Err("a report with a wrong secret is taken"),
        _ => Err("it is not answered as it should be"),
    })
}

/// A receiver of outcomes is asked for nothing: any answer says that it is there.
async fn receiver(knocker: &Knocker, look: &'static str, url: Option<&str>) -> Option<Finding> {
    let Ok(url) = Url::parse(url?) else {
        return Some(Finding::wrong(
            look,
            "it is no address",
            "give one such as https://crm.example.org/outcomes",
        ));
    };
    let answer = knocker.ask(&url, "OPTIONS", LAST).await;
    let remedy = "have whoever runs it let this system in; outcomes are tried for three days";
    Some(judged(look, &url, answer, remedy, |status| match status {
        500.. => Err("it is in trouble"),
        _ => Ok("somebody is there"),
    }))
}

/// What an answer means, its certificate first.
fn judged(
    look: &'static str,
    url: &Url,
    answer: Result<Answer, Silence>,
    remedy: &str,
    mean: impl Fn(u16) -> Result<&'static str, &'static str>,
) -> Finding {
    let place = place(url);
    let answer = match answer {
        Ok(answer) => answer,
        Err(silence) => {
            return Finding::wrong(
                look,
                format!("{place}: {silence} (from this machine)"),
                remedy,
            );
        }
    };
    let (now, status) = (SystemClock.now(), answer.status);
    if let Some(wrong) = answer
        .certificate
        .as_ref()
        .and_then(|shown| shown.wrong(now))
    {
        let remedy = "renew the certificate for this name, and have all of its chain shown";
        return Finding::wrong(look, format!("{place}: {wrong}"), remedy);
    }
    let shown = answer.certificate.as_ref();
    let shown = shown.map_or(String::new(), |shown| format!("; {}", shown.says(now)));
    match mean(status) {
        Ok(fine) => Finding::fine(
            look,
            format!("{place}: {fine} ({status}, from this machine{shown})"),
        ),
        Err(wrong) => Finding::wrong(look, format!("{place}: {wrong} ({status})"), remedy),
    }
}

/// The address without path and query, which may hold a secret.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{}://{host}{port}", url.scheme())
}
