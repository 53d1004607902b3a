//! The function that takes campaigns.

use super::*;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use functions::campaigns;
use store::campaigns::Sha256;

const FILE: &[u8] = b"Phone,Name\n01234567890,Rahul\n";

impl World {
    async fn put_part(&self, path: &str, expected: u16) {
        let sha256 = STANDARD.encode(digest(&SHA256, FILE));
        let request = Request::put(path)
            .header("x-api-key", LOCAL_KEY)
            .header("content-type", "application/octet-stream")
            .header("content-digest", format!("sha-256=:{sha256}:"))
            .body(Body::from(FILE))
            .unwrap();
        let router = campaigns::router(self.app.clone());
        let answer = router.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), expected);
    }
}

#[tokio::test]
async fn campaigns_ask_for_what_their_role_allows() {
    let world = World::new().await;
    let file = json!({
        "name": "patients.csv", "bytes": FILE.len(), "parts": 1,
        "sha256": Sha256::of(FILE).to_string(),
    });
    let expires_at = START + Duration::from_secs(7 * 24 * 60 * 60);
    let body = json!({ "name": "June", "file": file, "plan": { "expiresAt": expires_at } });
    let request = ("POST", campaigns::PATH, body);
    let (function, key) = (campaigns::router, "once");
    let made = world.ask_as(key, function, request.clone(), 201).await;
    let again = world.ask_as(key, function, request, 201).await;
    assert_eq!(made["campaignId"], again["campaignId"]);
    let path = |rest: &str| {
        format!(
            "/api/campaigns/{}{rest}",
            made["campaignId"].as_str().unwrap()
        )
    };
    for (method, path, body, expected) in [
        ("PUT", path("/file"), json!({ "file": file }), 200),
        ("POST", path("/import"), Value::Null, 409),
        ("GET", path(""), Value::Null, 200),
        ("GET", path("/rows"), Value::Null, 200),
        ("GET", path("/results"), Value::Null, 200),
        ("GET", path("/forecast"), Value::Null, 409),
        ("GET", campaigns::PATH.to_owned(), Value::Null, 200),
    ] {
        world
            .ask(campaigns::router, (method, &path, body), expected)
            .await;
    }
    world.put_part(&path("/parts/1"), 200).await;
    world.put_part(&path("/parts/1"), 200).await;
    let request = path("/import");
    for _ in 0..2 {
        let request = ("POST", request.as_str(), Value::Null);
        let campaign = world.ask(campaigns::router, request, 202).await;
        assert_eq!(campaign["state"], "importing");
    }
    let so_far = world.asked.take();
    sweep::tick(&world.app).await;
    world.asked.take();
    world.asked.0.lock().unwrap().extend(so_far);
    let request = ("GET", &*path("/forecast"), Value::Null);
    world.ask(campaigns::router, request, 200).await;
    for (command, expected) in [
        ("start", 200),
        ("pause", 200),
        ("resume", 200),
        ("retry-failed", 409),
        ("cancel", 200),
    ] {
        let request = path(&format!("/{command}"));
        let request = ("POST", request.as_str(), Value::Null);
        world.ask(campaigns::router, request, expected).await;
    }
    world.compare("campaigns");
}
