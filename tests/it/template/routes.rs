//! The HTTP API and the functions behind it.

use super::{Template, binary, root, same};
use functions::{FUNCTIONS, Need, ROUTES};
use serde_json::Value;
use std::{collections::BTreeSet, fs};

/// The function that an integration calls.
fn function_of<'a>(template: &'a Template, integration: &str) -> &'a str {
    let integration = &template.resource(integration)["Properties"];
    assert_eq!(
        integration["PayloadFormatVersion"], "2.0",
        "lambda_http reads this one"
    );
    let function = integration["IntegrationUri"]["Fn::GetAtt"][0]
        .as_str()
        .unwrap();
    binary(template.resource(function))
}

fn target(route: &Value) -> &str {
    let target = route["Target"]["Fn::Sub"].as_str().unwrap();
    target
        .strip_prefix("integrations/${")
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap()
}

#[test]
fn the_api_has_the_routes_of_the_functions() {
    let template = Template::read();
    let routes = template.all("AWS::ApiGatewayV2::Route");
    let written = routes.values().map(|route| {
        let key = route["RouteKey"].as_str().unwrap();
        let function = function_of(&template, target(route));
        format!("{key} -> {function}")
    });
    let code = ROUTES
        .iter()
        .map(|route| format!("{} {} -> {}", route.method, route.path, route.function));
    // What nobody else answers is answered in the same form.
    let rest = std::iter::once("$default -> status".to_owned());
    same("routes", written.collect(), code.chain(rest).collect());
}

#[test]
fn the_local_router_sends_every_path_to_the_same_function() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest
        .split("[workspace.metadata.lambda.watch.router]")
        .nth(1)
        .unwrap();
    let lines = section
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with('"'));
    let written: BTreeSet<_> = lines.map(|line| line.replace('"', "")).collect();
    let code = ROUTES
        .iter()
        .map(|route| format!("{} = {}", route.path, route.function));
    same("paths of cargo lambda watch", written, code.collect());
}

#[test]
fn the_api_may_call_every_function_it_routes_to() {
    let template = Template::read();
    let permissions = template.all("AWS::Lambda::Permission");
    let allowed = permissions.values().map(|permission| {
        assert_eq!(permission["Principal"], "apigateway.amazonaws.com");
        binary(template.resource(permission["FunctionName"]["Ref"].as_str().unwrap()))
    });
    let routed = ROUTES.iter().map(|route| route.function);
    same(
        "functions that the API may call",
        allowed.collect(),
        routed.collect(),
    );
}

#[test]
fn every_binary_is_a_function_and_every_function_a_binary() {
    let template = Template::read();
    let folder = root().join("functions/src/bin");
    let binaries: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| {
            file.unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let functions = template.functions().into_keys().map(str::to_owned);
    same("functions", functions.collect(), binaries);
}

/// Words of the source that say what a function works with.
const WORDS: &[(Need, &[&str])] = &[
    (
        Need::Clients,
        &[
            "auth::key(",
            "auth::key_or_session(",
            "auth::is_admin(",
            "app.keys",
        ],
    ),
    (
        Need::Tokens,
        &[
            "auth::agent(",
            "auth::key_or_session(",
            "dial::",
            "app.tokens",
        ],
    ),
    (Need::Carrier, &["dial::"]),
    (Need::CarrierReports, &["auth::webhook_secret("]),
    (Need::Outcomes, &["app.notifier"]),
    (Need::PostCalls, &["app.post_call_secret"]),
    (Need::Conversations, &["app.conversations"]),
    (Need::Questions, &[".questionnaire"]),
    (Need::NewCalls, &["app.rate_per_minute", "app.languages"]),
    (Need::Reports, &["app.report_zone"]),
    (Need::Prices, &["app.prices"]),
    (Need::Sweeps, &["app.sweep_duration"]),
    (Need::Recordings, &["app.recordings", "Recorded::of("]),
];

/// The source of a function: its own module and binary, and what only it and its like share.
fn source_of(name: &str) -> String {
    let shared: &[&str] = match name {
        "analytics" | "export" => &["reports.rs", &format!("reports/{name}.rs")],
        "mcp" => &["reports.rs", "reports/tools.rs", "reports/analytics.rs"],
        "page" => &["reports.rs", "campaigns/file.rs"],
        _ => &[],
    };
    let source = root().join("functions/src");
    let own = [format!("{name}.rs"), format!("bin/{name}.rs")].map(|file| source.join(file));
    let below = fs::read_dir(source.join(name)).into_iter().flatten();
    let below = below.map(|file| file.unwrap().path());
    let files = own.into_iter().chain(below);
    let files = files.chain(shared.iter().map(|file| source.join(file)));
    files
        .map(|file| fs::read_to_string(file).unwrap_or_default())
        .collect()
}

#[test]
fn each_function_needs_what_its_source_works_with_and_nothing_else() {
    let needs: Vec<Need> = WORDS.iter().map(|(need, _)| *need).collect();
    assert_eq!(needs, Need::ALL);
    for (name, needs) in FUNCTIONS {
        let source = source_of(name);
        for (need, words) in WORDS {
            let works_with = words.iter().any(|word| source.contains(word));
            assert_eq!(works_with, needs.contains(need), "{name}: {need:?}");
        }
        assert!(source.contains(&format!("({name}::NEEDS, ")), "{name}");
    }
}

#[test]
fn every_function_says_what_it_needs() {
    let template = Template::read();
    let known = FUNCTIONS.iter().map(|(name, _)| *name).collect();
    same(
        "functions",
        template.functions().into_keys().collect(),
        known,
    );
}

#[test]
fn access_logs_do_not_hold_the_path_because_it_may_hold_the_webhook_secret() {
    let template = Template::read();
    let stage = &template.resource("HttpStage")["Properties"];
    let format = stage["AccessLogSettings"]["Format"].as_str().unwrap();
    for word in ["$context.path", "rawPath", "queryString", "requestOverride"] {
        assert!(!format.contains(word), "the access log holds {word}");
    }
    let line: Value = serde_json::from_str(format).unwrap();
    assert_eq!(line["route"], "$context.routeKey");
}
