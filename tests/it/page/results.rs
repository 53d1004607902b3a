//! What came of a campaign, another round of it, and another plan.

use super::{
    upload::{path_of, wish},
    *,
};
use spreadsheet::{Options, Row};
use std::{io::Cursor, ops::ControlFlow};

const HOSTILE: &str = "Mobile,Name,Ward\n01234567801,=HYPERLINK(1) राहुल,A1\n01234567802,Asha,A2\n";

impl Page {
    /// A campaign of any hour with this file, started.
    async fn started(&self, cookie: &str, file: &str) -> String {
        let mut fields = wish(file);
        fields.retain(|(name, _)| *name != "day" && *name != "retries");
        fields.extend(campaign::WEEK.map(|day| ("day", day.to_owned())));
        fields.push(("retries", "0".to_owned()));
        let made = self
            .submit(Method::POST, cookie, "/campaigns", &fields)
            .await;
        let path = path_of(&made);
        self.bring(cookie, &path, file).await;
        let started = self.press(cookie, &format!("{path}/start")).await;
        assert_eq!(started.status, 303);
        path
    }

    async fn results(&self, cookie: &str, path: &str, part: u32) -> reqwest::Response {
        let request = self.request(Method::POST, &format!("{path}/results"));
        let request = request.header(COOKIE, cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        request
            .form("part", &part.to_string())
            .send()
            .await
            .unwrap()
    }

    async fn see(&self, cookie: &str, path: &str, text: &str) -> String {
        for _ in 0..100 {
            let view = self.get(cookie, path).await.body;
            if view.contains(text) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{text}: {}", self.get(cookie, path).await.body);
    }
}

async fn rows(answer: reqwest::Response) -> Vec<Vec<String>> {
    let bytes = answer.bytes().await.unwrap();
    let mut rows = Vec::new();
    let read = spreadsheet::read(Cursor::new(bytes), &Options::default(), &mut |row: Row| {
        rows.push(
            row.cells
                .iter()
                .map(|cell| cell.text().into_owned())
                .collect(),
        );
        ControlFlow::Continue(())
    });
    read.unwrap();
    rows
}

#[tokio::test]
async fn results_are_taken_by_who_may_see_all_patients_and_it_is_noted() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let path = page.started(&boss, HOSTILE).await;
    let view = page
        .see(&boss, &path, "Download the results of 2 rows")
        .await;
    assert!(!view.contains("Asha"), "{view}");
    for key in [READER, DOCTOR] {
        let cookie = page.enter(key).await;
        assert_eq!(page.results(&cookie, &path, 0).await.status(), 403);
        assert!(!page.get(&cookie, &path).await.body.contains("/results"));
    }
    let told = || crate::privacy::revealed(path.rsplit('/').next().unwrap());
    assert!(told().is_empty());
    let answer = page.results(&boss, &path, 0).await;
    assert_eq!(answer.status(), 200);
    let kept = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(
        kept.starts_with("attachment; filename=\"results-"),
        "{kept}"
    );
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let found = rows(answer).await;
    let header = [
        "Mobile", "Name", "Ward", "row", "status", "outcome", "dials",
    ];
    assert_eq!(found[0][..7], header);
    assert_eq!(
        found[1][..4],
        ["01234567801", "=HYPERLINK(1) राहुल", "A1", "2"]
    );
    assert_eq!((found.len(), &*found[2][1]), (3, "Asha"));
    assert!(
        told().len() == 1 && told()[0].contains(r#""by":"local""#),
        "{:?}",
        told()
    );
    let request = page.request(Method::POST, &format!("{path}/results"));
    let request = request
        .header(COOKIE, &boss)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(super::answer(request).await.status, 403);
}

#[tokio::test]
async fn many_rows_are_taken_in_pieces_and_each_row_once() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let blank = "\n".repeat(10_000);
    let file = format!("Mobile,Name\n01234567801,First\n{blank}01234567802,Last\n");
    let path = page.started(&boss, &file).await;
    let view = page
        .see(
            &boss,
            &path,
            "Download the results of rows 10,001 to 10,003",
        )
        .await;
    assert!(
        view.contains("Download the results of rows 2 to 10,000"),
        "{view}"
    );
    let mut names = Vec::new();
    for part in 0..3 {
        let found = rows(page.results(&boss, &path, part).await).await;
        names.extend(found[1..].iter().map(|row| (part, row[1].clone())));
    }
    assert_eq!(names, [(0, "First".to_owned()), (1, "Last".to_owned())]);
}

#[tokio::test]
async fn who_was_not_reached_is_called_again_once_however_often_the_button_is_pressed() {
    let page = Page::start_with(Some(Dial::InvalidNumber)).await;
    let boss = page.enter(LOCAL_KEY).await;
    let path = page.started(&boss, "Mobile,Name\n01234567801,Asha\n").await;
    let view = page.see(&boss, &path, "retry-failed").await;
    assert!(
        view.contains("Call 1 people again who were not reached (round 2)"),
        "{view}"
    );
    let reader = page.enter(READER).await;
    assert!(!page.get(&reader, &path).await.body.contains("retry-failed"));
    let again = format!("{path}/retry-failed");
    assert_eq!(page.press(&reader, &again).await.status, 403);
    for _ in 0..2 {
        let fields = [("round", "2".to_owned())];
        let pressed = page.submit(Method::POST, &boss, &again, &fields).await;
        assert_eq!(
            (pressed.status.as_u16(), pressed.header(LOCATION)),
            (303, &*path)
        );
    }
    page.see(&boss, &path, "running").await;
    let id: CampaignId = path.rsplit('/').next().unwrap().parse().unwrap();
    let campaign = page.system.calls.store.campaign(id).await.unwrap().unwrap();
    assert_eq!(campaign.round, 2);
}

#[tokio::test]
async fn a_plan_is_changed_by_who_has_seen_the_one_that_holds() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let path = page.campaign("phone,name\n01234567801,Asha Rao\n").await;
    let plan = format!("{path}/plan");
    let reader = page.enter(READER).await;
    assert_eq!(page.get(&reader, &plan).await.status, 403);
    assert!(!page.get(&reader, &path).await.body.contains("/plan\""));
    let form = page.get(&boss, &plan).await.body;
    assert!(form.contains("it holds at once for 1 people"), "{form}");
    let version = form.split("name=\"version\" value=\"").nth(1).unwrap();
    let version = version.split('"').next().unwrap().to_owned();
    let change = async |cookie: &str, version: &str, name: &str, value: &str| {
        let mut fields = wish("");
        fields.retain(|(field, _)| *field != name);
        fields.extend([("version", version.to_owned())]);
        if !value.is_empty() {
            fields.push((
                if name == "day" { "day" } else { "concurrency" },
                value.to_owned(),
            ));
        }
        page.submit(Method::POST, cookie, &plan, &fields)
            .await
            .status
            .as_u16()
    };
    assert_eq!(change(&reader, &version, "concurrency", "2").await, 403);
    assert_eq!(change(&boss, "", "concurrency", "2").await, 428);
    assert_eq!(change(&boss, &version, "concurrency", "1001").await, 422);
    assert_eq!(change(&boss, &version, "day", "").await, 422);
    assert_eq!(change(&boss, &version, "concurrency", "2").await, 303);
    let view = page.get(&boss, &path).await.body;
    assert!(view.contains("<dd>2</dd>"), "{view}");
    assert_eq!(change(&boss, &version, "concurrency", "4").await, 412);
}
