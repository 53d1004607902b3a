//! How far each credential reaches.

use super::*;

#[tokio::test]
async fn callers_without_a_known_credential_are_401() {
    for (method, path) in [
        ("POST", "/api/outbound-call".to_owned()),
        ("GET", status_path(CALL)),
        ("DELETE", status_path(CALL)),
        ("GET", status_path("no-uuid")),
        ("GET", "/api/outbound-calls".to_owned()),
    ] {
        for credential in [None, Some("wrong"), Some("")] {
            let answer = call(method, &path, credential).await;
            answer.is(401, "unauthorized");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
    }
    let basic = request("GET", "/api/outbound-calls").header("authorization", "Basic d3JvbmcK");
    send(router(app()), basic.body(Body::empty()).unwrap())
        .await
        .is(401, "unauthorized");
}

/// Whoever presents a token that does not hold learns why.
#[tokio::test]
async fn a_token_that_does_not_hold_is_answered_with_its_own_words() {
    let genuine = session_token(CALL);
    let expired = app()
        .tokens
        .session_token(CALL, call::time::Timestamp::from_millis(0));
    let foreign = genuine.replace(&CALL.to_string(), &OTHER_CALL.to_string());
    for (token, path, status, words) in [
        (&expired, CALL, 401, "the session token has expired"),
        (
            &foreign,
            OTHER_CALL,
            401,
            "the session token is not of this call",
        ),
        (
            &"call_x".to_owned(),
            CALL,
            401,
            "the session token is malformed",
        ),
        (
            &genuine,
            OTHER_CALL,
            403,
            "the session token is of another call",
        ),
    ] {
        let answer = call("GET", &status_path(path), Some(token)).await;
        let code = if status == 401 {
            "unauthorized"
        } else {
            "forbidden"
        };
        answer.is(status, code);
        assert_eq!(answer.json["error"]["message"], words);
    }
}

#[tokio::test]
async fn credentials_reach_only_as_far_as_they_were_given() {
    let own = session_token(CALL);
    let other = session_token(OTHER_CALL);
    for (method, path, credential) in [
        ("POST", "/api/outbound-call".to_owned(), READ_KEY),
        ("POST", "/api/outbound-call".to_owned(), &own),
        ("GET", "/api/outbound-calls".to_owned(), &own),
        ("GET", status_path(CALL), &other),
        ("DELETE", status_path(CALL), &other),
        ("GET", status_path("no-uuid"), &own),
        ("DELETE", status_path(CALL), READ_KEY),
    ] {
        call(method, &path, Some(credential))
            .await
            .is(403, "forbidden");
    }
    call("GET", &status_path("no-uuid"), Some(READ_KEY))
        .await
        .is(404, "no_such_call");
    call("GET", &status_path("%FF"), Some(READ_KEY))
        .await
        .is(404, "no_such_call");
}

#[tokio::test]
async fn the_webhook_takes_its_secret_the_one_before_and_nothing_else() {
    for secret in [
        "",
        "/wrong",
        "/webhook-secre",
        "/webhook-secret2",
        "/%FF",
        "/old",
    ] {
        webhook(secret, "application/json", "{}")
            .await
            .is(401, "unauthorized");
    }
    for secret in ["/webhook-secret", "/old-webhook-secret"] {
        let taken = webhook(secret, "application/json", "{}").await;
        let expected = json!({ "received": true, "matched": false, "applied": false });
        assert_eq!((taken.status.as_u16(), taken.json), (200, expected));
    }
}
