//! Whole calls: CRM, functions, carrier, relay, agent and database, all running.

use crate::privacy;
use local::system::{LOCAL_KEY, Options, System};
use serde_json::{Value, json};
use simulators::{
    elevenlabs::{self, Behaviour, Failure, Posting, Say, Script, Speaker},
    knowlarity::{self, Callee, Dial, EndedBy, Framing, Variant, WebhookStyle},
    speech::{find, line},
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Longest wait for a call to end.
const WAIT: Duration = Duration::from_secs(60);

/// Pause between two looks at a call.
const LOOK: Duration = Duration::from_millis(50);

const NUMBER: &str = "+911234567890";

fn pcm(id: &str) -> Arc<[i16]> {
    line(id).pcm
}

fn say(id: &str) -> elevenlabs::Step {
    elevenlabs::Step::say(id)
}

fn listen(id: &str) -> elevenlabs::Step {
    elevenlabs::Step::listen(id)
}

fn reply(id: &str) -> knowlarity::Step {
    knowlarity::Step::Reply(pcm(id))
}

/// Greets, hears one answer, says goodbye with the goodbye still queued, ends the call.
fn short_script() -> Script {
    let goodbye = Say::from(line("agent_goodbye_hi")).without_waiting();
    Script::new([
        say("agent_age_hi"),
        listen("callee_age_hi"),
        elevenlabs::Step::Say(goodbye),
        elevenlabs::Step::EndCall,
    ])
}

/// Fast retries, so that four attempts take seconds.
fn options(script: Script, callee: Callee) -> Options {
    let settings = [
        ("RETRY_BUSY", "1s"),
        ("RETRY_NO_ANSWER", "1s"),
        ("RETRY_AGENT_UNAVAILABLE", "1s"),
        ("RETRY_CONNECTION_LOST", "1s"),
    ];
    Options {
        settings: HashMap::from(settings.map(|(name, value)| (name.to_owned(), value.to_owned()))),
        elevenlabs: elevenlabs::Settings::with_script(script),
        knowlarity: knowlarity::Settings {
            callee,
            ..knowlarity::Settings::default()
        },
        ..Options::default()
    }
}

fn short_call() -> Options {
    options(
        short_script(),
        Callee::speaking(vec![reply("callee_age_hi")]),
    )
}

/// A running system and the client that asks it.
struct World {
    system: System,
    client: reqwest::Client,
}

impl World {
    async fn start(options: Options) -> Self {
        privacy::watch();
        let system = System::start(options).await.unwrap();
        Self {
            system,
            client: reqwest::Client::new(),
        }
    }

    fn carrier(&self) -> &knowlarity::Sim {
        self.system.knowlarity.as_ref().unwrap()
    }

    fn agent(&self) -> &elevenlabs::Sim {
        self.system.elevenlabs.as_ref().unwrap()
    }

    async fn trigger(&self, number: &str) -> String {
        let body = json!({ "patientData": { "name": "राहुल शर्मा", "phoneNumber": number } });
        let url = format!("{}/api/outbound-call", self.system.api_url);
        let request = self
            .client
            .post(url)
            .header("x-api-key", LOCAL_KEY)
            .json(&body);
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), 202);
        let reply: Value = reply.json().await.unwrap();
        reply["sessionId"].as_str().unwrap().to_owned()
    }

    async fn record(&self, id: &str) -> Value {
        let url = format!("{}/api/outbound-call/{id}", self.system.api_url);
        let request = self.client.get(url).header("x-api-key", LOCAL_KEY);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn wait_until(&self, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let record = self.record(id).await;
                if is_so(&record) {
                    return record;
                }
                tokio::time::sleep(LOOK).await;
            }
        };
        let found = tokio::time::timeout(WAIT, look).await;
        match found {
            Ok(record) => record,
            Err(_) => panic!("still {}", self.record(id).await),
        }
    }

    async fn ended(&self, id: &str) -> Value {
        self.wait_until(id, |record| {
            matches!(record["status"].as_str(), Some("completed" | "failed"))
        })
        .await
    }

    /// Ends the test: no channel is left taken, and nobody broke a protocol.
    async fn finish(self) {
        assert_eq!(self.system.calls.store.channels_in_use().await.unwrap(), 0);
        for call in self.carrier().calls() {
            assert_eq!(call.violations, Vec::<String>::new());
        }
        for conversation in self.agent().conversations() {
            assert_eq!(conversation.violations, Vec::<String>::new());
        }
        self.system.stop().await.unwrap();
    }
}

#[track_caller]
fn assert_ended(record: &Value, status: &str, cause: &str, outcomes: &[&str]) {
    assert_eq!(
        (&record["status"], &record["cause"]),
        (&json!(status), &json!(cause))
    );
    let attempts = record["attempts"].as_array().unwrap().iter();
    let found: Vec<_> = attempts
        .map(|a| a["outcome"].as_str().unwrap_or("none"))
        .collect();
    assert_eq!(found, outcomes);
}

/// However the post-call report comes, or if it never does, the record is whole in the end.
#[tokio::test]
async fn the_post_call_report_completes_the_record_however_it_comes() {
    let mut script = short_script().shortened(Duration::from_secs(1));
    script.collects.insert("age".to_owned(), json!(42));
    let late = Duration::from_secs(1);
    for (posting, source, statuses) in [
        (Posting::Twice, "webhook", vec![Some(200), Some(200)]),
        (Posting::TwoSignatures, "webhook", vec![Some(200)]),
        (Posting::Late(late), "webhook", vec![Some(200)]),
        (Posting::Never, "fetched", vec![]),
        (Posting::Forged, "fetched", vec![Some(401)]),
        (Posting::Stale(late * 3_600), "fetched", vec![Some(401)]),
        (Posting::Early(late * 3_600), "fetched", vec![Some(401)]),
    ] {
        let callee = Callee::speaking(vec![reply("callee_age_hi")]);
        let mut options = options(script.clone(), callee);
        let wait = "4s".to_owned();
        options.settings.insert("POST_CALL_WAIT".to_owned(), wait);
        let world = World::start(options).await;
        world.agent().post([posting]);
        let id = world.trigger(NUMBER).await;
        world.ended(&id).await;
        let is_merged = |record: &Value| record["conversations"][0]["mergedAt"].is_string();
        let record = world.wait_until(&id, is_merged).await;
        let answer = &record["answers"]["age"];
        assert_eq!(
            (&answer["value"], &answer["source"]),
            (&json!(42), &json!("post_call"))
        );
        let conversation = &record["conversations"][0];
        assert_eq!(conversation["source"], source, "{posting:?}");
        assert_eq!(
            conversation["digest"]["evaluation"]["goodbye"]["result"],
            "success"
        );
        let all = |agent: &elevenlabs::ConversationRecord| agent.posted.len() == statuses.len();
        let agent = world.agent().wait_until(1, WAIT, all).await.unwrap();
        assert_eq!(agent.posted, statuses, "{posting:?}");
        world.finish().await;
    }
}

#[tokio::test]
async fn what_the_agent_saves_in_a_call_is_in_its_record() {
    let script = Script::new([
        say("agent_age_hi"),
        listen("callee_age_hi"),
        elevenlabs::Step::saves("age", "बयालीस साल"),
        elevenlabs::Step::saves("gender", "?"),
        elevenlabs::Step::EndCall,
    ]);
    let callee = Callee::speaking(vec![reply("callee_age_hi")]);
    let world = World::start(options(script, callee)).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_eq!(record["status"], "completed", "{record:#}");
    assert_eq!(record["answers"]["age"]["value"], 42);
    assert_eq!(record["answers"]["age"]["source"], "mcp");
    assert!(record["answers"]["gender"].is_null());
    let conversation = world.agent().conversations().remove(0);
    let results: Vec<_> = conversation
        .mcp_results
        .iter()
        .map(|result| result["result"]["isError"].clone())
        .collect();
    assert_eq!(results, [json!(false), json!(true)]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_voices_arrive_sample_for_sample() {
    let world = World::start(short_call()).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let agent_said = conversation.agent_pcm();
    assert!(
        agent_said.len() > 32_000,
        "the agent said {} samples",
        agent_said.len()
    );
    assert!(
        call.heard == agent_said,
        "heard {} of {}",
        call.heard.len(),
        agent_said.len()
    );
    assert_eq!((call.kills, call.disconnects, call.streams), (0, 1, 1));

    let callee_pcm = &conversation.callee_pcm;
    assert!(!callee_pcm.is_empty() && call.uplink.starts_with(callee_pcm));
    for said in &call.said {
        assert!(
            find(callee_pcm, said).is_some(),
            "the agent missed what the callee said"
        );
    }
    let turns = record["transcript"].as_array().unwrap();
    let roles: Vec<_> = turns
        .iter()
        .map(|turn| turn["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["agent", "callee", "agent"]);
    assert_eq!(turns[1]["text"], line("callee_age_hi").text);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_line_is_dialled_again_and_the_call_completes() {
    let world = World::start(short_call()).await;
    world.carrier().behave([Dial::Busy]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["busy", "answered"]);
    assert_eq!(world.carrier().dials().len(), 2);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_times_no_answer_fails_the_call() {
    let world = World::start(short_call()).await;
    world.carrier().behave([Dial::NoAnswer; 9]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "no_answer", &["no_answer"; 4]);
    assert_eq!(world.carrier().dials().len(), 4);
    assert_eq!(world.agent().conversations().len(), 0);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_never_reports_is_given_up_at_its_deadline() {
    let mut options = short_call();
    let settings = [
        ("RING_TIMEOUT", "1s"),
        ("ANSWER_MARGIN", "1s"),
        ("RETRIES_MAX", "1"),
    ];
    options
        .settings
        .extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let world = World::start(options).await;
    world.carrier().behave([Dial::NeverReports; 9]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "no_answer", &["no_answer"; 2]);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_times_out_but_rings_is_one_call() {
    let mut options = short_call();
    options
        .settings
        .insert("DIAL_TIMEOUT".to_owned(), "100ms".to_owned());
    let world = World::start(options).await;
    world.carrier().behave([Dial::TimesOutButRings]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!(world.carrier().dials().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_refuses_is_excused_and_tried_again() {
    let world = World::start(short_call()).await;
    world
        .agent()
        .behave([Behaviour::FailAtStart(Failure::invalid_api_key())]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(
        &record,
        "completed",
        "agent_ended",
        &["agent_unavailable", "answered"],
    );
    let first = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert!(
        first.heard == line("sorry_hi").pcm.to_vec(),
        "the sorry line was not heard whole"
    );
    assert_eq!(first.disconnects, 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_stream_is_attached_again_and_the_conversation_goes_on() {
    let callee = Callee::speaking(vec![
        reply("callee_haan_hi"),
        knowlarity::Step::DropSocket,
        knowlarity::Step::Reconnect(Duration::from_millis(700)),
        reply("callee_age_hi"),
    ]);
    let script = Script::new([
        say("agent_greeting_hi"),
        listen("callee_haan_hi"),
        say("agent_age_hi"),
        listen("callee_age_hi"),
        say("agent_goodbye_hi"),
        elevenlabs::Step::EndCall,
    ]);
    let world = World::start(options(script, callee)).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let states: Vec<_> = record["timeline"].as_array().unwrap().iter().collect();
    let events: Vec<_> = states
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    let lost = events
        .iter()
        .position(|event| *event == "stream_lost")
        .unwrap();
    assert_eq!(states[lost]["to"], "disconnected");
    assert_eq!(
        (events[lost + 1], &states[lost + 1]["to"]),
        ("stream_opened", &json!("active"))
    );
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.streams, call.refused.len()), (2, 0));
    assert_eq!(world.agent().conversations().len(), 1);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_talks_over_the_agent_silences_it_at_once() {
    let barge_in = knowlarity::Step::BargeIn(Duration::from_millis(800), pcm("callee_barge_in_hi"));
    let mut script = Script::new([
        say("agent_greeting_hi"),
        listen("callee_barge_in_hi"),
        say("agent_goodbye_hi"),
        elevenlabs::Step::EndCall,
    ]);
    // So slow that speech is still on its way when it is interrupted.
    script.delivery.burst_factor = 2;
    let world = World::start(options(script, Callee::speaking(vec![barge_in]))).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    let [interruption] = conversation.interruptions[..] else {
        panic!("{:?}", conversation.interruptions)
    };
    assert_eq!(call.kills, 1);
    let greeting = line("agent_greeting_hi").pcm;
    let goodbye = line("agent_goodbye_hi").pcm;
    let cut = find(&call.heard, &goodbye).expect("the goodbye was not heard whole");
    assert!(
        greeting.starts_with(&call.heard[..cut]),
        "more than the greeting's start was heard"
    );
    assert!(cut < greeting.len(), "the greeting was heard to its end");
    assert_eq!(call.heard.len(), cut + goodbye.len());
    let stale = conversation.stale_pcm();
    assert!(!stale.is_empty() && find(&call.heard, &stale).is_none());
    let spoken = conversation.said_by(Speaker::Agent)[0];
    let turn = &record["transcript"][0];
    assert_eq!(
        (&turn["text"], &turn["interrupted"]),
        (&json!(spoken), &json!(true))
    );
    assert!(interruption.callee_samples > 0);
    world.finish().await;
}

/// Most speech that the relay has sent before its time: its lead of 400 ms and a chunk of 200 ms.
const SENT_AHEAD_MAX: usize = 16 * 600;

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_plays_on_after_a_kill_plays_little_and_the_rest_is_heard() {
    let barge_in = knowlarity::Step::BargeIn(Duration::from_millis(800), pcm("callee_barge_in_hi"));
    let mut script = Script::new([
        say("agent_greeting_hi"),
        listen("callee_barge_in_hi"),
        say("agent_goodbye_hi"),
        elevenlabs::Step::EndCall,
    ]);
    script.delivery.burst_factor = 2;
    let mut options = options(script, Callee::speaking(vec![barge_in]));
    options.knowlarity.kill_spares_queue = true;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();

    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!(call.kills, 1);
    assert!(call.spared <= SENT_AHEAD_MAX, "{} played on", call.spared);
    let (greeting, goodbye) = (line("agent_greeting_hi").pcm, line("agent_goodbye_hi").pcm);
    let cut = find(&call.heard, &goodbye).expect("the goodbye was not heard whole");
    assert!(cut < greeting.len() && greeting.starts_with(&call.heard[..cut]));
    assert_eq!(call.heard, call.received);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carrier_that_heeds_no_disconnect_is_left_by_closing_the_stream() {
    let mut options = short_call();
    options.knowlarity.ignores_disconnect = true;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_ended(&record, "completed", "agent_ended", &["answered"]);
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    assert_eq!(call.close_code, Some(1000));
    let goodbye = line("agent_goodbye_hi").pcm;
    assert!(find(&call.heard, &goodbye).is_some(), "the goodbye was cut");
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_calls_at_once_are_not_mixed() {
    let world = World::start(short_call()).await;
    let other = Script::new([
        say("agent_greeting_en"),
        listen("callee_age_en"),
        say("agent_goodbye_en"),
        elevenlabs::Step::EndCall,
    ]);
    world.agent().play([short_script(), other]);
    let (first, second) = (
        world.trigger(NUMBER).await,
        world.trigger("+911234567891").await,
    );
    let records = [world.ended(&first).await, world.ended(&second).await];

    let conversations = [
        world.agent().wait_conversation(1, WAIT).await.unwrap(),
        world.agent().wait_conversation(2, WAIT).await.unwrap(),
    ];
    for record in &records {
        assert_ended(record, "completed", "agent_ended", &["answered"]);
        let (id, attempt) = (&record["sessionId"], &record["attempts"][0]);
        let own = conversations
            .iter()
            .find(|c| c.dynamic_variables["call_id"] == *id)
            .unwrap();
        assert_eq!(attempt["conversationId"], own.conversation_id.as_str());
        let calls = world.carrier().calls();
        let call = calls
            .iter()
            .find(|call| attempt["carrierCallId"] == call.call_id.as_str());
        let call = call.unwrap();
        assert!(
            call.heard == own.agent_pcm(),
            "a callee heard another call's agent"
        );
        assert!(
            call.uplink.starts_with(&own.callee_pcm),
            "an agent heard another callee"
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callee_who_hangs_up_completes_the_call() {
    let callee = Callee {
        steps: vec![reply("callee_age_hi")],
        hangs_up: true,
    };
    let mut options = options(short_script(), callee);
    // A report that is sooner than the stream's end tells the end, and not by whom.
    options.knowlarity.webhook = WebhookStyle::None;
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "callee_hung_up", &["answered"]);
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!(call.ended_by, EndedBy::Callee);
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_call_is_hung_up_in_mid_conversation() {
    let mut options = options(short_script(), Callee::silent());
    options
        .settings
        .insert("HEARTBEAT_TIMEOUT".to_owned(), "1s".to_owned());
    let world = World::start(options).await;
    let id = world.trigger(NUMBER).await;
    world
        .wait_until(&id, |record| record["status"] == "active")
        .await;
    let url = format!("{}/api/outbound-call/{id}", world.system.api_url);
    let cancelled = world
        .client
        .delete(url)
        .header("x-api-key", LOCAL_KEY)
        .send()
        .await
        .unwrap();
    assert_eq!(cancelled.status(), 200);
    let call = world.carrier().wait_call(1, WAIT).await.unwrap();
    assert_eq!((call.ended_by, call.disconnects), (EndedBy::Relay, 1));
    let record = world.ended(&id).await;
    assert_ended(&record, "failed", "cancelled", &["cancelled"]);
    world.finish().await;
}

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
async fn frames_of_every_shape_carry_every_sample() {
    let shapes = [Framing::Coalesced, Framing::Odd, Framing::Uneven].map(|framing| async move {
        let mut options = short_call();
        options.knowlarity.framing = framing;
        options.knowlarity.repeats_metadata = true;
        let world = World::start(options).await;
        let id = world.trigger(NUMBER).await;
        let record = world.ended(&id).await;
        assert_ended(&record, "completed", "agent_ended", &["answered"]);
        let call = world.carrier().wait_call(1, WAIT).await.unwrap();
        let conversation = world.agent().wait_conversation(1, WAIT).await.unwrap();
        assert!(call.heard == conversation.agent_pcm(), "{framing:?}");
        assert!(
            call.uplink.starts_with(&conversation.callee_pcm),
            "{framing:?}"
        );
        assert!(
            find(&conversation.callee_pcm, &call.said[0]).is_some(),
            "{framing:?}"
        );
        assert_eq!((call.streams, world.agent().conversations().len()), (1, 1));
        world.finish().await;
    });
    for call in shapes.map(tokio::spawn) {
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
    let settings = [
        ("KNOWLARITY_DIALECT", "kapps_ivr"),
        ("KNOWLARITY_IVR_ID", "1000000001"),
        ("KNOWLARITY_DIAL_PATH", "webapi/hospital/api/call"),
    ];
    options
        .settings
        .extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
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
        for name in ["RING_TIMEOUT", "ANSWER_MARGIN"] {
            options.settings.insert(name.to_owned(), "1s".to_owned());
        }
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
        .insert("DIAL_TIMEOUT".to_owned(), "100ms".to_owned());
    let world = World::start(options).await;
    world
        .carrier()
        .behave([Dial::TimesOutButBusy, Dial::Answer]);
    let id = world.trigger(NUMBER).await;
    let record = world.ended(&id).await;
    assert_ended(&record, "completed", "agent_ended", &["busy", "answered"]);
    world.finish().await;
}
