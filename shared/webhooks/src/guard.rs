//! Which addresses a client may have us call: public ones, so that nobody knocks on our own doors
//! through us (the cloud's metadata service, databases, this machine).

use futures_util::future::BoxFuture;
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::{
    error::Error,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

/// Ends of names that are never public.
const LOCAL_NAMES: [&str; 5] = ["localhost", "local", "internal", "lan", "home.arpa"];

/// Why an address may not be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no address of a web server.
    #[error("an https address with a host")]
    NotWeb,
    /// It is not encrypted.
    #[error("an https address")]
    NotEncrypted,
    /// It holds a user or a password, which would get into logs.
    #[error("an address without user and password")]
    HasCredentials,
    /// It names this machine or a private network.
    #[error("an address on the public internet")]
    Private,
}

/// Checks an address before it is stored: https, a host, no user or password, and no literal
/// address or name that is not public. With `allows_private` http and private ones pass too.
///
/// A public name may still lead to a private address: the client guards its connections as well.
///
/// # Errors
/// [`TargetError`].
pub fn check_target(url: &str, allows_private: bool) -> Result<(), TargetError> {
    let url = Url::parse(url).map_err(|_| TargetError::NotWeb)?;
    if !matches!(url.scheme(), "https" | "http") || !url.has_host() {
        return Err(TargetError::NotWeb);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(TargetError::HasCredentials);
    }
    if allows_private {
        return Ok(());
    }
    if url.scheme() != "https" {
        return Err(TargetError::NotEncrypted);
    }
    let host = url.host_str().unwrap_or_default();
    if may_be_public(host) {
        Ok(())
    } else {
        Err(TargetError::Private)
    }
}

/// Whether a host, as a parsed URL spells it, is a public address or a name that may lead to one.
fn may_be_public(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return is_public(address);
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    let is_local = LOCAL_NAMES.iter().any(|end| {
        name == *end
            || name
                .strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('.'))
    });
    // A name without a dot is looked up in the network's own domain.
    name.contains('.') && !is_local
}

/// Whether an address is reachable by everybody (IANA special-purpose address registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0 // this network
        || (a == 100 && (64..128).contains(&b)) // carriers' shared addresses
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (18..20).contains(&b)) // benchmarks
        || a >= 224; // multicast, reserved, broadcast
    !is_special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    if let Some(inner) = embedded_v4(address) {
        return is_public_v4(inner);
    }
    // Of all addresses, 2000::/3 is given out; the rest is local, multicast or reserved.
    let is_global = parts[0] & 0xe000 == 0x2000;
    let is_special = match parts[0] {
        0x2001 => parts[1] < 0x0200 || parts[1] == 0x0db8, // protocols, Teredo; documentation
        0x3fff => parts[1] < 0x1000,                       // documentation
        _ => false,
    };
    is_global && !is_special
}

/// The IPv4 address that an IPv6 one leads to: mapped, NAT64, 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let parts = address.segments();
    let join = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    if parts[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return Some(join(parts[6], parts[7]));
    }
    if parts[0] == 0x2002 {
        return Some(join(parts[1], parts[2]));
    }
    address.to_ipv4_mapped()
}

/// How names are looked up.
type LookUp = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync;

/// Looks names up and keeps their public addresses only, at each connection anew: a name may lead
/// elsewhere than when it was checked.
#[derive(Clone)]
pub(super) struct Public(Arc<LookUp>);

impl Public {
    /// Asks whom this machine asks.
    pub(super) fn by_system() -> Self {
        Self::by(|name| {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        })
    }

    pub(super) fn by<F>(look_up: F) -> Self
    where
        F: Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync + 'static,
    {
        Self(Arc::new(look_up))
    }
}

/// A name leads to no public address.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to no public address")]
pub(super) struct NotPublic;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        let look_up = self.0(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = public_only(look_up.await?.into_iter())?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

pub(super) fn public_only(
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
    let public: Vec<_> = found.filter(|address| is_public(address.ip())).collect();
    if public.is_empty() {
        return Err(NotPublic.into());
    }
    Ok(public)
}
