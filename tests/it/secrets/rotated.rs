//! A rotated secret is taken over within minutes, with no restart and no request refused that was promised.

use super::*;
use access::TokenKey;
use call::ids::CallId;
use elevenlabs::SIGNATURE_HEADER;
use functions::{post_call, status, webhook};

#[tokio::test]
async fn clients_change_their_keys_within_five_minutes() {
    let world = World::new().await;
    world.clients(&["one"]);
    let list = world.list().await;
    assert_eq!(world.service.asked(), ["clients"]);
    assert_eq!(listed(&list, "one").await, 200);

    // While it is changed, both are known.
    world.clients(&["one", "two"]);
    world
        .clock
        .advance(READ_AGAIN_AFTER - Duration::from_millis(1));
    let early = [listed(&list, "one").await, listed(&list, "two").await];
    assert_eq!(early, [200, 401]);
    assert!(world.service.asked().is_empty(), "nobody asks before");
    world.clock.advance(Duration::from_millis(1));
    let both = [listed(&list, "two").await, listed(&list, "one").await];
    assert_eq!(both, [200, 200]);
    assert_eq!(world.service.asked(), ["clients"], "asked once");

    world.clients(&["two"]);
    world.clock.advance(READ_AGAIN_AFTER);
    let after = [listed(&list, "one").await, listed(&list, "two").await];
    assert_eq!(after, [401, 200]);
}

/// What the session token of a call is answered with: 404, as there is no such call, if it holds.
async fn shown(function: &Function, secret: &str, until: Timestamp) -> u16 {
    let call = CallId::from_bytes([7; 16]);
    let key = TokenKey::new(&secret.into()).unwrap();
    let token = key.session_token(call, until);
    let request = Request::get(format!("/api/outbound-call/{call}"))
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty())
        .unwrap();
    ask(function, request).await.0
}

#[tokio::test]
async fn tokens_of_the_secret_before_hold_until_it_is_taken_out() {
    let world = World::new().await;
    world.clients(&["one"]);
    world.service.put("tokens", &json!({ "TOKEN_SECRET": OLD }));
    let (needs, router) = (status::NEEDS, status::router);
    let function = world.function("clients, tokens", needs, router).await;
    let until = START + Duration::from_secs(60 * 60);
    let both = async || {
        [
            shown(&function, OLD, until).await,
            shown(&function, NEW, until).await,
        ]
    };
    assert_eq!(both().await, [404, 401]);
    for (secret, expected) in [
        (
            json!({ "TOKEN_SECRET": OLD, "TOKEN_SECRET_PREVIOUS": NEW }),
            [404, 404],
        ),
        (
            json!({ "TOKEN_SECRET": NEW, "TOKEN_SECRET_PREVIOUS": OLD }),
            [404, 404],
        ),
        (
            json!({ "TOKEN_SECRET": NEW, "TOKEN_SECRET_PREVIOUS": "" }),
            [401, 404],
        ),
    ] {
        world.service.put("tokens", &secret);
        world.clock.advance(READ_AGAIN_AFTER);
        assert_eq!(both().await, expected);
    }
}

/// How the carrier's report to this address is answered.
async fn reported(function: &Function, secret: &str) -> u16 {
    let request = Request::post(format!("{}/{secret}", webhook::PATH))
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    ask(function, request).await.0
}

#[tokio::test]
async fn the_carriers_address_changes_while_reports_come() {
    let world = World::new().await;
    let put = |value| world.service.put("carrier", &value);
    put(json!({ "KNOWLARITY_WEBHOOK_SECRET": "old" }));
    let (needs, router) = (webhook::NEEDS, webhook::router);
    let function = world.function("carrier", needs, router).await;
    let both = async || {
        [
            reported(&function, "old").await,
            reported(&function, "new").await,
        ]
    };
    assert_eq!(both().await, [200, 401]);
    put(json!({ "KNOWLARITY_WEBHOOK_SECRET": "new", "KNOWLARITY_WEBHOOK_SECRET_PREVIOUS": "old" }));
    world.clock.advance(READ_AGAIN_AFTER);
    assert_eq!(both().await, [200, 200]);
    put(json!({ "KNOWLARITY_WEBHOOK_SECRET": "new" }));
    world.clock.advance(READ_AGAIN_AFTER);
    assert_eq!(both().await, [401, 200]);
    // A secret that got lost does not open the door.
    put(json!({}));
    world.clock.advance(READ_AGAIN_AFTER);
    assert_eq!(both().await, [401, 200]);
}

/// How a post-call webhook that this secret signed is answered.
async fn told(function: &Function, secret: &str, now: Timestamp) -> u16 {
    let (secs, body) = (now.as_secs(), "{}");
    let tag = aws_lc_rs::hmac::sign(
        &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes()),
        format!("{secs}.{body}").as_bytes(),
    );
    let digits: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    let request = Request::post(post_call::PATH)
        .header(SIGNATURE_HEADER, format!("t={secs},v0={digits}"))
        .header("content-type", "application/json")
        .body(Body::from(body))
        .unwrap();
    ask(function, request).await.0
}

#[tokio::test]
async fn the_platforms_signature_changes_while_reports_come() {
    let world = World::new().await;
    let put = |value| world.service.put("platform", &value);
    put(json!({ "ELEVENLABS_WEBHOOK_SECRET": "wsec_old" }));
    let (needs, router) = (post_call::NEEDS, post_call::router);
    let function = world.function("platform", needs, router).await;
    let both = async || {
        let now = world.calls.now();
        [
            told(&function, "wsec_old", now).await,
            told(&function, "wsec_new", now).await,
        ]
    };
    assert_eq!(both().await, [200, 401]);
    put(json!({
        "ELEVENLABS_WEBHOOK_SECRET": "wsec_old",
        "ELEVENLABS_WEBHOOK_SECRET_PREVIOUS": "wsec_new",
    }));
    world.clock.advance(READ_AGAIN_AFTER);
    assert_eq!(both().await, [200, 200]);
    put(json!({ "ELEVENLABS_WEBHOOK_SECRET": "wsec_new" }));
    world.clock.advance(READ_AGAIN_AFTER);
    assert_eq!(both().await, [401, 200]);
}
