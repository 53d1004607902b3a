//! Views that go on on a next page.

use super::*;

#[tokio::test]
async fn a_day_of_many_calls_is_shown_newest_first_page_by_page() {
    let page = Page::start().await;
    let cookie = page.enter(READER).await;
    let mut calls = Vec::new();
    for n in 0..310 {
        let request = crate::support::request_for(&format!("+9112345{n:05}"));
        page.system.calls.create(&request, None).await.unwrap();
        calls.push(format!("/calls/{}", request.id));
    }
    let (mut shown, mut path) = (Vec::new(), "/calls".to_owned());
    loop {
        let view = page.get(&cookie, &path).await.body;
        assert!(view.len() < VIEW_BYTES_MAX, "{}", view.len());
        let links = view.split("href=\"").skip(1);
        let links = links.map(|link| link.split('"').next().unwrap().replace("&amp;", "&"));
        let (found, others): (Vec<String>, Vec<String>) =
            links.partition(|link| link.starts_with("/calls/"));
        shown.extend(found);
        match others.into_iter().find(|link| link.contains("cursor=")) {
            Some(next) => path = next,
            None => break,
        }
    }
    let mut both = (shown.clone(), calls.clone());
    both.0.sort();
    both.1.sort();
    assert_eq!(both.0, both.1, "each once");
    assert_eq!((shown.first(), shown.last()), (calls.last(), calls.first()));
    assert_eq!(page.get(&cookie, "/calls?cursor=x").await.status, 422);
}

#[tokio::test]
async fn numbers_after_the_first_page_are_on_the_next_and_in_no_address() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let (store, now) = (&page.system.calls.store, SystemClock.now());
    for n in 0..205_u32 {
        let entry = store::OptOut {
            phone_number: format!("+9112345{n:05}").parse().unwrap(),
            since: now,
            by: format!("boss-{n}"),
            reason: None,
        };
        store.opt_out(&entry).await.unwrap();
    }
    let mut found = Vec::new();
    let mut path = "/opt-outs".to_owned();
    for _ in 0..3 {
        let view = page.get(&boss, &path).await.body;
        assert!(view.len() < VIEW_BYTES_MAX, "{}", view.len());
        assert!(!view.contains("12345001"), "masked, in its addresses too");
        found.extend(view.split("boss-").skip(1).map(|by| {
            let digits: String = by.chars().take_while(char::is_ascii_digit).collect();
            digits.parse::<u32>().unwrap()
        }));
        let Some((_, next)) = view.split_once("href=\"/opt-outs?page=") else {
            break;
        };
        path = format!("/opt-outs?page={}", next.split('"').next().unwrap());
    }
    assert_eq!(found, (0..205).collect::<Vec<_>>());
    for query in ["?page=0", "?page=21", "?page=x", "?other=1"] {
        assert_eq!(
            page.get(&boss, &format!("/opt-outs{query}")).await.status,
            422,
            "{query}"
        );
    }
}

#[tokio::test]
async fn campaigns_after_the_first_page_are_on_the_next() {
    let page = Page::start().await;
    let boss = page.enter(LOCAL_KEY).await;
    let (store, now) = (&page.system.calls.store, SystemClock.now());
    for n in 0..101_u8 {
        let plan = campaign::Plan::usual(&page.system.calls.policy, now + Duration::from_hours(48));
        let made =
            campaign::Campaign::create(tests::campaigns::id_of(n), &format!("no-{n}."), plan, now);
        let file = store::campaigns::CampaignFile::new(
            "f.csv",
            1,
            1,
            Sha256::of(b"x"),
            store::campaigns::ImportRules::default(),
        );
        store
            .create_campaign(&made.unwrap(), &file, None)
            .await
            .unwrap();
    }
    let first = page.get(&boss, "/campaigns").await.body;
    assert!(
        first.contains("data-live") && first.len() < VIEW_BYTES_MAX,
        "{}",
        first.len()
    );
    let next = first.split("href=\"/campaigns?cursor=").nth(1).unwrap();
    let next = next.split('"').next().unwrap();
    let second = page
        .get(&boss, &format!("/campaigns?cursor={next}"))
        .await
        .body;
    let all = first + &second;
    for n in 0..101 {
        assert_eq!(all.matches(&format!(">no-{n}.<")).count(), 1, "{n}");
    }
    assert!(!second.contains("data-live"), "what is old stays as it is");
    assert_eq!(page.get(&boss, "/campaigns?cursor=x").await.status, 422);
}

#[tokio::test]
async fn the_next_page_of_some_rows_is_of_the_same_rows() {
    let page = Page::start().await;
    let faulty = "123,Ravi Kumar\n".repeat(101);
    let file = format!("phone,name\n01234567801,Asha Rao\n{faulty}");
    let campaign = page.campaign(&file).await;
    let cookie = page.enter(LOCAL_KEY).await;
    let rows = format!("{campaign}/rows?state=faulty");
    let first = page.get(&cookie, &rows).await.body;
    let next = first.split("href=\"").find(|link| link.contains("cursor="));
    let next = next
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&");
    assert!(next.contains("state=faulty"), "{next}");
    let last = page.get(&cookie, &next).await.body;
    assert_eq!(
        (first.matches("<tr>").count(), last.matches("<tr>").count()),
        (101, 2)
    );
}
