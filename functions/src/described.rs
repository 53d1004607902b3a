//! Routes with what the API's description says of them.

use crate::{app::App, http, request_key::keep_answers};
use axum::Router;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Routes, none of which is served without its description.
pub(crate) type Routes = OpenApiRouter<Arc<App>>;

/// The routes, as their Lambda serves them.
pub(crate) fn served(routes: Routes, app: Arc<App>) -> Router {
    http::finish(carried_out(routes, app))
}

/// The routes, none of which carries the same request of a client out twice.
pub(crate) fn carried_out(routes: Routes, app: Arc<App>) -> Router {
    let (router, api) = routes.split_for_parts();
    keep_answers(router, &api, app.clone()).with_state(app)
}
