//! What receivers are told, as webhooks of the description.

use crate::sweep::Event;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, OpenApi, PathItem, Paths, Ref, RefOr, ResponseBuilder, Schema,
        example::ExampleBuilder,
        path::{OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{AllOfBuilder, ObjectBuilder, Type},
    },
};

/// Every event: its name, when it is sent, and whether it holds what was collected.
const EVENTS: [(&str, &str, bool); 5] = [
    ("call.attempt_ended", "The phone will be rung again.", false),
    ("call.completed", "The call has ended as intended.", true),
    (
        "call.failed",
        "The call has ended without a conversation that counts.",
        true,
    ),
    (
        "call.updated",
        "A post-call report came after the end. To the `callbackUrl` alone.",
        true,
    ),
    (
        "dialling.paused",
        "Calls wait because no phone may ring; each minute, to `MONITORING_WEBHOOK_URL` alone.",
        false,
    ),
];

/// The schema of an event that holds what was collected.
const ENDED: &str = "EndedEvent";

pub(super) fn add(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    let mut schemas = vec![(Event::name().into_owned(), Event::schema())];
    Event::schemas(&mut schemas);
    components.schemas.extend(schemas);
    components.schemas.insert(ENDED.to_owned(), ended());
    let mut webhooks = Paths::new();
    for (name, when, is_end) in EVENTS {
        let schema = match name {
            "dialling.paused" => paused(),
            _ if is_end => Ref::from_schema_name(ENDED).into(),
            _ => Ref::from_schema_name(Event::name()).into(),
        };
        let item = PathItem::new(HttpMethod::Post, operation(name, when, schema));
        webhooks.paths.insert(name.to_owned(), item);
    }
    api.webhooks = Some(webhooks);
}

/// An event with what was collected in its `data`, which the receiver at `callbackUrl` is told.
fn ended() -> RefOr<Schema> {
    let data = AllOfBuilder::new()
        .item(Ref::from_schema_name("EventData"))
        .item(Ref::from_schema_name("Collected"));
    let more = ObjectBuilder::new().property("data", data);
    AllOfBuilder::new()
        .item(Ref::from_schema_name(Event::name()))
        .item(more)
        .description(Some(
            "An event with what was collected, for the receiver at `callbackUrl`; others are told `data` without it",
        ))
        .into()
}

fn paused() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let data = ObjectBuilder::new()
        .property(
            "because",
            text().description(Some("`operator`, or vendor and cause")),
        )
        .required("because");
    ObjectBuilder::new()
        .property("type", text().enum_values(Some(["dialling.paused"])))
        .property(
            "timestamp",
            text().format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                utoipa::openapi::KnownFormat::DateTime,
            ))),
        )
        .property("data", data)
        .required("type")
        .required("timestamp")
        .required("data")
        .into()
}

fn operation(name: &str, when: &str, schema: RefOr<Schema>) -> OperationBuilder {
    let header = |name: &str, says: &str| {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let header = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header);
        header
            .required(utoipa::openapi::Required::True)
            .schema(Some(text.build()))
            .description(Some(says))
    };
    let content = ContentBuilder::new().schema(Some(schema));
    let example = super::examples::of(name).map(|example| {
        ExampleBuilder::new()
            .value(Some(example["response"].clone()))
            .build()
    });
    let content = content.examples_from_iter(example.map(|example| (name, RefOr::T(example))));
    let body = RequestBodyBuilder::new().content("application/json", content.build());
    OperationBuilder::new()
        .operation_id(Some(name))
        .tag("events")
        .summary(Some(name))
        .description(Some(when))
        .parameter(header(
            "webhook-id",
            "The same in each try: drop what you have had",
        ))
        .parameter(header(
            "webhook-timestamp",
            "When this try was made, in seconds since 1970",
        ))
        .parameter(header(
            "webhook-signature",
            "`v1,<base64>`, one for each key (Standard Webhooks)",
        ))
        .request_body(Some(
            body.required(Some(utoipa::openapi::Required::True)).build(),
        ))
        .response(
            "200",
            ResponseBuilder::new().description("Taken; any 2xx will do"),
        )
        .response(
            "410",
            ResponseBuilder::new()
                .description("Not wanted any more: kept until it is asked for again"),
        )
}
