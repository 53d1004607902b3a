//! The function that serves the page.

use super::*;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use functions::page;
use store::campaigns::Campaigns;
use store::campaigns::Sha256;
use tests::campaigns::{id_of, importing};

const FILE: &[u8] = b"Phone,Name\n01234567890,Rahul\n";

fn form(fields: &[(&str, &str)]) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields).finish()
}

impl World {
    /// One request of a browser that has shown a key.
    async fn browse(&self, method: &str, path: &str, form: &str, expected: u16) {
        let request = self
            .request(method, path)
            .body(Body::from(form.to_owned()))
            .unwrap();
        let answer = page::router(self.app.clone()).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), expected, "{method} {path}");
    }

    /// The whole way of a file, as the script goes it.
    async fn bring(&self) {
        let said = form(&[
            ("name", "June"),
            ("from", "10:00"),
            ("to", "19:00"),
            ("zone", "Asia/Kolkata"),
            ("day", "mon"),
            ("until", "2026-11-02T19:00"),
            ("file", "june.csv"),
            ("bytes", &FILE.len().to_string()),
            ("parts", "1"),
            ("sha256", &Sha256::of(FILE).to_string()),
        ]);
        let request = self.request("POST", page::CAMPAIGNS_PATH);
        let request = request
            .header("idempotency-key", "1")
            .body(Body::from(said.clone()));
        let made = page::router(self.app.clone())
            .oneshot(request.unwrap())
            .await
            .unwrap();
        assert_eq!(made.status(), 201);
        let made = axum::body::to_bytes(made.into_body(), 10_000)
            .await
            .unwrap();
        let made: Value = serde_json::from_slice(&made).unwrap();
        let path = format!("/campaigns/{}", made["campaignId"].as_str().unwrap());
        let request = self
            .request("PUT", &format!("{path}/file"))
            .body(Body::from(said));
        let announced = page::router(self.app.clone())
            .oneshot(request.unwrap())
            .await;
        assert_eq!(announced.unwrap().status(), 200);
        let sha256 = STANDARD.encode(digest(&SHA256, FILE));
        let mut request = self.request("PUT", &format!("{path}/parts/1"));
        let headers = request.headers_mut().unwrap();
        headers.insert("content-type", "application/octet-stream".parse().unwrap());
        let digest = format!("sha-256=:{sha256}:").parse().unwrap();
        headers.insert("content-digest", digest);
        let request = request.body(Body::from(FILE)).unwrap();
        let kept = page::router(self.app.clone()).oneshot(request).await;
        assert_eq!(kept.unwrap().status(), 200);
        self.browse("POST", &format!("{path}/import"), "", 303)
            .await;
        self.browse(
            "GET",
            &format!("/campaigns/new?like={}", &path[11..]),
            "",
            200,
        )
        .await;
    }

    fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let until = START + Duration::from_secs(3_600);
        let token = self.app.tokens.page_token(LOCAL_KEY, "local", until);
        Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("session={token}"))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
    }
}

#[tokio::test]
async fn the_page_asks_for_what_its_role_allows() {
    let world = World::new().await;
    let call = world.call("+911234567890").await;
    let campaigns = Campaigns::of(&world.app.calls);
    let file = b"phone,name\n01234567891,Rahul\n";
    importing(&campaigns, id_of(1), file).await.unwrap();
    sweep::tick(&world.app).await;
    world.clock.advance(Duration::from_secs(1));
    world.asked.take();
    let (call, campaign) = (format!("/calls/{call}"), format!("/campaigns/{}", id_of(1)));
    for path in [
        page::NOW_PATH,
        page::CALLS_PATH,
        &call,
        page::CAMPAIGNS_PATH,
        page::NEW_CAMPAIGN_PATH,
        &campaign,
        &format!("{campaign}/rows"),
        &format!("{campaign}/forecast"),
        page::OPT_OUTS_PATH,
        page::FIGURES_PATH,
        "/figures?part=live",
        &format!("{campaign}/forecast?part=live"),
        page::LOGIN_PATH,
        "/assets/page.css",
        "/assets/upload.js",
    ] {
        world.browse("GET", path, "", 200).await;
    }
    world
        .browse("POST", page::CALLS_PATH, "patient=patient_123", 200)
        .await;
    world.browse("POST", &call, "", 200).await;
    world
        .browse("POST", page::OPT_OUTS_PATH, "number=%2B911234567892", 303)
        .await;
    world
        .browse("GET", &format!("{campaign}/plan"), "", 200)
        .await;
    world
        .browse("POST", &format!("{campaign}/results"), "part=0", 200)
        .await;
    let store = &world.app.calls.store;
    let version = store.campaign(id_of(1)).await.unwrap().unwrap().version;
    let plan = "class=service&from=10:00&to=19:00&zone=Asia/Kolkata&day=mon&concurrency=2\
                &retries=0&priority=0&until=2026-11-02T19:00";
    let plan = format!("version={version}&{plan}");
    world
        .browse("POST", &format!("{campaign}/plan"), &plan, 303)
        .await;
    world
        .browse("POST", &format!("{campaign}/retry-failed"), "round=2", 409)
        .await;
    for command in ["start", "pause", "resume", "cancel"] {
        world
            .browse("POST", &format!("{campaign}/{command}"), "", 303)
            .await;
    }
    world.bring().await;
    for _ in 0..2 {
        world
            .browse("POST", &format!("{call}/cancel"), "", 303)
            .await;
    }
    world.compare("page");
}
