//! The body that makes a campaign.

use super::plan::{self, PlanBody};
use crate::{http::Violation, validate::Fields};
use call::{
    Policy,
    rules::{FREE_FIELDS_MAX, FREE_NAME_CHARS_MAX, is_line},
    time::Timestamp,
};
use campaign::Plan;
use serde_json::{Map, Value};
use store::campaigns::{CampaignFile, FILE_BYTES_MAX, ImportRules, PARTS_MAX, Sha256};
use utoipa::ToSchema;

/// Longest name of a campaign, of its file and of a sheet, in characters.
const NAME_CHARS_MAX: usize = 200;

const BODY_FIELDS: [&str; 5] = ["name", "file", "plan", "phoneColumn", "requiredVariables"];
const REPLACED_FIELDS: [&str; 3] = ["file", "phoneColumn", "requiredVariables"];
const FILE_FIELDS: [&str; 6] = ["name", "bytes", "parts", "sha256", "sheet", "delimiter"];

const NAME_RULE: &str = "1 to 200 characters without control characters";
const OBJECT_RULE: &str = "an object";
const BYTES_RULE: &str = "the size of the file in bytes, 1 to 15000000";
const PARTS_RULE: &str = "the number of parts that the file comes in, 1 to 100";
const SHA256_RULE: &str = "the SHA-256 of the whole file, as 64 hexadecimal digits";
const DELIMITER_RULE: &str = "what parts the cells of a CSV file: one character of ASCII";
const HEADER_RULE: &str = "a header of 1 to 128 characters";

/// A campaign that is asked for.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(super) struct CampaignBody {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    file: AnnouncedFile,
    plan: PlanBody,
    /// The header of the column to dial, if several could be.
    #[schema(min_length = 1, max_length = 128)]
    phone_column: Option<String>,
    /// Headers of columns that the agent cannot do without.
    #[schema(max_items = 50)]
    required_variables: Option<Vec<String>>,
}

/// Another file.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(super) struct FileBody {
    file: AnnouncedFile,
    /// The header of the column to dial, if several could be.
    #[schema(min_length = 1, max_length = 128)]
    phone_column: Option<String>,
    /// Headers of columns that the agent cannot do without.
    #[schema(max_items = 50)]
    required_variables: Option<Vec<String>>,
}

/// The file that is to come.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body, which is read by hand")]
pub(super) struct AnnouncedFile {
    #[schema(min_length = 1, max_length = 200, examples("patients.xlsx"))]
    name: String,
    #[schema(minimum = 1, maximum = 15_000_000)]
    bytes: u32,
    /// How many parts it comes in, of at most 3 MB.
    #[schema(minimum = 1, maximum = 100)]
    parts: u16,
    /// Of the whole file.
    sha256: Sha256,
    /// Which sheet of a workbook; the first visible one if left out.
    #[schema(min_length = 1, max_length = 200)]
    sheet: Option<String>,
    /// What parts the cells of a CSV file; what its header has most of if left out.
    #[schema(min_length = 1, max_length = 1)]
    delimiter: Option<String>,
}

/// A campaign that is asked for, and what is said of the file that is to come.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) plan: Plan,
    pub(super) file: CampaignFile,
}

impl Wanted {
    /// Reads a body, or names the first field that breaks a rule.
    pub(super) fn read(
        body: Map<String, Value>,
        policy: &Policy,
        now: Timestamp,
    ) -> Result<Self, Violation> {
        let mut fields = Fields::new("", body, &BODY_FIELDS)?;
        let name = fields.text("name", NAME_RULE, is_name)?;
        let name = name.ok_or_else(|| fields.missing("name", NAME_RULE))?;
        let plan = object(&mut fields, "plan")?;
        let usual = Plan::usual(policy, now);
        let wanted = Self {
            name: name.trim().to_owned(),
            plan: plan::read("plan", plan, Some(&usual))?,
            file: announced(&mut fields)?,
        };
        plan::check("plan", &wanted.plan, now, policy.calling_window.as_ref())?;
        Ok(wanted)
    }
}

/// Reads the body that announces another file.
pub(super) fn replaced(body: Map<String, Value>) -> Result<CampaignFile, Violation> {
    announced(&mut Fields::new("", body, &REPLACED_FIELDS)?)
}

/// What is said of the file, and what it is held to.
fn announced(body: &mut Fields) -> Result<CampaignFile, Violation> {
    let mut fields = Fields::new("file", object(body, "file")?, &FILE_FIELDS)?;
    let name = fields.text("name", NAME_RULE, is_name)?;
    let name = name.ok_or_else(|| fields.missing("name", NAME_RULE))?;
    let bytes = within(&mut fields, "bytes", FILE_BYTES_MAX, BYTES_RULE)?;
    let parts_max = bytes.min(PARTS_MAX.into());
    let parts = within(&mut fields, "parts", parts_max, PARTS_RULE)?;
    let parts = u16::try_from(parts).unwrap_or(PARTS_MAX);
    let sha256 = fields.parsed::<Sha256>("sha256", SHA256_RULE)?;
    let sha256 = sha256.ok_or_else(|| fields.missing("sha256", SHA256_RULE))?;
    let delimiter = fields.text("delimiter", DELIMITER_RULE, is_delimiter)?;
    let rules = ImportRules {
        phone_column: body.text("phoneColumn", HEADER_RULE, is_header)?,
        required: required(body)?,
        sheet: fields.text("sheet", NAME_RULE, is_name)?,
        delimiter: delimiter.and_then(|text| text.bytes().next()),
        ..ImportRules::default()
    };
    Ok(CampaignFile::new(&name, bytes, parts, sha256, rules))
}

fn object(fields: &mut Fields, name: &str) -> Result<Map<String, Value>, Violation> {
    let object = fields.object(name)?;
    object.ok_or_else(|| fields.missing(name, OBJECT_RULE))
}

/// A number from 1 to `max`.
fn within(fields: &mut Fields, name: &str, max: u64, rule: &str) -> Result<u64, Violation> {
    let number = fields.number::<u64>(name, rule)?;
    let number = number.ok_or_else(|| fields.missing(name, rule))?;
    let number = Some(number).filter(|number| (1..=max).contains(number));
    number.ok_or_else(|| fields.violation(name, rule))
}

fn required(fields: &mut Fields) -> Result<Vec<String>, Violation> {
    let header = |text: &str| is_header(text).then(|| text.to_owned());
    let given = fields.texts("requiredVariables", FREE_FIELDS_MAX, HEADER_RULE, header)?;
    Ok(given.unwrap_or_default())
}

fn is_name(text: &str) -> bool {
    is_line(text, NAME_CHARS_MAX)
}

fn is_header(text: &str) -> bool {
    is_line(text, FREE_NAME_CHARS_MAX)
}

/// A quotation mark or the end of a line parts nothing.
fn is_delimiter(text: &str) -> bool {
    matches!(text.as_bytes(), [byte] if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n'))
}
