//! A spreadsheet of patients, from the file to what is said of it and back.

mod brought;
mod control;
mod described;
mod forecast;
mod guide;
mod parts;
mod planned;
mod rehearsed;
mod sample;
mod service;
mod told;
mod tried_out;
mod trigger;

use local::campaign::{Arguments, Outcome, Sheet, Source, check};
use serde_json::Value;
use spreadsheet::{Kind, Options, Row, Writer};
use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

/// Where the sample stands.
fn sample(extension: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join(format!("infra/local/samples/patients.{extension}"))
}

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("campaign_{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn sheet(file: &Path) -> Sheet {
    Sheet {
        file: file.to_owned(),
        delimiter: None,
        sheet: None,
        phone_column: None,
        required: Vec::new(),
    }
}

fn source(file: &Path) -> Source {
    Source {
        sheet: sheet(file),
        languages: vec!["hi".to_owned(), "en".to_owned()],
        opt_outs: None,
        promotional: false,
    }
}

fn arguments(file: &Path) -> Arguments {
    Arguments {
        source: source(file),
        out: None,
        force: false,
        json: false,
    }
}

/// How it ended, what was answered, and what was said beside it.
fn run(arguments: &Arguments) -> (Outcome, String, String) {
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let outcome = check(arguments, &mut out, &mut talk).unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (outcome, text(out), text(talk))
}

fn as_json(file: &Path) -> (Outcome, Value) {
    let arguments = Arguments {
        json: true,
        ..arguments(file)
    };
    let (outcome, out, _) = run(&arguments);
    (outcome, serde_json::from_str(&out).unwrap())
}

fn rows(file: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    let source = File::open(file).unwrap();
    let seen = spreadsheet::read(source, &Options::default(), &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    seen.unwrap();
    rows
}

fn write(file: &Path, kind: Kind, rows: &[Row]) {
    let mut writer = Writer::new(kind, Vec::new());
    for row in rows {
        writer.row(row.number, &row.cells).unwrap();
    }
    writer.finish(1, &mut File::create(file).unwrap()).unwrap();
}
