//! Rows of a campaign of the service, page by page.

use crate::client::{Client, Trouble};
use serde_json::Value;

/// Where the API has a campaign.
pub(super) fn path(id: impl std::fmt::Display) -> String {
    format!("{}/{id}", functions::campaigns::PATH)
}

/// The rows of a campaign, some at a time.
pub(super) struct Rows<'a> {
    client: &'a Client,
    path: String,
    state: Option<&'a str>,
    /// Where the next page begins; nothing once all were given.
    next: Option<String>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(client: &'a Client, campaign: &str, state: Option<&'a str>) -> Self {
        Self {
            client,
            path: format!("{campaign}/rows?limit=200"),
            state,
            next: Some(String::new()),
        }
    }

    /// The next rows; `None` once there are no more.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Value>>, Trouble> {
        let Some(next) = self.next.take() else {
            return Ok(None);
        };
        let mut path = self.path.clone();
        if let Some(state) = self.state {
            path += &format!("&state={state}");
        }
        if !next.is_empty() {
            path += &format!("&cursor={next}");
        }
        let mut page = self.client.get(&path).await?;
        self.next = page["nextCursor"].as_str().map(str::to_owned);
        let Value::Array(rows) = page["rows"].take() else {
            return Err(Trouble::Other(200));
        };
        Ok(Some(rows))
    }

    /// All that is left of them, or the first `max`.
    pub(super) async fn take(mut self, max: usize) -> Result<Vec<Value>, Trouble> {
        let mut rows = Vec::new();
        while rows.len() < max {
            let Some(page) = self.next().await? else {
                break;
            };
            rows.extend(page);
        }
        rows.truncate(max);
        Ok(rows)
    }
}
