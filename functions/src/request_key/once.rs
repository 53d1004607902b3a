//! Answers each `POST` of a client once, and the same request with the same key as the first time.
//!
//! The request is carried out, then its answer is stored. Whoever dies in between, or cannot store it, leaves a
//! key that was never used: the repetition is carried out, too, and so are two that come at once. That
//! does no harm, because each of these operations is the same twice as once, as long as nothing else came between.

use super::{
    KEEPS_ITS_OWN, KEY_HEADER,
    kept::{self, BODY_BYTES_MAX, Kept},
    named,
};
use crate::{
    app::App,
    auth,
    http::{self, ApiError},
};
use access::Scope;
use axum::{
    Router,
    body::{Body, Bytes, HttpBody as _, to_bytes},
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};
use store::RequestKey;
use utoipa::openapi::{OpenApi, path::Operation};

/// Whose answers are kept, by the pattern of the path, with the scope that a client must have.
struct Keeper {
    app: Arc<App>,
    scopes: HashMap<String, Scope>,
}

/// Has the answers to every `POST` of a client kept that does not keep its own.
pub(crate) fn keep_answers(
    router: Router<Arc<App>>,
    api: &OpenApi,
    app: Arc<App>,
) -> Router<Arc<App>> {
    let posts = api.paths.paths.iter().filter_map(|(path, item)| {
        let post = item.post.as_ref()?;
        let id = post.operation_id.as_deref()?;
        let scope = client_scope(post).filter(|_| !KEEPS_ITS_OWN.contains(&id))?;
        Some((path.clone(), scope))
    });
    let scopes: HashMap<_, _> = posts.collect();
    if scopes.is_empty() {
        return router;
    }
    let keeper = Arc::new(Keeper { app, scopes });
    router.route_layer(middleware::from_fn_with_state(keeper, once))
}

/// Whether this operation takes a request key, if it is a `POST`.
pub(crate) fn is_keyed(post: &Operation) -> bool {
    client_scope(post).is_some()
}

/// The scope that a client's API key needs; none if others than clients ask.
fn client_scope(operation: &Operation) -> Option<Scope> {
    let ways = serde_json::to_value(operation.security.as_ref()?).ok()?;
    let mut scope = None;
    for (scheme, scopes) in ways
        .as_array()?
        .iter()
        .filter_map(Value::as_object)
        .flatten()
    {
        if !matches!(scheme.as_str(), "apiKey" | "bearer") {
            return None;
        }
        scope = scopes.get(0)?.as_str()?.parse().ok();
    }
    scope
}

async fn once(State(keeper): State<Arc<Keeper>>, request: Request, next: Next) -> Response {
    let Some(scope) = keeper.scope_for(&request) else {
        return next.run(request).await;
    };
    let answer = keeper.answer(scope, request, next).await;
    answer.unwrap_or_else(IntoResponse::into_response)
}

impl Keeper {
    /// The scope that is needed for a request whose answer is kept.
    fn scope_for(&self, request: &Request) -> Option<Scope> {
        if request.method() != Method::POST || !request.headers().contains_key(KEY_HEADER) {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?;
        self.scopes.get(path.as_str()).copied()
    }

    async fn answer(
        &self,
        scope: Scope,
        request: Request,
        next: Next,
    ) -> Result<Response, ApiError> {
        let (parts, body) = request.into_parts();
        let client = auth::key(&self.app, &parts.headers, scope)?.name.clone();
        let body = http::read_bytes(&parts.headers, body, http::BODY_BYTES_MAX).await?;
        let path = parts.uri.path_and_query().map_or("", |path| path.as_str());
        let asked = || format!("{} {path}\n{}", parts.method, plain(&body));
        let key = named(&parts.headers, &client, asked)?;
        let calls = &self.app.calls;
        let stored = calls.store.stored_answer(key.as_ref(), calls.now()).await?;
        let is_other = |key: &RequestKey| {
            let stored = stored.as_ref();
            stored.is_some_and(|stored| stored.request_hash != key.request_hash)
        };
        if key.as_ref().is_some_and(is_other) {
            return Err(ApiError::KeyReused);
        }
        let text = stored.as_ref().and_then(|stored| stored.answer.as_deref());
        let kept = text.and_then(|text| serde_json::from_str::<Kept>(text).ok());
        if let Some(again) = kept.and_then(Kept::again) {
            return Ok(again);
        }
        let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
        match (key, stored) {
            (Some(key), None) => self.keep(&key, answer).await,
            _ => Ok(answer),
        }
    }

    /// Stores the answer with the key. Of one that nobody may keep, or that is too long, only
    /// what was asked for is remembered, and the same request is carried out again.
    async fn keep(&self, key: &RequestKey, answer: Response) -> Result<Response, ApiError> {
        let (parts, body) = answer.into_parts();
        let is_short = body.size_hint().upper();
        let is_short = is_short.is_some_and(|bytes| bytes <= BODY_BYTES_MAX as u64);
        if !kept::is_kept(parts.status) {
            return Ok(Response::from_parts(parts, body));
        }
        if kept::is_unkept(&parts) || !is_short {
            self.remember(key, None).await;
            return Ok(Response::from_parts(parts, body));
        }
        let bytes = to_bytes(body, BODY_BYTES_MAX).await;
        let bytes = bytes.map_err(|_| ApiError::Internal)?;
        let kept = Kept::of(&parts, &bytes);
        let text = kept.map(|kept| serde_json::to_string(&kept).expect("an answer is plain data"));
        self.remember(key, text.as_deref()).await;
        Ok(Response::from_parts(parts, Body::from(bytes)))
    }

    /// What was asked for is done, so that an answer that cannot be stored is no reason to refuse it.
    async fn remember(&self, key: &RequestKey, answer: Option<&str>) {
        let calls = &self.app.calls;
        let kept = calls.store.keep_answer(key, answer, calls.now()).await;
        if let Err(error) = kept {
            tracing::warn!(%error, "answer not stored with its request key");
        }
    }
}

/// A body of JSON without what makes no difference, blanks and the order of fields; any other as it is.
fn plain(body: &Bytes) -> String {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => value.to_string(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}
