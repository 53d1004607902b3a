//! Alarms on what AWS counts itself: the cause is real here, and the count is what AWS's documentation says of it.

use super::evaluated::{fires_by_aws, is_raised_by_aws};
use crate::{
    http::failures::without_a_table,
    relay::world::{Setup, WITHIN, World},
};
use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use functions::{check_settings, sweep};
use futures_util::future::join_all;
use local::system::LOCAL_KEY;
use settings::Env;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

/// What `5xx` is of these answers.
fn server_errors(answers: &[StatusCode]) -> f64 {
    let errors = answers.iter().filter(|status| status.is_server_error());
    f64::from(u32::try_from(errors.count()).unwrap())
}

#[tokio::test]
async fn an_api_without_its_table_raises_an_alarm() {
    let asked = async || {
        let request = Request::get("/api/outbound-calls").header("x-api-key", LOCAL_KEY);
        let request = request.body(Body::empty()).unwrap();
        without_a_table().oneshot(request).await.unwrap().status()
    };
    let answers = join_all((0..6).map(|_| asked())).await;
    assert!(!is_raised_by_aws(
        "ApiErrorsAlarm",
        &[("5xx", server_errors(&answers[..5]))]
    ));
    fires_by_aws("ApiErrorsAlarm", &[("5xx", server_errors(&answers))]);
}

/// What `HealthyHostCount` is at one look of the load balancer.
async fn healthy(world: &World) -> [(&'static str, f64); 1] {
    let is_healthy = world.status("/in-service").await == 200;
    [("HealthyHostCount", f64::from(u8::from(is_healthy)))]
}

#[tokio::test]
async fn no_relay_in_service_raises_an_alarm() {
    let world = World::start(Setup::default()).await;
    let (_, stream) = world.talking().await;
    stream.stays_live();
    assert!(!is_raised_by_aws("NoRelayAlarm", &healthy(&world).await));
    world.shut_down();
    let drains = async {
        while healthy(&world).await[0].1 > 0.0 {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(WITHIN, drains).await.expect("it stays in service");
    fires_by_aws("NoRelayAlarm", &healthy(&world).await);
    // Nobody is there to be asked.
    fires_by_aws("NoRelayAlarm", &[]);
}

#[test]
fn a_sweep_that_cannot_start_or_does_not_run_raises_an_alarm() {
    // AWS counts a run that ends at its start, as without any setting, as one of each.
    let run = check_settings(&Env::from_reader(|_| None), sweep::NEEDS);
    let errors = f64::from(u8::from(run.is_err()));
    fires_by_aws("SweepFailedAlarm", &[("Errors", errors)]);
    assert!(!is_raised_by_aws("SweepFailedAlarm", &[("Errors", 0.0)]));
    assert!(!is_raised_by_aws(
        "SweepSilentAlarm",
        &[("Invocations", 1.0)]
    ));
    fires_by_aws("SweepSilentAlarm", &[]);
}

/// What AWS throttles never reaches us: only the counts are there to be judged.
#[test]
fn what_aws_throttles_raises_an_alarm() {
    for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] {
        fires_by_aws("TableThrottledAlarm", &[(metric, 1.0)]);
    }
    assert!(!is_raised_by_aws("TableThrottledAlarm", &[]));
    fires_by_aws("ThrottlesAlarm", &[("Throttles", 1.0)]);
    assert!(!is_raised_by_aws("ThrottlesAlarm", &[("Throttles", 0.0)]));
}
