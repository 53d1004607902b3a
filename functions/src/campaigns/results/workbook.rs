//! What came of a campaign as workbooks, each small enough for one answer.

use super::{ResultsBook, questions, read};
use crate::{app::App, campaigns::rows::Wanted, http::ApiError};
use campaign::CampaignId;
use serde_json::json;
use spreadsheet::{Kind, Refusal};
use tokio::task::spawn_blocking;

/// Rows of one workbook (10,000): with more it could be larger than an answer of a Lambda may be, and take
/// longer than API Gateway waits. 10,000 rows are 50 pages.
pub(crate) const BOOK_ROWS: u32 = 10_000;

/// Most bytes of a workbook (4.4 MB): Lambda answers with 6 MB, and bytes take four thirds as base64.
const BOOK_BYTES_MAX: usize = 4_400_000;

/// Why there is no workbook.
pub(crate) enum NoBook {
    Api(ApiError),
    /// It would be larger than an answer may be.
    TooLarge,
}

impl<E: Into<ApiError>> From<E> for NoBook {
    fn from(error: E) -> Self {
        Self::Api(error.into())
    }
}

/// The workbook with the results of the rows from `part` times [`BOOK_ROWS`] on, as numbered in the file.
pub(crate) async fn workbook(app: &App, id: CampaignId, part: u32) -> Result<Vec<u8>, NoBook> {
    let store = &app.calls.store;
    let (campaign, file) = tokio::try_join!(store.campaign(id), store.campaign_file(id))?;
    let (Some(campaign), Some(file)) = (campaign, file) else {
        return Err(ApiError::NoSuchCampaign.into());
    };
    let columns = file.columns.iter();
    let columns =
        columns.map(|column| json!({ "header": column.header, "meaning": column.meaning }));
    let shown = json!({
        "columns": columns.collect::<Vec<_>>(),
        "file": { "width": file.header.as_ref().map(|header| header.width) },
        "plan": { "hours": campaign.plan.hours.span },
    });
    let questions = questions(&app.questionnaire);
    let book = ResultsBook::begin(Some(Kind::Workbook), &shown, questions, None);
    let mut book = book.map_err(unwritten)?;
    let mut after = part.saturating_mul(BOOK_ROWS);
    let until = after.saturating_add(BOOK_ROWS);
    while after < until {
        let page = read(app, id, Wanted::after(after)).await?;
        for row in page.results.iter().filter(|row| row.row <= until) {
            let row = serde_json::to_value(row).map_err(|_| ApiError::Internal)?;
            book.row(&row).map_err(unwritten)?;
        }
        after = page.next_row.unwrap_or(until);
    }
    let written = spawn_blocking(move || {
        let mut bytes = Vec::new();
        let (_, writer) = book.end()?;
        writer
            .map(|writer| writer.finish(1, &mut bytes))
            .transpose()?;
        Ok::<_, Refusal>(bytes)
    });
    let bytes = written.await.map_err(|_| ApiError::Internal)?;
    let bytes = bytes.map_err(unwritten)?;
    let fits = bytes.len() <= BOOK_BYTES_MAX;
    fits.then_some(bytes).ok_or(NoBook::TooLarge)
}

/// What no spreadsheet holds is too much for one.
fn unwritten(error: Refusal) -> NoBook {
    tracing::warn!(%error, "results not written");
    NoBook::TooLarge
}
