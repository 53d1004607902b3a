//! Routes with what the API's description says of them.

use crate::{app::App, http};
use axum::Router;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;

/// Routes, none of which is served without its description.
pub(crate) type Routes = OpenApiRouter<Arc<App>>;

/// The routes, as their Lambda serves them.
pub(crate) fn served(routes: Routes, app: Arc<App>) -> Router {
    http::finish(Router::from(routes).with_state(app))
}
