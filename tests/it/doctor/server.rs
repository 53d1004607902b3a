//! Somebody who answers what a test says, with a certificate and a clock that it says.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{RootCertStore, ServerConfig, pki_types::PrivateKeyDer};
use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What is answered: a status for who wants no WebSocket, one for who does, and a `Date` if there is one.
#[derive(Clone, Copy)]
pub(super) struct Says {
    pub(super) plain: u16,
    pub(super) upgrade: u16,
    pub(super) date: Option<&'static str>,
}

/// A relay, as far as a stranger sees it.
pub(super) const RELAY: Says = Says {
    plain: 426,
    upgrade: 404,
    date: None,
};

pub(super) struct Server {
    pub(super) address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Answers so, over TLS if there is a certificate.
    pub(super) async fn start(says: Says, tls: Option<ServerConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                match &tls {
                    None => answer(socket, says).await,
                    Some(tls) => {
                        if let Ok(socket) = tls.accept(socket).await {
                            answer(socket, says).await;
                        }
                    }
                }
            }
        });
        Self { address, task }
    }

    /// Takes connections, and says nothing.
    pub(super) async fn silent() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((socket, _)) = listener.accept().await {
                held.push(socket);
            }
        });
        Self { address, task }
    }
}

async fn answer(mut socket: impl AsyncRead + AsyncWrite + Unpin, says: Says) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(socket.read_buf(&mut head).await, Ok(1..)) {
            return;
        }
    }
    let wants_upgrade = String::from_utf8_lossy(&head).contains("Upgrade: websocket");
    let status = if wants_upgrade {
        says.upgrade
    } else {
        says.plain
    };
    let date = says
        .date
        .map_or(String::new(), |date| format!("date: {date}\r\n"));
    let answer = format!("HTTP/1.1 {status} X\r\n{date}content-length: 0\r\n\r\n");
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

/// An authority, and certificates that it signed.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }

    /// One for this name, good until noon of that day.
    pub(super) fn certify(&self, name: &str, until: (i32, u8, u8)) -> ServerConfig {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder().with_no_client_auth();
        config
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap()
    }
}
