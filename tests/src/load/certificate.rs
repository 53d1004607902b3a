//! The agent platform's certificate, and the file of authorities by which it is trusted.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_rustls::TlsAcceptor;

/// Where Debian keeps the authorities of the web.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A name that resolves to this machine.
pub(super) const NAME: &str = "localhost";

/// A certificate for [`NAME`]; its file is erased when dropped.
pub(super) struct Certificate {
    pub(super) acceptor: TlsAcceptor,
    trusted: PathBuf,
}

impl Certificate {
    /// Signed by an authority of its own, which stands beside the machine's in the file: a relay that reads
    /// it reads as many as in production.
    pub(super) fn make() -> Result<Self> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let params = CertificateParams::new([NAME.to_owned()])?;
        let certificate = params.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        let mut file = fs::read_to_string(AUTHORITIES).unwrap_or_default();
        file.push_str(&pem(authority.der()));
        let trusted = env::temp_dir().join(format!("load-{}-roots.pem", std::process::id()));
        fs::write(&trusted, file)?;
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            trusted,
        })
    }

    /// The file of authorities, for `SSL_CERT_FILE`.
    pub(super) fn trusted(&self) -> &Path {
        &self.trusted
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.trusted);
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
