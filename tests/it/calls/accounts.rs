//! What differs between accounts of the carrier.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn every_first_message_and_webhook_form_leads_to_a_completed_call() {
    let forms = [
        (Variant::StrictJson, WebhookStyle::Form),
        (Variant::PythonDict, WebhookStyle::Get),
        (Variant::DoubleEncoded, WebhookStyle::Twice),
        (Variant::Bom, WebhookStyle::None),
        (Variant::InnerText, WebhookStyle::Json),
        (Variant::OtherKeys, WebhookStyle::Json),
        (Variant::NoText, WebhookStyle::Json),
    ];
    let calls = forms.map(|(variant, webhook)| async move {
        let mut options = short_call();
        options.knowlarity.variant = variant;
        options.knowlarity.webhook = webhook;
        let world = World::start(options).await;
        let id = world.trigger(NUMBER).await;
        let record = world.ended(&id).await;
        assert_ended(&record, "completed", "agent_ended", &["answered"]);
        world.finish().await;
    });
    for call in calls.map(tokio::spawn) {
        call.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kapps_dialect_is_admitted_by_its_metadata() {
    let mut options = short_call();
    // The account's flow is set up at the carrier, so the relay's address must be known to both.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    options.relay = free;
    options.knowlarity.kapps_stream_url = Some(format!("ws://{free}/knowlarity-stream"));
    options.knowlarity.variant = Variant::PythonDict;
    options.settings.extend(settings([
        ("KNOWLARITY_DIALECT", "kapps_ivr"),
        ("KNOWLARITY_IVR_ID", "1000000001"),
        ("KNOWLARITY_DIAL_PATH", "webapi/hospital/api/call"),
    ]));
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_opens_streams_early_is_talked_to_after_the_pick_up() {
    let mut options = short_call();
    options.knowlarity.opens_early = true;
    let world = World::start(options).await;
    world.carrier().behave([Dial::NoAnswer, Dial::Answer]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(
        &record,
        "completed",
        "agent_ended",
        &["no_answer", "answered"],
    );
    assert_eq!(world.agent().conversations().len(), 1);
    for call in world.carrier().calls() {
        assert_eq!(call.violations, [""; 0]);
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_names_a_ring_by_four_ids_has_its_calls() {
    for (variant, webhook) in [
        (Variant::PythonDict, WebhookStyle::Json),
        (Variant::StrictJson, WebhookStyle::Get),
        (Variant::OtherKeys, WebhookStyle::Form),
    ] {
        let mut options = short_call();
        options.knowlarity.ids_differ = true;
        options.knowlarity.variant = variant;
        options.knowlarity.webhook = webhook;
        options
            .settings
            .extend(settings([("RING_TIMEOUT", "1s"), ("ANSWER_MARGIN", "1s")]));
        let world = World::start(options).await;
        world
            .carrier()
            .behave([Dial::Busy, Dial::NoId, Dial::Answer]);
        let id = world.trigger(NUMBER).await;
        let record = world.ended(&id).await;
        // A report under an id that nobody knows may be about an earlier ring: the deadline decides.
        assert_ended(
            &record,
            "completed",
            "agent_ended",
            &["no_answer", "answered"],
        );
        assert_eq!(world.carrier().dials().len(), 2);
        world.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_under_an_own_id_ends_a_ring_whose_dial_named_none() {
    let mut options = short_call();
    options.knowlarity.ids_differ = true;
    options
        .settings
        .extend(settings([("DIAL_TIMEOUT", "100ms")]));
    let world = World::start(options).await;
    world
        .carrier()
        .behave([Dial::TimesOutButBusy, Dial::Answer]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["busy", "answered"]);
    world.finish().await;
}
