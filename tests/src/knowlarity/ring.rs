//! One ring of the phone, and what is reported of it.

use super::{
    flow::Order,
    settings::Dial,
    sim::Shared,
    stream,
    webhook::{self, Report},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Rings, and reports how it went.
pub(super) async fn ring(shared: Arc<Shared>, dial: Dial, order: Order, call_id: String) {
    sleep(shared.settings.ring).await;
    let report = |status, duration| Report {
        call_id: &call_id,
        number: &order.number,
        ours: &order.ours,
        status,
        duration,
    };
    if dial.is_answered() {
        let answered = Instant::now();
        sleep(shared.settings.welcome).await;
        stream::run(&shared, &order, &call_id).await;
        let talked = answered.elapsed().max(Duration::from_secs(1));
        webhook::send(
            &shared.client,
            &shared.settings,
            &report("Answered", talked),
        )
        .await;
    } else if let Some(status) = dial.status_word() {
        webhook::send(
            &shared.client,
            &shared.settings,
            &report(status, Duration::ZERO),
        )
        .await;
    }
}
