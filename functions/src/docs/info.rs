//! What the description says of the API as a whole.

use crate::request_key::{REPLAYED_HEADER, is_keyed};
use utoipa::openapi::{
    Header, HeaderBuilder, InfoBuilder, LicenseBuilder, OpenApi, PathItem, RefOr,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};

const DESCRIPTION: &str = "A CRM names a patient; the system phones the patient, lets an AI agent ask the \
    hospital's questions, saves each answer, calls again when nobody picked up, and tells the CRM how the call \
    went.\n\nEach request needs an API key, as `X-API-Key` or `Authorization: Bearer`, with the scope that the \
    operation names; `admin` may do all that `read` and `write` may. Each `POST` takes an `Idempotency-Key`, with which \
    it can be sent again safely. Errors are problem details (RFC 9457); their \
    `code` is what client code may rely on.";

const TAGS: [(&str, &str); 8] = [
    ("calls", "Calls to single patients"),
    ("campaigns", "Many patients, from a spreadsheet"),
    (
        "numbers",
        "Numbers that are not to be called, and who complains",
    ),
    ("patients", "Erasing a patient's data"),
    ("reports", "Figures, and calls with their answers"),
    ("operations", "For who runs the system"),
    ("vendors", "What Knowlarity and ElevenLabs ask"),
    ("description", "The API described by itself"),
];

/// The scheme under which operations name their scope; `bearer` is the same key.
const KEY: &str = "apiKey";

pub(super) fn add(api: &mut OpenApi) {
    let license = LicenseBuilder::new().name("MIT").identifier(Some("MIT"));
    api.info = InfoBuilder::new()
        .title("Outbound AI calls to patients")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license.build()))
        .build();
    let tags = TAGS.map(|(name, says)| {
        let tag = TagBuilder::new().name(name);
        tag.description(Some(says)).build()
    });
    api.tags = Some(tags.into());
    add_schemes(api);
    for operation in operations(api) {
        offer_bearer(operation);
    }
    add_request_keys(api);
}

fn add_schemes(api: &mut OpenApi) {
    let header = |name: &str, says: &str| {
        SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, says)))
    };
    let bearer = |says: &str| {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some(says.to_owned());
        SecurityScheme::Http(scheme)
    };
    let components = api.components.get_or_insert_default();
    for (name, scheme) in [
        (KEY, header("X-API-Key", "An API key")),
        ("bearer", bearer("The same API key")),
        (
            "sessionToken",
            bearer("The `sessionToken` of a call: reads and cancels it, and nothing else"),
        ),
        (
            "answerToken",
            header(
                "Authorization",
                "The token of a conversation, which the relay gives its agent",
            ),
        ),
        (
            "platformSignature",
            header(
                "ElevenLabs-Signature",
                "The platform's signature of the body",
            ),
        ),
    ] {
        components.add_security_scheme(name, scheme);
    }
}

/// Whoever may come with a key may bring it in either header.
fn offer_bearer(operation: &mut Operation) {
    let Some(ways) = &mut operation.security else {
        return;
    };
    let scopes = ways.iter().find_map(|way| {
        let way = serde_json::to_value(way).ok()?;
        let scopes = way.get(KEY)?.as_array()?.clone();
        let scopes = scopes
            .into_iter()
            .filter_map(|scope| Some(scope.as_str()?.to_owned()));
        Some(scopes.collect::<Vec<_>>())
    });
    if let Some(scopes) = scopes {
        ways.insert(1, SecurityRequirement::new("bearer", scopes));
    }
}

/// Every operation of the API.
pub(super) fn operations(api: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    api.paths.paths.values_mut().flat_map(|item| {
        let PathItem {
            get,
            put,
            post,
            delete,
            ..
        } = item;
        [get, put, post, delete]
            .into_iter()
            .filter_map(Option::as_mut)
    })
}

/// The header by which a client names its request.
pub(super) const REQUEST_KEY: &str = "Idempotency-Key";

/// Says of each `POST` of a client that it takes a request key, and of its answers that they may be repeated.
fn add_request_keys(api: &mut OpenApi) {
    let posts = api.paths.paths.values_mut();
    let posts = posts.filter_map(|item| item.post.as_mut());
    for operation in posts.filter(|post| is_keyed(post)) {
        let parameters = operation.parameters.get_or_insert_default();
        parameters.push(request_key().into());
        for response in operation.responses.responses.values_mut() {
            if let RefOr::T(response) = response {
                let name = REPLAYED_HEADER.to_string();
                response.headers.insert(name, replayed().into());
            }
        }
    }
}

fn request_key() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(crate::REQUEST_KEY_CHARS_MAX))
        .pattern(Some("^[!-~]+$"));
    ParameterBuilder::new()
        .name(REQUEST_KEY)
        .parameter_in(ParameterIn::Header)
        .schema(Some(text.build()))
        .description(Some(
            "Names the request: the same key with the same request gets the first answer again, for 24 hours",
        ))
        .build()
}

fn replayed() -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    HeaderBuilder::new()
        .schema(Some(text.build()))
        .description(Some(
            "`true`: the answer to an earlier request with this key",
        ))
        .build()
}
