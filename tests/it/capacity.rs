//! The arithmetic of `infra/aws/CAPACITY.md` is right, and starts from what is counted.

use crate::documents::document;
use std::collections::BTreeMap;

type Names = BTreeMap<String, f64>;

/// How far a written result may be from the reckoned one: two digits are written.
const ROUNDED: f64 = 0.06;

/// Reads `a * (b + c) / d` from the left.
struct Reader<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<String>>,
    names: &'a Names,
}

impl<'a> Reader<'a> {
    fn new(text: &str, names: &'a Names) -> Self {
        let spaced: String = text
            .chars()
            .flat_map(|c| match c {
                '(' | ')' | '*' | '/' | '+' | '-' => vec![' ', c, ' '],
                _ => vec![c],
            })
            .collect();
        let tokens: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        Self {
            tokens: tokens.into_iter().peekable(),
            names,
        }
    }

    fn next_of(&mut self, operators: [&str; 2]) -> Option<String> {
        self.tokens
            .next_if(|token| operators.contains(&token.as_str()))
    }

    fn sum(&mut self) -> f64 {
        let mut value = self.product();
        while let Some(operator) = self.next_of(["+", "-"]) {
            let other = self.product();
            value += if operator == "+" { other } else { -other };
        }
        value
    }

    fn product(&mut self) -> f64 {
        let mut value = self.factor();
        while let Some(operator) = self.next_of(["*", "/"]) {
            let other = self.factor();
            value *= if operator == "*" {
                other
            } else {
                other.recip()
            };
        }
        value
    }

    fn factor(&mut self) -> f64 {
        let token = self.tokens.next().expect("a value");
        if token == "(" {
            let value = self.sum();
            assert_eq!(self.tokens.next().as_deref(), Some(")"));
            return value;
        }
        let known = self.names.get(&token).copied();
        known.unwrap_or_else(|| token.parse().unwrap_or_else(|_| panic!("{token}?")))
    }
}

fn value_of(text: &str, names: &Names) -> f64 {
    let mut reader = Reader::new(text, names);
    let value = reader.sum();
    assert_eq!(reader.tokens.next(), None, "{text}");
    value
}

/// Reckons every line of every block of the document.
fn reckoned(text: &str) -> Names {
    let mut names = Names::new();
    for block in text.split("```").skip(1).step_by(2) {
        for line in block.lines().filter(|line| !line.trim().is_empty()) {
            let mut parts = line.split(" = ");
            let name = parts.next().unwrap().trim();
            let value = value_of(parts.next().unwrap(), &names);
            if let Some(written) = parts.next() {
                let written = value_of(written, &names);
                let error = (written - value).abs() / value;
                assert!(error < ROUNDED, "{line}: it is {value}");
            }
            names.insert(name.to_owned(), value);
        }
    }
    names
}

#[test]
fn the_arithmetic_of_the_capacity_document_is_right() {
    let names = reckoned(&document("infra/aws/CAPACITY.md"));
    assert!(names.len() > 30, "{}", names.len());
    for (held, bound) in [
        ("index_reads_s", "partition_reads"),
        ("index_looks_s", "partition_reads"),
        ("counter_writes_s", "partition_writes"),
        ("state_writes_s", "partition_writes"),
    ] {
        assert!(names[held] < names[bound], "{held}");
    }
}

/// Requests, read units and write units that the table of `stated` gives for a step.
fn stated_units(stated: &str, step: &str) -> Vec<f64> {
    let row = stated.lines().find(|line| line.contains(step)).unwrap();
    let cells = row
        .split('|')
        .skip(2)
        .map(|cell| cell.trim_matches([' ', '*']));
    cells.filter_map(|cell| cell.parse().ok()).collect()
}

#[test]
fn the_units_that_are_stated_are_those_that_were_counted() {
    let stated = document("tests/README.md");
    let snapshots = ["what_each_step_costs", "what_whole_calls_cost"];
    let snapshots = snapshots.map(|name| {
        let path = format!("tests/it/snapshots/it__unit_costs__{name}.snap");
        document(&path)
    });
    for (step, counted) in [
        ("a trigger that dials", "a trigger that dials"),
        ("a trigger that waits for", "a trigger that waits for"),
        ("the relay's part of a", "the relay's part of a"),
        ("a busy line reported", "a busy line"),
        ("a call answered at the first dial", "answered at the first"),
        ("a post-call report, stored", "its post-call report"),
        ("seven answers read", "seven answers read"),
        ("a call busy once, then answered", "busy, then answered"),
    ] {
        let mut lines = snapshots.iter().flat_map(|snapshot| snapshot.lines());
        let line = lines.find(|line| line.starts_with(counted)).unwrap();
        let (_, units) = line.split_once(": ").unwrap();
        let number = |before: &str| -> f64 {
            let (until, _) = units.split_once(before).unwrap();
            until.rsplit(' ').next().unwrap().parse().unwrap()
        };
        let counted = [" requests", " read units", " write units"].map(number);
        let stated = stated_units(&stated, step);
        assert_eq!(stated, counted.map(f64::floor), "{step}");
    }
}

#[test]
fn it_starts_from_the_units_that_are_counted() {
    let names = reckoned(&document("infra/aws/CAPACITY.md"));
    let stated = document("tests/README.md");
    let row = |step: &str| stated_units(&stated, step);
    let call = row("a call answered at the first dial");
    assert_eq!((names["reads"], names["writes"]), (call[1], call[2]));
    let (stored, read) = (
        row("a post-call report, stored"),
        row("seven answers read from it"),
    );
    assert_eq!(names["account_writes"], stored[2] + read[2]);
    assert_eq!(names["account_reads"], stored[1] + read[1]);
    let idle = row("an idle tick of the sweep");
    let month = names["month_s"] * 55.0 / 60.0;
    assert_eq!(names["sweep_requests"], idle[0] * month);
    assert_eq!(
        names["sweep_reads_usd"],
        idle[1] * month * names["read_unit_usd"]
    );
}

#[test]
#[should_panic(expected = "it is 6")]
fn a_wrong_result_is_found() {
    reckoned("```\na = 2\nb = a * (1 + 2) = 7\n```");
}
