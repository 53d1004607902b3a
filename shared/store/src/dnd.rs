//! The list of numbers that promotion may not disturb, and what the carrier said of numbers.
//!
//! A number has one item, with the newest list in which it was found. What the carrier said of it counts as
//! a list of its own that no other overtakes.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    read::{Consistency, text_of},
    row,
    transaction::{Ended, Role, Transaction},
};
use call::{phone::PhoneNumber, time::Timestamp};
use campaign::{Day, DndLists, DndPage, DndRefusal};
use serde::{Deserialize, Serialize};
use settings::DND_LIST_AGE_BOUND;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Most numbers of a page (99): they are stored in one transaction with the lists, which takes 100 items.
pub const DND_PAGE_MAX: usize = 99;

/// How much longer numbers are kept than the oldest list may be by which a promotional call is dialled.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What stands for the list of a number that the carrier refused: later than every day.
const REFUSED: &str = "9999-12-31";

/// Rounds of taking a page again after another one came between.
const PAGE_ROUNDS_MAX: u32 = 6;

/// Pause after the first lost round; it doubles each time.
const PAGE_PAUSE: Duration = Duration::from_millis(10);

/// What is known of a number that promotion may not disturb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DndEntry {
    /// The newest list in which it was found.
    as_of: String,
    /// When the carrier said that it is not to be disturbed, if it did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refused_at: Option<Timestamp>,
}

impl DndEntry {
    /// The newest list in which it was found, if it is there because of one.
    #[must_use]
    pub fn as_of(&self) -> Option<Day> {
        self.as_of
            .parse()
            .ok()
            .filter(|_| self.refused_at.is_none())
    }

    /// Whether it counts by these lists.
    #[must_use]
    pub fn counts(&self, lists: &DndLists) -> bool {
        let from = lists.count_from();
        from.is_none_or(|from| self.as_of >= from.to_string())
    }
}

impl CallStore {
    /// What is known of the lists, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dnd_lists(&self) -> Result<DndLists, StoreError> {
        let found = self.get(item::dnd_lists_key()).await?;
        Ok(found.unwrap_or_default())
    }

    /// What is known of a number.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dnd_entry(&self, phone: &PhoneNumber) -> Result<Option<DndEntry>, StoreError> {
        self.get(item::dnd_key(phone)).await
    }

    /// Those of these numbers, at most 100, that promotion may not disturb. A number that came on a list a
    /// moment ago may be missed: the transaction of a dial asks again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dnd_listed_of(
        &self,
        phones: &BTreeSet<PhoneNumber>,
    ) -> Result<BTreeSet<PhoneNumber>, StoreError> {
        let lists = self.dnd_lists().await?;
        let known = self.dnd_entries(phones, Consistency::Eventual).await?;
        let listed = known.into_iter().filter(|(_, entry)| entry.counts(&lists));
        Ok(listed.map(|(phone, _)| phone).collect())
    }

    /// Takes a page of at most [`DND_PAGE_MAX`] numbers of the list of `as_of`, in one transaction; gives the
    /// lists as they are then. The same page again changes nothing of the numbers.
    ///
    /// # Errors
    /// [`StoreError`]; taking it again is safe.
    pub async fn put_dnd_page(
        &self,
        page: &DndPage,
        phones: &BTreeSet<PhoneNumber>,
        now: Timestamp,
        max_age: Duration,
    ) -> Result<Result<DndLists, DndRefusal>, StoreError> {
        for round in 0..PAGE_ROUNDS_MAX {
            let lists = self.dnd_lists().await?;
            let known = self.dnd_entries(phones, Consistency::Strong).await?;
            let day = page.as_of.to_string();
            let is_new = |phone: &&PhoneNumber| {
                let known = known.get(*phone);
                known.is_none_or(|entry| entry.as_of < day)
            };
            let new: Vec<&PhoneNumber> = phones.iter().filter(is_new).collect();
            let counted = DndPage {
                new: u32::try_from(new.len()).unwrap_or(u32::MAX),
                ..page.clone()
            };
            let next = match lists.take(counted, now, max_age) {
                Ok(next) => next,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if self
                .run(self.page(&lists, &next, &new, page.as_of)?)
                .await?
                == Ended::Applied
            {
                return Ok(Ok(next));
            }
            tokio::time::sleep(PAGE_PAUSE * (1 << round)).await;
        }
        Err(StoreError::contended())
    }

    fn page(
        &self,
        lists: &DndLists,
        next: &DndLists,
        new: &[&PhoneNumber],
        as_of: Day,
    ) -> Result<Transaction, StoreError> {
        let mut all = Transaction::default();
        let stored = row::keyed(next, item::DND.to_owned(), item::LISTS)?;
        let put = self
            .put(stored)
            .condition_expression("attribute_not_exists(PK) OR version = :version")
            .expression_attribute_values(":version", item::number(lists.version));
        all.put(Role::Other, put);
        let gone = as_of.begins_in_india() + DND_LIST_AGE_BOUND + DAY;
        for phone in new {
            let mut entry = item::dnd_key(phone);
            entry.insert(item::AS_OF.to_owned(), item::text(as_of.to_string()));
            entry.insert(item::TTL.to_owned(), item::number(gone.as_secs()));
            let put = self
                .put(entry)
                .condition_expression("attribute_not_exists(PK) OR asOf < :asOf")
                .expression_attribute_values(":asOf", item::text(as_of.to_string()));
            all.put(Role::Other, put);
        }
        Ok(all)
    }

    async fn dnd_entries(
        &self,
        phones: &BTreeSet<PhoneNumber>,
        consistency: Consistency,
    ) -> Result<BTreeMap<PhoneNumber, DndEntry>, StoreError> {
        if phones.is_empty() {
            return Ok(BTreeMap::new());
        }
        let keys = phones.iter().map(item::dnd_key).collect();
        let found = self.batch_get_as(keys, consistency).await?;
        let entries = found.into_iter().filter_map(|item| {
            let phone = item::dnd_phone(text_of(&item, item::PK)?)?;
            Some(serde_dynamo::from_item(item).map(|entry| (phone, entry)))
        });
        Ok(entries.collect::<Result<_, _>>()?)
    }

    /// Holds that promotion may disturb the number: it is in no list from that of `from` on.
    pub(super) fn check_not_listed(&self, all: &mut Transaction, phone: &PhoneNumber, from: Day) {
        let condition = "attribute_not_exists(PK) OR asOf < :from";
        let check = self
            .check_that(item::dnd_key(phone), condition)
            .expression_attribute_values(":from", item::text(from.to_string()));
        all.check(Role::Dnd, check);
    }

    /// Keeps for good that the carrier refused the number, whatever the lists say.
    pub(super) fn put_dnd_refusal(
        &self,
        all: &mut Transaction,
        phone: &PhoneNumber,
        now: Timestamp,
    ) {
        let mut entry: Item = item::dnd_key(phone);
        entry.insert(item::AS_OF.to_owned(), item::text(REFUSED));
        entry.insert("refusedAt".to_owned(), item::text(now.to_string()));
        all.put(Role::Other, self.put(entry));
    }
}
