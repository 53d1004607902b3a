//! The rows of a file, some at a time: judged, and stored behind the cursor.

use super::{Next, Worker, judge, source::Source};
use call::phone::PhoneNumber;
use campaign::{Check, Field, RowState};
use spreadsheet::{Row, quietly};
use std::{collections::BTreeSet, io::Cursor, ops::ControlFlow};
use store::{
    StoreError,
    calls::ApplyError,
    campaigns::{ImportRules, ROWS_AT_ONCE, StoredRow, Told},
};
use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::{JoinHandle, spawn_blocking},
};

/// Batches that are read ahead of those that are stored.
const AHEAD_MAX: usize = 4;

/// Most bytes of text in a batch (1 MB): what is read from it is stored beside it, and a transaction
/// takes 4 MB.
const BATCH_BYTES_MAX: usize = 1_000_000;

/// Rows of a file, with their numbers.
type Batch = Vec<(u32, Vec<String>)>;

/// The reading of a file on a thread of its own.
type Reading = JoinHandle<Option<Result<(), Vec<Told>>>>;

impl Worker<'_> {
    /// Stores rows behind the cursor, as long as there is time.
    pub(super) async fn read(&mut self) -> Result<Next, ApplyError> {
        let Some(source) = self.source().await? else {
            return Ok(Next::Nothing);
        };
        let Some(header) = self.work.file.header.clone() else {
            return Ok(Next::Nothing);
        };
        let rules = self.work.file.rules.clone();
        let check = match judge::begin(header.row, &header.cells, &rules) {
            Ok(check) => check,
            Err(told) => return self.refuse(&told).await,
        };
        let known_out = self.known_out().await?;
        let (reading, batches) = read_ahead(source, header.row, rules);
        let judging = Judging {
            check,
            known_out,
            judged_before: self.work.file.cursor,
        };
        match self.store_all(judging, batches).await? {
            Stored::All => {}
            Stored::Some => return Ok(Next::Step),
            Stored::Lost => return Ok(Next::Nothing),
        }
        match reading.await.ok().flatten() {
            Some(Ok(())) => {}
            // It was read to its end before, so that it can only be another program that reads it now.
            Some(Err(told)) => return self.refuse(&told).await,
            None => return self.refuse(&[judge::senseless()]).await,
        }
        let closed = self.campaigns.store.close_rows(self.work).await?;
        Ok(if closed { Next::Step } else { Next::Nothing })
    }

    async fn store_all(
        &mut self,
        mut judging: Judging,
        mut batches: Receiver<Batch>,
    ) -> Result<Stored, ApplyError> {
        let store = &self.campaigns.store;
        while let Some(batch) = batches.recv().await {
            let phones = judging.numbers(&batch, self.work.file.cursor);
            let mut unwanted = Unwanted {
                opted_out: store.opted_out_of(&phones).await?,
                listed: BTreeSet::new(),
            };
            if self.work.file.rules.is_promotional {
                unwanted.listed = store.dnd_listed_of(&phones).await?;
            }
            let Some(rows) = quietly(|| judging.rows(batch, &unwanted)) else {
                self.refuse(&[judge::senseless()]).await?;
                return Ok(Stored::Lost);
            };
            if rows.is_empty() {
                continue;
            }
            if !store.put_rows(self.work, &rows).await? {
                return Ok(Stored::Lost);
            }
            if !self.has_time() {
                return Ok(Stored::Some);
            }
        }
        Ok(Stored::All)
    }

    /// Rows up to the cursor whose number wanted no calls when they were stored: they are judged as they
    /// were then, whatever the list says now.
    async fn known_out(&self) -> Result<BTreeSet<u32>, StoreError> {
        let (id, mut after) = (self.work.campaign.id, 0);
        let mut known = BTreeSet::new();
        while after < self.work.file.cursor {
            let state = Some(RowState::OptedOut);
            let page = self.campaigns.store.rows(id, state, after, usize::MAX);
            let page = page.await?;
            known.extend(page.rows.iter().map(|row| row.row.number));
            let Some(next) = page.next else { break };
            after = next;
        }
        Ok(known)
    }
}

/// How far the rows were stored.
enum Stored {
    /// To the end of the file, as far as it could be read.
    All,
    /// Until the time was over.
    Some,
    /// Until the work was no more this worker's.
    Lost,
}

/// Numbers that are not to be called.
struct Unwanted {
    opted_out: BTreeSet<PhoneNumber>,
    /// Those that promotion may not disturb.
    listed: BTreeSet<PhoneNumber>,
}

struct Judging {
    check: Check,
    known_out: BTreeSet<u32>,
    /// The last row that was stored before this worker came.
    judged_before: u32,
}

impl Judging {
    /// The numbers of the rows that are not stored yet.
    fn numbers(&self, batch: &Batch, cursor: u32) -> BTreeSet<PhoneNumber> {
        let column = self.check.columns().index_of(Field::Phone);
        let new = batch.iter().filter(|(number, _)| *number > cursor);
        let cells = new.filter_map(|(_, cells)| cells.get(column?));
        let phones = cells.filter_map(|cell| campaign::phone(cell).ok());
        phones.map(|found| found.number).collect()
    }

    /// Judges every row, and gives those that are not stored yet.
    fn rows(&mut self, batch: Batch, unwanted: &Unwanted) -> Vec<StoredRow> {
        let mut rows = Vec::with_capacity(batch.len());
        for (number, cells) in batch {
            let is_stored = number <= self.judged_before;
            let known_out = self.known_out.contains(&number);
            let mut is_out = |phone: &PhoneNumber| {
                if is_stored {
                    known_out
                } else {
                    unwanted.opted_out.contains(phone) || unwanted.listed.contains(phone)
                }
            };
            let checked = self.check.row(number, &cells, &mut is_out);
            if !is_stored {
                let mut row = StoredRow::imported(checked, cells, self.check.columns());
                let is_listed = |phone| !unwanted.opted_out.contains(phone);
                if row.row.state == RowState::OptedOut && row.phone.as_ref().is_some_and(is_listed)
                {
                    row.row = row.row.listed();
                }
                rows.push(row);
            }
        }
        rows
    }
}

/// Reads the rows below the header on a thread of its own, a few batches ahead of whoever takes them.
fn read_ahead(source: Source, header: u32, rules: ImportRules) -> (Reading, Receiver<Batch>) {
    let (batches, taken) = channel(AHEAD_MAX);
    let reading = spawn_blocking(move || quietly(|| read(source, header, &rules, &batches)));
    (reading, taken)
}

fn read(
    source: Source,
    header: u32,
    rules: &ImportRules,
    batches: &Sender<Batch>,
) -> Result<(), Vec<Told>> {
    let (mut batch, mut bytes) = (Batch::new(), 0);
    let mut unfit = Vec::new();
    let mut visit = |row: Row| {
        if row.number <= header {
            return ControlFlow::Continue(());
        }
        let cells = match judge::texts(&row) {
            Ok(cells) => cells,
            Err(told) => {
                unfit = told;
                return ControlFlow::Break(());
            }
        };
        bytes += cells.iter().map(String::len).sum::<usize>();
        batch.push((row.number, cells));
        if batch.len() < ROWS_AT_ONCE && bytes < BATCH_BYTES_MAX {
            return ControlFlow::Continue(());
        }
        bytes = 0;
        match batches.blocking_send(std::mem::take(&mut batch)) {
            Ok(()) => ControlFlow::Continue(()),
            // Nobody takes any more.
            Err(_) => ControlFlow::Break(()),
        }
    };
    let seen = spreadsheet::read(Cursor::new(source), &judge::options(rules), &mut visit);
    seen.map_err(|refusal| vec![judge::refused(&refusal)])?;
    if !unfit.is_empty() {
        return Err(unfit);
    }
    if !batch.is_empty() {
        // Whoever takes no more does not ask how it ended.
        let _ = batches.blocking_send(batch);
    }
    Ok(())
}
