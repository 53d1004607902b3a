//! Serving one function on Lambda.

use crate::{app::App, needs::Need, renewed::Renewed};
use anyhow::{Context, Error};
use axum::Router;
use lambda_http::{Request, service_fn, tower::ServiceExt};
use settings::Env;
use std::{convert::Infallible, sync::Arc};

/// Sets up a function's process (log, TLS provider, what environment and secrets say) and serves it.
///
/// # Errors
/// If a secret cannot be read, a setting is missing or wrong, or a client cannot be set up.
pub async fn serve(needs: &'static [Need], router: fn(Arc<App>) -> Router) -> anyhow::Result<()> {
    let function = cold_start(needs, router).await?;
    let run = service_fn(async |request: Request| {
        let router = function.current().await;
        let answer = router.oneshot(request).await;
        function.finish().await;
        answer as Result<_, Infallible>
    });
    lambda_http::run(run).await.map_err(Error::from_boxed)
}

/// Sets up a function's process, and what it serves with.
///
/// # Errors
/// As [`serve`].
pub async fn cold_start<T: Clone>(
    needs: &'static [Need],
    make: fn(Arc<App>) -> T,
) -> anyhow::Result<Renewed<T>> {
    let metrics = Env::process().text("METRICS_NAMESPACE");
    logging::start(logging::Form::Lambda, metrics);
    // Fails only if a provider is there already, and then that one serves.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let function = Renewed::start(needs, make).await;
    function.context("the function cannot start")
}
