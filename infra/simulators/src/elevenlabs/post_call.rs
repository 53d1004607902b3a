//! The post-call webhook: what the platform posts when a conversation is over.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::json;
use tokio::time::sleep;

use super::history;
use super::hub::Hub;
use super::posting::{PostCall, Posting};
use super::record::{SharedRecord, keep, lock};

/// Longest wait for the receiver; the platform publishes none.
const POST_WITHIN: Duration = Duration::from_secs(10);

/// The header `ElevenLabs-Signature` of a body: `t=<seconds>,v0=<hex HMAC-SHA256 of "<t>." and body>`.
pub fn sign(secret: &str, unix_secs: i64, body: &[u8]) -> String {
    format!("t={unix_secs},v0={}", tag(secret, unix_secs, body))
}

fn tag(secret: &str, unix_secs: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let message = [unix_secs.to_string().as_bytes(), body].join(&b'.');
    hex::encode(hmac::sign(&key, &message))
}

/// Posts the post-call report of a conversation that is over, as ordered.
pub(crate) async fn post(hub: Arc<Hub>, record: SharedRecord) {
    let Some(settings) = hub.settings.post_call.clone() else {
        return;
    };
    let posting = hub.next_posting();
    let times = match posting {
        Posting::Never => 0,
        Posting::Twice => 2,
        Posting::Once
        | Posting::Late(_)
        | Posting::Forged
        | Posting::Stale(_)
        | Posting::Early(_)
        | Posting::TwoSignatures => 1,
    };
    sleep(settings.delay).await;
    if let Posting::Late(more) = posting {
        sleep(more).await;
    }
    for _ in 0..times {
        for wait in [Duration::ZERO].into_iter().chain(settings.retries.clone()) {
            sleep(wait).await;
            let status = post_once(&settings, posting, &record).await;
            keep(&mut lock(&record).posted, status);
            hub.ledger.changed();
            if !matches!(status, None | Some(408 | 429 | 500..)) {
                break;
            }
        }
    }
}

/// The receiver's status, if it answered.
async fn post_once(settings: &PostCall, posting: Posting, record: &SharedRecord) -> Option<u16> {
    let now = i64::try_from(history::unix_secs()).unwrap_or(i64::MAX);
    let data = history::conversation(&lock(record));
    let body = json!({ "type": "post_call_transcription", "event_timestamp": now, "data": data });
    let body = body.to_string();
    let secs = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    let right = |at| sign(&settings.secret, at, body.as_bytes());
    let signature = match posting {
        Posting::Forged => sign("wsec_of_somebody_else", now, body.as_bytes()),
        Posting::Stale(ago) => right(now - secs(ago)),
        Posting::Early(ahead) => right(now + secs(ahead)),
        Posting::TwoSignatures => {
            let old = sign("wsec_that_is_being_replaced", now, body.as_bytes());
            format!("{old},v0={}", tag(&settings.secret, now, body.as_bytes()))
        }
        Posting::Once | Posting::Never | Posting::Twice | Posting::Late(_) => right(now),
    };
    let request = reqwest::Client::new()
        .post(&settings.url)
        .timeout(POST_WITHIN)
        .header("ElevenLabs-Signature", signature)
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.ok()?;
    Some(answer.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_is_reproduced() {
        let body = r#"{"type":"post_call_transcription","event_timestamp":1739537297,"data":{"agent_id":"a","conversation_id":"c"}}"#;
        let expected =
            "t=1900000000,v0=9c14c6bf17fdf0ba5fc02f953ea2cdfc0eadd0d7aa8ecbfe5833ae8e971a55e7";
        let signature = sign("wsec_test_0123456789abcdef", 1_900_000_000, body.as_bytes());
        assert_eq!(signature, expected);
    }
}
