//! Which addresses may be called, as a table.

use super::guard::public_only;
use super::*;
use std::net::IpAddr;

/// This machine, networks that are not the public one, and their other spellings.
const PRIVATE_HOSTS: &[&str] = &[
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "printer.local",
    "db.internal",
    "crm",
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[fc00::1]",
    "[fd12::1]",
    "[fe80::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::]",
    "[2001::1]",
    "[2001:1ff::1]",
    "[3fff::1]",
    "[3fff:fff::1]",
    "[64::5db8:d822]",
    "[64:ff9b:1::5db8:d822]",
];

/// On either side of what is private.
const PUBLIC_HOSTS: &[&str] = &[
    "1.0.0.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "101.64.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "192.1.0.1",
    "193.0.0.1",
    "192.88.98.1",
    "192.89.99.1",
    "193.88.99.1",
    "192.167.0.1",
    "198.17.255.255",
    "198.20.0.1",
    "199.18.0.1",
    "223.255.255.255",
    "[2001:200::1]",
    "[2002:5db8:d822::]",
    "[2606:ff9b::7f00:1]",
    "[3fff:1000::1]",
    "[64:ff9b::5db8:d822]",
    "[::ffff:93.184.216.34]",
];

#[test]
fn no_public_address_is_taken_for_a_private_one() {
    for host in PUBLIC_HOSTS {
        let url = format!("https://{host}/");
        assert_eq!(check_target(&url, false), Ok(()), "{host}");
    }
}

#[test]
fn only_public_addresses_may_be_called() {
    for (url, expected) in [
        ("https://crm.example.com/hook?a=1", Ok(())),
        ("https://93.184.216.34:8443/", Ok(())),
        ("https://[2606:4700::1111]/", Ok(())),
        ("http://crm.example.com/", Err(TargetError::NotEncrypted)),
        ("ftp://crm.example.com/", Err(TargetError::NotWeb)),
        ("crm.example.com", Err(TargetError::NotWeb)),
        (
            "https://user@crm.example.com/",
            Err(TargetError::HasCredentials),
        ),
        (
            "https://:word@crm.example.com/",
            Err(TargetError::HasCredentials),
        ),
    ] {
        assert_eq!(check_target(url, false), expected, "{url}");
    }
    for host in PRIVATE_HOSTS {
        let url = format!("https://{host}/hook");
        assert_eq!(
            check_target(&url, false),
            Err(TargetError::Private),
            "{host}"
        );
        assert_eq!(check_target(&url, true), Ok(()), "{host}");
    }
    assert_eq!(check_target("http://127.0.0.1:3000/", true), Ok(()));
}

#[test]
fn a_name_keeps_its_public_addresses_only() {
    let at = |text: &str| SocketAddr::new(text.parse::<IpAddr>().unwrap(), 443);
    let mixed = [at("10.0.0.1"), at("93.184.216.34"), at("::1")];
    assert_eq!(
        public_only(mixed.into_iter()).unwrap(),
        [at("93.184.216.34")]
    );
    assert!(public_only([at("169.254.169.254")].into_iter()).is_err());
}
