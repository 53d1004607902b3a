//! Where connections come from.

use crate::{
    carrier_leg::Socket,
    tasks::Tasks,
    tls::{Tls, TlsError, TlsFiles},
};
use std::{io, net::SocketAddr};
use thiserror::Error;
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

/// Where carriers connect: plain, behind a load balancer that holds the certificate, or with TLS.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Tls>,
}

/// Why nobody can connect.
#[derive(Debug, Error)]
pub enum ListenError {
    /// The address is taken, or not of this machine.
    #[error("RELAY_LISTEN: cannot listen on {0}: {1}")]
    Address(SocketAddr, io::Error),
    /// The certificate cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Listener {
    /// Listens at this address, with TLS if the files of a certificate are named.
    ///
    /// # Errors
    /// [`ListenError`].
    pub async fn bind(at: SocketAddr, tls: Option<TlsFiles>) -> Result<Self, ListenError> {
        let tls = match tls {
            Some(files) => Some(Tls::open(files).await?),
            None => None,
        };
        let tcp = TcpListener::bind(at).await;
        let tcp = tcp.map_err(|error| ListenError::Address(at, error))?;
        Ok(Self { tcp, tls })
    }

    /// Address and port on which it listens.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }

    /// The listener, and what is done with each of its connections. The certificate is looked after
    /// while `tasks` run.
    pub(super) fn open(self, tasks: &Tasks) -> (TcpListener, Handshake) {
        (self.tcp, Handshake(self.tls.map(|tls| tls.serve(tasks))))
    }
}

impl From<TcpListener> for Listener {
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None }
    }
}

/// What comes before the first request on a connection.
#[derive(Clone)]
pub(super) struct Handshake(Option<TlsAcceptor>);

impl Handshake {
    pub(super) async fn shake(self, socket: TcpStream, until: Instant) -> io::Result<Socket> {
        socket.set_nodelay(true)?;
        let Some(acceptor) = self.0 else {
            return Ok(Either::Left(socket));
        };
        let shaken = timeout_at(until, acceptor.accept(socket)).await;
        Ok(Either::Right(Box::new(shaken??)))
    }
}
