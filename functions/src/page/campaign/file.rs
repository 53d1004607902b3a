//! A campaign's file: how its columns were understood, what is wrong with it, which rows cannot be called.

use super::rows::because;
use crate::{
    app::App,
    campaigns::{RowsWanted, rows_told},
    page::{
        error::PageError,
        table::{self, Head},
        upload,
        visitor::Visitor,
        words::Words,
    },
};
use campaign::{Campaign, RowState, State, Tally, grouped};
use maud::{Markup, html};
use spreadsheet::letters;
use store::campaigns::{CampaignFile, Told};

/// Rows with errors that are shown beside the file (15): all of them have a view of their own.
const ROWS_SHOWN: usize = 15;

/// All that is known of the file, and what can be done about it before anybody is called.
pub(super) async fn shown(
    app: &App,
    visitor: &Visitor,
    campaign: &Campaign,
    file: Option<&CampaignFile>,
    tally: &Tally,
) -> Result<Markup, PageError> {
    let words = visitor.words;
    let Some(file) = file else {
        return Ok(html! {});
    };
    if campaign.state == State::Importing {
        return Ok(html! {
            h2 { (words.forms.the_file) }
            p { (file.name) ": " (grouped(file.read)) " " (words.forms.rows_read) }
        });
    }
    let errors = match tally.faulty {
        0 => html! {},
        _ => rows_with_errors(app, visitor, campaign).await?,
    };
    let is_awaited = campaign.state == State::Draft;
    Ok(html! {
        h2 { (words.forms.the_file) }
        p { (file.name) }
        (refused(words, file))
        @if is_awaited && tally.rows() > 0 { p .alarm { (words.forms.none_can_be_called) } }
        (columns(words, file))
        (to_be_looked_at(words, file))
        (errors)
        @if is_awaited && visitor.may_write { (upload::another(words, campaign.id, file)) }
    })
}

fn refused(words: &Words, file: &CampaignFile) -> Markup {
    html! {
        @if !file.refused.is_empty() {
            div .alarm {
                p { (words.forms.refused) }
                ul { @for told in &file.refused { li { (fault_of_file(words, told)) } } }
            }
        }
    }
}

/// What is wrong with the file; headers stand in the English of it alone.
fn fault_of_file(words: &Words, told: &Told) -> Markup {
    match (words.reasons.file)(&told.code) {
        Some(says) => html! { (says) " " span lang="en" { "(" (told.message) ")" } },
        None => html! { span lang="en" { (told.message) } },
    }
}

fn columns(words: &Words, file: &CampaignFile) -> Markup {
    let forms = words.forms;
    html! {
        @if !file.columns.is_empty() {
            (table::of(
                forms.the_file,
                &[Head::Text(forms.column), Head::Text(forms.header), Head::Text(forms.meaning)],
                &html! {
                    @for (index, column) in file.columns.iter().enumerate() {
                        tr {
                            th scope="row" { (letters(index)) }
                            td { (column.header) }
                            td { ((forms.meanings)(&column.meaning)) }
                        }
                    }
                },
            ))
        }
    }
}

fn to_be_looked_at(words: &Words, file: &CampaignFile) -> Markup {
    let forms = words.forms;
    let counted = [
        (file.shared_numbers, forms.shared_numbers),
        (file.round_numbers, forms.round_numbers),
    ];
    let counted = counted.into_iter().filter(|(count, _)| *count > 0);
    let counted: Vec<_> = counted.collect();
    html! {
        @if !file.warnings.is_empty() || !counted.is_empty() {
            p { (forms.look) }
            ul {
                // Warnings stand in English, headers in them as they are.
                @for told in &file.warnings { li lang="en" { (told) } }
                @for (count, what) in counted { li { (what) ": " (grouped(count)) } }
            }
        }
    }
}

/// The first of them, each with what is wrong, and what to do about them all.
async fn rows_with_errors(
    app: &App,
    visitor: &Visitor,
    campaign: &Campaign,
) -> Result<Markup, PageError> {
    let words = visitor.words;
    let wanted = RowsWanted::first(RowState::Faulty, ROWS_SHOWN);
    let told = rows_told(app, campaign.id, wanted).await;
    let told = told.map_err(PageError::of(words))?;
    let path = format!("/campaigns/{}", campaign.id);
    Ok(html! {
        h2 { (words.forms.rows_with_errors) }
        (table::of(
            words.forms.rows_with_errors,
            &[Head::Number(words.row), Head::Text(words.because)],
            &html! {
                @for row in &told.rows {
                    tr { th scope="row" .number { (row.number) } td { (because(words, &told.campaign, row.because.as_ref())) } }
                }
            },
        ))
        @if told.next.is_some() {
            p { a href={ (path) "/rows?state=faulty" } { (words.and_more) } }
        }
        @if visitor.may_write && campaign.state != State::Draft {
            p {
                (words.forms.to_be_corrected) " "
                a href={ "/campaigns/new?like=" (campaign.id) } { (words.forms.bring_corrected) } "."
            }
        }
    })
}
