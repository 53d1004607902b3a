//! Where callbacks may go, if the operator names it: a client's key that is stolen then sends no
//! patient's answers to another place.

use reqwest::Url;
use std::str::FromStr;

/// Hosts that callbacks may name. `*.example.org` admits every name below it, not itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackHosts(Vec<String>);

/// Host and port that an address leads to; `None` if it is none of a web server.
#[must_use]
pub fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let port = url.port_or_known_default()?;
    Some(format!("{}:{port}", url.host_str()?))
}

/// The text is no list of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected host names joined by commas, such as crm.example.org,*.hospital.example")]
pub struct InvalidHosts;

impl CallbackHosts {
    /// Whether a callback may go to `url`, whatever its port.
    #[must_use]
    pub fn admit(&self, url: &str) -> bool {
        let url = Url::parse(url).ok();
        let host = url.as_ref().and_then(Url::host_str);
        let host = host.map(|host| host.trim_end_matches('.'));
        host.is_some_and(|host| self.0.iter().any(|pattern| matches(pattern, host)))
    }
}

/// Both are in lower case: the one is read so, the other written so by the URL's parser.
fn matches(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(end) => host.len() > end.len() && host.ends_with(end),
        None => host == pattern,
    }
}

impl FromStr for CallbackHosts {
    type Err = InvalidHosts;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hosts = text.split(',').map(|host| host.trim().to_ascii_lowercase());
        let hosts: Vec<String> = hosts.collect();
        if hosts.iter().all(|host| is_pattern(host)) {
            Ok(Self(hosts))
        } else {
            Err(InvalidHosts)
        }
    }
}

fn is_pattern(text: &str) -> bool {
    let name = text.strip_prefix("*.").unwrap_or(text);
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_of_the_list_are_admitted() {
        let hosts: CallbackHosts = "crm.example.org, *.Hospital.example".parse().unwrap();
        for url in [
            "https://crm.example.org/hook",
            "https://CRM.example.org:8443/",
            "https://crm.example.org./",
            "https://a.hospital.example/",
            "https://a.b.hospital.example/x?y=z",
        ] {
            assert!(hosts.admit(url), "{url}");
        }
        for url in [
            "https://example.org/",
            "https://a.crm.example.org/",
            "https://hospital.example/",
            "https://evilhospital.example/",
            "https://.hospital.example/",
            "https://crm.example.org.evil.example/",
            "https://evil.example/crm.example.org",
            "https://crm.example.org@evil.example/",
            "crm.example.org",
        ] {
            assert!(!hosts.admit(url), "{url}");
        }
    }

    #[test]
    fn a_host_is_told_apart_by_name_and_port() {
        for (url, host) in [
            (
                "https://CRM.example.org/hook?x=y",
                Some("crm.example.org:443"),
            ),
            ("http://crm.example.org:8080", Some("crm.example.org:8080")),
            ("crm.example.org", None),
            ("mailto:a@example.org", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }

    #[test]
    fn what_is_no_list_of_hosts_is_refused() {
        for text in [
            "",
            ",",
            "https://crm.example.org",
            "*",
            "a b",
            "a.*.b",
            "crm.example.org,",
        ] {
            assert_eq!(text.parse::<CallbackHosts>(), Err(InvalidHosts), "{text}");
        }
    }
}
