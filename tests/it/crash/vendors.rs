//! Knowlarity and ElevenLabs, simulated in the test's own process, and who picks up the phones.

use super::{chance::Chance, ports::Reserved, settings::Settings};
use simulators::{
    elevenlabs::{self, Say, Script, Step},
    knowlarity::{self, Callee, Dial, DialRecord, WebhookStyle},
    speech::{Line, line},
};
use std::{sync::Arc, time::Duration};

/// Dials for which there is a plan, per call: four attempts, and some that are sent again. Later
/// ones are answered.
const DIALS_PER_CALL: usize = 6;

/// Callees who are lined up where calls follow one another; those behind them never lose their stream.
const CALLEES: usize = 20_000;

/// Length of one thing said, so that a conversation takes about three seconds.
const SAID: Duration = Duration::from_millis(700);

/// What becomes of a dial. While an answer does not come, the dial hangs on the process that sent
/// it: that is when a kill leaves it in doubt.
const DIALS: [(u64, Dial); 9] = [
    (55, Dial::Answer),
    (8, Dial::TimesOutButRings),
    (8, Dial::Busy),
    (6, Dial::NoAnswer),
    (4, Dial::NeverReports),
    (4, Dial::RateLimited(1)),
    (4, Dial::SwitchedOff),
    (8, Dial::TimesOut),
    (3, Dial::Rejected),
];

/// How the carrier reports. Without reports, nothing but deadlines tells that a relay is gone.
const WEBHOOKS: [(u64, WebhookStyle); 3] = [
    (2, WebhookStyle::Json),
    (1, WebhookStyle::Twice),
    (1, WebhookStyle::None),
];

/// The vendors, which no kill reaches.
pub(super) struct Vendors {
    pub(super) carrier: knowlarity::Sim,
    pub(super) agent: elevenlabs::Sim,
}

impl Vendors {
    pub(super) async fn start(reserved: &Reserved, chance: &mut Chance, calls: usize) -> Self {
        let webhook = chance.weighted(&WEBHOOKS);
        println!("webhooks: {webhook:?}");
        let carrier = knowlarity::Sim::start(knowlarity::Settings {
            webhook,
            webhook_url: Some(format!("{}/api/knowlarity/webhook", reserved.api_url())),
            ..knowlarity::Settings::default()
        });
        let agent = elevenlabs::Sim::start(elevenlabs::Settings {
            keeps_audio: false,
            ..elevenlabs::Settings::with_script(script())
        });
        let (carrier, agent) = (carrier.await.unwrap(), agent.await.unwrap());
        let dials = calls * DIALS_PER_CALL;
        carrier.behave((0..dials).map(|_| chance.weighted(&DIALS)));
        let callees = callees();
        carrier.callees((0..dials).map(|_| chance.weighted(&callees)));
        Self { carrier, agent }
    }

    /// Phones that are picked up, and an agent that talks for minutes.
    pub(super) async fn talkative(reserved: &Reserved) -> Self {
        let carrier = knowlarity::Sim::start(knowlarity::Settings {
            webhook_url: Some(format!("{}/api/knowlarity/webhook", reserved.api_url())),
            ..knowlarity::Settings::default()
        });
        let story = vec![Step::say("agent_greeting_hi"); 40];
        let agent = elevenlabs::Sim::start(elevenlabs::Settings {
            keeps_audio: false,
            ..elevenlabs::Settings::with_script(Script::new(story))
        });
        Self {
            carrier: carrier.await.unwrap(),
            agent: agent.await.unwrap(),
        }
    }

    /// Phones that are picked up, of which one in eight loses its stream for a moment, and an agent
    /// that saves two answers in each call.
    pub(super) async fn steady(reserved: &Reserved) -> Self {
        let callee = Callee::speaking(vec![knowlarity::Step::Reply(short("callee_age_hi").pcm)]);
        let carrier = knowlarity::Sim::start(knowlarity::Settings {
            webhook_url: Some(format!("{}/api/knowlarity/webhook", reserved.api_url())),
            callee: callee.clone(),
            ..knowlarity::Settings::default()
        });
        let story = [
            Step::Say(Say::from(short("agent_age_hi"))),
            Step::listen("callee_age_hi"),
            Step::saves("age", "42"),
            Step::Pause(SAID * 4),
            Step::saves("city", "जयपुर"),
            Step::Say(Say::from(short("agent_goodbye_hi")).without_waiting()),
            Step::EndCall,
        ];
        let agent = elevenlabs::Sim::start(elevenlabs::Settings {
            keeps_audio: false,
            mcp_url: Some(format!("{}/mcp", reserved.api_url())),
            ..elevenlabs::Settings::with_script(Script::new(story))
        });
        let (carrier, agent) = (carrier.await.unwrap(), agent.await.unwrap());
        carrier.callees((0..CALLEES).map(|n| {
            if n % 8 == 3 {
                unsteady()
            } else {
                callee.clone()
            }
        }));
        Self { carrier, agent }
    }

    /// What the parts must know to reach the vendors.
    pub(super) fn settings(&self) -> Settings {
        let agent_id = elevenlabs::AGENT_ID_DEFAULT.to_owned();
        Settings::from([
            ("KNOWLARITY_API_URL", self.carrier.base_url()),
            ("KNOWLARITY_API_KEY", knowlarity::API_KEY_DEFAULT.to_owned()),
            ("ELEVENLABS_API_URL", self.agent.base_url()),
            ("ELEVENLABS_API_KEY", self.agent.api_key().to_owned()),
            ("ELEVENLABS_AGENT_ID", agent_id),
        ])
    }
}

/// Whether the carrier said of a dial that nothing was dialled.
pub(super) fn was_not_sent(dial: &DialRecord) -> bool {
    match dial.dial {
        Dial::RateLimited(_) => true,
        Dial::Answer
        | Dial::Busy
        | Dial::NoAnswer
        | Dial::SwitchedOff
        | Dial::Rejected
        | Dial::InvalidNumber
        | Dial::NeverReports
        | Dial::Status(_)
        | Dial::TimesOut
        | Dial::TimesOutButRings
        | Dial::TimesOutButBusy
        | Dial::StatusButRings(_)
        | Dial::StatusButRingsOut(_)
        | Dial::NeverProcessed
        | Dial::NoId => false,
    }
}

fn short(id: &str) -> Line {
    line(id).shortened(SAID)
}

/// Asks one thing, says goodbye. A callee who says nothing is given up soon.
fn script() -> Script {
    let mut script = Script::new([
        Step::Say(Say::from(short("agent_age_hi"))),
        Step::listen("callee_age_hi"),
        Step::Say(Say::from(short("agent_goodbye_hi")).without_waiting()),
        Step::EndCall,
    ]);
    script.timing.turn_timeout = Duration::from_secs(2);
    script.reprompts_max = 0;
    script
}

/// Loses its stream before it says anything, and comes back.
fn unsteady() -> Callee {
    use knowlarity::Step;

    Callee::speaking(vec![
        Step::SayAt(Duration::from_millis(600), Arc::from([])),
        Step::DropSocket,
        Step::Reconnect(Duration::from_millis(500)),
        Step::Reply(short("callee_age_hi").pcm),
    ])
}

fn callees() -> [(u64, Callee); 4] {
    use knowlarity::Step;

    let reply = Step::Reply(short("callee_age_hi").pcm);
    let leaves_at = Step::SayAt(Duration::from_millis(600), Arc::from([]));
    let returns_after = Step::Reconnect(Duration::from_millis(500));
    [
        (60, Callee::speaking(vec![reply.clone()])),
        (15, Callee::speaking(vec![leaves_at.clone(), Step::HangUp])),
        (10, Callee::silent()),
        (
            15,
            Callee::speaking(vec![leaves_at, Step::DropSocket, returns_after, reply]),
        ),
    ]
}
