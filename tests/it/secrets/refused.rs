//! A key that a vendor refuses is read again soon.

use super::*;
use crate::support::request_for;
use functions::sweep;
use simulators::knowlarity::{Settings, Sim};

#[tokio::test]
async fn a_key_that_the_carrier_refuses_is_read_again_after_a_minute() {
    let world = World::new().await;
    let carrier = Sim::start(Settings {
        api_key: "new".to_owned(),
        ..Settings::default()
    })
    .await
    .unwrap();
    let key = |key: &str| {
        let value = json!({ "KNOWLARITY_API_KEY": key, "KNOWLARITY_APPLICATION_KEY": "" });
        world.service.put("carrier", &value);
    };
    key("old");
    world.service.put("tokens", &json!({ "TOKEN_SECRET": OLD }));
    let url = carrier.base_url();
    let env = move || {
        let url = url.clone();
        Env::from_reader(move |name| match name {
            "KNOWLARITY_API_URL" => Some(url.clone()),
            "KNOWLARITY_CALLER_ID" => Some("+911234567899".to_owned()),
            "SERVER_WEBSOCKET_URL" => Some("ws://127.0.0.1:9/knowlarity-stream".to_owned()),
            _ => None,
        })
    };
    let secrets = Secrets::local(&world.service.url, "carrier,tokens");
    let kept = Kept::start(secrets, env, START).await.unwrap();
    let calls = world.calls.clone();
    let sweeps = Renewed::over(calls, kept, sweep::NEEDS, |app| app).unwrap();
    let request = request_for("+911234567890");
    world.calls.create(&request, None).await.unwrap();
    let tick = async || sweep::tick(&sweeps.current().await).await;

    tick().await;
    assert!(carrier.dials().is_empty(), "the carrier refused the key");
    key("new");
    world.service.asked();
    world
        .clock
        .advance(TRY_AGAIN_AFTER - Duration::from_secs(1));
    tick().await;
    assert!(world.service.asked().is_empty(), "once a minute");
    world.clock.advance(Duration::from_secs(1));
    // The dial waits for the carrier's breaker, which lets one through now and then.
    for _ in 0..120 {
        tick().await;
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(world.service.asked(), ["carrier", "tokens"]);
    assert_eq!(carrier.dials().len(), 1);
}
