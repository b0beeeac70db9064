//! The handshake: which certificate a client is shown, whether it is asked for one of its own, and what is known of the
//! connection afterwards. The name it asks for decides both, before anything else is known of it. What one name was
//! promised never counts for another: a request whose host has another policy is sent to a connection of its own (421),
//! and nothing of a client certificate outlives its connection, so that it is looked at, dates included, on every one.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::{Acceptor, NoServerSessionStorage, ResolvesServerCertUsingSni, WebPkiClientVerifier};
use rustls::sign::SingleCertAndKey;
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::certificates::{Certificates, Pair};
use super::pem;
use super::watched::{Look, Watched};
use crate::clock::{Clock, Time};
use crate::error::Problems;
use crate::gate::{Site, Sites};
use crate::types::{CertificateName, ClientCertificate};

/// What is spoken inside, the better first (RFC 7301).
const HTTP2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// "There is no such name here": a fatal alert, before any version is agreed on (RFC 8446 sections 5.1 and 6, RFC 6066
/// section 3).
const UNRECOGNIZED_NAME: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// The TLS of one configuration.
pub struct Tls {
    certificates: Arc<Certificates>,
    sites: Arc<Sites>,
    clock: Arc<dyn Clock>,
    /// For names whose clients are asked for no certificate.
    open: Arc<ServerConfig>,
    /// By their files.
    authorities: BTreeMap<String, Watched<Authority>>,
}

/// Who signs the client certificates of a host.
struct Authority {
    certificates: Vec<CertificateDer<'static>>,
    config: Arc<ServerConfig>,
}

/// A connection that was secured.
pub struct Secured {
    /// As it was asked for.
    name: Option<String>,
    shown: Arc<Pair>,
    authority: Option<Arc<Authority>>,
    certificate: Option<Arc<ClientCertificate>>,
    /// HTTP/2 was agreed on.
    pub streams: bool,
    /// The connection is good for nothing any more.
    pub spent: CancellationToken,
}

/// Why there was no handshake.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    #[error("the name asked for is in no certificate")]
    Name,
    #[error("no handshake: {0}")]
    Failed(#[from] std::io::Error),
    #[error("the client certificate cannot be read")]
    Certificate,
}

impl Tls {
    /// `None`: there is no certificate, and so no TLS. Every problem is named by its key.
    pub fn build(
        sites: &Arc<Sites>,
        certificates: &Arc<Certificates>,
        clock: &Arc<dyn Clock>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let mut authorities = BTreeMap::new();
        for site in &sites.sites {
            let Some(file) = site.client_ca_file.as_ref().filter(|file| !authorities.contains_key(*file)) else {
                continue;
            };
            match Watched::read(vec![file.clone()], || Authority::read(file, clock)) {
                Ok(authority) => drop(authorities.insert(file.clone(), authority)),
                Err(what) => {
                    let remedy = "name a PEM file with the certificate of the authority that signs client certificates";
                    problems.add(format!("site[{}].client_ca_file", site.index), what, remedy);
                }
            }
        }
        if certificates.is_empty() {
            return None;
        }
        let open = match config(clock, None) {
            Ok(open) => open,
            Err(what) => {
                problems.add("listen.https", what, "this is a bug: the machine's cryptography cannot do TLS");
                return None;
            }
        };
        let (certificates, sites, clock) = (certificates.clone(), sites.clone(), clock.clone());
        Some(Self { certificates, sites, clock, open: Arc::new(open), authorities })
    }

    /// Looks after the files of certificates and authorities; to be called each second. It reads, so it may take a while.
    pub fn look(&self) {
        self.certificates.look(self.clock.wall());
        for (file, authority) in &self.authorities {
            // Connections that were opened under the old one do not fit any more.
            match authority.look(|| Authority::read(file, &self.clock), Authority::is_same) {
                Look::Same => {}
                Look::New => {
                    tracing::info!(file, "clients are asked for certificates of another authority from now on")
                }
                Look::Trouble(why) => {
                    tracing::error!(file, why, "an authority cannot be read again, the old one stays in force");
                }
            }
        }
    }

    /// The handshake, over a connection of which nothing was read. It has no time limit.
    ///
    /// # Errors
    /// The connection is of no use any more, and the client was told as much as TLS has words for.
    pub async fn accept(&self, stream: TcpStream) -> Result<(TlsStream<TcpStream>, Secured), HandshakeError> {
        let mut start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
        let name = start.client_hello().server_name().map(str::to_ascii_lowercase);
        let Some(shown) = self.certificates.choose(name.as_deref()) else {
            start.io.write_all(&UNRECOGNIZED_NAME).await?;
            start.io.shutdown().await?;
            return Err(HandshakeError::Name);
        };
        let site = name.as_ref().and_then(|name| self.sites.by_host(name));
        let authority = site.and_then(|site| self.authority(&site));
        let config = authority.as_ref().map_or(&self.open, |authority| &authority.config);
        // The very one that requests are judged by from now on, should another take its place meanwhile.
        let mut config = ServerConfig::clone(config);
        config.cert_resolver = Arc::new(SingleCertAndKey::from(shown.key.clone()));
        let stream = start.into_stream(Arc::new(config)).await?;
        let (_, session) = stream.get_ref();
        // An authority is there whenever one was asked for; without it nothing that is shown counts.
        let certificate = match (session.peer_certificates().and_then(|chain| chain.first()), &authority) {
            (Some(leaf), Some(_)) => Some(Arc::new(holder(leaf).ok_or(HandshakeError::Certificate)?)),
            _ => None,
        };
        let streams = session.alpn_protocol() == Some(HTTP2);
        Ok((stream, Secured { name, shown, authority, certificate, streams, spent: CancellationToken::new() }))
    }

    /// Whether a request for this host and site may come over this connection: the certificate that was shown is good for
    /// the host, and its clients are asked for certificates of the same authority, or for none.
    pub fn fits(&self, secured: &Secured, host: &str, site: &Site) -> bool {
        let same = match (self.authority(site), &secured.authority) {
            (Some(wanted), Some(asked)) => wanted.is_same(asked),
            (wanted, asked) => wanted.is_none() && asked.is_none(),
        };
        secured.shown.covers(host) && same
    }

    /// The authority of a site, as it is now.
    fn authority(&self, site: &Site) -> Option<Arc<Authority>> {
        self.authorities.get(site.client_ca_file.as_ref()?).map(Watched::load)
    }
}

impl Authority {
    fn read(file: &str, clock: &Arc<dyn Clock>) -> Result<Self, String> {
        let own = pem::authorities(file)?;
        let config = config(clock, Some(&own)).map_err(|what| format!("{file}: {what}"))?;
        Ok(Self { certificates: own, config: Arc::new(config) })
    }

    fn is_same(&self, other: &Self) -> bool {
        self.certificates == other.certificates
    }
}

impl Secured {
    /// Has the connection end, should it have been opened for the host that it is no good for any more. Over HTTP/2 a client
    /// keeps to it as long as it can, and would be told 421 for ever.
    pub fn leave(&self, host: &str) {
        if self.name.as_deref() == Some(host) {
            self.spent.cancel();
        }
    }

    /// The certificate of the client, as long as it is in force: a connection may outlive it.
    pub fn certificate(&self, now: Time) -> Option<&Arc<ClientCertificate>> {
        self.certificate.as_ref().filter(|certificate| now <= certificate.ends)
    }
}

/// TLS 1.2 and 1.3 with suites that are all authenticated encryption with forward secrecy: rustls has no others, nor
/// compression, renegotiation or early data, unless it is asked for it. It shows no certificate: each handshake brings its
/// own.
fn config(clock: &Arc<dyn Clock>, clients_of: Option<&[CertificateDer<'static>]>) -> Result<ServerConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_details(provider.clone(), Arc::new(OurTime(clock.clone())));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]).map_err(|error| error.to_string())?;
    let builder = match clients_of {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for one in authorities {
                roots.add(one.clone()).map_err(|error| error.to_string())?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            // Rules say who must show one; what is shown must be good.
            let verifier = verifier.allow_unauthenticated().build().map_err(|error| error.to_string())?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder.with_cert_resolver(Arc::new(ResolvesServerCertUsingSni::new()));
    config.alpn_protocols = vec![HTTP2.to_vec(), HTTP1.to_vec()];
    if clients_of.is_some() {
        // A resumed session would bring its certificate along without anybody looking at its dates again.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
    }
    Ok(config)
}

/// What rustls reckons with when it looks at dates.
#[derive(Debug)]
struct OurTime(Arc<dyn Clock>);

impl TimeProvider for OurTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.wall().secs()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

/// What a verified certificate says of its holder.
fn holder(leaf: &CertificateDer<'_>) -> Option<ClientCertificate> {
    let (_, leaf) = X509Certificate::from_der(leaf).ok()?;
    let common = leaf.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let mut names: Vec<_> = common.map(|name| CertificateName::new("cn", name)).collect();
    let others = leaf.subject_alternative_name().ok()?;
    names.extend(others.iter().flat_map(|names| &names.value.general_names).filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(CertificateName::new("dns", name)),
        GeneralName::RFC822Name(name) => Some(CertificateName::new("email", name)),
        GeneralName::URI(name) => Some(CertificateName::new("uri", name)),
        _ => None,
    }));
    Some(ClientCertificate { names, ends: Time::from_secs(leaf.validity().not_after.timestamp()) })
}
