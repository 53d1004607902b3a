//! What came of the calls of the last days: outcomes, cost, when people answer, which questions they answer.

use super::{
    FIGURES_PATH,
    error::PageError,
    layout::{self, Tab, View},
    table::{self, Head},
    visitor::Visitor,
    words::Words,
};
use crate::{app::App, query, reports};
use axum::{
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Response},
};
use call::report::{Analytics, HourFigures, Period};
use campaign::{Results, RowResult, RowState, rupees};
use maud::{Markup, html};
use std::sync::Arc;
use store::StoreError;

/// Of the chart of hours, in its own units.
const HEIGHT: u64 = 120;
const BAR: u64 = 24;

pub(super) async fn show(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let words = visitor.words;
    let values = query::read(query.as_deref(), &["range", "part"]).map_err(PageError::of(words))?;
    let range = values.get("range").map_or("week", String::as_str);
    let period = Period::read(Some(range), None, None, app.calls.now(), &app.report_zone);
    let period = period.map_err(PageError::of(words))?;
    let path = format!("{FIGURES_PATH}?range={range}");
    let body = match values.get("part").map(String::as_str) {
        None => layout::slow(words, &path),
        Some(part) => {
            let read = read(&app, period).await;
            let (figures, results) = read.map_err(PageError::of_store(words))?;
            let body = body(words, &figures, &results);
            if part == layout::LIVE {
                return Ok(Html(body.into_string()).into_response());
            }
            body
        }
    };
    let body = html! {
        nav .actions aria-label=(words.days) {
            @for (value, word) in [("today", words.today), ("week", words.week), ("month", words.month)] {
                a href={ (FIGURES_PATH) "?range=" (value) } aria-current=[(value == range).then_some("true")] { (word) }
            }
        }
        (body)
    };
    let view = View {
        tab: Tab::Figures,
        title: words.figures,
        live: None,
        body,
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

fn body(words: &Words, figures: &Analytics, results: &Results) -> Markup {
    html! {
        ul .figures {
            li { strong { (figures.calls) } (words.calls) }
            li { strong { (figures.completed) } (words.completed) }
            li { strong { (figures.failed) } (words.failed) }
            li { strong { (figures.attempts) } (words.dials) }
            li { strong { (percent(figures.data_complete, figures.completed)) } (words.complete_records) }
            @if let Some(average) = figures.duration_secs.average {
                li { strong { (format!("{average:.0}")) } (words.talk_secs) }
            }
        }
        (cost(words, figures))
        h2 { (words.by_hour) }
        (hours(words, figures))
        h2 { (words.questions) }
        (questions(words, figures))
        h2 { (words.drop_off) }
        (drop_off(words, results))
        h2 { (words.causes) }
        (causes(words, figures))
    }
}

/// What was talked is paid for, and what that costs if somebody has said what a minute costs.
fn cost(words: &Words, figures: &Analytics) -> Markup {
    let minutes = html! {
        (words.carrier_minutes) ": " (figures.billed.carrier_minutes) "; "
        (words.agent_minutes) ": " (figures.billed.agent_secs.div_ceil(60)) ". "
    };
    let Some(cost) = figures.cost else {
        return html! { p .quiet { (minutes) (words.no_prices) } };
    };
    let amounts = [
        (Some(cost.paise), words.cost),
        (cost.carrier_paise, words.cost_of_carrier),
        (cost.agent_paise, words.cost_of_agent),
        (cost.paise_per_call, words.cost_per_call),
        (cost.paise_per_complete_record, words.cost_per_record),
    ];
    html! {
        ul .figures {
            @for (paise, word) in amounts {
                @if let Some(paise) = paise { li { strong { (rupees(paise)) } (word) } }
            }
        }
        p .quiet { (minutes) (words.about_cost) }
    }
}

/// The figures of a period, and how far people came in the questions.
async fn read(app: &App, period: Period) -> Result<(Analytics, Results), StoreError> {
    let questions = app.questionnaire.fields().iter();
    let mut results = Results::new(questions.map(|field| field.name.clone()));
    let zone = app.report_zone.clone();
    let mut figures = Analytics::new(&app.questionnaire, zone, app.prices);
    reports::each_call(app, period, |row| {
        figures.add(row);
        results.add(&RowResult {
            state: RowState::Reached,
            hour: None,
            call: row.status,
            answers: &row.answers,
        });
    })
    .await?;
    Ok((figures, results))
}

/// Of the calls with a conversation, how many came to each question, in the order in which they are asked.
fn drop_off(words: &Words, results: &Results) -> Markup {
    html! {
        (table::of(
            words.drop_off,
            &[
                Head::Text(words.question),
                Head::Number(words.asked),
                Head::Number(words.answered),
                Head::Number(words.passed),
                Head::Number(words.hung_up_here),
            ],
            &html! {
                @for question in &results.questions {
                    tr {
                        th scope="row" { (question.question) }
                        td .number { (question.asked()) }
                        td .number { (question.answered) }
                        td .number { (question.passed) }
                        td .number { (question.hung_up_here) }
                    }
                }
            },
        ))
    }
}

fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{} %", (part * 100 + whole / 2) / whole)
}

fn hours(words: &Words, figures: &Analytics) -> Markup {
    if figures.hours.is_empty() {
        return html! { p { (words.none) } };
    }
    html! {
        figure {
            (chart(words, figures))
            (table::of(
                words.by_hour,
                &[
                    Head::Text(words.hour),
                    Head::Number(words.dials),
                    Head::Number(words.answered),
                    Head::Number("%"),
                ],
                &html! {
                    @for (hour, of) in &figures.hours {
                        tr {
                            th scope="row" { (hour) ":00" }
                            td .number { (of.dials) }
                            td .number { (of.answered) }
                            td .number { (percent(of.answered, of.dials)) }
                        }
                    }
                },
            ))
        }
    }
}

/// The share that was answered, a bar for each hour.
fn chart(words: &Words, figures: &Analytics) -> Markup {
    let bars = (0..).zip(&figures.hours);
    let width = BAR * figures.hours.len() as u64;
    let height = |of: &HourFigures| of.answered * HEIGHT / of.dials.max(1);
    html! {
        svg viewBox={ "0 0 " (width) " " (HEIGHT + 16) } width=(width * 2) role="img"
        aria-label=(words.by_hour) {
            @for (place, (hour, of)) in bars {
                rect x=(place * BAR + 2) y=(HEIGHT - height(of)) width=(BAR - 4) height=(height(of)) {}
                text x=(place * BAR + BAR / 2) y=(HEIGHT + 13) text-anchor="middle" { (hour) }
            }
        }
    }
}

fn questions(words: &Words, figures: &Analytics) -> Markup {
    html! {
        (table::of(
            words.questions,
            &[
                Head::Text(words.question),
                Head::Number(words.answered),
                Head::Number(words.of_completed),
            ],
            &html! {
                @for (name, field) in &figures.fields {
                    tr {
                        th scope="row" { (name) }
                        td .number { (field.answered) }
                        td .number { (percent(field.answered, figures.completed)) }
                    }
                }
            },
        ))
    }
}

fn causes(words: &Words, figures: &Analytics) -> Markup {
    if figures.causes.is_empty() {
        return html! { p { (words.none) } };
    }
    html! {
        dl {
            @for (cause, count) in &figures.causes { dt { (words.cause(*cause)) } dd { (count) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use call::{
        answers::Questionnaire,
        report::{Billed, Prices},
    };

    #[test]
    fn the_cost_is_shown_once_a_minute_has_a_price() {
        let figures = |carrier: &str, agent: &str| {
            let prices = Prices {
                carrier: carrier.parse().ok(),
                agent: agent.parse().ok(),
            };
            let zone = "Asia/Kolkata".parse().unwrap();
            let mut figures = Analytics::new(&Questionnaire::default(), zone, prices);
            figures.billed = Billed {
                carrier_minutes: 634,
                agent_secs: 30_902,
            };
            figures
        };
        for words in Words::ALL {
            let shown = cost(words, &figures("", "")).into_string();
            assert!(shown.contains("COST_PER_MINUTE_CARRIER"), "{shown}");
            assert!(
                shown.contains(": 634; ") && shown.contains(": 516. "),
                "{shown}"
            );
            assert!(!shown.contains('₹'), "{shown}");
            let shown = cost(words, &figures("0.80", "")).into_string();
            let of_carrier = format!("<strong>₹0.00</strong>{}", words.cost_of_carrier);
            assert!(shown.contains(&of_carrier), "{shown}");
            assert!(!shown.contains(words.cost_of_agent), "{shown}");
            assert!(!shown.contains("COST_PER"), "{shown}");
        }
    }
}
