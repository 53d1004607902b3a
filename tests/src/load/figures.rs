//! The figures of a round, and whether they can be believed.

use super::{bench::Subject, call::Book, shared::Times, spread::Spread, track::Tally};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// Share of a core from which on this tool may have been what held things up.
const OWN_CPU_SHARE_MAX: f64 = 0.85;

/// Lateness of this tool's own clock (p99) from which on what it measures is not the process's.
const OWN_LATENESS_MAX_MS: f64 = 5.0;

/// What came of a round.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    pub(super) subject: Subject,
    pub(super) calls: u32,
    pub(super) up: Tally,
    pub(super) down: Tally,
    #[serde(flatten)]
    pub(super) times: Times,
    /// CPU milliseconds of the process per second of one call.
    pub(super) cpu_ms_per_call_second: f64,
    /// Cores that the process used.
    pub(super) cpu_share: f64,
    /// Cores that this tool used.
    pub(super) own_cpu_share: f64,
    pub(super) idle_kib: u64,
    pub(super) resident_kib: u64,
    pub(super) kib_per_call: f64,
    pub(super) idle_descriptors: usize,
    /// Descriptors after the calls.
    pub(super) descriptors: usize,
    /// Calls that were still carried at the end.
    pub(super) calls_left: u64,
    /// Requests to the table while calls were set up, in the time that they took there.
    pub(super) table: Spread,
    pub(super) requests_per_set_up: f64,
    /// Seconds of sound that were recorded of each call, if calls are recorded.
    pub(super) recorded_seconds: Option<f64>,
    /// What is wrong.
    pub(super) wrong: Vec<String>,
}

/// Faults of calls, each with how often it was found.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<String, usize>);

impl Faults {
    pub(super) fn add(&mut self, book: &Book) {
        let own = book.faults.iter().cloned();
        let unheard = (!book.has_heard_agent).then(|| "the agent was never heard".to_owned());
        let many = (book.conversations() > 1).then(|| "more than one conversation".to_owned());
        for fault in own.chain(unheard).chain(many) {
            *self.0.entry(fault).or_default() += 1;
        }
    }
}

impl Figures {
    pub(super) fn new(subject: Subject) -> Self {
        Self {
            subject,
            calls: 0,
            up: Tally::default(),
            down: Tally::default(),
            times: Times::default(),
            cpu_ms_per_call_second: 0.0,
            cpu_share: 0.0,
            own_cpu_share: 0.0,
            idle_kib: 0,
            resident_kib: 0,
            kib_per_call: 0.0,
            idle_descriptors: 0,
            descriptors: 0,
            calls_left: 0,
            table: Spread::default(),
            requests_per_set_up: 0.0,
            recorded_seconds: None,
            wrong: Vec::new(),
        }
    }

    pub(super) fn with_audio(mut self, up: Tally, down: Tally) -> Self {
        let ways = [(up, "to the agent"), (down, "to the carrier")];
        for (tally, way) in ways {
            let faults = tally.faults().map(|fault| format!("{fault} {way}"));
            self.wrong.extend(faults);
        }
        Self { up, down, ..self }
    }

    pub(super) fn with_end(mut self, faults: Faults, calls_left: u64, descriptors: usize) -> Self {
        let faults = faults.0.into_iter();
        self.wrong
            .extend(faults.map(|(fault, count)| format!("{fault} ({count} calls)")));
        if calls_left > 0 {
            self.wrong.push(format!("{calls_left} calls never ended"));
        }
        if descriptors > self.idle_descriptors {
            let left = descriptors - self.idle_descriptors;
            self.wrong
                .push(format!("{left} descriptors were left open"));
        }
        Self {
            calls_left,
            descriptors,
            ..self
        }
    }

    /// What was recorded of each call, which talked for so many seconds at least.
    pub(super) fn with_recordings(mut self, each: Option<f64>, talked: u64) -> Self {
        if let Some(each) = each.filter(|each| *each < talked as f64) {
            self.wrong.push(format!(
                "{each:.1} s of each call are recorded instead of {talked}"
            ));
        }
        self.recorded_seconds = each;
        self
    }

    /// Why the times of this round say nothing of the process, if they do not.
    pub(super) fn void(&self) -> Option<String> {
        let late = self.times.own_lateness.ms(0.99);
        if self.own_cpu_share > OWN_CPU_SHARE_MAX {
            let share = self.own_cpu_share * 100.0;
            Some(format!("this tool used {share:.0} % of its core"))
        } else if late > OWN_LATENESS_MAX_MS {
            Some(format!("this tool sent frames {late:.1} ms late (p99)"))
        } else {
            None
        }
    }
}

fn row(f: &mut fmt::Formatter<'_>, what: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "  {what:<46} {value}")
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} with {} calls", self.subject.name(), self.calls)?;
        self.audio(f)?;
        self.times(f)?;
        self.costs(f)?;
        for wrong in &self.wrong {
            row(f, "WRONG", wrong)?;
        }
        Ok(())
    }
}

impl Figures {
    fn audio(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (way, tally) in [("to the agent", self.up), ("to the carrier", self.down)] {
            let Tally {
                sent,
                received,
                lost,
                duplicated,
                reordered,
                crosstalk,
                ..
            } = tally;
            // Interrupted, or older than what is kept while no agent is ready.
            let let_go = sent.saturating_sub(received + lost);
            let found = format!(
                "{sent} sent, {received} came, {let_go} let go, {lost} lost, \
                 {duplicated} doubled, {reordered} out of order, {crosstalk} of other calls"
            );
            row(f, &format!("frames {way}"), found)?;
        }
        Ok(())
    }

    fn times(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = &self.times;
        writeln!(f, "  {:<46} p50 / p99 / max", "")?;
        for (what, spread) in [
            ("delay of a frame to the agent", &times.up),
            (
                "delay of a frame to the carrier, pacing included",
                &times.down,
            ),
            ("delay of a reply's first frame", &times.first_of_reply),
            (
                "chunk later than the end of the one before",
                &times.lateness,
            ),
            ("interruption → killAudio", &times.barge_in),
            ("stream opened → 101", &times.open_to_upgrade),
            ("stream opened → first agent audio", &times.open_to_audio),
            ("of which the agent's own", &times.agents_own),
            (
                "a request to the table, while calls are set up",
                &self.table,
            ),
            ("this tool's own lateness", &times.own_lateness),
        ] {
            row(f, what, spread)?;
        }
        Ok(())
    }

    fn costs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (cpu, share) = (self.cpu_ms_per_call_second, self.cpu_share * 100.0);
        row(
            f,
            "CPU",
            format!("{cpu:.3} ms per call-second, {share:.0} % of a core"),
        )?;
        let (idle, memory, per_call) = (self.idle_kib, self.resident_kib, self.kib_per_call);
        let memory = format!("{per_call:.0} KiB per call ({idle} KiB idle, {memory} KiB then)");
        row(f, "memory", memory)?;
        let (before, after) = (self.idle_descriptors, self.descriptors);
        row(f, "descriptors", format!("{before} before, {after} after"))?;
        row(f, "calls left", self.calls_left)?;
        let requests = format!("{:.1}", self.requests_per_set_up);
        row(f, "requests to the table per set-up", requests)?;
        if let Some(each) = self.recorded_seconds {
            row(f, "recorded of each call", format!("{each:.1} s"))?;
        }
        let own = format!("{:.0} % of its core", self.own_cpu_share * 100.0);
        row(f, "this tool's own CPU", own)
    }
}
