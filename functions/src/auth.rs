//! Who asks: an API key with scopes, or the session token of one call.

use crate::{app::App, http::ApiError};
use access::{ApiKey, Scope, Talk, TokenKind, is_same_secret};
use axum::http::{HeaderMap, header::AUTHORIZATION};
use call::ids::CallId;

/// Where an API key may stand instead of in `Authorization: Bearer`.
const API_KEY_HEADER: &str = "x-api-key";

/// Where the platform puts the agent's turn, from its variable `system__agent_turns`.
const TURN_HEADER: &str = "x-agent-turn";

/// The key that asks, if it may do this.
pub(crate) fn key<'a>(
    app: &'a App,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<&'a ApiKey, ApiError> {
    let credential = credential(headers).ok_or(ApiError::Unauthorized)?;
    let key = app.keys.authenticate(credential);
    let key = key.ok_or_else(|| match access::kind_of(credential) {
        // None of them reaches this far, whether it holds or not.
        Some(TokenKind::Session) => ApiError::Forbidden,
        Some(TokenKind::Answer) | None => ApiError::Unauthorized,
    })?;
    if key.allows(scope) {
        Ok(key)
    } else {
        Err(ApiError::Forbidden)
    }
}

/// Admits a key that may do this with every call, or the session token of this very call.
pub(crate) fn key_or_session(
    app: &App,
    headers: &HeaderMap,
    scope: Scope,
    id: Option<CallId>,
) -> Result<(), ApiError> {
    let credential = credential(headers).ok_or(ApiError::Unauthorized)?;
    if let Ok(own) = app.tokens.session_of(credential, app.calls.now()) {
        return if Some(own) == id {
            Ok(())
        } else {
            Err(ApiError::OtherSession)
        };
    }
    let admitted = key(app, headers, scope).map(|_| ());
    admitted.map_err(|error| match access::kind_of(credential) {
        Some(TokenKind::Session | TokenKind::Answer) => unknown(app, credential),
        None => error,
    })
}

/// The conversation whose agent asks. The platform sends its token with `Bearer` or bare.
pub(crate) fn agent(app: &App, headers: &HeaderMap) -> Result<Talk, ApiError> {
    let given = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok());
    let token = given.map(|given| bearer(given).unwrap_or(given.trim()));
    let token = token.ok_or(ApiError::NoAnswerToken)?;
    let talk = app.tokens.answers_for(token, app.calls.now());
    talk.map_err(|_| unknown(app, token))
}

/// What is said of a credential that does not hold here, by what it looks like.
fn unknown(app: &App, credential: &str) -> ApiError {
    let now = app.calls.now();
    match access::kind_of(credential) {
        Some(TokenKind::Session) => match app.tokens.session_of(credential, now) {
            Ok(_) => ApiError::Unauthorized,
            Err(bad) => ApiError::BadSessionToken(bad),
        },
        Some(TokenKind::Answer) => match app.tokens.answers_for(credential, now) {
            Ok(_) => ApiError::Unauthorized,
            Err(bad) => ApiError::BadAnswerToken(bad),
        },
        None => ApiError::Unauthorized,
    }
}

/// Whether a key asks that may do everything. MCP clients send it with `Bearer` or bare.
pub(crate) fn is_admin(app: &App, headers: &HeaderMap) -> bool {
    let bare = || headers.get(AUTHORIZATION)?.to_str().ok().map(str::trim);
    let key = credential(headers).or_else(bare);
    let key = key.and_then(|key| app.keys.authenticate(key));
    key.is_some_and(|key| key.allows(Scope::Admin))
}

/// The agent's turn in which a tool is called, if the platform says it.
pub(crate) fn agent_turn(headers: &HeaderMap) -> Option<u32> {
    headers.get(TURN_HEADER)?.to_str().ok()?.trim().parse().ok()
}

/// Checks the secret in the webhook's address, if one is configured.
pub(crate) fn webhook_secret(app: &App, given: Option<&str>) -> Result<(), ApiError> {
    let mut expected = app.webhook_secrets.iter();
    let is_one = |given| expected.any(|expected| is_same_secret(given, expected));
    if app.webhook_secrets.is_empty() || given.is_some_and(is_one) {
        return Ok(());
    }
    Err(ApiError::WrongSecret)
}

fn credential(headers: &HeaderMap) -> Option<&str> {
    let header = |name: &str| headers.get(name)?.to_str().ok();
    header(API_KEY_HEADER).or_else(|| bearer(header(AUTHORIZATION.as_str())?))
}

fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, credential) = authorization.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| credential.trim())
}
