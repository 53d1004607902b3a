//! The four ways in which the carrier reports: as a query or as a body, with the secret in the address or
//! without one.

use super::{PATH, Received, SECRET_PATH, receive};
use crate::{
    app::App,
    http::{ApiError, Named, named},
};
use axum::{
    Json,
    extract::{Request, State},
};
use std::sync::Arc;

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "takeCarrierQuery",
    tag = "vendors",
    summary = "The carrier's report of a call",
    description = "As a query, where no secret is configured.",
    responses(
        (status = 200, body = Received, description = "It could be read"),
        (status = 401, description = "unauthorized"),
        (status = 400, description = "invalid_json"),
    ),
)]
pub(super) async fn by_query(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<Received>, ApiError> {
    receive(&app, None, request).await
}

#[utoipa::path(
    post,
    path = PATH,
    operation_id = "takeCarrierReport",
    tag = "vendors",
    summary = "The carrier's report of a call",
    description = "As a form or as JSON, where no secret is configured.",
    request_body(content((Option<Map<String, Value>> = "application/x-www-form-urlencoded"), (Option<Map<String, Value>> = "application/json")), description = "As Knowlarity writes it"),
    responses(
        (status = 200, body = Received, description = "It could be read"),
        (status = 401, description = "unauthorized"),
        (status = 400, description = "invalid_utf8, invalid_json"),
        (status = 413, description = "body_too_large"),
    ),
)]
pub(super) async fn by_body(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Json<Received>, ApiError> {
    receive(&app, None, request).await
}

#[utoipa::path(
    get,
    path = SECRET_PATH,
    operation_id = "takeSecretCarrierQuery",
    tag = "vendors",
    summary = "The carrier's report of a call",
    description = "As a query.",
    params(("secret" = String, Path, description = "`KNOWLARITY_WEBHOOK_SECRET`")),
    responses(
        (status = 200, body = Received, description = "It could be read"),
        (status = 401, description = "unauthorized"),
        (status = 400, description = "invalid_json"),
    ),
)]
pub(super) async fn secret_by_query(
    State(app): State<Arc<App>>,
    secret: Named,
    request: Request,
) -> Result<Json<Received>, ApiError> {
    receive_secret(&app, secret, request).await
}

#[utoipa::path(
    post,
    path = SECRET_PATH,
    operation_id = "takeSecretCarrierReport",
    tag = "vendors",
    summary = "The carrier's report of a call",
    description = "As a form or as JSON.",
    params(("secret" = String, Path, description = "`KNOWLARITY_WEBHOOK_SECRET`")),
    request_body(content((Option<Map<String, Value>> = "application/x-www-form-urlencoded"), (Option<Map<String, Value>> = "application/json")), description = "As Knowlarity writes it"),
    responses(
        (status = 200, body = Received, description = "It could be read"),
        (status = 401, description = "unauthorized"),
        (status = 400, description = "invalid_utf8, invalid_json"),
        (status = 413, description = "body_too_large"),
    ),
)]
pub(super) async fn secret_by_body(
    State(app): State<Arc<App>>,
    secret: Named,
    request: Request,
) -> Result<Json<Received>, ApiError> {
    receive_secret(&app, secret, request).await
}

async fn receive_secret(
    app: &App,
    secret: Named,
    request: Request,
) -> Result<Json<Received>, ApiError> {
    let secret: String = named(secret).ok_or(ApiError::WrongSecret)?;
    receive(app, Some(&secret), request).await
}
