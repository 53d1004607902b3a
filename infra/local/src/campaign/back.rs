//! `cargo run -- campaign file`: the file of a campaign again, with a column of errors.

use super::{
    copy::save,
    pages::{Rows, path},
    shown, status,
};
use crate::client::{Client, Trouble};
use crate::remote::{Ended, Remote, Talk, ended};
use ::campaign::{CampaignId, ERRORS_HEADER, Field};
use anyhow::{Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use settings::Env;
use spreadsheet::{Kind, Refusal, Writer};
use std::path::{Path, PathBuf};

/// Which campaign's file, and where it goes.
#[derive(Args, Clone, Debug)]
pub struct Arguments {
    /// The campaign
    pub id: CampaignId,
    /// Where the file is written: .xlsx, .csv or .tsv
    #[arg(long)]
    pub out: PathBuf,
    /// Rows in this state alone: faulty for those that are to be corrected
    #[arg(long, value_parser = status::state)]
    pub state: Option<&'static str>,
    /// Writes the file even if it exists
    #[arg(long)]
    pub force: bool,
    /// The system.
    #[command(flatten)]
    pub remote: Remote,
}

/// Writes the rows of a campaign with their original cells and what is wrong with them, whole or not at
/// all. The key must be one that may read patients' data.
///
/// # Errors
/// If the place is taken, names no kind of spreadsheet or cannot be written, there is no key, or the
/// address is not that of this API.
pub async fn file(arguments: &Arguments, env: &Env, talk: &mut Talk<'_>) -> Result<Ended> {
    let kind = kind(&arguments.out)?;
    let shown = arguments.out.display();
    ensure!(
        arguments.force || !arguments.out.exists(),
        "{shown} is there already; --force writes it anew"
    );
    let client = Client::new(&arguments.remote.url, env, "admin")?;
    let sheet = match read(&client, arguments, kind, talk).await {
        Ok(sheet) => sheet,
        Err(Stop::Trouble(trouble)) => return ended(&trouble, &arguments.remote, talk),
        Err(Stop::NoCells) => {
            talk.say("the key may not read patients' data: it needs the scope admin");
            return Ok(Ended::NotAllowed);
        }
        Err(Stop::Sheet(error)) => return Err(error.into()),
    };
    talk.done();
    let Sheet {
        writer,
        header,
        rows,
    } = sheet;
    save(&arguments.out, |out| Ok(writer.finish(header, out)?))?;
    talk.say(&format!("{rows} rows: {shown}"));
    Ok(Ended::Done)
}

pub(crate) fn kind(path: &Path) -> Result<Kind> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    Ok(match extension.to_lowercase().as_str() {
        "xlsx" => Kind::Workbook,
        "csv" => Kind::Delimited(b','),
        "tsv" => Kind::Delimited(b'\t'),
        _ => bail!(
            "{}: expected a name that ends in .xlsx, .csv or .tsv",
            path.display()
        ),
    })
}

/// Why there is no file.
enum Stop {
    Trouble(Trouble),
    /// The key sees rows without their cells.
    NoCells,
    Sheet(Refusal),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// A spreadsheet that is complete but for its end.
struct Sheet {
    writer: Writer,
    /// The number of the header row.
    header: u32,
    rows: usize,
}

async fn read(
    client: &Client,
    arguments: &Arguments,
    kind: Kind,
    talk: &mut Talk<'_>,
) -> Result<Sheet, Stop> {
    let path = path(arguments.id);
    let campaign = client.get(&path).await?;
    let columns = shown::list(&campaign["columns"]);
    let headers: Vec<&str> = columns
        .iter()
        .map(|column| shown::text(&column["header"]))
        .collect();
    let at = |meaning: &str| {
        columns
            .iter()
            .position(|column| column["meaning"] == meaning)
    };
    let width = campaign["file"]["width"].as_u64().unwrap_or(0);
    let width = usize::try_from(width).unwrap_or(0).max(headers.len());
    let errors = at("errors").unwrap_or(width);
    let texts = at(Field::Phone.label()).into_iter().collect();
    let header = number(&campaign["file"]["headerRow"]).max(1);
    let mut writer = Writer::new(kind, texts);
    let mut put = |number: u32, cells: &[&str], told: &str| {
        let mut cells: Vec<spreadsheet::Value> = cells.iter().map(|cell| value(cell)).collect();
        cells.resize(cells.len().max(errors + 1), spreadsheet::Value::Empty);
        cells[errors] = value(told);
        writer.row(number, &cells).map_err(Stop::Sheet)
    };
    put(header, &headers, ERRORS_HEADER)?;
    let (mut rows, mut count) = (Rows::new(client, &path, arguments.state), 0);
    while let Some(page) = rows.next().await? {
        for row in &page {
            let cells = row["cells"].as_array().ok_or(Stop::NoCells)?;
            let cells: Vec<&str> = cells.iter().map(shown::text).collect();
            put(number(&row["row"]), &cells, shown::text(&row["message"]))?;
        }
        count += page.len();
        talk.progress(&format!("{count} rows"));
    }
    Ok(Sheet {
        writer,
        header,
        rows: count,
    })
}

pub(super) fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap_or(0)).unwrap_or(u32::MAX)
}

pub(super) fn value(text: &str) -> spreadsheet::Value {
    if text.is_empty() {
        spreadsheet::Value::Empty
    } else {
        spreadsheet::Value::Text(text.to_owned())
    }
}
