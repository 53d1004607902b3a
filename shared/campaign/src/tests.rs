//! What a file may be, and what is said of one that may not.

mod columns;
mod dnd;
mod folds;
mod forecast;
mod rows;

use super::*;

/// A table whose first row is its header.
fn judged(rules: Rules, table: &[&[&str]]) -> (Check, Vec<Checked>) {
    judged_with(rules, table, &[])
}

fn judged_with(rules: Rules, table: &[&[&str]], opted_out: &[&str]) -> (Check, Vec<Checked>) {
    let own = |row: &&[&str]| {
        row.iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>()
    };
    let mut check = Check::begin(1, &own(&table[0]), rules).expect("a fit header");
    let rows = (2..).zip(&table[1..]);
    let rows = rows.map(|(number, cells)| {
        check.row(number, &own(cells), &mut |phone| {
            opted_out.contains(&phone.e164())
        })
    });
    let rows = rows.collect();
    (check, rows)
}

fn rules() -> Rules {
    Rules {
        languages: vec!["hi".to_owned(), "en".to_owned()],
        ..Rules::default()
    }
}
