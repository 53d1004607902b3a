//! The doctor finds what is broken, says what to do, and shows no secret.

mod broken;
mod server;

use crate::privacy;
use local::{
    agent_config,
    doctor::{Arguments, Finding, Patient, State, look, run},
    system::{LOCAL_KEY, Options, System},
};
use rustls::RootCertStore;
use settings::Env;
use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::Arc,
};

const SECRET: &str = "a-secret-of-at-least-32-characters";
const HOOK: &str = "a-secret-of-the-webhook";

/// A running system, and the settings with which it would be run elsewhere.
struct World {
    system: System,
    settings: BTreeMap<&'static str, String>,
    roots: RootCertStore,
}

impl World {
    async fn start() -> Self {
        privacy::watch();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let hook = ("KNOWLARITY_WEBHOOK_SECRET".to_owned(), HOOK.to_owned());
        let system = System::start(Options {
            api: any,
            settings: HashMap::from([hook]),
            ..Options::default()
        })
        .await
        .unwrap();
        let (carrier, agent) = (system.knowlarity.as_ref(), system.elevenlabs.as_ref());
        let keys = format!("crm:read+write:{}", access::hash_key(LOCAL_KEY));
        let relay = system.relay_url.replace("http", "ws");
        let settings = BTreeMap::from([
            ("API_KEYS", keys),
            ("TOKEN_SECRET", SECRET.to_owned()),
            ("KNOWLARITY_API_URL", carrier.unwrap().base_url()),
            ("KNOWLARITY_API_KEY", "sim-sr-key".to_owned()),
            ("KNOWLARITY_CALLER_ID", "+911234567800".to_owned()),
            ("KNOWLARITY_WEBHOOK_SECRET", HOOK.to_owned()),
            ("SERVER_WEBSOCKET_URL", format!("{relay}/knowlarity-stream")),
            ("ELEVENLABS_API_URL", agent.unwrap().base_url()),
            ("ELEVENLABS_API_KEY", "sim-key".to_owned()),
            ("ELEVENLABS_AGENT_ID", "agent_sim".to_owned()),
        ]);
        Self {
            system,
            settings,
            roots: RootCertStore::empty(),
        }
    }

    fn set(&mut self, name: &'static str, value: &str) {
        self.settings.insert(name, value.to_owned());
    }

    fn env(&self) -> impl Fn() -> Env + Send + Sync + use<> {
        let settings = self.settings.clone();
        move || {
            let settings = settings.clone();
            Env::from_reader(move |name| settings.get(name).cloned())
        }
    }

    fn patient(&self) -> Patient {
        Patient {
            env: Arc::new(self.env()),
            names: self
                .settings
                .keys()
                .map(|name| (*name).to_owned())
                .collect(),
            roots: self.roots.clone(),
            database: self.system.database.as_ref().map(|database| database.url()),
        }
    }

    fn arguments(&self) -> Arguments {
        Arguments {
            url: Some(self.system.api_url.parse().unwrap()),
            callback_url: None,
            json: false,
        }
    }

    /// Has the platform set up as this repository says.
    async fn set_up_the_agent(&mut self) {
        let set_up = agent_config::Arguments {
            url: self.system.api_url.parse().unwrap(),
            apply: true,
            check: false,
            tools: None,
            zero_retention: false,
            name: "outbound-call".to_owned(),
            voice: None,
            llm: None,
        };
        self.settings.remove("ELEVENLABS_AGENT_ID");
        let mut told = Vec::new();
        let done = agent_config::run(&set_up, &self.env()(), &mut told).await;
        done.unwrap();
        let told = String::from_utf8(told).unwrap();
        let agent = told.split("ELEVENLABS_AGENT_ID=").nth(1).unwrap().trim();
        self.set("ELEVENLABS_AGENT_ID", agent);
    }

    /// What is not as it should be; no secret is in it.
    async fn wrong(&self, arguments: &Arguments) -> Vec<Finding> {
        let mut findings = look(arguments, self.patient()).await;
        for secret in [SECRET, HOOK, "sim-sr-key", "sim-key", "wrong-key"] {
            assert!(!format!("{findings:?}").contains(secret), "{findings:#?}");
        }
        findings.retain(|finding| finding.state != State::Fine);
        assert!(
            findings.iter().all(|finding| !finding.remedy.is_empty()),
            "{findings:#?}"
        );
        findings
    }
}

#[tokio::test]
async fn a_system_that_is_well_is_found_well_and_nothing_rings() {
    let mut world = World::start().await;
    world.set_up_the_agent().await;
    let crm = simulators::crm::Receiver::start().await;
    let arguments = Arguments {
        callback_url: Some(crm.url("/outcomes")),
        ..world.arguments()
    };
    assert_eq!(world.wrong(&arguments).await, []);
    let mut out = Vec::new();
    assert!(run(&arguments, world.patient(), &mut out).await.unwrap());
    let out = String::from_utf8(out).unwrap();
    assert!(out.ends_with("nothing is wrong\n"), "{out}");
    assert_eq!(out.lines().count(), 11, "{out}");
    assert_eq!(world.system.knowlarity.as_ref().unwrap().dials().len(), 0);
    assert!(crm.notices().is_empty(), "a receiver was told something");
}

#[tokio::test]
async fn what_is_wrong_is_told_as_json_too_and_by_the_exit_code() {
    let mut world = World::start().await;
    world.set("KNOWLARITY_API_KEY", "wrong-key");
    let arguments = Arguments {
        json: true,
        ..world.arguments()
    };
    let mut out = Vec::new();
    assert!(!run(&arguments, world.patient(), &mut out).await.unwrap());
    let findings: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let mut findings = findings.as_array().unwrap().iter();
    let carrier = findings
        .find(|finding| finding["look"] == "carrier")
        .unwrap();
    assert_eq!(carrier["state"], "wrong");
    assert_eq!(carrier["found"], "127.0.0.1 refuses the key");
    assert!(
        carrier["remedy"]
            .as_str()
            .unwrap()
            .contains("KNOWLARITY_API_KEY")
    );
}
