//! The one flat row of each call that reports read, and reading them by the day of their creation.

use super::{
    call_store::CallStore,
    error::StoreError,
    item::{self, Item},
    read::BATCH_MAX,
    row,
    transaction::{Role, Transaction},
};
use call::{
    CallRequest, CallSession, Decision, answers::Answer, ids::CallId, report::Row, time::Timestamp,
};
use std::{collections::BTreeMap, str::FromStr, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A place in the order of creation: after this call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCursor {
    created_at: Timestamp,
    call_id: CallId,
}

/// The text is not a cursor that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor")]
pub struct InvalidCursor;

impl ReportCursor {
    /// The place after this row.
    #[must_use]
    pub fn after(row: &Row) -> Self {
        Self {
            created_at: row.created_at,
            call_id: row.call_id,
        }
    }
}

impl std::fmt::Display for ReportCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.created_at.as_millis(), self.call_id)
    }
}

impl FromStr for ReportCursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (millis, id) = text.split_once('~').ok_or(InvalidCursor)?;
        let millis = millis.parse().map_err(|_| InvalidCursor)?;
        Ok(Self {
            created_at: Timestamp::from_millis(millis),
            call_id: id.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

impl CallStore {
    /// Creates the row of a new call. That of a test call takes its answers, and is in no report.
    pub(super) fn write_row(
        &self,
        all: &mut Transaction,
        request: &CallRequest,
        next: &CallSession,
    ) -> Result<(), StoreError> {
        let row = Row {
            call_id: next.id,
            created_at: next.created_at,
            patient_id: request.patient.id.clone(),
            patient_name: request.patient.name.clone(),
            phone_number: next.phone.clone(),
            treatment_type: request.patient.treatment_type.clone(),
            status: None,
            cause: None,
            ended_at: None,
            talk_secs: None,
            attempts: 0,
            rung: Vec::new(),
            answers: serde_json::Map::new(),
        };
        let mut row = self.kept(row::report(&row)?, next.over_by());
        if next.test_of.is_some() {
            // Without a place in the index no report reads it.
            row.remove(item::REPORT_SORT);
        }
        all.put(Role::Other, self.put(row));
        Ok(())
    }

    /// Tells the row how the call ended, and takes it out of the reports if its data is to be erased.
    pub(super) fn write_result(
        &self,
        all: &mut Transaction,
        decision: &Decision,
    ) -> Result<(), StoreError> {
        let (next, along) = (&decision.next, &decision.along);
        if along.result.is_none() && !along.hides {
            return Ok(());
        }
        let mut expression = "SET #ttl = :ttl".to_owned();
        let mut update = self
            .update(item::report_key(next.id))
            .expression_attribute_names("#ttl", item::TTL)
            .expression_attribute_values(":ttl", self.ttl(next.over_by()));
        if let Some(result) = &along.result {
            expression +=
                ", #status = :status, cause = :cause, endedAt = :ended, attempts = :attempts";
            update = update
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(
                    ":status",
                    serde_dynamo::to_attribute_value(result.state)?,
                )
                .expression_attribute_values(
                    ":cause",
                    serde_dynamo::to_attribute_value(result.cause)?,
                )
                .expression_attribute_values(":ended", item::text(next.updated_at.to_string()))
                .expression_attribute_values(":attempts", item::number(result.attempts));
            if !result.rung.is_empty() {
                expression += ", rung = :rung";
                let rung = serde_dynamo::to_attribute_value(&result.rung)?;
                update = update.expression_attribute_values(":rung", rung);
            }
            if let Some(talk) = result.talk {
                expression += ", talkSecs = :talk";
                update = update.expression_attribute_values(":talk", item::number(talk.as_secs()));
            }
        }
        if along.hides {
            expression += " REMOVE reportDay, reportSort";
        }
        all.update(Role::Other, update.update_expression(expression));
        Ok(())
    }

    /// The rows of these calls, of those whose data is not to be erased, as last committed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report_rows(&self, calls: &[CallId]) -> Result<BTreeMap<CallId, Row>, StoreError> {
        let mut rows = BTreeMap::new();
        for batch in calls.chunks(BATCH_MAX) {
            let keys = batch.iter().map(|call| item::report_key(*call));
            let found = self.batch_get(keys.collect()).await?;
            let shown = found
                .into_iter()
                .filter(|item| item.contains_key(item::REPORT_DAY));
            let shown: Vec<Row> = serde_dynamo::from_items(shown.collect::<Vec<Item>>())?;
            rows.extend(shown.into_iter().map(|row| (row.call_id, row)));
        }
        Ok(rows)
    }

    /// Shows an answer in the row. The condition fails if there is no such call, or its data is to be
    /// erased.
    pub(super) fn write_answer_in_row(
        &self,
        all: &mut Transaction,
        call: CallId,
        answer: &Answer,
    ) -> Result<(), StoreError> {
        let value = serde_dynamo::to_attribute_value(&answer.given.value)?;
        let update = self
            .update(item::report_key(call))
            .update_expression("SET answers.#field = :value")
            .condition_expression("attribute_exists(reportDay)")
            .expression_attribute_names("#field", &answer.field)
            .expression_attribute_values(":value", value);
        all.update(Role::Session, update);
        Ok(())
    }

    /// Rows of the calls created from `from` on and before `until`, in the order of creation, at most
    /// `limit`, after the place where the page before ended; and the place where this one did, if
    /// there may be more. The index may lag behind by moments.
    ///
    /// Cost: one query for each day, also for those without calls.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report_page(
        &self,
        from: Timestamp,
        until: Timestamp,
        after: Option<&ReportCursor>,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<ReportCursor>), StoreError> {
        let mut rows: Vec<Row> = Vec::new();
        let after = after.filter(|after| after.created_at >= from);
        let mut start = after.cloned();
        let mut day = after.map_or(from, |after| after.created_at);
        while day < until {
            let left = limit - rows.len();
            let (found, has_more) = self
                .report_query((from, until), day, Order::OldestFirst(start.take()), left)
                .await?;
            rows.extend(found);
            if has_more || rows.len() >= limit {
                let next = rows.last().map(ReportCursor::after);
                return Ok((rows, next));
            }
            day = next_day(day);
        }
        Ok((rows, None))
    }

    /// The same with the newest call first: rows before the place where the page before ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn report_page_back(
        &self,
        from: Timestamp,
        until: Timestamp,
        before: Option<&ReportCursor>,
        limit: usize,
    ) -> Result<(Vec<Row>, Option<ReportCursor>), StoreError> {
        let mut rows: Vec<Row> = Vec::new();
        let before = before.filter(|before| before.created_at < until);
        let mut start = before.cloned();
        let last = Timestamp::from_millis(until.as_millis() - 1);
        let mut day = before.map_or(last, |before| before.created_at);
        while day >= from {
            let left = limit - rows.len();
            let (found, has_more) = self
                .report_query((from, until), day, Order::NewestFirst(start.take()), left)
                .await?;
            rows.extend(found);
            if has_more || rows.len() >= limit {
                let next = rows.last().map(ReportCursor::after);
                return Ok((rows, next));
            }
            day = end_of_day_before(day);
        }
        Ok((rows, None))
    }

    /// One day's rows, as far as one query gives them, and whether there may be more.
    async fn report_query(
        &self,
        (from, until): (Timestamp, Timestamp),
        day: Timestamp,
        order: Order,
        limit: usize,
    ) -> Result<(Vec<Row>, bool), StoreError> {
        let (after, is_forward) = match order {
            Order::OldestFirst(after) => (after, true),
            Order::NewestFirst(before) => (before, false),
        };
        let start = after.map(|after| {
            let mut key = item::report_key(after.call_id);
            key.extend(item::report_place(after.created_at, after.call_id));
            key
        });
        // A query ends at 1 MB; rows are small, so few pages fill a limit.
        let mut rows = Vec::new();
        let mut start: Option<Item> = start;
        loop {
            let left = limit.saturating_sub(rows.len());
            let found = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(item::REPORT_INDEX)
                .key_condition_expression(
                    "reportDay = :day AND reportSort BETWEEN :from AND :until",
                )
                .expression_attribute_values(":day", item::text(item::report_day(day)))
                .expression_attribute_values(":from", item::text(from.to_string()))
                .expression_attribute_values(":until", item::text(until.to_string()))
                .set_exclusive_start_key(start)
                .scan_index_forward(is_forward)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .send()
                .await?;
            let page: Vec<Row> = serde_dynamo::from_items(found.items.unwrap_or_default())?;
            rows.extend(page);
            start = found.last_evaluated_key;
            if start.is_none() || rows.len() >= limit {
                return Ok((rows, start.is_some()));
            }
        }
    }
}

/// In which order, and from which place on.
enum Order {
    OldestFirst(Option<ReportCursor>),
    NewestFirst(Option<ReportCursor>),
}

/// The last instant of the day before in UTC.
fn end_of_day_before(at: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(at.as_millis().div_euclid(day) * day - 1)
}

/// The first instant of the next day in UTC, by which rows are kept apart.
fn next_day(at: Timestamp) -> Timestamp {
    let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis((at.as_millis().div_euclid(day) + 1) * day)
}
