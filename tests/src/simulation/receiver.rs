//! The CRM's and the operator's receivers: they take outcomes, refuse them, or lose their own answer.

use super::{history::Fact, process::Process, world::World};
use call::delivery::Target;
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use webhooks::{Notice, Notifier, NotifyError};

/// The receivers as one process reaches them.
pub(super) struct SimNotifier(pub(super) Arc<Process>);

impl Notifier for SimNotifier {
    fn post<'a>(&'a self, notice: &'a Notice) -> BoxFuture<'a, Result<(), NotifyError>> {
        Box::pin(async move {
            let world = &self.0.world;
            self.0.alive().await;
            sleep(world.dice.millis(5, 400)).await;
            self.0.alive().await;
            let is_faulty = world.has_faults();
            if is_faulty && world.dice.chance(150) {
                let retry_after = world.dice.chance(300).then_some(Duration::from_secs(20));
                return Err(NotifyError::Refused {
                    status: 500,
                    retry_after,
                });
            }
            take(world, notice);
            if is_faulty && world.dice.chance(world.faults_permille) {
                self.0.die();
            }
            self.0.alive().await;
            if is_faulty && world.dice.chance(100) {
                return Err(NotifyError::Unreachable); // Taken, but the answer was lost.
            }
            Ok(())
        })
    }
}

/// Notes a delivery and checks that its body is what its id says.
fn take(world: &World, notice: &Notice) {
    let event: Value = serde_json::from_slice(&notice.body).unwrap_or_default();
    let data = &event["data"];
    let is_pause = event["type"] == "dialling.paused" && notice.id.starts_with("dialling.");
    if is_pause && notice.target == Target::Monitoring && data["because"].is_string() {
        return; // That calls wait is told of no call.
    }
    let call = data["sessionId"].as_str().and_then(|id| id.parse().ok());
    let (Some(call), Some(seq)) = (call, data["sequence"].as_u64()) else {
        return world.note(Fact::Wrong("an outcome that names no call".to_owned()));
    };
    if notice.id != format!("{call}.{seq}") {
        world.note(Fact::Wrong("an outcome under another id".to_owned()));
    }
    let target = match notice.target {
        Target::Callback => "callback",
        Target::Monitoring => "monitoring",
    };
    if !data["patientId"].is_null() || !data["answers"].is_null() {
        world.note(Fact::Disclosed(call));
    }
    world.note(Fact::Delivered { call, seq, target });
}
