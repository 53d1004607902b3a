//! One request to an address, by hand: what it is answered, who answers, and what their clock says.

use super::{WAIT, certificate::Certificate};
use call::time::Timestamp;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};
use store::clock::{Clock, SystemClock};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsConnector;
use url::Url;

/// Most of an answer that is read: its head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Who is asked, and what they answered.
pub struct Knocker {
    roots: Arc<RootCertStore>,
    answers: Mutex<Vec<Answer>>,
}

/// What an address answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whom it is from.
    pub host: String,
    /// The status.
    pub status: u16,
    /// What their clock said.
    pub date: Option<Timestamp>,
    /// By our clock, when they were asked.
    pub asked: Timestamp,
    /// By our clock, when they had answered.
    pub answered: Timestamp,
    /// Who they showed that they are.
    pub(super) certificate: Option<Certificate>,
}

/// Why an address gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Silence {
    NoAddress,
    Closed,
    Late,
    NoTls,
    NoHttp,
}

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAddress => f.write_str("has no such name"),
            Self::Closed => f.write_str("nobody listens there"),
            Self::Late => write!(f, "gave no answer within {} s", WAIT.as_secs()),
            Self::NoTls => f.write_str("does not speak TLS"),
            Self::NoHttp => f.write_str("does not speak HTTP"),
        }
    }
}

impl Knocker {
    pub(super) fn new(roots: RootCertStore) -> Self {
        Self {
            roots: Arc::new(roots),
            answers: Mutex::default(),
        }
    }

    /// Every answer so far.
    pub(super) fn answers(&self) -> Vec<Answer> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.clone()
    }

    /// Asks this address with this method and these lines of a head.
    pub(super) async fn ask(&self, url: &Url, method: &str, head: &str) -> Result<Answer, Silence> {
        let asked = timeout(WAIT, self.exchange(url, method, head)).await;
        let answer = asked.unwrap_or(Err(Silence::Late))?;
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push(answer.clone());
        Ok(answer)
    }

    async fn exchange(&self, url: &Url, method: &str, head: &str) -> Result<Answer, Silence> {
        let host = url.host_str().ok_or(Silence::NoAddress)?;
        let is_tls = matches!(url.scheme(), "https" | "wss");
        let port = url.port().unwrap_or(if is_tls { 443 } else { 80 });
        let at = host.trim_start_matches('[').trim_end_matches(']');
        let addresses = tokio::net::lookup_host((at, port)).await;
        let addresses: Vec<_> = addresses.map_err(|_| Silence::NoAddress)?.collect();
        let socket = TcpStream::connect(&addresses[..]).await;
        let socket = socket.map_err(|_| Silence::Closed)?;
        let path = url.query().map_or_else(
            || url.path().to_owned(),
            |query| format!("{}?{query}", url.path()),
        );
        let authority = url
            .port()
            .map_or(host.to_owned(), |port| format!("{host}:{port}"));
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: outbound-call-doctor\r\n{head}\r\n"
        );
        let mut answer = if is_tls {
            let witness = Arc::new(Witness::new(self.roots.clone()));
            let name = ServerName::try_from(at.to_owned()).map_err(|_| Silence::NoAddress)?;
            let connector = TlsConnector::from(Arc::new(witness.config()));
            let socket = connector.connect(name, socket).await;
            let answer = talk(socket.map_err(|_| Silence::NoTls)?, &request).await?;
            Answer {
                certificate: witness.seen(),
                ..answer
            }
        } else {
            talk(socket, &request).await?
        };
        answer.host = authority;
        Ok(answer)
    }
}

async fn talk(
    mut socket: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
) -> Result<Answer, Silence> {
    let asked = SystemClock.now();
    let sent = socket.write_all(request.as_bytes()).await;
    sent.map_err(|_| Silence::NoHttp)?;
    let _ = socket.flush().await;
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES_MAX && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match socket.read_buf(&mut head).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let answered = SystemClock.now();
    let head = String::from_utf8_lossy(&head);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1."));
    let status = status.and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let date = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date")
            .then(|| date_of(value))
            .flatten()
    });
    Ok(Answer {
        host: String::new(),
        status: status.ok_or(Silence::NoHttp)?,
        date,
        asked,
        answered,
        certificate: None,
    })
}

/// Reads `Sun, 29 Nov 2026 21:13:52 GMT`.
fn date_of(text: &str) -> Option<Timestamp> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.split_whitespace().skip(1);
    let (day, month, year, time) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.find(month)? / 3 + 1;
    format!("{year}-{month:02}-{day:0>2}T{time}Z").parse().ok()
}

/// Judges a certificate, remembers it, and lets the handshake go on whatever it is: nothing that is secret
/// is sent.
#[derive(Debug)]
struct Witness {
    judge: Option<Arc<WebPkiServerVerifier>>,
    seen: Mutex<Option<Certificate>>,
}

impl Witness {
    fn new(roots: Arc<RootCertStore>) -> Self {
        Self {
            judge: WebPkiServerVerifier::builder(roots).build().ok(),
            seen: Mutex::default(),
        }
    }

    fn config(self: &Arc<Self>) -> ClientConfig {
        let config = ClientConfig::builder().dangerous();
        let config = config.with_custom_certificate_verifier(self.clone());
        config.with_no_client_auth()
    }

    fn seen(&self) -> Option<Certificate> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        stapled: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let judged = self.judge.as_ref().map_or(
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer,
            )),
            |judge| judge.verify_server_cert(end, between, name, stapled, now),
        );
        let seen = Certificate::of(end, judged.err());
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_http_writes_it() {
        let read = |text: &str| date_of(text).map(|at| at.to_string());
        let expected = Some("2026-11-09T21:13:52.000Z".to_owned());
        assert_eq!(read(" Mon, 09 Nov 2026 21:13:52 GMT"), expected);
        assert_eq!(read("Mon, 9 Nov 2026 21:13:52 GMT"), expected);
        for text in ["", "now", "Mon, 09 Xxx 2026 21:13:52 GMT"] {
            assert_eq!(read(text), None);
        }
    }
}
