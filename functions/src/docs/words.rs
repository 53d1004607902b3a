//! Every word that stands for something, with its meaning.

mod calls;
mod campaigns;
mod service;

use utoipa::openapi::{OpenApi, RefOr, Schema};

/// A word, and what it means.
type Word = (&'static str, &'static str);

/// The words of one schema.
type Words = (&'static str, &'static [Word]);

/// The words of each schema that has any.
pub(super) fn all() -> impl Iterator<Item = &'static Words> {
    [calls::WORDS, campaigns::WORDS, service::WORDS]
        .into_iter()
        .flatten()
}

pub(super) fn add(api: &mut OpenApi) {
    let Some(components) = &mut api.components else {
        return;
    };
    for (name, words) in all() {
        if let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(*name) {
            let said = schema.description.take().unwrap_or_default();
            let lines = words
                .iter()
                .map(|(word, means)| format!("- `{word}`: {means}"));
            let lines: Vec<String> = lines.collect();
            schema.description = Some(format!("{said}\n\n{}", lines.join("\n")));
        }
    }
}
