//! The function that serves the page.

use super::*;
use functions::page;
use store::campaigns::Campaigns;
use tests::campaigns::{id_of, importing};

impl World {
    /// One request of a browser that has shown a key.
    async fn browse(&self, method: &str, path: &str, form: &'static str, expected: u16) {
        let until = START + Duration::from_secs(3_600);
        let token = self.app.tokens.page_token(LOCAL_KEY, "local", until);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", format!("session={token}"))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form))
            .unwrap();
        let answer = page::router(self.app.clone()).oneshot(request).await;
        assert_eq!(answer.unwrap().status(), expected, "{method} {path}");
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
        &campaign,
        &format!("{campaign}/rows"),
        &format!("{campaign}/forecast"),
        page::OPT_OUTS_PATH,
        page::FIGURES_PATH,
        page::LOGIN_PATH,
        "/assets/page.css",
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
    for command in ["start", "pause", "resume", "cancel"] {
        world
            .browse("POST", &format!("{campaign}/{command}"), "", 303)
            .await;
    }
    for _ in 0..2 {
        world
            .browse("POST", &format!("{call}/cancel"), "", 303)
            .await;
    }
    world.compare("page");
}
