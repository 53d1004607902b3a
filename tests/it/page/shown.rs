//! What the views show, and to whom.

use super::*;

/// Most bytes of a view (100 kB).
const VIEW_BYTES_MAX: usize = 100_000;

#[tokio::test]
async fn a_patient_is_shown_to_who_asks_and_may_and_as_text() {
    let page = Page::start().await;
    let call = page.call().await;
    for key in [READER, DOCTOR, LOCAL_KEY] {
        let cookie = page.enter(key).await;
        for path in ["/", "/calls", &call, &format!("{call}?part=live")] {
            let view = page.get(&cookie, path).await;
            assert_eq!(view.status, 200);
            assert!(view.body.contains("A•••"), "{path}: {}", view.body);
            let told = ["Rao", "1234567890", "123456789", "<script>alert"];
            assert!(!told.iter().any(|told| view.body.contains(told)), "{path}");
        }
    }
    let reader = page.enter(READER).await;
    assert_eq!(page.press(&reader, &call).await.status, 403);
    let doctor = page.enter(DOCTOR).await;
    let revealed = page.press(&doctor, &call).await;
    assert_eq!(revealed.status, 200);
    assert!(revealed.body.contains("+911234567890"), "{}", revealed.body);
    let escaped = "Asha&lt;script&gt;alert(1)&lt;/script&gt;&quot;' &amp; Rao";
    assert!(revealed.body.contains(escaped), "{}", revealed.body);
    assert!(!revealed.body.contains("<script>alert"));
    assert!(
        !revealed.body.contains("data-live"),
        "nobody asks for it again"
    );
    let told = crate::privacy::revealed(call.rsplit('/').next().unwrap());
    assert!(
        told.len() == 1 && told[0].contains(r#""by":"doctor""#),
        "{told:?}"
    );
}

#[tokio::test]
async fn who_is_to_be_forgotten_is_on_no_view() {
    let page = Page::start().await;
    let call = page.call().await;
    let request = page.request(Method::DELETE, "/api/patients/patient_7");
    assert_eq!(
        answer(request.header("x-api-key", LOCAL_KEY)).await.status,
        202
    );
    let boss = page.enter(LOCAL_KEY).await;
    assert_eq!(page.get(&boss, &call).await.status, 404);
    assert_eq!(page.press(&boss, &call).await.status, 404);
    assert_eq!(
        page.press(&boss, &format!("{call}/cancel")).await.status,
        404
    );
    for path in ["/", "/calls"] {
        assert!(!page.get(&boss, path).await.body.contains(&call), "{path}");
    }
}

#[tokio::test]
async fn a_patient_is_found_by_the_crms_id_and_no_address_holds_it() {
    let page = Page::start().await;
    let call = page.call().await;
    let cookie = page.enter(READER).await;
    let search = async |id: &str| {
        let request = page.request(Method::POST, "/calls").header(COOKIE, &cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        answer(request.form("patient", id)).await.body
    };
    assert!(search(" patient_7 ").await.contains(&call));
    assert!(!search("patient_8").await.contains(&call));
    for query in ["?day=yesterday", "?other=1", "?status=over"] {
        assert_eq!(
            page.get(&cookie, &format!("/calls{query}")).await.status,
            422,
            "{query}"
        );
    }
    let none = page.get(&cookie, "/calls?status=completed").await.body;
    assert!(!none.contains(&call), "it has not ended");
    assert!(
        page.get(&cookie, "/calls?status=unfinished")
            .await
            .body
            .contains(&call)
    );
}

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
async fn rows_say_why_they_are_not_called_and_nothing_of_who_stands_in_them() {
    let page = Page::start().await;
    let campaign = page
        .campaign("phone,name\n01234567801,Asha Rao\n123,Ravi Kumar\n")
        .await;
    let cookie = page.enter(LOCAL_KEY).await;
    let rows = page.get(&cookie, &format!("{campaign}/rows")).await.body;
    for told in [
        "too few or too many digits",
        "waiting",
        "not started, the campaign is ready",
        "•01",
    ] {
        assert!(rows.contains(told), "{told}: {rows}");
    }
    let hidden = ["Asha", "Ravi", "1234567801", ">123<"];
    assert!(!hidden.iter().any(|told| rows.contains(told)), "{rows}");
    let faulty = page
        .get(&cookie, &format!("{campaign}/rows?state=faulty"))
        .await
        .body;
    assert_eq!(
        faulty.matches("<tr>").count(),
        2,
        "header and row: {faulty}"
    );
    for query in ["?state=lost", "?cursor=x", "?other=1"] {
        let wrong = page.get(&cookie, &format!("{campaign}/rows{query}")).await;
        assert_eq!(wrong.status, 422, "{query}");
    }
    let all = page
        .get(&cookie, &format!("{campaign}/rows?state="))
        .await
        .body;
    assert_eq!(
        all.matches("<tr>").count(),
        3,
        "as the form sends it: {all}"
    );
    let one = page.get(&cookie, &campaign).await.body;
    assert!(one.contains("Start: call 1 people"), "{one}");
    assert!(one.contains("0 / 1 rows done"), "{one}");
    let reader = page.enter(READER).await;
    let start = format!("{campaign}/start");
    assert_eq!(page.press(&reader, &start).await.status, 403);
    assert!(!page.get(&reader, &campaign).await.body.contains("/start"));
    let forecast = page
        .get(&cookie, &format!("{campaign}/forecast?part=whole"))
        .await;
    assert_eq!(forecast.status, 200);
    assert!(
        forecast.body.contains("people reached"),
        "{}",
        forecast.body
    );
    assert_eq!(
        page.press(&cookie, &format!("{campaign}/explode"))
            .await
            .status,
        404
    );
    assert_eq!(
        page.press(&cookie, &format!("{campaign}/resume"))
            .await
            .status,
        409
    );
}

#[tokio::test]
async fn a_number_on_the_list_is_not_called_again() {
    let page = Page::start().await;
    let call = page.call().await;
    let (boss, reader) = (page.enter(LOCAL_KEY).await, page.enter(READER).await);
    let add = async |cookie: &str, number: &str| {
        let request = page
            .request(Method::POST, "/opt-outs")
            .header(COOKIE, cookie);
        let request = request.header("sec-fetch-site", "same-origin");
        answer(request.form("number", number)).await.status.as_u16()
    };
    assert_eq!(add(&reader, "+911234567890").await, 403);
    assert_eq!(add(&boss, "12").await, 422);
    assert!(page.get(&reader, "/opt-outs").await.body.contains("None."));
    assert_eq!(add(&boss, "+91 12345 67890").await, 303);
    let list = page.get(&reader, "/opt-outs").await.body;
    assert!(list.contains("•90") && !list.contains("34567890"), "{list}");
    assert!(
        !list.contains("<form method=\"post\" action=\"/opt-outs\""),
        "{list}"
    );
    let stopped = page.get(&reader, &call).await.body;
    assert!(stopped.contains("wants no calls"), "{stopped}");
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let page = Page::start().await;
    let cookie = page.enter(READER).await;
    let first = page.get(&cookie, "/?part=live").await;
    let tag = first.header("etag").to_owned();
    assert!(!first.body.contains("<html"));
    let again = async || {
        let request = page
            .request(Method::GET, "/?part=live")
            .header(COOKIE, &cookie);
        answer(request.header("if-none-match", &tag)).await
    };
    let same = again().await;
    assert_eq!(
        (same.status, same.body.as_str(), same.header("etag")),
        (StatusCode::NOT_MODIFIED, "", &*tag)
    );
    page.call().await;
    assert_eq!(again().await.status, 200);
}

#[tokio::test]
async fn every_view_is_there_in_both_languages_and_light() {
    let page = Page::start().await;
    let call = page.call().await;
    let cookie = page.enter(READER).await;
    for (language, word) in [("en", "Campaigns"), ("hi", "अभियान")] {
        let chosen = page.get(&cookie, &format!("/language/{language}")).await;
        let kept = chosen.header(SET_COOKIE).split(';').next().unwrap();
        let cookies = format!("{cookie}; {kept}");
        for path in [
            "/",
            "/calls",
            &call,
            "/campaigns",
            "/figures",
            "/figures?range=month",
        ] {
            let view = page.get(&cookies, path).await;
            assert_eq!(view.status, 200, "{path}");
            assert!(
                view.body.contains(&format!("<html lang=\"{language}\">")),
                "{path}"
            );
            assert!(view.body.contains(word), "{path}");
            assert!(
                view.body.len() < VIEW_BYTES_MAX,
                "{path}: {}",
                view.body.len()
            );
        }
    }
    let request = page
        .request(Method::GET, "/login")
        .header("accept-language", "fr, hi-IN;q=0.8");
    assert!(answer(request).await.body.contains("<html lang=\"hi\">"));
}

#[tokio::test]
async fn what_goes_on_after_the_first_page_is_on_the_next() {
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
async fn reasons_are_told_in_the_language_of_the_page() {
    let page = Page::start().await;
    let campaign = page
        .campaign("phone,name\n01234567801,Asha Rao\n123,Ravi Kumar\n01234567801,Asha Rao\n")
        .await;
    page.api("/api/dialling/pause", &json!({})).await;
    let boss = page.enter(LOCAL_KEY).await;
    let hindi = format!("{boss}; language=hi");
    let started = page.press(&hindi, &format!("{campaign}/start")).await;
    assert_eq!(started.status, 303);
    let (rows, now) = (format!("{campaign}/rows"), "/".to_owned());
    for (path, english, in_hindi) in [
        (
            &now,
            "an operator has paused all dials",
            "ऑपरेटर ने सभी डायल रोके हैं",
        ),
        (
            &rows,
            "too few or too many digits",
            "अंक बहुत कम या बहुत अधिक हैं",
        ),
        (&rows, "the same patient as row 2", "वही मरीज़ जो पंक्ति 2 में है"),
        (
            &rows,
            "resting, phones may not ring",
            "विराम, इस समय फ़ोन नहीं बज सकते",
        ),
        (
            &campaign,
            "resting, 1 left, goes on at 10:00",
            "विराम, इस समय फ़ोन नहीं बज सकते; फिर शुरू: 10:00",
        ),
    ] {
        // Phones may ring at this hour, and then it is the operator that holds them back.
        let (english, in_hindi) = match english.strip_prefix("resting") {
            Some(_) if !is_resting() => ("blocked, an operator", "रुका हुआ, ऑपरेटर ने"),
            _ => (english, in_hindi),
        };
        let (told, told_in_hindi) = (page.get(&boss, path).await, page.get(&hindi, path).await);
        assert!(told.body.contains(english), "{english}: {}", told.body);
        assert!(
            told_in_hindi.body.contains(in_hindi),
            "{in_hindi}: {}",
            told_in_hindi.body
        );
        assert!(
            !told_in_hindi.body.contains(english),
            "{}",
            told_in_hindi.body
        );
    }
    for (path, in_hindi) in [
        (format!("{campaign}/retry-failed"), "कोई पंक्ति विफल नहीं हुई"),
        ("/opt-outs".to_owned(), "नंबर: यह मान्य नहीं।"),
        (
            "/calls/00000000-0000-0000-0000-000000000000/cancel".to_owned(),
            "ऐसी कोई कॉल नहीं है",
        ),
    ] {
        let request = page.request(Method::POST, &path).header(COOKIE, &hindi);
        let request = request.header("sec-fetch-site", "same-origin");
        let refused = answer(request.form("number", "12")).await;
        let is_said = refused.body.contains(in_hindi);
        assert!(
            is_said || refused.status == 303,
            "{in_hindi}: {}",
            refused.body
        );
    }
}

/// Whether the usual hours of a campaign are over at this moment.
fn is_resting() -> bool {
    let (hours, now) = (campaign::Hours::usual(), SystemClock.now());
    hours.next_open(now, &[]) != Some(now)
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
