//! What the store makes of a DynamoDB that throttles, conflicts, fails or answers nonsense.

use crate::support::request_for;
use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use call::{CallEvent, CallSession, Decision, Policy, time::Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use store::{CallStore, Commit, StoreError};
use tokio::net::TcpListener;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

/// A store whose every request is answered with this status and body; and how many there were.
async fn failing(status: u16, body: &'static str) -> (CallStore, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = requests.clone();
    let answer = move |headers: HeaderMap| async move {
        assert!(headers.contains_key("x-amz-target"));
        seen.fetch_add(1, Ordering::SeqCst);
        let status = StatusCode::from_u16(status).unwrap();
        (
            status,
            [("content-type", "application/x-amz-json-1.0")],
            body,
        )
            .into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, router).await });
    (CallStore::local(&url, "calls"), requests)
}

fn dial() -> Decision {
    let policy = Policy::default();
    let session = CallSession::create(&request_for("+911234567890"), START, &policy).next;
    session.apply(&CallEvent::DialDue, START, &policy).unwrap()
}

#[tokio::test]
async fn throttling_and_outages_are_tried_again_and_then_unavailable() {
    for (status, body) in [
        (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow"}"#,
        ),
        (
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow"}"#,
        ),
        (
            500,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"oops"}"#,
        ),
        (503, "not even JSON"),
    ] {
        let (store, requests) = failing(status, body).await;
        let error = store.load(store::clock::draw_call_id()).await.unwrap_err();
        assert!(error.is_transient(), "{status} {body}: {error}");
        assert_eq!(requests.load(Ordering::SeqCst), 3, "{status} {body}");
    }
}

#[tokio::test]
async fn a_missing_table_or_right_is_refused_at_once() {
    for body in [
        r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"?"}"#,
        r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}"#,
    ] {
        let (store, requests) = failing(400, body).await;
        let error = store.load(store::clock::draw_call_id()).await.unwrap_err();
        assert!(matches!(error, StoreError::Refused { .. }), "{error}");
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
}

/// The answer to a transaction whose first writes were cancelled for these reasons.
macro_rules! cancelled {
    ($($code:literal),+) => {
        concat!(
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","message":"x","CancellationReasons":["#,
            $(r#"{"Code":""#, $code, r#""},"#,)+
            r#"{"Code":"None"},{"Code":"None"},{"Code":"None"}]}"#
        )
    };
}

#[tokio::test]
async fn a_cancelled_transaction_says_why() {
    let decision = dial();
    let commit = |body| {
        let decision = &decision;
        async move { failing(400, body).await.0.commit(decision).await }
    };
    // The writes in order: session, attempt, audit line, due dial, channel, statistics.
    let stale = commit(cancelled!("ConditionalCheckFailed")).await.unwrap();
    let conflict = commit(cancelled!("TransactionConflict")).await.unwrap();
    let full = cancelled!("None", "None", "None", "None", "ConditionalCheckFailed");
    assert_eq!((stale, conflict), (Commit::Stale, Commit::Stale));
    assert_eq!(commit(full).await.unwrap(), Commit::NoChannel);
    let both = cancelled!(
        "ConditionalCheckFailed",
        "None",
        "None",
        "None",
        "ConditionalCheckFailed"
    );
    assert_eq!(
        commit(both).await.unwrap(),
        Commit::Stale,
        "the session's own reason wins"
    );
    let throttled = commit(cancelled!("None", "ThrottlingError"))
        .await
        .unwrap_err();
    assert!(throttled.is_transient());
    let invalid = commit(cancelled!("ValidationError")).await.unwrap_err();
    assert!(!invalid.is_transient());
}
