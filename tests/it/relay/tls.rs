//! The relay's own TLS: whole calls over it, renewed certificates, and clients that make no handshake.

use super::{
    stream::{self, Stream},
    world::{Setup, WITHIN, World},
};
use ::relay::{config::RelayConfig, server::Listener, tls::TlsFiles};
use base64::{Engine, engine::general_purpose::STANDARD};
use call::{CallState, Policy};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName},
};
use settings::Env;
use std::{env, fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_tungstenite::{MaybeTlsStream, tungstenite::client::IntoClientRequest};

const NAME: &str = "relay.example.org";

/// An authority that the carrier trusts, and the files of the relay.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: PathBuf,
}

/// A certificate and its key, as the files hold them.
struct Renewal {
    certificate: String,
    key: String,
    shown: CertificateDer<'static>,
}

impl Authority {
    /// With the files of a first certificate.
    fn new(test: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        let folder = env::temp_dir().join(format!("tls-{}-{test}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let authority = Self { issuer, folder };
        authority.put(&authority.certify());
        authority
    }

    fn certify(&self) -> Renewal {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([NAME.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Renewal {
            certificate: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", &key.serialize_der()),
            shown: certificate.der().clone(),
        }
    }

    fn files(&self) -> TlsFiles {
        TlsFiles {
            certificate: self.folder.join("fullchain.pem"),
            key: self.folder.join("privkey.pem"),
        }
    }

    fn put(&self, renewal: &Renewal) {
        fs::write(self.files().certificate, &renewal.certificate).unwrap();
        fs::write(self.files().key, &renewal.key).unwrap();
    }

    fn setup(&self) -> Setup {
        Setup {
            tls: Some(self.files()),
            ..Setup::default()
        }
    }

    /// Connects as the carrier does, who checks the name.
    async fn connect(&self, to: SocketAddr) -> TlsStream<TcpStream> {
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let config = ClientConfig::builder().with_root_certificates(roots);
        let connector = TlsConnector::from(Arc::new(config.with_no_client_auth()));
        let name = ServerName::try_from(NAME).unwrap();
        let tcp = TcpStream::connect(to).await.unwrap();
        connector.connect(name, tcp).await.unwrap()
    }

    /// The certificate that is shown now.
    async fn shown(&self, by: &World) -> CertificateDer<'static> {
        let connection = self.connect(by.address).await;
        connection.get_ref().1.peer_certificates().unwrap()[0].clone()
    }

    async fn until_shown(&self, by: &World, renewal: &Renewal) {
        let renewed = async {
            while self.shown(by).await != renewal.shown {
                sleep(Duration::from_millis(200)).await;
            }
        };
        timeout(WITHIN, renewed).await.expect("is not renewed");
    }

    /// A call in conversation over TLS.
    async fn talking(&self, world: &World) -> (call::ids::CallId, Stream) {
        let call = world.dialing().await;
        let request = format!("wss://{NAME}{}", world.target(call));
        let connection = MaybeTlsStream::Rustls(self.connect(world.address).await);
        let stream = stream::over(connection, request.into_client_request().unwrap()).await;
        world.until(call, CallState::Active).await;
        (call, stream.unwrap())
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_cuts_no_call() {
    let authority = Authority::new("renewed");
    let world = World::start(authority.setup()).await;
    let (call, stream) = authority.talking(&world).await;
    stream.stays_live();

    let renewal = authority.certify();
    authority.put(&renewal);
    authority.until_shown(&world, &renewal).await;

    let (_, mut second) = authority.talking(&world).await;
    let heard = second.until(|received| received.pcm.len() >= 16_000).await;
    assert!(!heard.is_gone);
    let first = world.calls.store.load(call).await.unwrap().unwrap();
    assert_eq!(first.state, CallState::Active);
    stream.close().await;
    world.until(call, CallState::Completed).await;
}

#[tokio::test]
async fn a_renewal_that_cannot_be_used_leaves_the_certificate_as_it_is() {
    let authority = Authority::new("refused");
    let world = World::start(authority.setup()).await;
    let before = authority.shown(&world).await;
    let (renewal, files) = (authority.certify(), authority.files());
    let halves: [&dyn Fn(); 4] = [
        &|| fs::write(&files.certificate, &renewal.certificate[..200]).unwrap(),
        &|| fs::write(&files.certificate, &renewal.certificate).unwrap(), // The key is the old one.
        &|| fs::write(&files.key, "").unwrap(),
        &|| fs::remove_file(&files.key).unwrap(),
    ];
    for half in halves {
        half();
        sleep(Duration::from_secs(6)).await;
        assert_eq!(authority.shown(&world).await, before);
    }
    authority.put(&renewal);
    authority.until_shown(&world, &renewal).await;
}

#[tokio::test]
async fn who_makes_no_handshake_is_left_and_disturbs_nobody() {
    let authority = Authority::new("silent");
    let world = World::start(authority.setup()).await;
    let mut silent = TcpStream::connect(world.address).await.unwrap();
    let plain = reqwest::get(format!("http://{}/healthz", world.address)).await;
    assert!(plain.is_err(), "answers without TLS");
    authority.talking(&world).await;
    let left = timeout(WITHIN, silent.read(&mut [0])).await;
    let left = left.expect("a silent connection stays open");
    assert!(matches!(left, Ok(0) | Err(_)));
}

#[tokio::test]
async fn what_cannot_be_used_at_the_start_is_named() {
    let authority = Authority::new("start");
    let (first, other) = (authority.certify(), authority.certify());
    let start = async |certificate: &str, key: &str| {
        fs::write(authority.files().certificate, certificate).unwrap();
        fs::write(authority.files().key, key).unwrap();
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = Listener::bind(any, Some(authority.files())).await;
        bound.err().map(|error| error.to_string())
    };
    assert_eq!(start(&first.certificate, &first.key).await, None);
    for (certificate, key, expected) in [
        (
            "",
            &*first.key,
            "RELAY_TLS_CERTIFICATE: expected certificates in PEM",
        ),
        (
            &first.key,
            &first.key,
            "RELAY_TLS_CERTIFICATE: expected certificates in PEM",
        ),
        (
            &first.certificate,
            &first.certificate,
            "RELAY_TLS_KEY: expected a private key in PEM",
        ),
        (
            &first.certificate,
            &other.key,
            "RELAY_TLS_KEY: is not the key of RELAY_TLS_CERTIFICATE",
        ),
    ] {
        let error = start(certificate, key).await.unwrap();
        assert!(error.starts_with(expected), "{error}");
    }
    fs::remove_file(authority.files().key).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let error = Listener::bind(any, Some(authority.files())).await.err();
    let error = error.unwrap().to_string();
    assert!(error.starts_with("RELAY_TLS_KEY: cannot read "), "{error}");
}

#[test]
fn a_certificate_without_its_key_is_refused_and_the_other_way_round() {
    for (given, missing) in [
        ("RELAY_TLS_CERTIFICATE", "RELAY_TLS_KEY: is not set"),
        ("RELAY_TLS_KEY", "RELAY_TLS_CERTIFICATE: is not set"),
    ] {
        let env = Env::from_reader(move |name| (name == given).then(|| "a.pem".to_owned()));
        let error = RelayConfig::from_env(&env, &Policy::default()).unwrap_err();
        assert!(error.to_string().contains(missing), "{error}");
    }
}
