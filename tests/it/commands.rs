//! Single calls and what belongs to them, by the commands.

mod calls;
mod held;
mod kept;
mod written;

use crate::privacy;
use access::hash_key;
use local::{
    calls::Command,
    campaign::{Ended, Remote, Talk},
    system::{LOCAL_KEY, Options, System},
    up,
};
use settings::Env;
use std::net::SocketAddr;

/// May read.
const READER: &str = "reader-key";

/// A running sandbox.
struct World {
    system: System,
}

/// How a command ended, what it answered, and what it said beside that.
struct Told {
    ended: Ended,
    out: String,
    talk: String,
}

impl Told {
    /// Gives the answer of a command that did what was asked.
    #[track_caller]
    fn done(self) -> String {
        assert_eq!(self.ended, Ended::Done, "{}{}", self.out, self.talk);
        self.out
    }

    /// Gives it as JSON.
    #[track_caller]
    fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.done()).unwrap()
    }
}

impl World {
    async fn start() -> Self {
        privacy::watch();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let env = Env::from_reader(|_| None);
        let mut options = Options {
            reads_environment: false,
            ..up::Arguments::at(any, any).options(&env)
        };
        let of = |name: &str, scopes: &str, key: &str| format!("{name}:{scopes}:{}", hash_key(key));
        let keys = [of("boss", "admin", LOCAL_KEY), of("reader", "read", READER)];
        options
            .settings
            .insert("API_KEYS".to_owned(), keys.join(","));
        options.knowlarity.ring = std::time::Duration::from_millis(300);
        let system = System::start(options).await.unwrap();
        Self { system }
    }

    fn remote(&self) -> Remote {
        Remote {
            url: self.system.api_url.parse().unwrap(),
            json: false,
        }
    }

    fn json(&self) -> Remote {
        Remote {
            json: true,
            ..self.remote()
        }
    }
}

fn env(key: Option<&str>) -> Env {
    let key = key.map(str::to_owned);
    Env::from_reader(move |name| key.clone().filter(|_| name == "CLIENT_API_KEY"))
}

/// Carries out a command, with the key of this machine if there is no other.
async fn run(command: &Command, key: Option<&str>) -> Told {
    told(async |out, talk| command.run(&env(key), out, talk).await).await
}

async fn told(
    carry_out: impl AsyncFnOnce(&mut Vec<u8>, &mut Talk<'_>) -> anyhow::Result<Ended>,
) -> Told {
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let ended = carry_out(&mut out, &mut Talk::into(&mut talk)).await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told {
        ended: ended.unwrap(),
        out: text(out),
        talk: text(talk),
    }
}
