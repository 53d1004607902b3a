//! Rows of campaigns: when their phones ring, and when they do not.

mod complaints;
mod dnd;
mod ends;
mod pauses;
mod results;
mod sharing;
mod terms;
mod test_calls;

use super::*;
use call::{CallRequest, OfCampaign};
use campaign::{
    Campaign, CampaignId, Check, Class, Event, Hours, Load, PausedBy, Plan, Row, RowEvent,
    RowState, State, Tally,
};
use store::{
    Terms, Turn,
    campaigns::{
        CampaignFile, Campaigns, Changed, FileColumn, Header, ImportRules, Sha256, StoredRow,
    },
};

/// What stands in the one part of every file here; its rows are stored as if they had been read from it.
const FILE: &[u8] = b"phone,name";

/// Calls at any hour, two at once, two dials a row.
fn plan() -> Plan {
    Plan {
        class: Class::Service,
        hours: Hours::daily("00:00-24:00 Asia/Kolkata".parse().unwrap()),
        concurrency: 2,
        dials_per_minute: None,
        retries_max: 1,
        priority: 0,
        expires_at: START + Duration::from_hours(48),
        caller: None,
        recording_consent: false,
    }
}

/// A number for each `n` below 100.
fn number(n: usize) -> String {
    format!("+9112345678{n:02}")
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(number).collect()
}

impl World {
    fn campaigns(&self) -> Campaigns {
        Campaigns::of(self.calls())
    }

    /// A campaign with a patient of an own name for each number, from row 2 on, that was not started.
    async fn ready(&self, seed: u8, plan: Plan, numbers: &[String]) -> CampaignId {
        let (campaigns, now) = (self.campaigns(), self.clock.now());
        let store = &campaigns.store;
        let id = CampaignId::from_bytes([seed; 16]);
        let draft = Campaign::create(id, "June", plan, now).unwrap();
        let (sha256, rules) = (Sha256::of(FILE), ImportRules::default());
        let file = CampaignFile::new("june.csv", FILE.len() as u64, 1, sha256, rules);
        store.create_campaign(&draft, &file, None).await.unwrap();
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, FILE);
        let digest = digest.as_ref().try_into().unwrap();
        store.put_part(id, 1, FILE, digest, now).await.unwrap();
        campaigns.begin_import(id, &[]).await.unwrap();
        let work = store.import_work(id, now, now + A_WHILE).await.unwrap();
        let mut work = work.unwrap();
        store.clear_rows(&mut work).await.unwrap();
        let header = ["phone", "name"].map(str::to_owned).to_vec();
        let mut check = Check::begin(1, &header, campaign::Rules::default()).unwrap();
        let rows = (2..).zip(numbers).map(|(row, number)| {
            let cells = vec![number.clone(), format!("Patient {row}")];
            let judged = check.row(row, &cells, &mut |_| false);
            StoredRow::imported(judged, cells, check.columns())
        });
        let rows: Vec<StoredRow> = rows.collect();
        let header = Header {
            row: 1,
            cells: header,
            width: 2,
        };
        let columns = FileColumn::all(check.columns());
        let put = store.put_judgement(&mut work, &header, &columns, &[]);
        assert!(put.await.unwrap());
        for rows in rows.chunks(store::campaigns::ROWS_AT_ONCE) {
            assert!(store.put_rows(&mut work, rows).await.unwrap());
        }
        assert!(store.close_rows(&mut work).await.unwrap());
        campaigns.finish_import(&work).await.unwrap();
        id
    }

    async fn running(&self, seed: u8, plan: Plan, numbers: &[String]) -> CampaignId {
        let id = self.ready(seed, plan, numbers).await;
        self.tell(id, Event::Started).await;
        id
    }

    async fn tell(&self, id: CampaignId, event: Event) -> Campaign {
        match self.campaigns().apply(id, &event).await.unwrap() {
            Changed::Applied { campaign, .. } => campaign,
            told @ (Changed::Unchanged { .. } | Changed::NoSuchCampaign) => {
                panic!("{event:?}: {told:?}")
            }
        }
    }

    async fn campaign(&self, id: CampaignId) -> Campaign {
        self.calls().store.campaign(id).await.unwrap().unwrap()
    }

    async fn row(&self, id: CampaignId, number: u32) -> Row {
        let row = self.calls().store.row(id, number).await.unwrap();
        row.unwrap().row
    }

    async fn tally(&self, id: CampaignId) -> Tally {
        let tally = self.calls().store.tally(id).await.unwrap();
        assert_eq!(tally.rows(), self.campaign(id).await.rows);
        tally
    }

    async fn live(&self, id: CampaignId) -> u32 {
        let load = self.calls().store.campaign_load(id);
        load.await.unwrap().live
    }

    /// The call of a row.
    async fn call_of(&self, id: CampaignId, number: u32) -> CallSession {
        let call = self.row(id, number).await.call;
        self.load(call.expect("a call")).await
    }

    /// Makes the call of a row, whose dial has not begun.
    async fn taken(&self, id: CampaignId, number: u32) -> CallId {
        let campaign = self.campaign(id).await;
        let load = Load {
            has_dnd_list: true,
            ..Load::default()
        };
        let row = self.calls().store.row(id, number).await.unwrap().unwrap();
        let permit = campaign.admits(&row.row, &load, self.clock.now()).unwrap();
        let call = store::clock::draw_call_id();
        let taken = RowEvent::Taken { call, permit };
        let taken = row.row.apply(&taken, self.clock.now()).unwrap();
        let of = OfCampaign {
            id,
            row: number,
            dials_max: permit.dials_max(),
        };
        let request = CallRequest {
            expires_at: Some(permit.until()),
            campaign: Some(of),
            ..campaign.request(&row.entry.unwrap(), call)
        };
        let turn = Turn {
            terms: Terms::of(&permit),
            row: taken,
        };
        let made = self.calls().create_of_row(&request, &turn).await.unwrap();
        assert_eq!(made.0, Created::Stored);
        call
    }

    /// Ends the attempt of a row's call with this word of the carrier's.
    async fn carrier_says(&self, id: CampaignId, number: u32, status: CarrierStatus) {
        let call = self.call_of(id, number).await;
        let attempt = call.attempt.unwrap().number;
        let event = CallEvent::Carrier { attempt, status };
        self.apply(call.id, event).await;
    }

    /// The patient of a row picks up, talks and hangs up.
    async fn talk(&self, id: CampaignId, number: u32) {
        let call = self.call_of(id, number).await;
        self.pick_up(call.id, call.attempt.unwrap().number).await;
        self.end(id, number).await;
    }

    /// The agent has said goodbye to whoever talks.
    async fn end(&self, id: CampaignId, number: u32) {
        let call = self.call_of(id, number).await;
        let event = CallEvent::HungUp {
            attempt: call.attempt.unwrap().number,
            stream: 1,
            by: call::HungUpBy::Agent,
        };
        self.apply(call.id, event).await;
    }

    async fn pick_up(&self, id: CallId, attempt: u8) {
        let opened = CallEvent::StreamOpened {
            attempt,
            carrier_call_id: None,
        };
        self.apply(id, opened).await;
        let ready = CallEvent::AgentReady {
            attempt,
            stream: 1,
            conversation_id: call::ids::ConversationId::new(&format!("conv_{id}")),
        };
        self.apply(id, ready).await;
    }

    async fn dials(&self) -> u64 {
        let report = sweep::tick(&self.app).await;
        assert_eq!(report.errors, 0, "{report:?}");
        report.dials
    }
}

#[tokio::test]
async fn a_row_becomes_a_call_at_its_turn_and_its_end_is_the_rows() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(4)).await;
    assert_eq!(world.dials().await, 2);
    assert_eq!(world.dials().await, 0, "two at once");
    assert_eq!(world.live(id).await, 2);
    for (number, state) in [
        (2, RowState::Dialling),
        (3, RowState::Dialling),
        (4, RowState::Pending),
        (5, RowState::Pending),
    ] {
        assert_eq!(world.row(id, number).await.state, state, "row {number}");
    }
    let call = world.call_of(id, 2).await;
    assert_eq!(call.state, CallState::Dialing);
    assert_eq!(call.campaign.map(|of| (of.id, of.row)), Some((id, 2)));
    let request = world.calls().store.request(call.id).await.unwrap().unwrap();
    assert_eq!(request.patient.name, "Patient 2");

    world.talk(id, 2).await;
    assert_eq!(world.row(id, 2).await.state, RowState::Reached);
    assert_eq!(world.live(id).await, 1);
    assert_eq!(world.dials().await, 1);
    assert_eq!(world.row(id, 4).await.state, RowState::Dialling);
    let tally = world.tally(id).await;
    assert_eq!((tally.reached, tally.dialling, tally.pending), (1, 2, 1));
}

#[tokio::test]
async fn a_campaign_whose_rows_have_all_ended_is_completed() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(2)).await;
    world.dials().await;
    world.talk(id, 2).await;
    world
        .carrier_says(id, 3, CarrierStatus::InvalidNumber)
        .await;
    assert_eq!(world.campaign(id).await.state, State::Running);
    world.dials().await;
    let campaign = world.campaign(id).await;
    assert_eq!(
        (campaign.state, campaign.due_at()),
        (State::Completed, None)
    );
    let tally = world.tally(id).await;
    assert_eq!((tally.reached, tally.failed), (1, 1));
    assert_eq!(world.live(id).await, 0);
}

#[tokio::test]
async fn a_row_is_dialled_as_often_as_its_budget_says_over_all_reasons() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(1)).await;
    world.dials().await;
    world.carrier_says(id, 2, CarrierStatus::Busy).await;
    assert_eq!(world.live(id).await, 0, "who waits holds no place");
    assert_eq!(world.dials().await, 0, "not before its time");
    world.clock.advance(A_WHILE);
    assert_eq!(world.dials().await, 1);
    world.carrier_says(id, 2, CarrierStatus::Unreachable).await;
    let row = world.row(id, 2).await;
    assert_eq!((row.state, row.dials), (RowState::Failed, 2));
    assert_eq!(world.carrier.dials.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_dial_that_was_not_sent_takes_nothing_from_the_budget() {
    let world = World::start().await;
    let once = Plan {
        retries_max: 0,
        ..plan()
    };
    world.carrier.refuse(&number(0), Hindrance::ChannelsBusy);
    let id = world.running(1, once, &numbers(1)).await;
    world.dials().await;
    world.clock.advance(A_WHILE);
    world.carrier.refused.lock().unwrap().take();
    assert_eq!(world.dials().await, 1);
    let row = world.row(id, 2).await;
    assert_eq!((row.state, row.dials), (RowState::Dialling, 1));
}

#[tokio::test]
async fn a_number_that_wants_no_calls_by_the_time_of_its_turn_is_not_called() {
    let world = World::start().await;
    let id = world.running(1, plan(), &numbers(2)).await;
    let entry = store::OptOut {
        phone_number: phone(&number(0)),
        since: world.clock.now(),
        reason: None,
        by: "test".to_owned(),
    };
    world.calls().store.opt_out(&entry).await.unwrap();
    assert_eq!(world.dials().await, 1);
    assert_eq!(world.row(id, 2).await.state, RowState::OptedOut);
    assert_eq!(world.row(id, 3).await.state, RowState::Dialling);
}
