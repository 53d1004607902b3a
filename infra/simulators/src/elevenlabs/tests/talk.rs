//! How a conversation goes.

use super::*;
use crate::speech::{noise, samples_in, silence};
use tokio::time::Instant;

#[tokio::test]
async fn a_conversation_runs_from_greeting_to_end_call() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;

    client.hear_out().await;
    client.say(&line("callee_age_hi"));
    let over = client.until_over().await;
    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();

    assert_eq!(over, Met::Close(Some(1000)));
    assert_eq!(
        client.types()[..2],
        ["conversation_initiation_metadata", "audio"]
    );
    let metadata = |kind: &&str| *kind == "conversation_initiation_metadata";
    assert_eq!(client.types().into_iter().filter(metadata).count(), 1);
    assert_eq!(
        client.got.last().unwrap()["agent_tool_response"]["tool_name"],
        "end_call"
    );
    assert_eq!(
        client.heard(1),
        line("agent_greeting_hi").shortened(ms(400)).pcm.to_vec()
    );
    assert_eq!(
        client.heard(3),
        line("agent_goodbye_hi").shortened(ms(1_500)).pcm.to_vec()
    );

    assert_eq!(record.dynamic_variables["call_id"], "c1");
    assert_eq!(
        client.sent[..record.callee_pcm.len()],
        record.callee_pcm[..]
    );
    assert!(speech::find(&record.callee_pcm, &line("callee_age_hi").pcm).is_some());
    assert_eq!(
        record.agent_pcm(),
        [client.heard(1), client.heard(3)].concat()
    );
    assert_eq!(record.speech.len(), 1);
    assert_eq!(
        record.said_by(Speaker::Callee),
        [line("callee_age_hi").text]
    );
    assert_eq!(record.said_by(Speaker::Agent).len(), 2);
    assert!(!record.pongs.is_empty());
    assert_eq!(record.violations, [""; 0]);
    let closed = record.closed.unwrap();
    assert_eq!((closed.by, closed.code), (ClosedBy::Agent, Some(1000)));
}

#[tokio::test]
async fn speech_comes_in_bursts_of_uneven_chunks_with_every_kind_of_alignment() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    let begun = Instant::now();

    client.say(&line("callee_age_hi"));
    client.until_over().await;

    let audio = client.got.iter().filter(|value| value["type"] == "audio");
    let events: Vec<&Value> = audio.map(|value| &value["audio_event"]).collect();
    let sizes = events
        .iter()
        .map(|event| event["audio_base_64"].as_str().unwrap().len());
    let sizes: std::collections::BTreeSet<usize> = sizes.collect();
    assert!(sizes.len() > 4, "{sizes:?}");
    assert!(events.iter().any(|event| event.get("alignment").is_none()));
    assert!(
        events
            .iter()
            .any(|event| event.get("alignment") == Some(&Value::Null))
    );
    assert!(
        events
            .iter()
            .any(|event| event["alignment"]["chars"].is_array())
    );
    assert!(events.iter().any(|event| event["is_final"] == true));
    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    let goodbye: Vec<Duration> = record
        .agent_audio
        .iter()
        .filter(|a| a.event_id == 3)
        .map(|a| a.at)
        .collect();
    assert!(
        *goodbye.last().unwrap() - goodbye[0] < ms(1_000),
        "1.5 s must come faster"
    );
    assert!(begun.elapsed() < PATIENCE);
}

#[tokio::test]
async fn silence_and_noise_are_no_answer_and_the_agent_gives_up() {
    for sound in [silence(ms(10_000)), noise(ms(10_000), 2_000, 5)] {
        let mut script = one_turn();
        script.timing.turn_timeout = ms(250);
        let sim = start(script).await;
        let mut client = Client::begin(&sim).await;

        client.say_pcm(&sound);
        assert_eq!(client.until_over().await, Met::Close(Some(1000)));

        let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
        assert_eq!(record.said_by(Speaker::Callee), [""; 0]);
        assert_eq!(record.speech, []);
        let greeting = line("agent_greeting_hi").text;
        assert_eq!(
            record.said_by(Speaker::Agent),
            [&greeting, &greeting, &greeting]
        );
    }
}

#[tokio::test]
async fn a_callee_who_barges_in_stops_the_agent() {
    let script = Script::new([
        Step::say("agent_greeting_hi"),
        Step::listen("callee_haan_hi"),
        Step::EndCall,
    ]);
    let sim = start(script.with_timing(quick())).await;
    let mut client = Client::begin(&sim).await;

    client.until("audio").await;
    client.say(&line("callee_barge_in_hi"));
    client.until("interruption").await;
    let fresh = client.heard(1);
    client.until("agent_response_correction").await;
    let stale = client.heard(1)[fresh.len()..].to_vec();
    client.until_over().await;

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    let [interruption] = record.interruptions[..] else {
        panic!("{:?}", record.interruptions)
    };
    assert_eq!(interruption.event_id, 1);
    assert!(interruption.callee_samples >= samples_in(ms(200)));
    assert_eq!(record.agent_pcm_of(1), fresh);
    assert!(!stale.is_empty());
    assert_eq!(record.stale_pcm(), stale);
    assert_eq!(
        record.transcript[0].original.as_ref(),
        Some(&line("agent_greeting_hi").text)
    );
    assert_ne!(record.transcript[0].text, line("agent_greeting_hi").text);
    assert_eq!(
        record.said_by(Speaker::Callee),
        [line("callee_haan_hi").text]
    );
    assert_eq!(record.close_code(), Some(1000));
}

#[tokio::test]
async fn an_uninterruptible_line_is_spoken_to_its_end() {
    let script = Script::new([
        Step::Say(short("agent_greeting_hi", 1_500).uninterruptible()),
        Step::EndCall,
    ]);
    let sim = start(script.with_timing(quick())).await;
    let mut client = Client::begin(&sim).await;

    client.say(&line("callee_barge_in_hi"));
    client.until_over().await;

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    assert_eq!(record.interruptions, []);
    assert_eq!(record.agent_pcm().len(), samples_in(ms(1_500)));
    assert!(record.closed.unwrap().at >= ms(1_500));
}

#[tokio::test]
async fn a_client_tool_is_called_and_its_result_recorded() {
    let call = |expects_response| Step::CallTool {
        name: "save_patient_response".to_owned(),
        parameters: json!({"field": "age", "value": 42}),
        expects_response,
    };
    let unknown = json!({"type": "hologram", "hologram_event": {"event_id": 1}});
    let steps = [
        call(true),
        call(false),
        Step::Send(unknown.clone()),
        Step::EndCall,
    ];
    let sim = start(Script::new(steps).with_timing(quick())).await;
    let mut client = Client::begin(&sim).await;

    let call = client.until("client_tool_call").await;
    let call_id = call["client_tool_call"]["tool_call_id"].clone();
    let result = json!({"type": "client_tool_result", "tool_call_id": call_id,
        "result": "saved", "is_error": false});
    client.send(result.clone()).await;
    assert_eq!(client.until_over().await, Met::Close(Some(1000)));

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    assert_eq!(record.tool_results, [result]);
    assert_eq!(call["client_tool_call"]["parameters"]["value"], 42);
    assert!(client.got.contains(&unknown));
}

#[tokio::test]
async fn a_client_may_narrow_the_events() {
    let sim = start(one_turn()).await;
    let mut client = Client::connect(&sim).await;
    client.say(&line("callee_age_hi"));
    let mut data = client_data(json!({}));
    data["conversation_config_override"] =
        json!({"agent": {"language": "hi"}, "conversation": {"client_events": ["audio", "ping"]}});

    client.send(data).await;
    client.until_over().await;

    let kinds: std::collections::BTreeSet<&str> = client.types().into_iter().collect();
    assert!(kinds.contains("audio"));
    assert!(kinds.is_subset(&["audio", "ping", "conversation_initiation_metadata"].into()));
}

#[tokio::test]
async fn a_conversation_may_name_its_script() {
    let mut settings = Settings::with_script(one_turn());
    let named = Script::new([Step::Say(short("agent_greeting_en", 200)), Step::EndCall]);
    settings.named_scripts.insert("english".to_owned(), named);
    let sim = Sim::start(settings).await.unwrap();
    let mut client = Client::connect(&sim).await;

    client
        .send(client_data(json!({"sim_script": "english"})))
        .await;
    client.until_over().await;

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    assert_eq!(
        record.said_by(Speaker::Agent),
        [line("agent_greeting_en").text]
    );
}
