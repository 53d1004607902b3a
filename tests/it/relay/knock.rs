//! Strangers at the door, in their hundreds: what they ask costs nothing, and no call notices.

mod connections;
mod frames;
mod reads;
mod room;

use super::{
    metrics::{metrics, value},
    stream::{Stream, open_from},
    world::{Setup, World},
};
use call::ids::CallId;
use simulators::speech::{self, line, noise};
use std::{net::IpAddr, time::Duration};

/// Calls that talk while strangers knock.
struct Talking {
    calls: Vec<(CallId, Stream, Vec<i16>)>,
    greeting: Vec<i16>,
}

impl Talking {
    /// Begins them; each callee says something of its own, a frame each 20 ms.
    async fn start(world: &World, calls: u32, says: Duration) -> Self {
        let mut talking = Vec::new();
        for n in 0..calls {
            let (id, stream) = world.talking().await;
            let said = noise(says, 500, 100 + n);
            let frames = said.chunks(320).map(<[i16]>::to_vec).collect::<Vec<_>>();
            stream.says(frames, Duration::from_millis(20));
            talking.push((id, stream, said));
        }
        Self {
            calls: talking,
            greeting: line("agent_greeting_hi")
                .shortened(Duration::from_secs(1))
                .pcm
                .to_vec(),
        }
    }

    /// Every sample has arrived, both ways.
    async fn have_lost_nothing(self, world: &World) {
        for (n, (_, mut stream, said)) in self.calls.into_iter().enumerate() {
            let heard = stream
                .until(|received| received.pcm.len() >= self.greeting.len())
                .await;
            assert!(heard.pcm == self.greeting, "call {n} heard something else");
            world
                .agent_until(n + 1, |agent| {
                    speech::find(&agent.callee_pcm, &said).is_some()
                })
                .await;
        }
    }
}

/// What of a counter has this reason.
async fn refused(world: &World, counter: &str, reason: &str) -> f64 {
    let text = metrics(world).await;
    let line = format!("{counter}{{reason=\"{reason}\"}}");
    if text.contains(&line) {
        value(&text, &line)
    } else {
        0.0
    }
}
