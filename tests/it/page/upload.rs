//! A spreadsheet that is brought in by the browser.

use super::*;

/// A header that would do harm if it were taken for HTML, a row that can be called, and two that cannot.
const FILE: &str = "Phone,Name,<script>alert(1)</script>\n01234567801,Asha Rao,x\n123,Ravi Kumar,\n\
                    abc,Meena Das,\n";

const CORRECTED: &str = "Mobile,Name\n01234567801,Asha Rao\n";

/// What the form of a new campaign sends beside the file.
const PLAN: &[(&str, &str)] = &[
    ("name", "June <b>"),
    ("class", "service"),
    ("from", "00:00"),
    ("to", "00:00"),
    ("zone", "Asia/Kolkata"),
    ("day", "mon"),
    ("day", "sun"),
    ("holidays", "2036-12-25, 2036-12-26"),
    ("concurrency", "3"),
    ("pace", ""),
    ("retries", "2"),
    ("priority", "1"),
    ("caller", ""),
    ("recorded", "yes"),
];

/// What a script says of a file of one part.
fn said(file: &str) -> Vec<(&'static str, String)> {
    vec![
        ("file", "june.csv".to_owned()),
        ("bytes", file.len().to_string()),
        ("parts", "1".to_owned()),
        ("sha256", Sha256::of(file.as_bytes()).to_string()),
        ("phoneColumn", String::new()),
        ("sheet", String::new()),
        ("delimiter", ",".to_owned()),
    ]
}

/// The fields of a new campaign for a file, which ends in two days.
pub(super) fn wish(file: &str) -> Vec<(&'static str, String)> {
    let plan = PLAN
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    let end = SystemClock.now() + Duration::from_hours(48);
    let end = campaign::Hours::usual().date_time(end).unwrap();
    let end = ("until", end[..16].replace(' ', "T"));
    plan.chain([end]).chain(said(file)).collect()
}

impl Page {
    pub(super) async fn submit(
        &self,
        method: Method,
        cookie: &str,
        path: &str,
        fields: &[(&str, String)],
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let request = self.request(method, path).header(COOKIE, cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        let kind = "application/x-www-form-urlencoded";
        answer(request.header("content-type", kind).body(body)).await
    }

    async fn send_part(&self, cookie: &str, path: &str, file: &str, digested: &str) -> u16 {
        let sha256 = &aws_lc_rs::digest::SHA256;
        let digest = STANDARD.encode(aws_lc_rs::digest::digest(sha256, digested.as_bytes()));
        let request = self.request(Method::PUT, &format!("{path}/parts/1"));
        let request = request.header(COOKIE, cookie).body(file.to_owned());
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/octet-stream");
        let request = request.header("content-digest", format!("sha-256=:{digest}:"));
        answer(request).await.status.as_u16()
    }

    /// Brings a file that was announced; what its view says once it was read.
    pub(super) async fn bring(&self, cookie: &str, path: &str, file: &str) -> String {
        assert_eq!(self.send_part(cookie, path, file, file).await, 200);
        let begun = self.press(cookie, &format!("{path}/import")).await;
        assert_eq!((begun.status.as_u16(), begun.header(LOCATION)), (303, path));
        for _ in 0..100 {
            let view = self.get(cookie, path).await.body;
            if !view.contains("reading the file") {
                return view;
            }
            assert!(view.contains("data-live"), "it is looked at again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is not read");
    }
}

pub(super) fn path_of(made: &Answer) -> String {
    assert!(made.status.is_success(), "{}", made.body);
    let made: Value = serde_json::from_str(&made.body).unwrap();
    format!("/campaigns/{}", made["campaignId"].as_str().unwrap())
}

#[tokio::test]
async fn a_file_is_brought_by_the_browser_and_what_is_wrong_with_it_is_shown() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let form = page.get(&boss, "/campaigns/new").await.body;
    assert!(form.contains("<noscript>") && form.contains("data-upload=\"/campaigns\""));
    let made = page
        .submit(Method::POST, &boss, "/campaigns", &wish(FILE))
        .await;
    let path = path_of(&made);
    assert_eq!(page.send_part(&boss, &path, FILE, "other bytes").await, 422);
    let view = page.bring(&boss, &path, FILE).await;
    for told in [
        "ready to start",
        "Start: call 1 people",
        "telephone number",
        "told to the agent",
        "too few or too many digits",
        "this is no telephone number",
        "<h1>June &lt;b&gt;</h1>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "00:00-24:00 Asia/Kolkata, mon sun, – 2036-12-25, – 2036-12-26",
        "data-load=",
        "every patient of the file agreed to it",
    ] {
        assert!(view.contains(told), "{told}: {view}");
    }
    for hidden in [
        "Asha",
        "Ravi",
        "1234567801",
        "123<",
        "abc<",
        "<script>alert",
    ] {
        assert!(!view.contains(hidden), "{hidden}: {view}");
    }
    let forecast = page
        .get(&boss, &format!("{path}/forecast?part=live"))
        .await
        .body;
    assert!(forecast.contains("people reached") && !forecast.contains("<html"));
    let like = path.replace("/campaigns/", "/campaigns/new?like=");
    let again = page.get(&boss, &like).await.body;
    for told in [
        "value=\"June &lt;b&gt;\"",
        "value=\"sun\" checked",
        "value=\"2036-12-25 2036-12-26\"",
        "value=\"yes\" checked",
    ] {
        assert!(again.contains(told), "{told}: {again}");
    }
    assert!(!again.contains("value=\"tue\" checked"), "{again}");
}

#[tokio::test]
async fn a_file_that_is_at_fault_as_a_whole_gives_way_to_a_corrected_one() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let wrong = "Mobile,Phone,Name\n01234567801,1,Asha Rao\n";
    let made = page
        .submit(Method::POST, &boss, "/campaigns", &wish(wrong))
        .await;
    let path = path_of(&made);
    let view = page.bring(&boss, &path, wrong).await;
    assert!(view.contains("several columns could be"), "{view}");
    assert!(view.contains("data-method=\"PUT\""), "{view}");
    assert!(!view.contains("data-live"), "a chosen file stays chosen");
    let file = format!("{path}/file");
    let announced = page
        .submit(Method::PUT, &boss, &file, &said(CORRECTED))
        .await;
    assert_eq!(path_of(&announced), path);
    let view = page.bring(&boss, &path, CORRECTED).await;
    assert!(view.contains("Start: call 1 people"), "{view}");
    let late = page
        .submit(Method::PUT, &boss, &file, &said(CORRECTED))
        .await;
    assert_eq!(late.status, 409, "it has rows");
}

#[tokio::test]
async fn who_may_not_write_brings_no_file_and_no_other_site_does() {
    let page = Page::start().await;
    let (boss, reader) = (page.enter(LOCAL_KEY).await, page.enter(READER).await);
    let made = page
        .submit(Method::POST, &boss, "/campaigns", &wish(FILE))
        .await;
    let path = path_of(&made);
    let file = format!("{path}/file");
    assert_eq!(page.get(&reader, "/campaigns/new").await.status, 403);
    assert!(
        !page
            .get(&reader, "/campaigns")
            .await
            .body
            .contains("/campaigns/new")
    );
    assert!(!page.get(&reader, &path).await.body.contains("data-upload"));
    for (method, path, fields) in [
        (Method::POST, "/campaigns", wish(FILE)),
        (Method::PUT, &*file, said(FILE)),
    ] {
        let answer = page.submit(method.clone(), &reader, path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            answer.body.starts_with("The key"),
            "a script shows it: {}",
            answer.body
        );
        let request = page.request(method.clone(), path).header(COOKIE, &boss);
        assert_eq!(
            super::answer(request.header("sec-fetch-site", "cross-site"))
                .await
                .status,
            403
        );
        let answer = page.submit(method, "", path, &fields).await;
        assert_eq!(answer.header(LOCATION), "/login");
    }
    assert_eq!(page.send_part(&reader, &path, FILE, FILE).await, 403);
    let import = format!("{path}/import");
    assert_eq!(page.press(&reader, &import).await.status, 403);
    assert_eq!(
        page.press(&boss, &import).await.status,
        409,
        "no part is there"
    );
}

#[tokio::test]
async fn a_plan_that_breaks_a_rule_makes_no_campaign_and_the_same_wish_makes_one() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    for (name, value, told) in [
        ("name", "", "name: missing"),
        ("concurrency", "0", "plan.concurrency: "),
        ("retries", "many", "plan.retries: "),
        ("until", "yesterday", "plan.expiresAt: "),
        ("zone", "Nowhere/At all", "plan.hours: "),
        ("caller", "12", "plan.caller: "),
        ("bytes", "15000001", "file.bytes: "),
    ] {
        let mut fields = wish(FILE);
        fields.retain(|(field, _)| *field != name);
        fields.push((name, value.to_owned()));
        let refused = page
            .submit(Method::POST, &boss, "/campaigns", &fields)
            .await;
        assert_eq!(refused.status, 422, "{name}");
        assert!(refused.body.starts_with(told), "{}", refused.body);
    }
    assert!(page.get(&boss, "/campaigns").await.body.contains("None."));
    let wish = wish(FILE);
    let mut made = Vec::new();
    for _ in 0..2 {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(&wish).finish();
        let request = page
            .request(Method::POST, "/campaigns")
            .header(COOKIE, &boss);
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("idempotency-key", "once");
        let kind = "application/x-www-form-urlencoded";
        made.push(path_of(
            &answer(request.header("content-type", kind).body(body)).await,
        ));
    }
    assert_eq!(made[0], made[1]);
}
