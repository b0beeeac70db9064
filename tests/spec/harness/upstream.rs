//! Upstreams that are spoken to in other ways than [`Echo`]: over Unix sockets and TLS, with [`Echo`] behind them, and
//! over HTTP/2. Made of libraries; they record what they got and never judge it.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};

use h2::server::{SendResponse, handshake};
use http::{HeaderMap, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::Echo;
use super::wire::lock;

/// Runs on a thread of its own, as long as the test.
pub(super) fn aside(work: impl Future<Output = ()> + Send + 'static) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    std::thread::spawn(move || runtime.block_on(work));
}

async fn bridge(mut stream: impl AsyncRead + AsyncWrite + Unpin, to: SocketAddr) {
    let Ok(mut inner) = tokio::net::TcpStream::connect(to).await else { return };
    let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
}

/// Whatever is at this address, on a Unix socket.
pub fn unix(to: SocketAddr, path: &Path) {
    let listener = std::os::unix::net::UnixListener::bind(path).expect("the path is free");
    listener.set_nonblocking(true).expect("a socket can wait");
    aside(async move {
        let listener = tokio::net::UnixListener::from_std(listener).expect("a socket can be read");
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(bridge(stream, to));
        }
    });
}

/// Whatever is at this address, at another one.
pub fn elsewhere(to: SocketAddr, at: SocketAddr) {
    let listener = TcpListener::bind(at).expect("the address is free");
    listener.set_nonblocking(true).expect("a socket can wait");
    aside(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket can be read");
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(bridge(stream, to));
        }
    });
}

/// Who signs certificates.
pub struct Authority {
    pub pem: String,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    pub(super) der: CertificateDer<'static>,
}

/// A certificate and its key.
pub struct Certificate {
    pub pem: String,
    pub key_pem: String,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: PrivateKeyDer<'static>,
}

impl Authority {
    pub fn make() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let mut wanted = rcgen::CertificateParams::new(Vec::new()).expect("no names");
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let own = wanted.self_signed(&key).expect("signed");
        Self { pem: own.pem(), der: own.der().clone(), issuer: rcgen::Issuer::new(wanted, key) }
    }

    pub fn sign(&self, name: &str) -> Certificate {
        self.sign_until(name, 4096)
    }

    /// One that is good until this year.
    pub fn sign_until(&self, name: &str, year: i32) -> Certificate {
        let mut wanted = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        wanted.not_after = rcgen::date_time_ymd(year, 1, 1);
        self.issue(wanted)
    }

    /// One with all that is wanted of it.
    pub fn issue(&self, wanted: rcgen::CertificateParams) -> Certificate {
        let key = rcgen::KeyPair::generate().expect("a key can be made");
        let signed = wanted.signed_by(&key, &self.issuer).expect("signed");
        Certificate {
            pem: signed.pem(),
            key_pem: key.serialize_pem(),
            chain: vec![signed.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).expect("a key"),
        }
    }
}

fn acceptor(certificate: &Certificate, clients_of: Option<&Authority>, protocols: &[&str]) -> TlsAcceptor {
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions();
    let builder = builder.expect("versions that the provider has");
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.der.clone()).expect("an authority");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let pair = builder.with_single_cert(certificate.chain.clone(), certificate.key.clone_key());
    let mut config = pair.expect("a certificate and its key");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

fn listen<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    listener.set_nonblocking(true).expect("a socket can wait");
    aside(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket can be read");
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// The same application over TLS; only for clients with a certificate of this authority, if one is given.
pub fn tls(echo: &Echo, certificate: &Certificate, clients_of: Option<&Authority>) -> SocketAddr {
    let (acceptor, to) = (acceptor(certificate, clients_of, &["http/1.1"]), echo.address);
    listen(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                bridge(stream, to).await;
            }
        }
    })
}

/// What an HTTP/2 upstream heard: requests that came to their end, with their bodies, in this order.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<Whole>>>);

type Whole = (Request<()>, Vec<u8>);

impl Heard {
    pub fn all(&self) -> Vec<Whole> {
        lock(&self.0).iter().map(|(request, body)| (request.clone(), body.clone())).collect()
    }
}

/// An HTTP/2 upstream in clear: answers each request with its body, `hello` where there is none, and a trailer.
pub fn h2c() -> (SocketAddr, Heard) {
    let heard = Heard::default();
    let shared = heard.clone();
    (listen(move |stream| speak_h2(stream, shared.clone())), heard)
}

/// The same over TLS; WebSockets and whoever does not offer HTTP/2 get the application of `echo`.
pub fn tls_h2(echo: &Echo, certificate: &Certificate) -> (SocketAddr, Heard) {
    let heard = Heard::default();
    let (acceptor, shared, to) = (acceptor(certificate, None, &["h2", "http/1.1"]), heard.clone(), echo.address);
    let serve = move |stream| {
        let (acceptor, heard) = (acceptor.clone(), shared.clone());
        async move {
            let Ok(stream) = acceptor.accept(stream).await else { return };
            match stream.get_ref().1.alpn_protocol() {
                Some(b"h2") => speak_h2(stream, heard).await,
                _ => bridge(stream, to).await,
            }
        }
    };
    (listen(serve), heard)
}

async fn speak_h2(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, heard: Heard) {
    let Ok(mut connection) = handshake(stream).await else { return };
    while let Some(Ok((request, answer))) = connection.accept().await {
        tokio::spawn(answer_h2(request, answer, heard.clone()));
    }
}

async fn answer_h2(request: Request<h2::RecvStream>, mut answer: SendResponse<bytes::Bytes>, heard: Heard) {
    let (head, mut stream) = request.into_parts();
    let mut body = Vec::new();
    while let Some(piece) = stream.data().await {
        let Ok(piece) = piece else { return };
        let _ = stream.flow_control().release_capacity(piece.len());
        body.extend_from_slice(&piece);
    }
    lock(&heard.0).push((Request::from_parts(head, ()), body.clone()));
    let Ok(mut out) = answer.send_response(Response::new(()), false) else { return };
    let body = if body.is_empty() { b"hello".to_vec() } else { body };
    let _ = out.send_data(body.into(), false);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    let _ = out.send_trailers(trailers);
}
