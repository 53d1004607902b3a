//! One ring of the phone, and what is reported of it.

use super::{
    call_log::{self, Ring},
    flow::Order,
    hub::Shared,
    settings::Dial,
    stream::{self, Opening},
    webhook::{self, Report},
};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// Rings, and reports how it went.
pub(super) async fn ring(shared: Arc<Shared>, dial: Dial, order: Order, call_id: String) {
    let settings = &shared.settings;
    let (reported, logged) = (
        settings.id_in("report", &call_id),
        settings.id_in("log", &call_id),
    );
    let ring = Ring::begin(&logged, &order);
    let opens_early = shared.settings.opens_early;
    if !opens_early {
        sleep(shared.settings.ring).await;
    } else if !dial.is_answered() {
        stream::run(&shared, &order, &call_id, Opening::Unanswered).await;
    }
    let report = |status, duration| Report {
        call_id: &reported,
        number: &order.number,
        ours: &order.ours,
        status,
        duration,
    };
    let (status, talked) = if dial.is_answered() {
        let answered = Instant::now();
        if opens_early {
            stream::run(&shared, &order, &call_id, Opening::Early).await;
        } else {
            sleep(shared.settings.welcome).await;
            stream::run(&shared, &order, &call_id, Opening::Answered).await;
        }
        shared.end_ring(&call_id);
        let talked = answered.elapsed().max(Duration::from_secs(1));
        (Some("Answered"), talked)
    } else {
        shared.end_ring(&call_id);
        (dial.status_word(), Duration::ZERO)
    };
    call_log::record(&shared, ring, dial, talked);
    if let Some(status) = status {
        webhook::send(&shared.client, &shared.settings, &report(status, talked)).await;
    }
}
