//! What was heard of a call, and who speaks in it.

use super::*;
use crate::support::{agent_ready, clean_audio, gapped_audio, hung_up, picked_up};
use call::{CallEvent, Voice};

#[tokio::test]
async fn what_was_lost_of_the_audio_is_shown_in_both_languages() {
    let page = Page::start().await;
    let call = page.call().await;
    let (calls, id) = (&page.system.calls, call.rsplit('/').next().unwrap());
    let id = id.parse().unwrap();
    calls.apply(id, &picked_up()).await.unwrap();
    let cookie = page.enter(READER).await;
    let view = async |more: &str| page.get(&format!("{cookie}{more}"), &call).await.body;
    assert!(view("").await.contains("<td>goes on</td>"), "no report yet");
    let report = gapped_audio(1, SystemClock.now());
    calls.store.save_audio(id, &report).await.unwrap();
    let shown = view("").await;
    for told in [
        "<td>4 gaps</td>",
        "Agent: not heard for 0.8 s (the reply came too slowly)",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let hindi = view("; language=hi").await;
    for told in ["<td>4 रुकावटें</td>", "उत्तर बहुत धीरे आया"]
    {
        assert!(hindi.contains(told), "{told}: {hindi}");
    }
    let report = clean_audio(1, SystemClock.now());
    calls.store.save_audio(id, &report).await.unwrap();
    assert!(view("").await.contains("<td>clean</td>"));
}

#[tokio::test]
async fn who_speaks_is_shown_in_both_languages_while_somebody_may() {
    let page = Page::start().await;
    let call = page.call().await;
    let calls = &page.system.calls;
    let id = call.rsplit('/').next().unwrap().parse().unwrap();
    for event in [picked_up(), agent_ready("conv_1")] {
        calls.apply(id, &event).await.unwrap();
    }
    let cookie = page.enter(READER).await;
    let shows = async |more: &str, told: &str| {
        let view = page.get(&format!("{cookie}{more}"), "/").await.body;
        assert!(view.contains(told), "{told}: {view}");
        view
    };
    shows("", "<td></td>").await;
    for (voice, english, hindi) in [
        (Voice::Agent, "Agent", "एजेंट"),
        (Voice::Callee, "Patient", "मरीज़"),
        (Voice::Nobody, "nobody", "कोई नहीं"),
    ] {
        let beat = CallEvent::Heartbeat {
            attempt: 1,
            stream: 1,
            voice,
        };
        calls.apply(id, &beat).await.unwrap();
        let told = |word: &str| format!("<td>{word} <span class=\"quiet\"><time datetime=");
        shows("", &told(english)).await;
        shows("; language=hi", &told(hindi)).await;
    }
    for path in [
        format!("/api/outbound-call/{id}"),
        "/api/outbound-calls".to_owned(),
    ] {
        let request = page.request(Method::GET, &path);
        let told = answer(request.header("x-api-key", LOCAL_KEY)).await;
        let told: Value = serde_json::from_str(&told.body).unwrap();
        let told = told.pointer("/calls/0").unwrap_or(&told);
        assert_eq!(told["speaking"]["who"], "nobody", "{told}");
        assert!(told["speaking"]["at"].is_string(), "{told}");
    }
    let heard = shows("", "nobody").await;
    assert!(heard.contains("Who speaks"), "{heard}");
    calls.apply(id, &hung_up()).await.unwrap();
    let after = page.get(&cookie, "/").await.body;
    assert!(!after.contains("nobody <span"), "{after}");
}
