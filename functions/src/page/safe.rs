//! What every answer says to the browser, and which requests of a browser are believed.

use axum::{
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{
            CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    response::Response,
};

/// Nothing but what this server serves, no inline script or style, and no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; media-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Adds them; an answer that may be kept says so itself.
pub(super) async fn headers(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(CACHE_CONTROL).or_insert(no_store);
    answer
}

/// Whether a request that changes something comes from this page: the browser says so itself
/// (`Sec-Fetch-Site`), or an older one names the address of the page that sends it (`Origin`).
pub(super) fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok();
    match text(&FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => {
            let origin = text(&ORIGIN).and_then(|origin| origin.split_once("://"));
            let host = text(&HOST);
            origin.is_some_and(|(_, origin)| Some(origin) == host)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        pairs.collect()
    }

    #[test]
    fn a_request_is_believed_that_the_browser_says_is_our_own() {
        let host = ("host", "api.example.org");
        for (others, is_believed) in [
            (vec![("sec-fetch-site", "same-origin")], true),
            (vec![("sec-fetch-site", "same-site")], false),
            (vec![("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "none")], false),
            (vec![("origin", "https://api.example.org")], true),
            (vec![("origin", "https://evil.example.org")], false),
            (vec![("origin", "null")], false),
            (vec![], false),
            (
                vec![
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://api.example.org"),
                ],
                false,
            ),
        ] {
            let pairs: Vec<_> = others.iter().copied().chain([host]).collect();
            assert_eq!(is_own(&headers(&pairs)), is_believed, "{others:?}");
        }
    }
}
