//! Saying that calls wait because no phone may ring.

use super::Sweep;
use call::delivery::Target;
use logging::metrics::DIALLING_PAUSED;
use serde_json::json;
use store::StoreError;
use webhooks::Notice;

impl Sweep {
    /// Says it each minute: an alarm hears the log, and the operator's monitoring a webhook, the same
    /// one (`webhook-id`) for as long as it lasts.
    pub(super) async fn say_paused(&mut self) -> Result<(), StoreError> {
        let minute = self.app.calls.now().as_secs() / 60;
        if self.paused_in.replace(minute) == Some(minute) {
            return Ok(());
        }
        let dialling = self.app.calls.store.dialling().await?;
        let (Some(because), Some(since)) = (dialling.reason(), dialling.since()) else {
            return Ok(());
        };
        tracing::error!(dialling_paused = 1, because, "calls wait");
        DIALLING_PAUSED.note(1.0);
        let app = self.app.clone();
        let (Some(notifier), Some(url)) = (app.notifier.clone(), app.monitoring_url.clone()) else {
            return Ok(());
        };
        let event = json!({
            "type": "dialling.paused",
            "timestamp": since,
            "data": { "because": because },
        });
        let notice = Notice {
            context: None,
            id: format!("dialling.{}", since.as_millis()),
            at: app.calls.now(),
            url,
            target: Target::Monitoring,
            body: event.to_string().into_bytes(),
        };
        let say = async move {
            // It is said again in a minute, while it lasts.
            if let Err(error) = notifier.post(&notice).await {
                tracing::warn!(%error, "monitoring was not told that calls wait");
            }
        };
        // In the place of a dial that had room and may not leave: there is no waiting for one.
        self.dials.begin(say).await;
        Ok(())
    }
}
