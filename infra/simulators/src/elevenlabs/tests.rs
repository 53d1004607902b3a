//! A raw client speaks to the simulator over real sockets.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::speech::{self, Line, line, noise, samples_in, silence};

/// Longest wait for anything in these tests.
const PATIENCE: Duration = Duration::from_secs(20);

/// Real time between two 20 ms frames: the client speaks four times faster than a phone.
const FRAME_EVERY: Duration = Duration::from_millis(5);

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Deadlines short enough for a test, none of which a busy machine reaches by accident.
fn quick() -> Timing {
    Timing {
        think: ms(20),
        ping_every: ms(100),
        ..Timing::default()
    }
}

fn short(id: &str, length_ms: u64) -> Say {
    line(id).shortened(ms(length_ms)).into()
}

/// Greeting, one turn of the callee, goodbye, end.
fn one_turn() -> Script {
    Script::new([
        Step::Say(short("agent_greeting_hi", 400)),
        Step::listen("callee_age_hi"),
        Step::Say(short("agent_goodbye_hi", 1_500).without_waiting()),
        Step::EndCall,
    ])
    .with_timing(quick())
}

async fn start(script: Script) -> Sim {
    Sim::start(Settings::with_script(script)).await.unwrap()
}

async fn get(sim: &Sim, path: &str, key: &str) -> (u16, Value) {
    let url = format!("{}{path}", sim.base_url());
    let answer = reqwest::Client::new()
        .get(url)
        .header("xi-api-key", key)
        .send()
        .await
        .unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn signed_url(sim: &Sim) -> String {
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let (status, body) = get(sim, path, API_KEY_DEFAULT).await;
    assert_eq!(status, 200);
    body["signed_url"].as_str().unwrap().to_owned()
}

fn client_data(variables: Value) -> Value {
    json!({"type": "conversation_initiation_client_data", "dynamic_variables": variables})
}

/// What a client may meet.
#[derive(Debug, PartialEq)]
enum Met {
    Message(Value),
    Close(Option<u16>),
    Lost,
}

/// A plain client: answers pings, sends the callee's audio, keeps everything it gets.
struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    callee: VecDeque<i16>,
    sent: Vec<i16>,
    got: Vec<Value>,
    answers_pings: bool,
    next_frame: Instant,
}

impl Client {
    async fn connect(sim: &Sim) -> Self {
        let (socket, _) = connect_async(signed_url(sim).await).await.unwrap();
        Self {
            socket,
            callee: VecDeque::new(),
            sent: Vec::new(),
            got: Vec::new(),
            answers_pings: true,
            next_frame: Instant::now(),
        }
    }

    async fn begin(sim: &Sim) -> Self {
        let mut client = Self::connect(sim).await;
        client.send(client_data(json!({"call_id": "c1"}))).await;
        client
    }

    async fn send(&mut self, message: Value) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    fn say(&mut self, line: &Line) {
        self.callee.extend(line.pcm.iter());
    }

    fn say_pcm(&mut self, pcm: &[i16]) {
        self.callee.extend(pcm);
    }

    /// Sends frames until something arrives that is no ping.
    async fn next(&mut self) -> Met {
        timeout(PATIENCE, self.next_unbounded())
            .await
            .expect("the simulator must do something")
    }

    async fn next_unbounded(&mut self) -> Met {
        loop {
            let message = tokio::select! {
                message = self.socket.next() => message,
                () = tokio::time::sleep_until(self.next_frame) => {
                    self.send_frame().await;
                    continue;
                }
            };
            let value: Value = match message {
                Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(frame))) => {
                    return Met::Close(frame.map(|frame| frame.code.into()));
                }
                Some(Ok(other)) => panic!("unexpected {other:?}"),
                Some(Err(_)) | None => return Met::Lost,
            };
            self.got.push(value.clone());
            if value["type"] != "ping" {
                return Met::Message(value);
            }
            assert!(
                value["ping_event"]
                    .as_object()
                    .unwrap()
                    .contains_key("ping_ms")
            );
            if self.answers_pings {
                let event_id = &value["ping_event"]["event_id"];
                self.send(json!({"type": "pong", "event_id": event_id}))
                    .await;
            }
        }
    }

    async fn send_frame(&mut self) {
        self.next_frame += FRAME_EVERY;
        let ready = self.callee.len().min(320);
        let mut frame: Vec<i16> = self.callee.drain(..ready).collect();
        frame.resize(320, 0);
        let audio = json!({"user_audio_chunk": STANDARD.encode(speech::to_bytes(&frame))});
        // The simulator may have closed already; the next read tells.
        if self
            .socket
            .send(Message::text(audio.to_string()))
            .await
            .is_ok()
        {
            self.sent.extend(frame);
        }
    }

    /// Plays the first reply to its end, as a phone does, before anything is said.
    async fn hear_out(&mut self) {
        let begun = Instant::now();
        self.until("agent_response").await;
        let over = begun + speech::playing_time(self.heard(1).len()) + ms(20);
        while Instant::now() < over {
            tokio::time::sleep_until(self.next_frame).await;
            self.send_frame().await;
        }
    }

    async fn until(&mut self, kind: &str) -> Value {
        loop {
            match self.next().await {
                Met::Message(value) if value["type"] == kind => return value,
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => panic!("no {kind} but {over:?}"),
            }
        }
    }

    async fn until_over(&mut self) -> Met {
        loop {
            match self.next().await {
                Met::Message(_) => {}
                over @ (Met::Close(_) | Met::Lost) => return over,
            }
        }
    }

    fn types(&self) -> Vec<&str> {
        self.got
            .iter()
            .filter_map(|value| value["type"].as_str())
            .collect()
    }

    /// Samples of all `audio` messages, in order, with their event ids.
    fn heard(&self, event_id: u64) -> Vec<i16> {
        let audio = self.got.iter().filter(|value| value["type"] == "audio");
        let of_reply = audio.filter(|value| value["audio_event"]["event_id"] == event_id);
        of_reply
            .flat_map(|value| {
                let text = value["audio_event"]["audio_base_64"].as_str().unwrap();
                speech::from_bytes(&STANDARD.decode(text).unwrap()).unwrap()
            })
            .collect()
    }
}

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
async fn signed_urls_are_given_to_the_right_key_only() {
    let sim = start(one_turn()).await;
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let old = "/v1/convai/conversation/get_signed_url?agent_id=agent_sim";
    let status = async |path: &str, key: &str| get(&sim, path, key).await.0;

    assert_eq!(status(path, API_KEY_DEFAULT).await, 200);
    assert_eq!(status(old, API_KEY_DEFAULT).await, 200);
    assert_eq!(status(path, "other").await, 401);
    assert_eq!(
        status(&path.replace("agent_sim", "nobody"), API_KEY_DEFAULT).await,
        404
    );
    assert_eq!(
        status(path.split('?').next().unwrap(), API_KEY_DEFAULT).await,
        422
    );

    sim.fail_rest([
        RestFault::Status(429),
        RestFault::Garbage,
        RestFault::Delay(ms(50)),
    ]);
    let (code, body) = get(&sim, path, API_KEY_DEFAULT).await;
    assert_eq!(
        (code, &body["detail"]["code"]),
        (429, &json!("too_many_concurrent_requests"))
    );
    assert_eq!(get(&sim, path, API_KEY_DEFAULT).await, (200, Value::Null));
    let asked = Instant::now();
    assert_eq!(status(path, API_KEY_DEFAULT).await, 200);
    assert!(asked.elapsed() >= ms(50));
    let statuses: Vec<u16> = sim
        .rest_requests()
        .iter()
        .map(|request| request.status)
        .collect();
    assert_eq!(statuses, [200, 200, 401, 404, 422, 429, 200, 200]);
}

#[track_caller]
fn upgrade_status(result: Result<impl Sized, Error>) -> u16 {
    let error = result.err().expect("the upgrade must be refused");
    let Error::Http(response) = error else {
        panic!("{error}");
    };
    response.status().as_u16()
}

#[tokio::test]
async fn only_a_valid_signature_opens_a_conversation() {
    let sim = start(one_turn()).await;
    let url = signed_url(&sim).await;
    let bare = url
        .split("&conversation_signature")
        .next()
        .unwrap()
        .to_owned();

    assert_eq!(upgrade_status(connect_async(&bare).await), 401);
    assert_eq!(upgrade_status(connect_async(format!("{url}x")).await), 403);
    let other = url.replace("agent_id=agent_sim", "agent_id=agent_other");
    assert_eq!(upgrade_status(connect_async(other).await), 403);
    sim.behave([Behaviour::RefuseUpgrade(503)]);
    assert_eq!(upgrade_status(connect_async(&url).await), 503);
    connect_async(&url).await.unwrap();

    assert_eq!(sim.refused_upgrades(), 4);
}

#[tokio::test]
async fn a_url_with_a_conversation_id_works_once_and_keeps_the_id() {
    let sim = start(one_turn()).await;
    let path = "/v1/convai/conversation/get-signed-url?agent_id=agent_sim";
    let with_id = format!("{path}&include_conversation_id=true");
    let (_, body) = get(&sim, &with_id, API_KEY_DEFAULT).await;
    let url = body["signed_url"].as_str().unwrap();

    let (mut socket, _) = connect_async(url).await.unwrap();
    socket
        .send(Message::text(client_data(json!({})).to_string()))
        .await
        .unwrap();
    let record = sim
        .wait_until(1, PATIENCE, |record| record.ready_at.is_some())
        .await
        .unwrap();

    assert_eq!(
        record.conversation_id,
        body["conversation_id"].as_str().unwrap()
    );
    assert_eq!(upgrade_status(connect_async(url).await), 403);
}

/// Starts a conversation that fails as ordered; returns what the client met.
async fn meet(behaviour: Behaviour) -> (Vec<Value>, Met, ConversationRecord) {
    let sim = start(one_turn()).await;
    sim.behave([behaviour]);
    let mut client = Client::begin(&sim).await;
    let over = client.until_over().await;
    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    (client.got, over, record)
}

#[tokio::test]
async fn ordered_failures_arrive_as_the_live_service_shows_them() {
    let cases = [
        (Failure::close(1000), 1000, None),
        (
            Failure::error(1002, "llm_timeout"),
            1002,
            Some("/error_event/error_type"),
        ),
        (
            Failure::invalid_api_key(),
            1008,
            Some("/error_event/error_name"),
        ),
        (Failure::crash(), 1011, Some("/error_event/message")),
        (Failure::quota_flat(), 1002, Some("/message")),
        (Failure::quota_close(), 3000, None),
        (
            Failure::queue_timed_out(),
            4300,
            Some("/queue_status_event/status"),
        ),
    ];
    for (failure, code, field) in cases {
        let (got, over, record) = meet(Behaviour::FailAtStart(failure)).await;

        assert_eq!(over, Met::Close(Some(code)));
        assert_eq!(record.close_code(), Some(code));
        assert_eq!(got.is_empty(), field.is_none(), "{got:?}");
        assert!(field.is_none_or(|path| got[0].pointer(path).is_some_and(Value::is_string)));
        assert!(record.ready_at.is_none());
    }
}

#[tokio::test]
async fn a_reset_has_no_close_frame() {
    let (got, over, record) = meet(Behaviour::FailAfter(ms(150), Failure::reset())).await;

    assert_eq!(over, Met::Lost);
    assert_eq!(got[0]["type"], "conversation_initiation_metadata");
    let closed = record.closed.unwrap();
    assert_eq!((closed.by, closed.code), (ClosedBy::AgentReset, None));
    assert!(closed.at >= ms(150));
}

#[tokio::test]
async fn a_failure_can_come_in_the_middle_and_the_next_conversation_is_fine() {
    let script = Script::new([
        Step::Say(short("agent_greeting_hi", 300)),
        Step::Fail(Failure::error(1002, "tts_cascade_error")),
    ]);
    let sim = start(one_turn()).await;
    sim.play([script.with_timing(quick())]);

    let mut first = Client::begin(&sim).await;
    assert_eq!(first.until_over().await, Met::Close(Some(1002)));
    assert_eq!(first.heard(1).len(), samples_in(ms(300)));
    let mut second = Client::begin(&sim).await;
    second.say(&line("callee_age_hi"));
    assert_eq!(second.until_over().await, Met::Close(Some(1000)));

    let codes: Vec<Option<u16>> = sim
        .conversations()
        .iter()
        .map(ConversationRecord::close_code)
        .collect();
    assert_eq!(codes, [Some(1002), Some(1000)]);
}

/// Opens a conversation, sends one frame, and returns the error type that closes it with 1008.
async fn refusal(script: Script, frame: Message) -> String {
    let sim = start(script).await;
    let mut client = Client::connect(&sim).await;
    client.next_frame += PATIENCE;
    client.socket.send(frame).await.unwrap();
    let error = client.until("error").await;

    assert_eq!(client.next().await, Met::Close(Some(1008)));
    assert_eq!(error["error_event"]["code"], 1008);
    assert_eq!(
        sim.wait_conversation(1, PATIENCE)
            .await
            .unwrap()
            .violations
            .len(),
        1
    );
    error["error_event"]["error_type"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn clients_that_break_the_contract_are_refused() {
    let text = |value: Value| Message::text(value.to_string());
    let strict = one_turn().requiring(&["call_id", "patient_name"]);
    let overriding = json!({"type": "conversation_initiation_client_data",
        "conversation_config_override": {"tts": {"voice_id": "v"}}});

    let missing = refusal(strict, text(client_data(json!({"call_id": "c1"})))).await;
    assert_eq!(missing, "missing_dynamic_variable");
    assert_eq!(
        refusal(one_turn(), text(overriding)).await,
        "override_error"
    );
    assert_eq!(
        refusal(one_turn(), text(json!({"user_audio_chunk": ""}))).await,
        "invalid_message"
    );
    assert_eq!(
        refusal(one_turn(), Message::text("{")).await,
        "invalid_message"
    );
    assert_eq!(
        refusal(one_turn(), Message::binary(vec![0, 0])).await,
        "invalid_message"
    );
}

#[tokio::test]
async fn a_client_that_says_nothing_at_all_is_refused() {
    let mut script = one_turn();
    script.timing.client_data_within = ms(100);
    let sim = start(script).await;
    let mut client = Client::connect(&sim).await;
    client.next_frame += PATIENCE;

    assert_eq!(client.until_over().await, Met::Close(Some(1008)));
}

#[tokio::test]
async fn deadlines_end_a_conversation_with_their_own_error() {
    let mut no_input = one_turn();
    no_input.timing.no_input_after = ms(200);
    let mut no_pong = one_turn();
    no_pong.timing.pong_within = ms(150);
    let mut too_long = one_turn();
    too_long.timing.max_duration = ms(300);
    let cases = [
        (no_input, 1002, "transport_receive_timeout"),
        (no_pong, 1002, "asyncio_timeout"),
        (too_long, 1000, "max_duration_exceeded"),
    ];
    for (script, code, error_type) in cases {
        let sim = start(script).await;
        let mut client = Client::begin(&sim).await;
        client.answers_pings = error_type != "asyncio_timeout";
        if error_type == "transport_receive_timeout" {
            client.next_frame += PATIENCE;
        }

        let error = client.until("error").await;

        assert_eq!(error["error_event"]["error_type"], error_type);
        assert_eq!(client.until_over().await, Met::Close(Some(code)));
    }
}

#[tokio::test]
async fn a_mute_agent_accepts_and_records_but_never_speaks() {
    let sim = start(one_turn()).await;
    sim.behave([Behaviour::Mute]);
    let mut client = Client::begin(&sim).await;

    client.say(&line("callee_age_hi"));
    assert!(timeout(ms(800), client.next_unbounded()).await.is_err());
    client.socket.close(None).await.unwrap();
    assert_eq!(client.until_over().await, Met::Close(None));

    let record = sim.wait_conversation(1, PATIENCE).await.unwrap();
    assert_eq!(client.got, [Value::Null; 0]);
    assert!(record.ready_at.is_none() && record.client_data.is_some());
    assert_eq!(record.callee_pcm, client.sent);
    assert_eq!(record.closed.unwrap().by, ClosedBy::Client);
}

#[tokio::test]
async fn slowness_can_be_ordered_at_the_upgrade_and_at_the_metadata() {
    for behaviour in [
        Behaviour::SlowAccept(ms(200)),
        Behaviour::SlowMetadata(ms(200)),
    ] {
        let sim = start(one_turn()).await;
        sim.behave([behaviour]);
        let begun = Instant::now();
        let mut client = Client::begin(&sim).await;

        client.until("conversation_initiation_metadata").await;

        assert!(begun.elapsed() >= ms(200));
    }
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

#[tokio::test]
async fn conversations_at_the_same_time_are_not_mixed_and_are_limited() {
    let mut settings = Settings::with_script(one_turn());
    settings.concurrency_max = 2;
    let sim = Sim::start(settings).await.unwrap();
    let (mut one, mut two) = (Client::begin(&sim).await, Client::begin(&sim).await);
    one.hear_out().await;
    two.hear_out().await;
    assert_eq!(
        upgrade_status(connect_async(signed_url(&sim).await).await),
        429
    );

    one.say(&line("callee_age_hi"));
    two.say(&line("callee_city_hi"));
    tokio::join!(one.until_over(), two.until_over());

    for (number, client, line_id) in [(1, &one, "callee_age_hi"), (2, &two, "callee_city_hi")] {
        let record = sim.wait_conversation(number, PATIENCE).await.unwrap();
        assert!(speech::find(&record.callee_pcm, &line(line_id).pcm).is_some());
        assert_eq!(
            client.sent[..record.callee_pcm.len()],
            record.callee_pcm[..]
        );
    }
}

#[tokio::test]
async fn the_history_tells_what_really_happened() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.hear_out().await;
    let id = sim.conversation(1).unwrap().conversation_id;
    let path = format!("/v1/convai/conversations/{id}");

    assert_eq!(
        get(&sim, &path, API_KEY_DEFAULT).await.1["status"],
        "in-progress"
    );
    client.say(&line("callee_age_hi"));
    client.until_over().await;
    let (status, body) = get(&sim, &path, API_KEY_DEFAULT).await;

    assert_eq!((status, &body["status"]), (200, &json!("done")));
    let roles: Vec<&str> = body["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["role"].as_str().unwrap())
        .collect();
    assert_eq!(roles, ["agent", "user", "agent"]);
    assert_eq!(body["transcript"][1]["message"], line("callee_age_hi").text);
    assert_eq!(
        body["metadata"]["termination_reason"],
        "end_call tool was called"
    );
    let variables = &body["conversation_initiation_client_data"]["dynamic_variables"];
    assert_eq!(variables["call_id"], "c1");
    assert_eq!(variables["system__conversation_id"], *id);
    assert_eq!(get(&sim, &path, "other").await.0, 401);
    assert_eq!(
        get(&sim, "/v1/convai/conversations/conv_x", API_KEY_DEFAULT)
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn stopping_ends_conversations_and_waiting_for_nothing_says_why() {
    let sim = start(one_turn()).await;
    let mut client = Client::begin(&sim).await;
    client.until("audio").await;
    let error = sim.wait_conversation(2, ms(50)).await.unwrap_err();
    assert!(error.to_string().contains("not begun; 1 others"), "{error}");

    sim.stop().await;

    assert_eq!(client.until_over().await, Met::Lost);
}
