//! The list of numbers that promotion may not disturb, brought page by page.

use super::{Answer, Api, answer};
use access::hash_key;
use local::system::LOCAL_KEY;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use store::clock::{Clock, SystemClock};

impl Api {
    async fn dnd(&self, key: &str, body: Value) -> Answer {
        let request = self.request(Method::POST, "/api/dnd-list").json(&body);
        answer(request.header("x-api-key", key)).await
    }

    pub(super) async fn dnd_list(&self) -> Value {
        let request = self.request(Method::GET, "/api/dnd-list");
        let shown = answer(request.header("x-api-key", LOCAL_KEY)).await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        shown.body
    }
}

/// A day in India, so many days ago.
pub(super) fn day(ago: u64) -> String {
    let ahead = Duration::from_secs(19_800);
    let moment = SystemClock.now() + ahead - Duration::from_secs(ago * 24 * 3_600);
    moment.to_string()[..10].to_owned()
}

#[tokio::test]
async fn a_list_is_brought_in_pages_and_each_of_them_once_or_twice() {
    let api = Api::start(&[]).await;
    assert_eq!(api.dnd_list().await, json!({ "isFresh": false }));
    let (yesterday, today) = (day(1), day(0));
    let first = json!({ "asOf": yesterday, "phoneNumbers": ["01234567890", "+911234567890", "1234567891"] });
    for _ in 0..2 {
        let taken = api.dnd(LOCAL_KEY, first.clone()).await;
        assert_eq!(taken.status, 200, "{}", taken.body);
        assert_eq!(taken.body["isFresh"], false);
        let coming = &taken.body["coming"];
        assert_eq!(
            (&coming["asOf"], &coming["numbers"]),
            (&json!(yesterday), &json!(2))
        );
        assert!(!taken.body.to_string().contains("12345"));
    }
    let last = json!({ "asOf": yesterday, "phoneNumbers": ["1234567891", "1234567892"], "complete": true });
    for _ in 0..2 {
        let taken = api.dnd(LOCAL_KEY, last.clone()).await;
        let complete = &taken.body["complete"];
        assert_eq!(
            (&complete["numbers"], &complete["by"]),
            (&json!(3), &json!("local"))
        );
        assert_eq!(taken.body["coming"], Value::Null);
    }
    let shown = api.dnd_list().await;
    assert_eq!(shown["isFresh"], true);
    let age = shown["complete"]["ageHours"].as_u64().unwrap();
    assert!((24..48).contains(&age), "{shown}");
    let next = json!({ "asOf": today, "phoneNumbers": [], "complete": true });
    let taken = api.dnd(LOCAL_KEY, next).await;
    assert_eq!(taken.body["complete"]["asOf"], today);
    assert_eq!(taken.body["complete"]["numbers"], 0);
    api.dnd(LOCAL_KEY, first).await.names("asOf");
}

#[tokio::test]
async fn a_page_that_cannot_be_read_is_refused_as_a_whole_by_the_name_of_its_field() {
    let keys = format!(
        "crm:read+write:{},local:admin:{}",
        hash_key("crm-key"),
        hash_key(LOCAL_KEY)
    );
    let api = Api::start(&[("API_KEYS", &keys), ("DND_LIST_MAX_AGE", "48h")]).await;
    let today = day(0);
    let page = |as_of: &str, numbers: Value| json!({ "asOf": as_of, "phoneNumbers": numbers });
    api.dnd("crm-key", page(&today, json!([])))
        .await
        .is_error(403, "forbidden");
    for (body, field) in [
        (json!({ "phoneNumbers": [] }), "asOf"),
        (page("25.11.2026", json!([])), "asOf"),
        (page(&day(2), json!([])), "asOf"),
        (page("2999-01-01", json!([])), "asOf"),
        (json!({ "asOf": today }), "phoneNumbers"),
        (page(&today, json!("+911234567890")), "phoneNumbers"),
        (
            page(&today, json!(vec!["+911234567890"; 100])),
            "phoneNumbers",
        ),
        (
            page(&today, json!(["+911234567890", "123"])),
            "phoneNumbers[1]",
        ),
        (
            json!({ "asOf": today, "phoneNumbers": [], "complete": "yes" }),
            "complete",
        ),
    ] {
        api.dnd(LOCAL_KEY, body).await.names(field);
    }
    assert_eq!(api.dnd_list().await, json!({ "isFresh": false }));
    let whole = page(
        &today,
        json!(
            (0..99)
                .map(|n| format!("+9112345678{n:02}"))
                .collect::<Vec<_>>()
        ),
    );
    assert_eq!(
        api.dnd(LOCAL_KEY, whole).await.body["coming"]["numbers"],
        99
    );
}
