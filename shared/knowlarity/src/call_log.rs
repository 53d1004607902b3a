//! Knowlarity's call log: what the carrier's own records say about a ring that nobody reported.

use super::{
    carrier::{LogEntry, LogQuery, LookUpError},
    fields::{Fields, TOTAL},
    knowlarity::{Knowlarity, body_of},
    log_row::{LogRow, india},
};
use call::time::Timestamp;
use reqwest::StatusCode;
use serde_json::Value;
use std::time::Duration;

/// Calls asked for in one page; a server that gives fewer is asked for the rest.
const PAGE_ROWS: usize = 100;

/// Most pages read in one look-up: 1,000 calls, far more than an account of some tens of channels
/// places in the minutes that a look-up spans. A log that is longer counts as unreadable.
const PAGES_MAX: usize = 10;

/// Longest page read; a hundred calls have about 60 KB. A longer one is cut, hence unreadable.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

struct Page {
    rows: Vec<LogRow>,
    /// How many calls the log has in the span, if it says so.
    total: Option<usize>,
}

impl Knowlarity {
    /// Asks the log, page by page, each once; all of it within the configured timeout.
    pub(super) async fn find(&self, query: &LogQuery) -> Result<Option<LogEntry>, LookUpError> {
        let path = self.config.call_log.as_deref().ok_or(LookUpError::Off)?;
        let url = if path.starts_with("https://") || path.starts_with("http://") {
            path.to_owned()
        } else {
            let path = path.trim_start_matches('/');
            format!("{}/{path}", self.config.api_url)
        };
        tokio::time::timeout(self.config.timeout, self.search(&url, query))
            .await
            .unwrap_or(Err(LookUpError::Unavailable))
    }

    async fn search(&self, url: &str, query: &LogQuery) -> Result<Option<LogEntry>, LookUpError> {
        let mut latest: Option<LogRow> = None;
        let mut offset = 0;
        for _ in 0..PAGES_MAX {
            let page = self.page(url, query, offset).await?;
            offset += page.rows.len();
            let is_last = page.rows.is_empty() || page.total.is_some_and(|total| offset >= total);
            let matching = page.rows.into_iter().filter(|row| row.matches(query));
            latest = latest
                .into_iter()
                .chain(matching)
                .max_by_key(|row| row.started);
            let is_found = query.carrier_call_id.is_some() && latest.is_some();
            if is_last || is_found {
                return Ok(latest.and_then(LogRow::entry));
            }
        }
        Err(LookUpError::Unavailable)
    }

    async fn page(&self, url: &str, query: &LogQuery, offset: usize) -> Result<Page, LookUpError> {
        let (start, end) = (
            in_india(query.since)?,
            in_india(query.until + Duration::from_millis(999))?,
        );
        let url =
            format!("{url}?start_time={start}&end_time={end}&limit={PAGE_ROWS}&offset={offset}");
        let headers = self.headers().ok_or(LookUpError::Refused)?;
        let sent = self.client.get(url).headers(headers).send().await;
        let mut answer = sent.map_err(|_| LookUpError::Unavailable)?;
        let status = answer.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::error!(%status, "the carrier's call log refuses our credentials");
            return Err(LookUpError::Refused);
        }
        if !status.is_success() {
            return Err(LookUpError::Unavailable);
        }
        read(&body_of(&mut answer, PAGE_BYTES_MAX).await).ok_or(LookUpError::Unavailable)
    }
}

/// Reads a page; a log without calls may leave the list out.
fn read(body: &[u8]) -> Option<Page> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let rows = match answer.as_object()?.get("objects") {
        None | Some(Value::Null) => Vec::new(),
        Some(rows) => rows.as_array()?.iter().map(LogRow::read).collect(),
    };
    let meta = Fields::of(&answer["meta"]);
    let total = meta.values(&[TOTAL]).find_map(|count| count.parse().ok());
    Some(Page { rows, total })
}

/// A moment as the log's query takes it, `2026-11-02 11:04:10+05:30`, encoded for an address.
fn in_india(moment: Timestamp) -> Result<String, LookUpError> {
    let moment = jiff::Timestamp::from_second(moment.as_secs());
    let local = india().to_datetime(moment.map_err(|_| LookUpError::Unavailable)?);
    let text = local.strftime("%Y-%m-%d %H:%M:%S+05:30").to_string();
    Ok(text.replace(' ', "%20").replace('+', "%2B"))
}
