//! Campaigns, their files and their rows.

mod files;
mod imports;
mod rows;

use super::{START, new_store};
use call::Policy;
use campaign::{Campaign, CampaignId, Check, Decision, Event, Rejection, RowState, State};
use local::database::Database;
use std::{sync::Arc, time::Duration};
use store::{
    CallStore, Commit, RequestKey,
    calls::Calls,
    campaigns::{
        CampaignCreated, CampaignFile, Campaigns, Changed, Clearing, FileColumn, Header,
        ImportBegan, ImportEnd, ImportRules, ImportWork, PartPut, ROWS_AT_ONCE, Sha256, StoredRow,
    },
    clock::ManualClock,
};
use tests::campaigns::{id_of, plan};

const SECOND: Duration = Duration::from_secs(1);

/// A table with campaigns, and a clock that stands still.
struct World {
    campaigns: Campaigns,
    clock: ManualClock,
    _database: Option<Database>,
}

/// A file in parts of 20 bytes.
fn file_of(text: &str) -> CampaignFile {
    let parts = u16::try_from(text.len().div_ceil(20)).unwrap();
    let bytes = u64::try_from(text.len()).unwrap();
    let digest = Sha256::of(text.as_bytes());
    CampaignFile::new("june.csv", bytes, parts, digest, ImportRules::default())
}

impl World {
    async fn new() -> Self {
        let (store, database) = new_store().await;
        let clock = ManualClock::new(START);
        let calls = Calls::new(store, Arc::new(clock.clone()), Policy::default());
        Self {
            campaigns: Campaigns::of(&calls),
            clock,
            _database: database,
        }
    }

    fn store(&self) -> &CallStore {
        &self.campaigns.store
    }

    fn draft(&self, seed: u8) -> Decision {
        let now = self.campaigns.now();
        Campaign::create(id_of(seed), "June", plan(now), now).unwrap()
    }

    async fn create(&self, seed: u8, text: &str) -> Campaign {
        let decision = self.draft(seed);
        let created = self
            .store()
            .create_campaign(&decision, &file_of(text), None)
            .await
            .unwrap();
        assert_eq!(created, CampaignCreated::Stored);
        decision.next
    }

    async fn put(&self, id: CampaignId, number: u16, bytes: &[u8]) -> PartPut {
        let digest = Sha256::of(bytes).into();
        let now = self.campaigns.now();
        let put = self.store().put_part(id, number, bytes, digest, now);
        put.await.unwrap()
    }

    async fn upload(&self, id: CampaignId, text: &str) {
        for (number, part) in (1..).zip(text.as_bytes().chunks(20)) {
            assert_eq!(self.put(id, number, part).await, PartPut::Stored);
        }
    }

    async fn campaign(&self, id: CampaignId) -> Campaign {
        self.store().campaign(id).await.unwrap().unwrap()
    }

    async fn begin(&self, id: CampaignId) -> ImportBegan {
        let languages = ["hi".to_owned()];
        self.campaigns.begin_import(id, &languages).await.unwrap()
    }

    async fn work(&self, id: CampaignId) -> Option<ImportWork> {
        let now = self.campaigns.now();
        let work = self.store().import_work(id, now, now + 30 * SECOND);
        work.await.unwrap()
    }

    /// A campaign whose import has begun, and the work on it, its table cleared.
    async fn importing(&self, seed: u8, text: &str) -> ImportWork {
        let campaign = self.create(seed, text).await;
        self.upload(campaign.id, text).await;
        let began = self.begin(campaign.id).await;
        assert!(
            matches!(began, ImportBegan::Told(Changed::Applied { .. })),
            "{began:?}"
        );
        let mut work = self.work(campaign.id).await.unwrap();
        let cleared = self.store().clear_rows(&mut work).await.unwrap();
        assert_eq!(cleared, Clearing::Done);
        work
    }

    /// Judges rows as the worker does, and stores what was found of the file.
    async fn judge(&self, work: &mut ImportWork, rows: &[&[&str]]) -> Vec<StoredRow> {
        let (check, judged) = judged(rows);
        let header = Header {
            row: 1,
            cells: cells(rows[0]),
            width: 3,
        };
        let columns = FileColumn::all(check.columns());
        let put = self.store().put_judgement(work, &header, &columns, &[]);
        assert!(put.await.unwrap());
        judged
    }

    /// A campaign that is ready, with these rows below its header.
    async fn ready(&self, seed: u8, rows: &[&[&str]]) -> Campaign {
        let mut work = self.importing(seed, "some bytes").await;
        let judged = self.judge(&mut work, rows).await;
        for rows in judged.chunks(ROWS_AT_ONCE) {
            assert!(self.store().put_rows(&mut work, rows).await.unwrap());
        }
        assert!(self.store().close_rows(&mut work).await.unwrap());
        let ended = self.campaigns.finish_import(&work).await.unwrap();
        let ImportEnd::Over(campaign) = ended else {
            panic!("{ended:?}")
        };
        campaign
    }
}

fn cells(row: &[&str]) -> Vec<String> {
    row.iter().map(|cell| (*cell).to_owned()).collect()
}

fn judged(rows: &[&[&str]]) -> (Check, Vec<StoredRow>) {
    let mut check = Check::begin(1, &cells(rows[0]), campaign::Rules::default()).unwrap();
    let judged = (2..).zip(&rows[1..]).map(|(number, row)| {
        let checked = check.row(number, &cells(row), &mut |_| false);
        StoredRow::imported(checked, cells(row), check.columns())
    });
    let judged = judged.collect();
    (check, judged)
}

/// A header, three rows that can be called, one of whom has an id, and a faulty one.
const ROWS: [&[&str]; 5] = [
    &["phone", "name", "patient id"],
    &["9123456780", "राहुल शर्मा", "p1"],
    &["9123456781", "Asha", ""],
    &["12", "Nobody", "p3"],
    &["9123456782", "Vijay", ""],
];

#[tokio::test]
async fn a_campaign_reads_back_as_it_was_stored() {
    let world = World::new().await;
    let campaign = world.create(1, "some bytes").await;
    assert_eq!(world.campaign(campaign.id).await, campaign);
    let file = world.store().campaign_file(campaign.id).await.unwrap();
    assert_eq!(file, Some(file_of("some bytes")));
    let trail = world.store().audit_of_campaign(campaign.id).await.unwrap();
    let events: Vec<_> = trail.iter().map(|line| line.event.as_str()).collect();
    assert_eq!(events, ["created"]);
    assert_eq!(world.store().campaign(id_of(9)).await.unwrap(), None);
}

#[tokio::test]
async fn of_two_decisions_about_a_campaign_one_is_stale() {
    let world = World::new().await;
    let campaign = world.create(1, "some bytes").await;
    let (now, store) = (world.campaigns.now(), world.store());
    let one = campaign.apply(&Event::ImportBegun, now).unwrap();
    let other = campaign.apply(&Event::Cancelled, now).unwrap();
    assert_eq!(store.commit_campaign(&one).await.unwrap(), Commit::Applied);
    assert_eq!(store.commit_campaign(&other).await.unwrap(), Commit::Stale);
    assert_eq!(world.campaign(campaign.id).await, one.next);
    let trail = store.audit_of_campaign(campaign.id).await.unwrap();
    assert_eq!(trail.len(), 2);
}

#[tokio::test]
async fn whoever_races_for_a_campaign_decides_again() {
    let world = World::new().await;
    let campaign = world.create(1, "some bytes").await;
    let cancel = || world.campaigns.apply(campaign.id, &Event::Cancelled);
    let (one, other) = tokio::join!(cancel(), cancel());
    let told = [one.unwrap(), other.unwrap()];
    let applied = |told: &&Changed| matches!(told, Changed::Applied { .. });
    assert_eq!(told.iter().filter(applied).count(), 1);
    let again = told.iter().find(|told| !applied(told)).unwrap();
    let Changed::Unchanged { reason, campaign } = again else {
        panic!("{again:?}")
    };
    assert_eq!(
        (*reason, campaign.state),
        (Rejection::AlreadyApplied, State::Cancelled)
    );
    let nobody = world.campaigns.apply(id_of(9), &Event::Cancelled).await;
    assert_eq!(nobody.unwrap(), Changed::NoSuchCampaign);
}

#[tokio::test]
async fn a_request_sent_twice_makes_one_campaign() {
    let world = World::new().await;
    let key = RequestKey {
        client: "crm".to_owned(),
        key_hash: "key".to_owned(),
        request_hash: "asked".to_owned(),
    };
    let (first, second) = (world.draft(1), world.draft(2));
    let file = file_of("some bytes");
    let create = |decision| world.store().create_campaign(decision, &file, Some(&key));
    assert_eq!(create(&first).await.unwrap(), CampaignCreated::Stored);
    let CampaignCreated::Repeated(stored) = create(&second).await.unwrap() else {
        panic!("a second campaign was made")
    };
    assert_eq!(stored.campaign_id, Some(id_of(1)));
    assert_eq!(world.store().campaign(id_of(2)).await.unwrap(), None);
}

#[tokio::test]
async fn campaigns_are_listed_newest_first_and_each_once() {
    let world = World::new().await;
    for seed in 1..=5 {
        world.create(seed, "some bytes").await;
        // Two of one moment stand in one order too.
        world.clock.advance(SECOND * u32::from(seed % 2));
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = world.store().campaigns(after.as_ref(), 2).await.unwrap();
        listed.extend(page.0.into_iter().map(|campaign| campaign.id));
        after = page.1.map(|cursor| cursor.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [5, 4, 3, 2, 1].map(id_of));
}

#[tokio::test]
async fn a_campaign_is_due_while_something_is_to_be_done_for_it() {
    let world = World::new().await;
    let campaign = world.create(1, "some bytes").await;
    let due_at = async |now| world.store().due_campaigns(now, 10).await.unwrap();
    let (now, end) = (world.campaigns.now(), campaign.plan.expires_at);
    assert_eq!(
        (due_at(now).await, due_at(end).await),
        (vec![], vec![campaign.id])
    );
    let event = async |event| world.campaigns.apply(campaign.id, &event).await.unwrap();
    event(Event::ImportBegun).await;
    assert_eq!(due_at(now).await, [campaign.id]);
    event(Event::ImportRefused).await;
    assert_eq!(due_at(now).await, []);
    event(Event::Cancelled).await;
    assert_eq!(due_at(end).await, []);
}
