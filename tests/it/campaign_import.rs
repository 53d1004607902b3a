//! Files of campaigns become rows, whatever breaks off meanwhile.

mod cut;
mod files;
mod frozen;

use campaign::{Campaign, CampaignId, State, Tally};
use functions::{App, sweep};
use std::{sync::Arc, time::Duration};
use store::{
    CallStore,
    calls::Calls,
    campaigns::{CampaignFile, Campaigns, StoredRow},
};
use tests::{
    campaigns::{id_of, importing},
    meter::Metered,
};

/// For which a worker that died keeps others from its import.
const LEASE: Duration = Duration::from_secs(41);

struct World {
    system: Metered,
}

/// All that is stored of a campaign that was imported.
#[derive(Debug, PartialEq)]
struct Found {
    campaign: (State, u32),
    tally: Tally,
    file: CampaignFile,
    rows: Vec<StoredRow>,
}

impl World {
    async fn new() -> Self {
        crate::privacy::watch();
        let system = Metered::start(call::Policy::default()).await;
        Self { system }
    }

    /// One whose campaign is about to be imported from this file.
    async fn importing(bytes: &[u8]) -> Self {
        let world = Self::new().await;
        importing(&world.campaigns(), id_of(1), bytes)
            .await
            .unwrap();
        world
    }

    fn campaigns(&self) -> Campaigns {
        Campaigns::of(&self.system.app.calls)
    }

    fn store(&self) -> &CallStore {
        &self.system.app.calls.store
    }

    /// A sweep of this system, over another way to its database.
    fn sweep_on(&self, store: CallStore) -> Arc<App> {
        let clock = Arc::new(self.system.clock.clone());
        let calls = Calls::new(store, clock, call::Policy::default());
        let carrier = self.system.app.carrier.clone();
        Arc::new(App::new(calls, carrier, self.system.api_config()))
    }

    async fn tick(&self) {
        sweep::tick(&self.system.app).await;
    }

    async fn campaign(&self) -> Campaign {
        self.store().campaign(id_of(1)).await.unwrap().unwrap()
    }

    /// Ticks until nothing is imported any more.
    async fn import(&self) -> Found {
        for _ in 0..10 {
            if self.campaign().await.state != State::Importing {
                return self.found().await;
            }
            self.tick().await;
            self.system.clock.advance(LEASE);
        }
        panic!("the import does not end")
    }

    async fn found(&self) -> Found {
        let (id, store) = (id_of(1), self.store());
        let campaign = self.campaign().await;
        let rows = all_rows(store, id).await;
        let file = store.campaign_file(id).await.unwrap().unwrap();
        Found {
            campaign: (campaign.state, campaign.rows),
            tally: store.tally(id).await.unwrap(),
            file,
            rows,
        }
    }
}

async fn all_rows(store: &CallStore, id: CampaignId) -> Vec<StoredRow> {
    let (mut rows, mut after) = (Vec::new(), 0);
    loop {
        let page = store.rows(id, None, after, 200).await.unwrap();
        rows.extend(page.rows);
        let Some(next) = page.next else { return rows };
        after = next;
    }
}

/// The sum of the buckets is that of the rows, and each row is counted where it is.
#[track_caller]
fn check_sums(found: &Found) {
    let mut counted = Tally::default();
    for row in &found.rows {
        counted.add(row.row.state);
    }
    assert_eq!(counted, found.tally);
    assert_eq!(
        usize::try_from(found.tally.rows()).unwrap(),
        found.rows.len()
    );
    assert_eq!(usize::try_from(found.file.read).unwrap(), found.rows.len());
}
