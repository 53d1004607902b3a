//! The Lambda of [`functions::sweep`]: started each minute, it ticks each second. Each run begins with the
//! secrets of these minutes.

use call::time::Timestamp;
use functions::{cold_start, sweep};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let function = cold_start(sweep::NEEDS, |app| app).await?;
    let run = service_fn(async |event: LambdaEvent<Value>| {
        let app = function.current().await;
        let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        let deadline = Timestamp::from_millis(deadline);
        let duration = sweep::time_to_tick(app.sweep_duration, deadline, app.calls.now());
        Ok::<_, lambda_runtime::Error>(sweep::run_for(&app, duration).await)
    });
    lambda_runtime::run(run)
        .await
        .map_err(anyhow::Error::from_boxed)
}
