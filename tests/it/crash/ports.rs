//! Ports that stay with their part while it is away.

use super::process::Part;
use std::net::SocketAddr;
use tokio::net::TcpSocket;

/// A port that stays ours while its part is away. On Linux a socket that is bound and does not
/// listen keeps it from being given to any connection, and lets the part bind it as well;
/// elsewhere it is only likely to stay free.
pub(super) struct Port {
    pub(super) address: SocketAddr,
    _socket: Option<TcpSocket>,
}

impl Port {
    pub(super) fn take() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = socket.local_addr().unwrap();
        Self {
            address,
            _socket: cfg!(target_os = "linux").then_some(socket),
        }
    }
}

/// The ports of the parts that listen.
pub(super) struct Reserved {
    pub(super) database: Port,
    pub(super) api: Port,
    pub(super) relay: Port,
}

impl Reserved {
    pub(super) fn take() -> Self {
        Self {
            database: Port::take(),
            api: Port::take(),
            relay: Port::take(),
        }
    }

    /// Base address of the API.
    pub(super) fn api_url(&self) -> String {
        format!("http://{}", self.api.address)
    }

    pub(super) fn listen(&self, part: Part) -> Option<SocketAddr> {
        match part {
            Part::Database => Some(self.database.address),
            Part::Api => Some(self.api.address),
            Part::Relay => Some(self.relay.address),
            Part::Sweep => None,
        }
    }
}
