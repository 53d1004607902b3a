//! The page as a browser asks for it: who is let in, what is shown to whom, which requests are believed.
//! A real browser goes through it in `.ci/page`.

mod heard;
mod paged;
mod recorded;
mod results;
mod shown;
mod upload;

use access::hash_key;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use campaign::CampaignId;
use local::system::{LOCAL_KEY, Options, System};
use reqwest::{
    Method, StatusCode,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
    redirect::Policy,
};
use serde_json::{Value, json};
use simulators::knowlarity::Dial;
use std::time::Duration;
use store::{
    campaigns::Sha256,
    clock::{Clock as _, SystemClock},
};

const READER: &str = "reader-key";
const DOCTOR: &str = "doctor-key";

/// A name that would do harm if it were taken for HTML.
const NAME: &str = "Asha<script>alert(1)</script>\"' & Rao";

/// Most bytes of a view (100 kB).
const VIEW_BYTES_MAX: usize = 100_000;

struct Page {
    system: System,
    client: reqwest::Client,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: impl reqwest::header::AsHeaderName) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl Page {
    /// A system whose phones ring for ever.
    async fn start() -> Self {
        Self::start_with(None).await
    }

    /// The same, but for the first dial.
    async fn start_with(first: Option<Dial>) -> Self {
        crate::privacy::watch();
        let mut options = Options::default();
        let keys = [
            ("local", "admin", LOCAL_KEY),
            ("reader", "read", READER),
            ("doctor", "read+pii", DOCTOR),
            ("writer", "write", "writer-key"),
        ];
        let keys = keys.map(|(name, scopes, key)| format!("{name}:{scopes}:{}", hash_key(key)));
        options
            .settings
            .insert("API_KEYS".to_owned(), keys.join(","));
        let system = System::start(options).await.unwrap();
        let carrier = system.knowlarity.as_ref().unwrap();
        carrier.behave(first.into_iter().chain([Dial::NeverReports; 20]));
        let client = reqwest::Client::builder().redirect(Policy::none());
        let client = client.build().unwrap();
        Self { system, client }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.system.api_url))
    }

    /// Shows a key; the cookie that is given for it.
    async fn enter(&self, key: &str) -> String {
        let answer = self.show_key(key).await;
        assert_eq!(
            (answer.status, answer.header(LOCATION)),
            (StatusCode::SEE_OTHER, "/")
        );
        let cookie = answer.header(SET_COOKIE);
        assert!(
            cookie.contains("; HttpOnly; SameSite=Lax; Max-Age=28800"),
            "{cookie}"
        );
        assert!(!cookie.contains(key), "{cookie}");
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn show_key(&self, key: &str) -> Answer {
        let request = self.request(Method::POST, "/login");
        let request = request.header("sec-fetch-site", "same-origin");
        answer(request.form("key", key)).await
    }

    async fn get(&self, cookie: &str, path: &str) -> Answer {
        answer(self.request(Method::GET, path).header(COOKIE, cookie)).await
    }

    /// Presses a button.
    async fn press(&self, cookie: &str, path: &str) -> Answer {
        let request = self.request(Method::POST, path).header(COOKIE, cookie);
        answer(request.header("sec-fetch-site", "same-origin")).await
    }

    async fn api(&self, path: &str, body: &Value) -> Value {
        let request = self
            .request(Method::POST, path)
            .header("x-api-key", LOCAL_KEY);
        let answer = answer(request.json(body)).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    /// A campaign whose rows were read; the path of its view.
    async fn campaign(&self, file: &str) -> String {
        let bytes = file.as_bytes();
        let sha256 = Sha256::of(bytes).to_string();
        let wanted = json!({
            "name": "June",
            "file": { "name": "june.csv", "bytes": bytes.len(), "parts": 1, "sha256": sha256 },
            "plan": { "expiresAt": SystemClock.now() + Duration::from_hours(48) },
        });
        let made = self.api("/api/campaigns", &wanted).await;
        let path = format!("/campaigns/{}", made["campaignId"].as_str().unwrap());
        let digest = STANDARD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes));
        let part = self.request(Method::PUT, &format!("/api{path}/parts/1"));
        let part = part.header("x-api-key", LOCAL_KEY).body(file.to_owned());
        let part = part.header("content-type", "application/octet-stream");
        let part = part.header("content-digest", format!("sha-256=:{digest}:"));
        assert_eq!(answer(part).await.status, 200);
        self.api(&format!("/api{path}/import"), &json!({})).await;
        let id: CampaignId = made["campaignId"].as_str().unwrap().parse().unwrap();
        for _ in 0..100 {
            let campaign = self.system.calls.store.campaign(id).await.unwrap().unwrap();
            if campaign.state == campaign::State::Ready {
                return path;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is not read");
    }

    /// Places a call; the path of its view.
    async fn call(&self) -> String {
        let patient = json!({ "id": "patient_7", "name": NAME, "phoneNumber": "+911234567890" });
        let call = self
            .api("/api/outbound-call", &json!({ "patientData": patient }))
            .await;
        format!("/calls/{}", call["sessionId"].as_str().unwrap())
    }
}

/// A form of one field.
trait Form {
    fn form(self, name: &str, value: &str) -> Self;
}

impl Form for reqwest::RequestBuilder {
    fn form(self, name: &str, value: &str) -> Self {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.append_pair(name, value).finish();
        let kind = "application/x-www-form-urlencoded";
        self.header("content-type", kind).body(body)
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    Answer {
        status: answer.status(),
        headers: answer.headers().clone(),
        body: answer.text().await.unwrap(),
    }
}

#[tokio::test]
async fn nobody_is_let_in_without_a_key_that_may_read() {
    let page = Page::start().await;
    for path in ["/", "/calls", "/campaigns", "/figures"] {
        let answer = page.get("session=page_local.9999999999.forged", path).await;
        assert_eq!(
            (answer.status, answer.header(LOCATION)),
            (StatusCode::SEE_OTHER, "/login")
        );
    }
    let part = page.get("", "/?part=live").await;
    assert_eq!(part.status, 401, "a script cannot log in");
    for key in ["", "wrong", "writer-key"] {
        let refused = page.show_key(key).await;
        assert_eq!(refused.status, 401, "{key}");
        assert!(refused.headers.get(SET_COOKIE).is_none());
        assert!(refused.body.contains("role=\"alert\""));
    }
    let elsewhere = page.request(Method::POST, "/login").form("key", LOCAL_KEY);
    assert_eq!(
        answer(elsewhere.header("sec-fetch-site", "cross-site"))
            .await
            .status,
        403
    );

    let cookie = page.enter(READER).await;
    assert_eq!(page.get(&cookie, "/").await.status, 200);
    let left = page.press(&cookie, "/logout").await;
    assert_eq!(left.header(LOCATION), "/login");
    let gone = left.headers.get_all(SET_COOKIE).iter();
    let gone: Vec<&str> = gone.map(|cookie| cookie.to_str().unwrap()).collect();
    assert_eq!(gone.len(), 2, "of either name");
    assert!(
        gone.iter().all(|cookie| cookie.contains("Max-Age=0")),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_cookie_is_sent_over_tls_alone_but_on_this_machine() {
    let page = Page::start().await;
    let request = page
        .request(Method::POST, "/login")
        .header("host", "api.example.org");
    let request = request
        .header("sec-fetch-site", "same-origin")
        .form("key", READER);
    let entered = answer(request).await;
    let cookie = entered.header(SET_COOKIE);
    assert!(
        cookie.starts_with("__Host-session=page_reader."),
        "{cookie}"
    );
    assert!(
        cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(page.get(cookie, "/").await.status, 200);
}

#[tokio::test]
async fn every_answer_forbids_what_the_page_does_not_need() {
    let page = Page::start().await;
    let cookie = page.enter(READER).await;
    for path in [
        "/",
        "/login",
        "/calls/nothing",
        "/assets/page.js",
        "/?part=live",
    ] {
        let answer = page.get(&cookie, path).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; "),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let kept = answer.header("cache-control");
        assert_eq!(
            kept == "no-store",
            !path.starts_with("/assets"),
            "{path}: {kept}"
        );
    }
    assert_eq!(page.get(&cookie, "/calls/nothing").await.status, 404);
    assert_eq!(page.get(&cookie, "/assets/nothing").await.status, 404);
}

#[tokio::test]
async fn no_button_is_pressed_from_elsewhere_or_by_who_may_not() {
    let page = Page::start().await;
    let call = page.call().await;
    let cancel = format!("{call}/cancel");
    let (boss, reader) = (page.enter(LOCAL_KEY).await, page.enter(READER).await);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example.org"),
        ("x-nothing", ""),
    ] {
        let request = page.request(Method::POST, &cancel).header(COOKIE, &boss);
        assert_eq!(
            answer(request.header(name, value)).await.status,
            403,
            "{name}: {value}"
        );
    }
    assert_eq!(page.press(&reader, &cancel).await.status, 403);
    assert!(
        page.get(&boss, &call).await.body.contains("cut off"),
        "still on"
    );
    assert!(!page.get(&reader, &call).await.body.contains("/cancel"));
    for _ in 0..2 {
        let pressed = page.press(&boss, &cancel).await;
        assert_eq!(
            (pressed.status, pressed.header(LOCATION)),
            (StatusCode::SEE_OTHER, &*call)
        );
    }
    assert!(
        page.get(&boss, &call)
            .await
            .body
            .contains("failed: cancelled")
    );
}
