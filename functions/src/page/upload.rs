//! A spreadsheet brought in by the browser: a script sends it in parts, each with its digest, as any other
//! client of the API does; what is said of it is judged by the same rules.

use super::{
    CAMPAIGNS_PATH,
    error::{PageError, Said},
    ids,
    layout::{self, Tab, View},
    plan::{self, Given, labelled, text},
    visitor::Visitor,
    words::Words,
};
use crate::{app::App, campaigns, query};
use axum::{
    Form,
    body::Body,
    extract::{Path, RawQuery, Request, State},
    http::HeaderMap,
    response::Response,
};
use call::time::Timestamp;
use campaign::{CampaignId, Plan};
use maud::{Markup, html};
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use store::campaigns::{CampaignFile, FILE_BYTES_MAX};

/// How long a campaign lives whose end nobody has chosen (7 days, until the next midnight).
const WEEK: Duration = Duration::from_hours(7 * 24);

const DAY: Duration = Duration::from_hours(24);

/// The form of a new campaign, with the plan and the name of another one if its address names that.
pub(super) async fn new(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let values = query::read(query.as_deref(), &["like"]).map_err(PageError::of(words))?;
    let (name, plan) = match values.get("like") {
        Some(id) => {
            let like = app.calls.store.campaign(ids::campaign(words, id)?).await;
            let like = like.map_err(PageError::of_store(words))?;
            let like = like.ok_or_else(|| PageError::no_such_campaign(words))?;
            (like.name, like.plan)
        }
        None => (String::new(), usual(&app)),
    };
    let view = View {
        tab: Tab::Campaigns,
        title: words.forms.new_campaign,
        live: None,
        body: form(words, &name, &plan),
        zone: &app.report_zone,
    };
    Ok(layout::shown(&visitor, view))
}

/// The plan of who chooses nothing. It ends at a midnight, so that the same wish on one day is the same.
fn usual(app: &App) -> Plan {
    let now = app.calls.now();
    let plan = Plan::usual(&app.calls.policy, now);
    let midnight = |at: Timestamp| {
        let clock = plan.hours.date_time(at)?;
        plan.hours.moment(&format!("{}T00:00", clock.get(..10)?))
    };
    let expires_at = midnight(now + WEEK + DAY).unwrap_or(now + WEEK);
    Plan { expires_at, ..plan }
}

/// Makes a campaign for a file that is to come.
pub(super) async fn create(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(given): Form<Given>,
) -> Result<Response, Said> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let mut body = announced(&given);
    body.insert("plan".to_owned(), plan::body(&given).into());
    let name = text(&given, "name").map(Value::from);
    body.extend(name.map(|name| ("name".to_owned(), name)));
    let made = campaigns::make(&app, &visitor.name, &headers, body).await;
    made.map_err(Said::of(words))
}

/// Takes the word that another file is to come.
pub(super) async fn announce(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(given): Form<Given>,
) -> Result<Response, Said> {
    let words = visitor.words;
    visitor.needs(visitor.may_write)?;
    let id = ids::campaign(words, &id)?;
    let answer = campaigns::announce(&app, id, announced(&given)).await;
    answer.map_err(Said::of(words))
}

/// Keeps a part of the file.
pub(super) async fn part(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(place): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Said> {
    visitor.needs(visitor.may_write)?;
    let (parts, body) = request.into_parts();
    let kept = campaigns::keep_part(&app, place, &parts.headers, body).await;
    kept.map_err(Said::of(visitor.words))
}

/// What a form says of its file, as the API takes it.
fn announced(given: &Given) -> Map<String, Value> {
    let text = |name| text(given, name);
    let number = |name| text(name).and_then(|text| text.parse::<u64>().ok());
    let file = json!({
        "name": text("file"), "bytes": number("bytes"), "parts": number("parts"),
        "sha256": text("sha256"), "sheet": text("sheet"), "delimiter": delimiter(given),
    });
    let mut body = Map::new();
    body.insert("file".to_owned(), file);
    let phone = text("phoneColumn").map(Value::from);
    body.extend(phone.map(|phone| ("phoneColumn".to_owned(), phone)));
    body
}

/// What parts the cells; a tab cannot be written into a form.
fn delimiter(given: &Given) -> Option<&str> {
    text(given, "delimiter").map(|text| if text == "tab" { "\t" } else { text })
}

/// The form of a new campaign.
fn form(words: &'static Words, name: &str, plan: &Plan) -> Markup {
    let forms = words.forms;
    let fields = html! {
        p { (forms.nothing_rings) }
        (plan::input("name", &forms.name, "text", name, true))
        (file_fields(words, None))
        (plan::fields(words, plan))
    };
    uploading(words, CAMPAIGNS_PATH, "POST", forms.bring, &fields)
}

/// The form of another file for a campaign that has no rows that can be called.
pub(super) fn another(words: &'static Words, id: CampaignId, file: &CampaignFile) -> Markup {
    let path = format!("{CAMPAIGNS_PATH}/{id}/file");
    let fields = file_fields(words, Some(file));
    uploading(words, &path, "PUT", words.forms.bring_another, &fields)
}

/// A form whose file a script sends.
fn uploading(
    words: &'static Words,
    path: &str,
    method: &str,
    says: &str,
    fields: &Markup,
) -> Markup {
    let forms = words.forms;
    html! {
        noscript { p .alarm { (forms.needs_script) } }
        form .fields data-upload=(path) data-method=(method) data-bytes-max=(FILE_BYTES_MAX)
            data-sending=(forms.sending) data-sent=(forms.sent)
            data-too-large=(forms.too_large) data-no-answer=(forms.no_answer) {
            (fields)
            p .alarm role="alert" hidden {}
            p .sending hidden { progress aria-label=(forms.file.label) max="1" value="0" {} " " span {} }
            button .main { (says) }
        }
    }
}

/// What says which file, and how it is to be read.
fn file_fields(words: &'static Words, known: Option<&CampaignFile>) -> Markup {
    let forms = words.forms;
    let rules = known.map(|file| &file.rules);
    let phone = rules.and_then(|rules| rules.phone_column.as_deref());
    let sheet = rules.and_then(|rules| rules.sheet.as_deref());
    let delimiter = rules.and_then(|rules| rules.delimiter).map(char::from);
    let delimiters = [(',', ","), (';', ";"), ('\t', forms.tab)];
    let columns = known.map_or(&[][..], |file| &file.columns);
    html! {
        (labelled("file", &forms.file, &html! {
            input #file type="file" name="file" accept=".xlsx,.csv,.tsv,.txt" required
                aria-describedby="file-means";
        }))
        details open[known.is_some()] {
            summary { (forms.how_it_is_read) }
            (labelled("phoneColumn", &forms.phone_column, &html! {
                input #phoneColumn type="text" name="phoneColumn" value=[phone] maxlength="128"
                    list="headers" autocomplete="off" aria-describedby="phoneColumn-means";
                datalist #headers {
                    @for column in columns { option value=(column.header) {} }
                }
            }))
            (plan::input("sheet", &forms.sheet, "text", sheet.unwrap_or_default(), false))
            (labelled("delimiter", &forms.delimiter, &html! {
                select #delimiter name="delimiter" aria-describedby="delimiter-means" {
                    option value="" { (forms.as_the_file_is) }
                    @for (sign, word) in delimiters {
                        option value=(if sign == '\t' { "tab".to_owned() } else { sign.to_string() })
                            selected[delimiter == Some(sign)] { (word) }
                    }
                }
            }))
        }
    }
}
