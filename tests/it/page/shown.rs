//! What the views show, and to whom.

use super::*;

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
    // The whole view says which part it holds, so that the first question is about a change already.
    let whole = page.get(&cookie, "/").await.body;
    let said = format!("data-tag=\"{}\"", tag.replace('"', "&quot;"));
    assert!(whole.contains(&said), "{whole}");
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
}

#[tokio::test]
async fn refusals_are_told_in_the_language_of_the_page() {
    let page = Page::start().await;
    let campaign = page.campaign("phone,name\n01234567801,Asha Rao\n").await;
    let hindi = format!("{}; language=hi", page.enter(LOCAL_KEY).await);
    page.press(&hindi, &format!("{campaign}/start")).await;
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
