//! The frame of every page: head, languages, style and scripts.

use super::{assets, words::Words};
use maud::{DOCTYPE, Markup, html};

/// A page for somebody who is not let in.
pub(super) fn bare(words: &'static Words, title: &str, body: &Markup) -> Markup {
    let content = html! {
        main #main { (body) }
        footer { (languages()) }
    };
    document(words, title, &content)
}

/// Links to the page in each language.
pub(super) fn languages() -> Markup {
    html! {
        p {
            @for words in Words::ALL {
                a href={ "/language/" (words.code) } lang=(words.code) hreflang=(words.code) {
                    (words.language)
                }
                " "
            }
        }
    }
}

/// The whole of a page around its content.
pub(super) fn document(words: &'static Words, title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(words.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – " (words.product) }
                link rel="icon" href=(assets::ICON.path());
                link rel="stylesheet" href=(assets::STYLE.path());
                script src=(assets::SCRIPT.path()) defer {}
                script src=(assets::UPLOAD.path()) defer {}
            }
            body {
                a .skip href="#main" { (words.skip) }
                (content)
            }
        }
    }
}
