//! What holds whatever people, carriers and clocks do, in any order.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What may happen next; numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Tell(usize),
    /// A permit is asked for now, and used by the next `Use`.
    Ask(usize),
    Use,
    End(usize, usize),
    OptOut(usize),
    TellRows,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..40_000_u64).prop_map(Step::Wait),
        2 => (0..9_usize).prop_map(Step::Tell),
        6 => (0..6_usize).prop_map(Step::Ask),
        6 => Just(Step::Use),
        4 => ((0..6_usize), (0..5_usize)).prop_map(|(row, end)| Step::End(row, end)),
        1 => (0..6_usize).prop_map(Step::OptOut),
        2 => Just(Step::TellRows),
    ]
}

/// A campaign with its rows, told of by a store that holds every dial to the generation.
struct World {
    campaign: Campaign,
    rows: Vec<Row>,
    tally: Tally,
    now: Timestamp,
    asked: Option<(usize, Permit)>,
    calls: u8,
    seq: u32,
    /// Dials by row and round.
    dials: BTreeMap<(u32, u8), u8>,
}

const ENDS: [CallEnd; 5] = [
    CallEnd::Reached,
    CallEnd::NotReached,
    CallEnd::OptedOut,
    CallEnd::Cancelled,
    CallEnd::Expired,
];

impl World {
    fn new() -> Self {
        let buckets = [
            Bucket::Ready,
            Bucket::Ready,
            Bucket::Ready,
            Bucket::Faulty,
            Bucket::Duplicate { of: 2 },
            Bucket::OptedOut,
        ];
        let rows: Vec<Row> = (2..)
            .zip(buckets)
            .map(|(number, bucket)| Row::imported(number, bucket))
            .collect();
        let mut tally = Tally::default();
        for row in &rows {
            tally.add(row.state);
        }
        let campaign = after(&draft(), &[Event::ImportBegun, Event::Imported { tally }]);
        let seq = campaign.audit_seq;
        Self {
            campaign,
            rows,
            tally,
            now: START,
            asked: None,
            calls: 0,
            seq,
            dials: BTreeMap::new(),
        }
    }

    fn tell(&mut self, event: &Event) {
        let Ok(decision) = self.campaign.apply(event, self.now) else {
            return;
        };
        let before = &self.campaign;
        let is_final = matches!(before.state, State::Cancelled | State::Expired);
        assert!(
            !is_final || *event == Event::RowsClosed,
            "{event:?} changed a campaign that is {}",
            before.state
        );
        assert_eq!(decision.made_on, Some(before.version));
        assert_eq!(decision.next.version, before.version + 1);
        let moves = decision.next.state != before.state;
        assert!(!moves || decision.next.generation > before.generation);
        assert_eq!(
            decision.next.paused_by.is_some(),
            decision.next.state == State::Paused
        );
        if let Some(audit) = decision.audit {
            self.seq += 1;
            assert_eq!(audit.seq, self.seq);
        } else {
            assert!(!moves);
        }
        self.campaign = decision.next;
    }

    fn tell_row(&mut self, index: usize, event: &RowEvent) -> bool {
        let Ok(decision) = self.rows[index].apply(event, self.now) else {
            return false;
        };
        assert_eq!(decision.made_on, self.rows[index].version);
        if let Some((from, to)) = decision.moved {
            self.tally.moved(from, to);
        }
        self.rows[index] = decision.next;
        true
    }

    /// As if every call but that of the row which asks had a live phone.
    fn load(&self, asks: usize) -> Load {
        let is_dialling = self.rows[asks].state == RowState::Dialling;
        Load {
            live: self.tally.dialling - u32::from(is_dialling),
            ..Load::default()
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Wait(secs_waited) => self.now = self.now + secs(*secs_waited),
            Step::Tell(which) => self.tell_by_number(*which),
            Step::Ask(index) => {
                let admitted =
                    self.campaign
                        .admits(&self.rows[*index], &self.load(*index), self.now);
                self.asked = admitted.ok().map(|permit| (*index, permit));
            }
            Step::Use => self.dial(),
            Step::End(index, end) => self.end_call(*index, ENDS[*end]),
            Step::OptOut(index) => {
                self.tell_row(*index, &RowEvent::OptedOut);
            }
            Step::TellRows => self.tell_rows(),
        }
        self.check();
    }

    fn tell_by_number(&mut self, which: usize) {
        let round = self.campaign.round + 1;
        let failed = self.tally.failed;
        let tally = self.tally;
        let later = Plan {
            retries_max: 2,
            concurrency: 1,
            expires_at: self.now + secs(90_000),
            ..plan()
        };
        let events = [
            Event::Started,
            Event::Paused,
            Event::Resumed,
            Event::Cancelled,
            Event::RetryFailed { round, failed },
            Event::PlanChanged {
                plan: Box::new(later),
            },
            Event::DialRefused,
            Event::Counted { tally },
            Event::DeadlinePassed,
        ];
        // Cancelled one time in four, so that walks get past it.
        if which != 3 || self.now.as_millis() % 4 == 0 {
            self.tell(&events[which]);
        }
    }

    /// Dials by the permit that was asked for, whatever has happened since, as often as it likes. The store lets it commit in
    /// its generation alone.
    fn dial(&mut self) {
        let Some((index, permit)) = self.asked else {
            return;
        };
        if permit.generation() != self.campaign.generation {
            return;
        }
        assert_eq!(self.campaign.state, State::Running);
        if self.rows[index].state == RowState::Pending {
            self.calls = self.calls.wrapping_add(1);
            let call = call_id(self.calls);
            self.tell_row(index, &RowEvent::Taken { call, permit });
        }
        let Some(call) = self.rows[index].call else {
            return;
        };
        let attempt = self.rows[index].dials + 1;
        if self.tell_row(index, &RowEvent::Dialled { call, attempt }) {
            let row = &self.rows[index];
            let dials = self.dials.entry((row.number, row.round)).or_default();
            *dials += 1;
            assert!(*dials <= 3, "{row:?}");
            assert!(row.round <= self.campaign.round);
        }
    }

    fn end_call(&mut self, index: usize, end: CallEnd) {
        if let Some(call) = self.rows[index].call {
            self.tell_row(index, &RowEvent::CallEnded { call, end });
        }
    }

    /// What the effects do: told again and again, until every row knows.
    fn tell_rows(&mut self) {
        let round = self.campaign.round;
        let event = match self.campaign.state {
            State::Cancelled => RowEvent::CampaignCancelled,
            State::Expired => RowEvent::CampaignExpired,
            State::Running | State::Paused if self.campaign.opens_round => {
                RowEvent::RoundBegun { round }
            }
            State::Draft
            | State::Importing
            | State::Ready
            | State::Running
            | State::Paused
            | State::Completed => return,
        };
        for index in 0..self.rows.len() {
            self.tell_row(index, &event);
        }
        if self.campaign.opens_round {
            self.tell(&Event::RoundBegun { round });
        }
        if self.campaign.closes_rows {
            self.tell(&Event::RowsClosed);
        }
    }

    fn check(&self) {
        let mut counted = Tally::default();
        for row in &self.rows {
            counted.add(row.state);
        }
        assert_eq!(self.tally, counted);
        assert_eq!(self.tally.rows(), self.campaign.rows);
    }

    /// Nobody does anything any more: calls end, and the sweep goes on.
    fn drain(&mut self) {
        self.now = self.now.max(self.campaign.plan.expires_at);
        for index in 0..self.rows.len() {
            self.end_call(index, CallEnd::NotReached);
        }
        self.tell_rows();
        self.tell(&Event::Counted { tally: self.tally });
        self.tell(&Event::DeadlinePassed);
        self.tell_rows();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn invariant_each_row_is_in_one_place_within_its_budget_and_ends(
        steps in prop::collection::vec(any_step(), 1..120)
    ) {
        let mut world = World::new();
        for step in &steps {
            world.step(step);
        }
        world.drain();
        prop_assert!(world.campaign.state.is_over());
        prop_assert_eq!(world.campaign.due_at(), None);
        for row in &world.rows {
            prop_assert!(row.state.is_over(), "{:?} in a campaign that is {}", row, world.campaign.state);
        }
    }

    #[test]
    fn invariant_a_permit_is_given_within_hours_and_before_the_end_alone(
        waited in 0..600_000_u64, also in 0..24_u32
    ) {
        let now = START + secs(waited);
        let service = span(&format!("{also:02}:00-24:00 Asia/Kolkata"));
        let load = Load { service: Some(service.clone()), ..Load::default() };
        let row = Row::imported(2, Bucket::Ready);
        match running(3).admits(&row, &load, now) {
            Ok(_) => {
                prop_assert!(now < end());
                prop_assert!(plan().hours.span.admits(now) && service.admits(now));
            }
            Err(Wait::Expired) => prop_assert!(now >= end()),
            Err(wait) => {
                let resting = matches!(wait, Wait::Resting { .. });
                prop_assert!(resting);
                prop_assert!(!plan().hours.span.admits(now) || !service.admits(now));
            }
        }
    }
}
