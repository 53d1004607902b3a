//! Each path is answered by its function, and by nothing else.

use super::*;
use crate::ROUTES;
use std::collections::BTreeSet;

/// The routes that a router answers, as far as [`ROUTES`] names them.
async fn answered(router: &Router) -> BTreeSet<(&'static str, &'static str)> {
    let mut answered = BTreeSet::new();
    for route in ROUTES {
        let path = route
            .path
            .replace("{sessionId}", &CALL.to_string())
            .replace("{secret}", "x")
            .replace("{file}", "index.html")
            .replace("{code}", "phone_busy");
        let answer = send(
            router.clone(),
            request(route.method, &path).body(Body::empty()).unwrap(),
        );
        if !matches!(answer.await.code(), "no_such_route" | "method_not_allowed") {
            answered.insert((route.method, route.path));
        }
    }
    answered
}

#[tokio::test]
async fn every_route_is_answered_by_its_function_and_by_the_whole() {
    let of = |function: Option<&str>| -> BTreeSet<_> {
        let routes = ROUTES
            .iter()
            .filter(|route| function.is_none_or(|name| route.function == name));
        routes.map(|route| (route.method, route.path)).collect()
    };
    assert_eq!(answered(&router(app())).await, of(None));
    for (function, router) in [
        ("trigger", crate::trigger::router(app())),
        ("status", crate::status::router(app())),
        ("list", crate::list::router(app())),
        ("webhook", crate::webhook::router(app())),
    ] {
        assert_eq!(answered(&router).await, of(Some(function)), "{function}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_json() {
    call("GET", "/api", None).await.is(404, "no_such_route");
    call("GET", "/api/outbound-call/a/b", Some(WRITE_KEY))
        .await
        .is(404, "no_such_route");
    let answer = call("PUT", "/api/outbound-call", Some(WRITE_KEY)).await;
    answer.is(405, "method_not_allowed");
    assert_eq!(answer.headers["allow"], "POST");
}

#[tokio::test]
async fn every_405_names_the_methods_that_its_path_takes() {
    let paths: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
    for path in paths {
        let taken = ROUTES.iter().filter(|route| route.path == path);
        let expected: BTreeSet<_> = taken
            .map(|route| route.method)
            .filter(|method| (path, *method) != ("/mcp", "GET"))
            .collect();
        let filled = path.replace(['{', '}'], "");
        let answer = call("PATCH", &filled, Some(WRITE_KEY)).await;
        assert_eq!(answer.status, 405, "{path}");
        let allow = answer.headers["allow"].to_str().unwrap();
        let named: BTreeSet<_> = allow.split(',').filter(|name| *name != "HEAD").collect();
        assert_eq!(named, expected, "{path}");
    }
}

#[tokio::test]
async fn a_slash_too_many_leads_to_the_path_without_it() {
    for (asked, meant) in [
        ("/api/outbound-call/", "/api/outbound-call"),
        (
            "/api/outbound-calls/?limit=1",
            "/api/outbound-calls?limit=1",
        ),
        ("/api/knowlarity/webhook//", "/api/knowlarity/webhook"),
    ] {
        let answer = call("POST", asked, None).await;
        assert_eq!(answer.status, 308, "{asked}");
        assert_eq!(answer.headers["location"], meant);
    }
    for nowhere in ["/api/nothing", "//evil.example.org/", "//"] {
        call("GET", nowhere, None).await.is(404, "no_such_route");
    }
}
