//! Bodies take no field that is not described.

use super::info::operations;
use std::collections::BTreeSet;
use utoipa::openapi::{
    OpenApi, RefOr, Schema,
    schema::{AdditionalProperties, Object},
};

pub(super) fn close(api: &mut OpenApi) {
    let mut bodies = BTreeSet::new();
    for operation in operations(api) {
        if let Some(RefOr::T(body)) = &operation.request_body {
            let schemas = body.content.values().filter_map(|content| match content {
                RefOr::T(content) => content.schema.as_ref(),
                RefOr::Ref(_) => None,
            });
            schemas.for_each(|schema| named(schema, &mut bodies));
        }
    }
    let Some(components) = &mut api.components else {
        return;
    };
    let mut seen = BTreeSet::new();
    while let Some(name) = bodies.pop_first() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name) {
            close_object(object, &mut bodies);
        }
    }
}

fn close_object(object: &mut Object, found: &mut BTreeSet<String>) {
    object
        .properties
        .values()
        .for_each(|property| named(property, found));
    if !object.properties.is_empty() {
        object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    }
}

/// The schemas that one refers to.
fn named(schema: &RefOr<Schema>, found: &mut BTreeSet<String>) {
    match schema {
        RefOr::Ref(to) => {
            let name = to.ref_location.rsplit('/').next().unwrap_or_default();
            found.insert(name.to_owned());
        }
        RefOr::T(Schema::OneOf(one_of)) => one_of.items.iter().for_each(|item| named(item, found)),
        RefOr::T(_) => {}
    }
}
