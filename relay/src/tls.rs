//! TLS at the relay's own listener, where no load balancer before it holds the certificate.

use crate::tasks::Tasks;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use thiserror::Error;
use tokio::{fs, time::sleep};
use tokio_rustls::TlsAcceptor;

/// From one look whether the certificate was renewed to the next. Renewals come weeks before the
/// old one ends.
const LOOK: Duration = Duration::from_secs(5);

/// Where the certificate is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate of the relay's name and those that lead to its root, in PEM, in this order.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

/// Why the relay cannot prove its name.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file is not there, or not ours to read.
    #[error("{variable}: cannot read {}: {error}", path.display())]
    Unreadable {
        /// Which setting names it.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The first file holds something else.
    #[error("RELAY_TLS_CERTIFICATE: expected certificates in PEM, that of the relay first")]
    NoCertificate,
    /// The second file holds something else.
    #[error("RELAY_TLS_KEY: expected a private key in PEM, without a passphrase")]
    NoKey,
    /// The two do not belong together, or are of a kind that is not supported.
    #[error("RELAY_TLS_KEY: is not the key of RELAY_TLS_CERTIFICATE: {0}")]
    Unusable(rustls::Error),
}

/// Accepts TLS connections with the certificate as it is in the files at that time.
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    shown: Arc<Shown>,
    files: TlsFiles,
    read: Pem,
}

/// What the two files held.
#[derive(Clone, PartialEq, Eq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate that is shown to who connects.
#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl Tls {
    /// Reads the files.
    pub(crate) async fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let read = Pem::read(&files).await?;
        let shown = Arc::new(Shown(RwLock::new(Arc::new(read.certified(&provider)?))));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(shown.clone());
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            shown,
            files,
            read,
        })
    }

    /// What makes connections. The files are looked at while `tasks` run.
    pub(crate) fn serve(self, tasks: &Tasks) -> TlsAcceptor {
        let acceptor = self.acceptor.clone();
        tasks.serve(self.renew());
        acceptor
    }

    /// A half-written renewal, or one that cannot be used, leaves the certificate as it is.
    async fn renew(mut self) {
        let provider = aws_lc_rs::default_provider();
        let mut refused = None;
        loop {
            sleep(LOOK).await;
            let found = Pem::read(&self.files).await;
            if found.as_ref().is_ok_and(|found| *found == self.read) {
                refused = None;
                continue;
            }
            match found.and_then(|found| Ok((found.certified(&provider)?, found))) {
                Ok((certified, found)) => {
                    self.shown.set(certified);
                    self.read = found;
                    refused = None;
                    tracing::info!("the certificate was renewed");
                }
                Err(error) => {
                    let error = error.to_string();
                    if refused.as_ref() != Some(&error) {
                        tracing::error!(%error, "the certificate is not renewed, the old one stays");
                        refused = Some(error);
                    }
                }
            }
        }
    }
}

impl Pem {
    async fn read(files: &TlsFiles) -> Result<Self, TlsError> {
        let read = async |variable, path: &Path| {
            let unreadable = |error| TlsError::Unreadable {
                variable,
                path: path.to_owned(),
                error,
            };
            fs::read(path).await.map_err(unreadable)
        };
        Ok(Self {
            certificate: read("RELAY_TLS_CERTIFICATE", &files.certificate).await?,
            key: read("RELAY_TLS_KEY", &files.key).await?,
        })
    }

    fn certified(&self, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.map_err(|_| TlsError::NoCertificate)?;
        if chain.is_empty() {
            return Err(TlsError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey)?;
        CertifiedKey::from_der(chain, key, provider).map_err(TlsError::Unusable)
    }
}

impl Shown {
    fn set(&self, certified: CertifiedKey) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(certified);
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(shown.clone())
    }
}
