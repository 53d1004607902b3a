//! One round: calls are made, talk for some time, and hang up.

use super::{
    Options,
    bench::Bench,
    call::Call,
    carrier::Carrier,
    figures::{Faults, Figures},
    shared::{Stage, Times},
    spread::Spread,
    track::Tally,
    usage,
};
use anyhow::{Context, Result};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::{ops::Range, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, interval, sleep},
};

/// Calls that are asked for at once.
const ASKED_AT_ONCE: usize = 4;

/// Longest wait until every callee has heard the agent.
const HEARD_MAX: Duration = Duration::from_secs(30);

/// From then until the figures begin: what was held while agents were not ready has passed.
const SETTLE: Duration = Duration::from_secs(1);

/// How long nothing more comes until what is missing is lost: a pause of the agent's, many times over.
const QUIET: Duration = Duration::from_secs(5);

/// Longest wait until the process is as it was.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// What a process uses when it carries nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Idle {
    pub(super) resident_kib: u64,
    pub(super) descriptors: usize,
}

/// What was used while all calls talked.
struct Used {
    /// CPU time of the process.
    cpu: Duration,
    /// CPU time of this tool.
    own: Duration,
    took: Duration,
    resident_kib: u64,
}

/// Plays one call, so that all that is set up once is there; gives what the process uses after it.
pub(super) async fn warm_up(bench: &Bench, number: u32) -> Result<Idle> {
    let first = play(bench, number..number + 1, Pace::of(0, 10, 1)).await?;
    let call = first.0.first().context("one call")?;
    anyhow::ensure!(
        call.book().faults.is_empty(),
        "the first call failed: {:?}\n{}",
        call.book().faults,
        bench.process.said()
    );
    let give_up = Instant::now() + IDLE_MAX;
    while (bench.calls().await? > 0 || bench.agents.conversations() > 0) && Instant::now() < give_up
    {
        sleep(LOOK).await;
    }
    // A connection that was closed is gone a moment later.
    sleep(SETTLE).await;
    let _ = (bench.shared.begin(), bench.recorded(1).await?);
    Ok(Idle {
        resident_kib: bench.process.resident_kib()?,
        descriptors: bench.descriptors()?,
    })
}

/// Plays a round, and says what came of it.
pub(super) async fn round(
    bench: &Bench,
    options: &Options,
    numbers: Range<u32>,
    idle: Idle,
) -> Result<Figures> {
    if options.plant_loss {
        bench.shared.plant_loss();
    }
    let pace = Pace::of(options.ring, options.setups, options.seconds);
    let (calls, used, asked) = play(bench, numbers, pace).await?;
    let (calls_left, descriptors) = until_idle(bench, idle).await?;
    let times = bench.shared.begin();
    let (mut up, mut down, mut faults) = (Tally::default(), Tally::default(), Faults::default());
    for call in &calls {
        let (of_up, of_down) = call.book().tallies();
        up += of_up;
        down += of_down;
        faults.add(&call.book());
    }
    Ok(figures(bench, options, idle, &used, times, asked)
        .with_audio(up, down)
        .with_end(faults, calls_left, descriptors)
        .with_recordings(bench.recorded(options.calls).await?, options.seconds))
}

fn figures(
    bench: &Bench,
    options: &Options,
    idle: Idle,
    used: &Used,
    times: Times,
    asked: Spread,
) -> Figures {
    let call_seconds = f64::from(options.calls) * used.took.as_secs_f64();
    let memory = used.resident_kib.saturating_sub(idle.resident_kib);
    Figures {
        subject: bench.subject,
        calls: options.calls,
        cpu_ms_per_call_second: used.cpu.as_secs_f64() * 1_000.0 / call_seconds,
        cpu_share: used.cpu.as_secs_f64() / used.took.as_secs_f64(),
        own_cpu_share: used.own.as_secs_f64() / used.took.as_secs_f64(),
        idle_kib: idle.resident_kib,
        resident_kib: used.resident_kib,
        kib_per_call: memory as f64 / f64::from(options.calls),
        idle_descriptors: idle.descriptors,
        requests_per_set_up: asked.count() as f64 / f64::from(options.calls),
        table: asked,
        times,
        ..Figures::new(bench.subject)
    }
}

/// What happens when in a round.
struct Pace {
    /// How long all phones ring before the first is picked up.
    ring: Duration,
    /// Streams that are opened in a second.
    per_second: u32,
    /// How long they talk.
    seconds: Duration,
}

impl Pace {
    fn of(ring_secs: u64, per_second: u32, talk_secs: u64) -> Self {
        Self {
            ring: Duration::from_secs(ring_secs),
            per_second,
            seconds: Duration::from_secs(talk_secs),
        }
    }
}

/// Makes calls, has them talk, and hangs up.
async fn play(
    bench: &Bench,
    numbers: Range<u32>,
    pace: Pace,
) -> Result<(Vec<Arc<Call>>, Used, Spread)> {
    let Pace {
        ring,
        per_second,
        seconds,
    } = pace;
    let orders = stream::iter(numbers).map(async |number| {
        let (name, order) = bench.order(number).await?;
        anyhow::Ok((bench.shared.add(&name, number), order))
    });
    let orders: Vec<_> = orders.buffered(ASKED_AT_ONCE).try_collect().await?;
    sleep(ring).await;
    if let Some(system) = &bench.system {
        let _ = system.table.take_asked();
    }
    let (stage, stages) = watch::channel(Stage::Talk);
    let (mut carriers, mut calls) = (JoinSet::new(), Vec::new());
    let mut set_ups = interval(Duration::from_secs(1) / per_second.max(1));
    for (call, order) in orders {
        set_ups.tick().await;
        let carrier = Carrier::new(bench.shared.clone(), call.clone());
        carriers.spawn(carrier.run(order, stages.clone()));
        calls.push(call);
    }
    until(HEARD_MAX, &calls, |call| call.book().has_heard_agent).await;
    let system = bench.system.as_ref();
    let asked = system.map_or_else(Spread::default, |system| system.table.take_asked());
    let used = steady(bench, seconds).await?;
    for call in &calls {
        call.book().is_finishing = true;
    }
    stage.send_replace(Stage::Finish);
    until_complete(&calls).await;
    stage.send_replace(Stage::Leave);
    while carriers.join_next().await.is_some() {}
    Ok((calls, used, asked))
}

/// Waits until each call is so or has ended, not longer than this.
async fn until(longest: Duration, calls: &[Arc<Call>], is_so: impl Fn(&Call) -> bool) {
    let give_up = Instant::now() + longest;
    let is_waited_for = |call: &Arc<Call>| !call.book().has_hung_up && !is_so(call);
    while calls.iter().any(is_waited_for) && Instant::now() < give_up {
        sleep(LOOK).await;
    }
}

/// Waits until all that was said has come, or nothing more comes.
async fn until_complete(calls: &[Arc<Call>]) {
    let received = || calls.iter().map(|call| call.book().received()).sum::<u64>();
    let mut before = None;
    while before.replace(received()) != Some(received()) {
        until(QUIET, calls, |call| call.book().is_complete()).await;
        if calls.iter().all(|call| call.book().is_complete()) {
            return;
        }
    }
}

/// Measures while all calls talk.
async fn steady(bench: &Bench, seconds: Duration) -> Result<Used> {
    sleep(SETTLE).await;
    let own = std::process::id();
    let (began, cpu, own_cpu) = (Instant::now(), bench.process.cpu()?, usage::cpu(own)?);
    {
        let mut times = bench.shared.times();
        times.is_steady = true;
        times.own_lateness = Spread::default();
    }
    sleep(seconds).await;
    let used = Used {
        cpu: bench.process.cpu()? - cpu,
        own: usage::cpu(own)? - own_cpu,
        took: began.elapsed(),
        resident_kib: bench.process.resident_kib()?,
    };
    bench.shared.times().is_steady = false;
    Ok(used)
}

/// Waits until the process is as it was; gives calls that it still carries, and its descriptors.
async fn until_idle(bench: &Bench, idle: Idle) -> Result<(u64, usize)> {
    let give_up = Instant::now() + IDLE_MAX;
    loop {
        let conversations = bench.agents.conversations() as u64;
        let calls = bench.calls().await?.max(conversations);
        let descriptors = bench.descriptors()?;
        let is_idle = calls == 0 && descriptors <= idle.descriptors;
        if is_idle || Instant::now() > give_up {
            return Ok((calls, descriptors));
        }
        sleep(LOOK).await;
    }
}
