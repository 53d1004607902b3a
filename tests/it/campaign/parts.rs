//! A file that comes in parts: in any order, again, changed, too large, not at all.

use super::service::{Answer, CLERK, FILE, READER, Service, answer, content_digest, wanted};
use reqwest::Method;
use serde_json::{Value, json};
use store::campaigns::PART_BYTES_MAX;

fn parts() -> Vec<&'static [u8]> {
    FILE.as_bytes().chunks(64).collect()
}

async fn import(service: &Service, campaign: &str) -> Answer {
    answer(service.request(Method::POST, &format!("{campaign}/import"))).await
}

#[tokio::test]
async fn a_file_comes_in_parts_in_any_order_and_again() {
    let service = Service::start().await;
    let parts = parts();
    let campaign = service.campaign(FILE.as_bytes(), parts.len()).await;
    let missing = |campaign: &Value| campaign["file"]["missing"].clone();
    let told = service.get(&campaign).await.is(200);
    assert_eq!(
        (&told["state"], missing(&told)),
        (&json!("draft"), json!([1, 2, 3]))
    );
    for number in [3, 1, 3] {
        let kept = service.put_part(&campaign, number, parts[number - 1]).await;
        let expected = json!({ "part": number, "bytes": parts[number - 1].len() });
        assert_eq!(kept.is(200), expected);
    }
    assert_eq!(missing(&service.get(&campaign).await.is(200)), json!([2]));
    let refused = import(&service, &campaign)
        .await
        .refused(409, "parts_missing");
    assert_eq!(refused["error"]["missing"], json!([2]));
    service.put_part(&campaign, 2, b"Mobile").await.is(200);
    let changed = service.put_part(&campaign, 2, parts[1]).await;
    changed.refused(409, "part_changed");
    import(&service, &campaign)
        .await
        .refused(409, "file_differs");
    assert_eq!(service.get(&campaign).await.is(200)["state"], "draft");
}

#[tokio::test]
async fn a_part_is_held_to_its_size_its_digest_and_its_number() {
    let service = Service::start().await;
    let file = vec![b'x'; PART_BYTES_MAX + 1];
    let campaign = service.campaign(&file, 2).await;
    let too_large = service.put_part(&campaign, 1, &file).await;
    too_large.refused(413, "body_too_large");
    let whole = &file[..PART_BYTES_MAX];
    service.put_part(&campaign, 1, whole).await.is(200);
    service.put_part(&campaign, 2, b"").await.names("body");
    for number in [0, 3, 70_000] {
        service.put_part(&campaign, number, b"x").await.names("n");
    }
    let part = |digest: &str, kind: &str| {
        let path = format!("{campaign}/parts/2");
        let request = service.request(Method::PUT, &path).body("x");
        let request = request.header("content-type", kind.to_owned());
        answer(request.header("content-digest", digest.to_owned()))
    };
    const OCTETS: &str = "application/octet-stream";
    let other = content_digest(b"y");
    for digest in [other.as_str(), "sha-256=x", "sha-512=:eA==:"] {
        part(digest, OCTETS).await.names("Content-Digest");
    }
    let text = part(&content_digest(b"x"), "text/csv").await;
    text.refused(415, "unsupported_content_type");
    part(&content_digest(b"x"), OCTETS).await.is(200);
}

#[tokio::test]
async fn another_file_takes_the_place_of_one_that_was_announced() {
    let service = Service::start().await;
    let campaign = service.campaign(b"Mobile,Name\n", 1).await;
    service
        .put_part(&campaign, 1, b"Mobile,Name\n")
        .await
        .is(200);
    let file = wanted(FILE.as_bytes(), 1)["file"].clone();
    let path = format!("{campaign}/file");
    let replaced = || {
        let request = service.request(Method::PUT, &path);
        answer(request.json(&json!({ "file": file, "phoneColumn": "Mobile" })))
    };
    for _ in 0..2 {
        replaced().await.is(200);
    }
    let told = service.get(&campaign).await.is(200);
    assert_eq!(told["file"]["missing"], json!([1]));
    assert_eq!(told["file"]["phoneColumn"], "Mobile");
    service
        .put_part(&campaign, 1, FILE.as_bytes())
        .await
        .is(200);
    import(&service, &campaign).await.is(202);
    replaced().await.refused(409, "campaign_state");
    let late = service.put_part(&campaign, 1, b"Mobile").await;
    late.refused(409, "part_changed");
}

#[tokio::test]
async fn a_campaign_that_is_asked_for_twice_is_made_once() {
    let service = Service::start().await;
    let body = wanted(FILE.as_bytes(), 1);
    let ask = |body: Value| {
        let request = service.request(Method::POST, "/api/campaigns").json(&body);
        answer(request.header("idempotency-key", "follow-up-1"))
    };
    let (first, again) = (ask(body.clone()).await, ask(body.clone()).await);
    assert_eq!((first.status, first.is_replayed), (201, false));
    assert_eq!((again.status, again.is_replayed), (201, true));
    assert_eq!(first.etag.as_deref(), Some("\"1\""));
    assert_eq!(first.body, again.body);
    let mut other = body.clone();
    other["name"] = json!("Another");
    ask(other).await.refused(422, "idempotency_key_reused");
    // A key that made a call makes no campaign, and the other way round.
    let call = service.request(Method::POST, "/api/outbound-call");
    let call = call.header("idempotency-key", "follow-up-1");
    let call = answer(call.json(&crate::support::patient("+911234567890"))).await;
    call.refused(422, "idempotency_key_reused");
    let all = service.get("/api/campaigns").await.is(200);
    assert_eq!(all["campaigns"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_page_by_page() {
    let service = Service::start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.insert(0, service.campaign(FILE.as_bytes(), 1).await);
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    let (mut listed, mut path) = (Vec::new(), "/api/campaigns?limit=2".to_owned());
    loop {
        let page = service.get(&path).await.is(200);
        let campaigns = page["campaigns"].as_array().unwrap();
        let ids = campaigns
            .iter()
            .map(|one| one["campaignId"].as_str().unwrap());
        listed.extend(ids.map(|id| format!("/api/campaigns/{id}")));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/campaigns?limit=2&cursor={cursor}");
    }
    assert_eq!(listed, made);
    service.get("/api/campaigns?cursor=x").await.names("cursor");
    service.get("/api/campaigns?limit=101").await.names("limit");
}

#[tokio::test]
async fn each_key_reaches_as_far_as_its_scope() {
    let service = Service::start().await;
    let campaign = service.campaign(FILE.as_bytes(), 1).await;
    let of = |rest: &str| format!("{campaign}{rest}");
    let all = "/api/campaigns".to_owned();
    for (method, path) in [
        (Method::POST, all.clone()),
        (Method::PUT, of("/file")),
        (Method::PUT, of("/parts/1")),
        (Method::POST, of("/import")),
    ] {
        let asked = service.request_of(READER, method.clone(), &path);
        answer(asked).await.refused(403, "forbidden");
        let asked = service.request_of("wrong", method, &path);
        answer(asked).await.refused(401, "unauthorized");
    }
    for path in [all, of(""), of("/rows")] {
        answer(service.request_of(READER, Method::GET, &path))
            .await
            .is(200);
        let asked = service.request_of("wrong", Method::GET, &path);
        answer(asked).await.refused(401, "unauthorized");
    }
    let clerk = service.request_of(CLERK, Method::POST, "/api/campaigns");
    answer(clerk.json(&wanted(FILE.as_bytes(), 1)))
        .await
        .is(201);
    for id in ["x", "00000000-0000-4000-8000-000000000000"] {
        for rest in ["", "/rows"] {
            let path = format!("/api/campaigns/{id}{rest}");
            service.get(&path).await.refused(404, "no_such_campaign");
        }
        let path = format!("/api/campaigns/{id}");
        let part = service.put_part(&path, 1, b"x").await;
        part.refused(404, "no_such_campaign");
        import(&service, &path)
            .await
            .refused(404, "no_such_campaign");
    }
}
