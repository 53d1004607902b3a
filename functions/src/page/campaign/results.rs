//! What came of a campaign as workbooks, for who may take the data of all patients away: each time a line
//! of the log says who did.

use crate::{
    app::App,
    campaigns::{BOOK_ROWS, NoBook, workbook},
    page::{
        error::PageError,
        ids,
        plan::{Given, text},
        visitor::Visitor,
        words::Words,
    },
};
use axum::{
    Form,
    extract::{Path, State},
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use campaign::{Campaign, grouped};
use maud::{Markup, html};
use std::sync::Arc;
use store::campaigns::CampaignFile;

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// One workbook, of the part that the form names.
pub(in crate::page) async fn download(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_take_all)?;
    let id = ids::campaign(words, &id)?;
    let part = text(&given, "part").and_then(|part| part.parse().ok());
    let part: u32 = part.unwrap_or(0);
    tracing::info!(campaign_id = %id, part, by = %visitor.name, "patient data revealed");
    let book = workbook(&app, id, part).await;
    let book = book.map_err(|none| match none {
        NoBook::TooLarge => PageError::TooLarge { words },
        NoBook::Api(error) => PageError::of(words)(error),
    })?;
    let name = match part {
        0 => format!("results-{id}.xlsx"),
        part => format!("results-{id}-{}.xlsx", part + 1),
    };
    let kept = format!("attachment; filename=\"{name}\"");
    let headers = [(CONTENT_TYPE, XLSX.to_owned()), (CONTENT_DISPOSITION, kept)];
    Ok((headers, book).into_response())
}

/// A button for each workbook.
pub(super) fn buttons(words: &Words, campaign: &Campaign, file: &CampaignFile) -> Markup {
    let forms = words.forms;
    let parts = file.cursor.div_ceil(BOOK_ROWS);
    let says = |part: u32| match parts {
        1 => forms.download.replace("{rows}", &grouped(campaign.rows)),
        _ => {
            let from = (part * BOOK_ROWS + 1).max(2);
            let to = ((part + 1) * BOOK_ROWS).min(file.cursor);
            let text = forms.download_part.replace("{from}", &grouped(from));
            text.replace("{to}", &grouped(to))
        }
    };
    html! {
        h2 { (forms.results) }
        p { (forms.about_results) }
        div .actions {
            @for part in 0..parts {
                form method="post" action={ "/campaigns/" (campaign.id) "/results" } {
                    input type="hidden" name="part" value=(part);
                    button { (says(part)) }
                }
            }
        }
    }
}
