//! `get_conversation_analytics` and `export_patient_data`: the reports as tools of the MCP server, seen
//! and called only with an administrator's key. Their results go through a language model, so they
//! are small.

use super::{
    Wanted,
    analytics::figures,
    csv,
    export::{Format, cursor_of, format_of, status_of},
};
use crate::{app::App, http::ApiError};
use agent_tools::Tool;
use serde_json::{Map, Value, json};

/// Most rows in one result.
const ROWS_MAX: usize = 50;

pub(crate) fn all() -> Vec<Tool> {
    let days = json!({
        "range": {
            "type": "string",
            "enum": ["today", "week", "month"],
            "description": "The last day, seven days or thirty days; or else from and to",
        },
        "from": { "type": "string", "format": "date", "description": "First day, such as 2026-11-01" },
        "to": { "type": "string", "format": "date", "description": "Last day; today if left out" },
    });
    let mut rows = days.clone();
    rows["format"] =
        json!({ "type": "string", "enum": ["json", "csv"], "description": "json if left out" });
    rows["status"] = json!({ "type": "string", "enum": ["completed", "failed", "unfinished"] });
    rows["cursor"] = json!({ "type": "string", "description": "nextCursor of the result before" });
    let schema = |properties: Value| {
        let parts = [
            ("type", Value::from("object")),
            ("properties", properties),
            ("additionalProperties", Value::from(false)),
        ];
        Map::from_iter(parts.map(|(name, value)| (name.to_owned(), value)))
    };
    vec![
        Tool {
            name: "get_conversation_analytics",
            description: "Figures of the calls of some days: totals, completion, average duration, cost, health \
                issues, cities, age groups.",
            schema: schema(days),
        },
        Tool {
            name: "export_patient_data",
            description: "Calls of some days with their answers, at most 50 at once; nextCursor leads to \
                the next ones.",
            schema: schema(rows),
        },
    ]
}

/// Calls one of them; `None` if none has this name.
pub(crate) async fn run(
    app: &App,
    name: &str,
    arguments: &Map<String, Value>,
) -> Option<Result<Value, ApiError>> {
    match name {
        "get_conversation_analytics" => Some(analytics(app, arguments).await),
        "export_patient_data" => Some(export(app, arguments).await),
        _ => None,
    }
}

async fn analytics(app: &App, arguments: &Map<String, Value>) -> Result<Value, ApiError> {
    let period = super::period(app, |name| arguments.get(name)?.as_str())?;
    let figures = figures(app, period).await?;
    serde_json::to_value(figures).map_err(|_| ApiError::Internal)
}

async fn export(app: &App, arguments: &Map<String, Value>) -> Result<Value, ApiError> {
    let value = |name: &str| arguments.get(name)?.as_str();
    let format = format_of(value("format"))?;
    let wanted = Wanted {
        period: super::period(app, value)?,
        status: status_of(value("status"))?,
        after: cursor_of(value("cursor"))?,
        limit: ROWS_MAX,
    };
    let is_first = wanted.after.is_none();
    let page = super::page(app, wanted).await?;
    let next = page.next.as_ref().map(ToString::to_string);
    Ok(match format {
        Format::Json => json!({ "rows": page.rows, "nextCursor": next }),
        Format::Csv => {
            let sheet = csv::write(&page.rows, &app.questionnaire, is_first);
            let sheet = String::from_utf8_lossy(&sheet).into_owned();
            json!({ "csv": sheet, "nextCursor": next })
        }
    })
}
