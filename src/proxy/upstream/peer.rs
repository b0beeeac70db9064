//! An upstream as Pingora connects to it. It must never be given a name to resolve (it would block, and panic), nor TLS
//! without a name (it would not verify), nor a wait without a limit; and connections that were verified in different
//! ways may never be taken for each other.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use pingora::protocols::TcpKeepalive;
use pingora::protocols::l4::socket::SocketAddr as AnyAddress;
use pingora::upstreams::peer::HttpPeer;
use pingora::utils::tls::{CertKey, WrappedX509, parse_x509};

use super::super::pem::{self, Half, Identity};
use super::names::{Name, ResolveError};
use super::{Exchange, Roster, handshake};
use crate::clock::Clock;
use crate::gate::{Place, Protocol, Terms, Upstream};

/// How long a connection nobody uses is kept for the next request.
const IDLE: Duration = Duration::from_secs(60);
/// What this machine may hold for us of an answer from an upstream on it, in bytes. Each read takes all there is, and
/// several reads wait for a visitor who takes nothing: such visitors cost in proportion. It slows no download, for there
/// is no way to speak of; where there is one, it would be 24 KiB for each time there and back, so the machine decides, and
/// such visitors cost more.
const RECEIVED: usize = 24 * 1024;
/// Streams of one HTTP/2 connection at a time; more open another connection.
const STREAMS: usize = 32;
/// How much of an answer may wait for its reader, in bytes; all streams of a connection together fit into its window, so
/// that slow readers never keep back the answers of others.
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS as u32;

/// What is wrong with a file of a site.
#[derive(Debug)]
pub struct Trouble {
    pub key: &'static str,
    pub what: String,
    pub remedy: &'static str,
}

/// An upstream, ready to be connected to.
#[derive(Debug)]
pub struct Target {
    pub protocol: Protocol,
    /// What is said of the upstream where a request has no host: its own authority.
    pub authority: String,
    /// Everything but the address.
    template: HttpPeer,
    /// `None`: a Unix socket, whose path is the address.
    name: Option<Arc<Name>>,
    connect_timeout: Duration,
}

impl Target {
    /// # Errors
    /// A file that cannot be used.
    pub fn build(upstream: &Upstream, terms: &Terms, roster: &Roster) -> Result<Self, Trouble> {
        let (mut template, name, authority) = match &upstream.place {
            Place::Socket(path) => {
                let template = HttpPeer::new_uds(path, false, String::new()).map_err(|_| Trouble {
                    key: "upstreams",
                    what: format!("{path} is no path of a socket"),
                    remedy: "write unix: and the whole path",
                })?;
                (template, None, "localhost".to_owned())
            }
            Place::Network(host, port) => {
                // An address that is never connected to: each try sets its own.
                let nowhere = SocketAddr::from(([0, 0, 0, 0], *port));
                let tls = upstream.protocol == Protocol::Https;
                // With TLS the name is what the certificate is verified against: empty would mean no verification.
                let asked = terms.name.as_ref().unwrap_or(host).clone();
                let template = HttpPeer::new(nowhere, tls, if tls { asked } else { String::new() });
                let authority = upstream.to_string();
                let authority = authority.split_once("://").map_or(authority.as_str(), |(_, rest)| rest);
                (template, Some(roster.name(host, *port)), authority.to_owned())
            }
        };
        let options = &mut template.options;
        options.connection_timeout = Some(terms.connect_timeout);
        options.total_connection_timeout = Some(terms.connect_timeout);
        // One limit for the first byte and for every pause: which of the two it is at a time, only the exchange knows.
        options.read_timeout = Some(terms.first_byte_timeout.max(terms.between_bytes_timeout));
        options.write_timeout = Some(terms.between_bytes_timeout);
        options.idle_timeout = Some(IDLE);
        // A stream may be silent for as long as it likes, so that nothing else would tell that its application has vanished.
        options.tcp_keepalive = Some(TcpKeepalive {
            idle: Duration::from_secs(60),
            interval: Duration::from_secs(15),
            count: 4,
            user_timeout: Duration::ZERO,
        });
        options.max_h2_streams = STREAMS;
        options.h2_stream_window_size = Some(STREAM_WINDOW);
        options.h2_connection_window_size = Some(CONNECTION_WINDOW);
        match upstream.protocol {
            Protocol::H2c => options.set_http_version(2, 2),
            Protocol::Https if terms.http2 => options.set_http_version(2, 1),
            Protocol::Http | Protocol::Https => options.set_http_version(1, 1),
        }
        // The pool does not look at authorities and keys: what was verified by others must not be taken for this.
        let mut pool = DefaultHasher::new();
        upstream.protocol.hash(&mut pool);
        if upstream.protocol == Protocol::Https {
            options.verify_cert = terms.verify;
            options.verify_hostname = terms.verify;
            (terms.http2, terms.verify).hash(&mut pool);
            if let Some(file) = &terms.ca_file {
                let found = pem::authorities(file).map_err(|what| Trouble {
                    key: "upstream_ca_file",
                    what,
                    remedy: "name a PEM file with the certificate of the authority that signed the upstream's",
                })?;
                found.hash(&mut pool);
                let wrapped = found.into_iter().map(|one| WrappedX509::new(one.to_vec(), parse_x509));
                options.ca = Some(wrapped.collect());
            }
            if let Some((certificate, key)) = &terms.identity_files {
                let Identity { chain, key, .. } = identity(certificate, key)?;
                chain.hash(&mut pool);
                key.secret_der().hash(&mut pool);
                let chain = chain.into_iter().map(|one| one.to_vec()).collect();
                template.client_cert_key = Some(Arc::new(CertKey::new(chain, key.secret_der().to_vec())));
            }
        }
        template.group_key = pool.finish();
        let connect_timeout = terms.connect_timeout;
        Ok(Self { protocol: upstream.protocol, authority, template, name, connect_timeout })
    }

    /// The peer for one try.
    ///
    /// # Errors
    /// The name has no address.
    pub async fn peer(&self, exchange: Exchange, clock: &Arc<dyn Clock>) -> Result<Box<HttpPeer>, ResolveError> {
        let mut peer = Box::new(self.template.clone());
        if let Some(name) = &self.name {
            let address = name.address(clock, self.connect_timeout).await?;
            peer.options.tcp_recv_buf = address.ip().is_loopback().then_some(RECEIVED);
            peer._address = AnyAddress::Inet(address);
        }
        match exchange {
            Exchange::Ordinary => {}
            Exchange::Stream => peer.options.read_timeout = None,
            Exchange::WebSocket => {
                peer.options.read_timeout = None;
                peer.options.set_http_version(1, 1);
                // A connection of its own, for this one exchange: kept ones are of another kind.
                peer.options.custom_l4 = Some(Arc::new(handshake::Connect(self.connect_timeout)));
                peer.options.idle_timeout = Some(Duration::ZERO);
                peer.group_key = !peer.group_key;
            }
        }
        Ok(peer)
    }

    /// The name that is resolved.
    #[cfg(test)]
    pub fn name(&self) -> Option<&Arc<Name>> {
        self.name.as_ref()
    }

    /// The peer of a check: a connection of its own.
    ///
    /// # Errors
    /// The name has no address.
    pub async fn checked(&self, clock: &Arc<dyn Clock>) -> Result<Box<HttpPeer>, ResolveError> {
        let mut peer = self.peer(Exchange::Ordinary, clock).await?;
        peer.options.max_h2_streams = 1;
        Ok(peer)
    }

    /// The address of this peer took no connection. `true`: the name has others.
    pub fn pass_over(&self, peer: &HttpPeer) -> bool {
        match (&self.name, &peer._address) {
            (Some(name), AnyAddress::Inet(address)) => name.pass_over(address),
            _ => false,
        }
    }
}

/// Our own certificate, with its chain, and its key.
fn identity(certificate: &str, key: &str) -> Result<Identity, Trouble> {
    pem::identity(certificate, key).map_err(|(half, what)| match half {
        Half::Certificate => Trouble {
            key: "upstream_cert_file",
            what,
            remedy: "name a PEM file with the certificate that is shown to the upstream",
        },
        Half::Key => Trouble { key: "upstream_key_file", what, remedy: "name the PEM file with its key" },
    })
}

#[cfg(test)]
mod tests {
    use pingora::protocols::tls::ALPN;
    use pingora::upstreams::peer::Peer;

    use super::*;
    use crate::clock::{StillClock, Time};

    fn terms() -> Terms {
        Terms {
            ca_file: None,
            identity_files: None,
            name: None,
            verify: true,
            http2: false,
            check: None,
            most: usize::MAX,
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(60),
            between_bytes_timeout: Duration::from_secs(30),
        }
    }

    fn build(url: &str, terms: &Terms) -> Target {
        Target::build(&Upstream::parse(url).unwrap(), terms, &Roster::default()).unwrap()
    }

    async fn peer(url: &str, terms: &Terms, exchange: Exchange) -> Box<HttpPeer> {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time::from_secs(1)));
        build(url, terms).peer(exchange, &clock).await.unwrap()
    }

    #[tokio::test]
    async fn tls_is_verified_against_a_name_and_every_wait_has_a_limit() {
        let plain = peer("https://127.0.0.1:3000", &terms(), Exchange::Ordinary).await;
        assert_eq!(plain.sni(), "127.0.0.1");
        assert!(plain.verify_cert() && plain.verify_hostname());
        let options = &plain.options;
        assert_eq!(options.total_connection_timeout, Some(Duration::from_secs(5)));
        assert_eq!(options.read_timeout, Some(Duration::from_secs(60)));
        assert!(options.write_timeout.is_some() && options.idle_timeout.is_some());

        let named = Terms { name: Some("app.internal".to_owned()), ..terms() };
        assert_eq!(peer("https://127.0.0.1:3000", &named, Exchange::Ordinary).await.sni(), "app.internal");
        let blind = Terms { verify: false, ..terms() };
        let blind = peer("https://127.0.0.1:3000", &blind, Exchange::Ordinary).await;
        assert!(!blind.verify_cert() && blind.sni() == "127.0.0.1");
        assert_ne!(blind.reuse_hash(), plain.reuse_hash());
    }

    #[tokio::test]
    async fn each_kind_speaks_what_it_is_asked_to() {
        let alpn = async |url: &str, http2, exchange| {
            peer(url, &Terms { http2, ..terms() }, exchange).await.options.alpn.clone()
        };
        assert_eq!(alpn("http://127.0.0.1:1", false, Exchange::Ordinary).await, ALPN::H1);
        assert_eq!(alpn("https://127.0.0.1:1", false, Exchange::Ordinary).await, ALPN::H1);
        assert_eq!(alpn("https://127.0.0.1:1", true, Exchange::Ordinary).await, ALPN::H2H1);
        assert_eq!(alpn("https://127.0.0.1:1", true, Exchange::WebSocket).await, ALPN::H1);
        assert_eq!(alpn("h2c://127.0.0.1:1", false, Exchange::Stream).await, ALPN::H2);
        assert_eq!(alpn("unix:/run/app.sock", false, Exchange::Ordinary).await, ALPN::H1);
        let socket = peer("unix:/run/app.sock", &terms(), Exchange::Ordinary).await;
        assert!(!socket.is_tls() && matches!(socket._address, AnyAddress::Unix(_)));
    }

    #[tokio::test]
    async fn only_on_this_machine_little_may_wait_to_be_read() {
        let limit = async |url: &str| peer(url, &terms(), Exchange::Ordinary).await.options.tcp_recv_buf;
        assert_eq!(limit("http://127.0.0.1:1").await, Some(RECEIVED));
        assert_eq!(limit("http://[::1]:1").await, Some(RECEIVED));
        assert_eq!(limit("http://192.0.2.1:1").await, None);
    }

    #[tokio::test]
    async fn streams_may_be_silent() {
        for exchange in [Exchange::Stream, Exchange::WebSocket] {
            assert_eq!(peer("http://127.0.0.1:3000", &terms(), exchange).await.options.read_timeout, None);
        }
    }

    /// CF-11
    #[test]
    fn files_that_cannot_be_used_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let file = folder.path().join(name).display().to_string();
            std::fs::write(&file, text).unwrap();
            file
        };
        let make = || rcgen::generate_simple_self_signed(vec!["app.test".to_owned()]).unwrap();
        let (one, other) = (make(), make());
        let (cert, key) = (write("cert", &one.cert.pem()), write("key", &one.signing_key.serialize_pem()));
        let stranger = write("stranger", &other.signing_key.serialize_pem());
        let junk = write("junk", "nothing");
        let gone = folder.path().join("gone").display().to_string();

        let upstream = Upstream::parse("https://app.test").unwrap();
        let make = |terms: Terms| Target::build(&upstream, &terms, &Roster::default());
        let ca = |file: &str| make(Terms { ca_file: Some(file.to_owned()), ..terms() });
        let pair =
            |cert: &str, key: &str| make(Terms { identity_files: Some((cert.to_owned(), key.to_owned())), ..terms() });
        assert!(ca(&cert).is_ok() && pair(&cert, &key).is_ok());
        for (refused, field, file) in [
            (ca(&gone), "upstream_ca_file", &gone),
            (ca(&junk), "upstream_ca_file", &junk),
            (pair(&gone, &key), "upstream_cert_file", &gone),
            (pair(&junk, &key), "upstream_cert_file", &junk),
            (pair(&cert, &gone), "upstream_key_file", &gone),
            (pair(&cert, &junk), "upstream_key_file", &junk),
            (pair(&cert, &stranger), "upstream_key_file", &stranger),
        ] {
            let trouble = refused.unwrap_err();
            assert_eq!(trouble.key, field);
            assert!(trouble.what.contains(file.as_str()), "{}", trouble.what);
        }
        // Verified by others, or shown another certificate: another connection.
        let hashes = [build("https://app.test", &terms()), ca(&cert).unwrap(), pair(&cert, &key).unwrap()];
        let hashes: std::collections::HashSet<_> = hashes.iter().map(|target| target.template.reuse_hash()).collect();
        assert_eq!(hashes.len(), 3);
        assert!(!format!("{:?}", pair(&cert, &key).unwrap()).contains("PRIVATE"));
    }
}
