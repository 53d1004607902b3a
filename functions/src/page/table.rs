//! Tables, each of which scrolls by itself on a narrow screen and says what it holds.

use maud::{Markup, html};

/// The header of a column.
#[derive(Clone, Copy)]
pub(super) enum Head<'a> {
    Text(&'a str),
    /// Of numbers, which stand below each other.
    Number(&'a str),
}

/// A table of these `rows`, each a `tr`.
pub(super) fn of(label: &str, heads: &[Head<'_>], rows: &Markup) -> Markup {
    html! {
        div .wide tabindex="0" role="region" aria-label=(label) {
            table {
                thead {
                    tr {
                        @for head in heads {
                            @match head {
                                Head::Text(text) => th scope="col" { (text) },
                                Head::Number(text) => th scope="col" .number { (text) },
                            }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}
