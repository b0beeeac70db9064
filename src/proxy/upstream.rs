//! Where applications are: an upstream of a site becomes the peer that is connected to. Names are resolved again and
//! again, for containers change their addresses; TLS is always verified against a name. It must never hand Pingora a
//! name to resolve (it would block, and panic), nor TLS without one (it would not verify).

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pingora::upstreams::peer::HttpPeer;
use pingora::utils::tls::{WrappedX509, parse_x509};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

use crate::clock::{Clock, Time};
use crate::config::LimitsSection;
use crate::error::Problems;
use crate::gate::{Sites, Upstream};

/// How long addresses of a name are used before it is asked for again.
const FRESH: Duration = Duration::from_secs(10);
/// What the machine may hold for us of an answer, in bytes. Each read takes all there is, and several reads wait for a
/// visitor who takes nothing: without a limit such visitors cost half as much again. It slows no download.
const RECEIVED: usize = 64 * 1024;
/// How long a connection nobody uses is kept for the next request.
const IDLE: Duration = Duration::from_secs(60);

/// Why there is nowhere to connect to: a 502.
#[derive(Debug, Error)]
pub enum UpstreamError {
    #[error("the name of the upstream was not resolved: {0}")]
    Resolve(std::io::Error),
    #[error("the name of the upstream was not resolved in time")]
    Slow,
    #[error("the name of the upstream has no address")]
    Empty,
    #[error("the upstream is not part of this configuration")]
    Unknown,
}

/// What kind of answer is expected, which decides how long silence may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    Ordinary,
    /// WebSockets and event streams: silent for as long as they like, once they have begun.
    Stream,
}

/// All upstreams of one configuration.
#[derive(Debug)]
pub struct Upstreams {
    known: HashMap<Key, Target>,
    limits: LimitsSection,
    clock: Arc<dyn Clock>,
}

type Key = (bool, String, u16, Option<String>);

#[derive(Debug)]
struct Target {
    host: String,
    port: u16,
    /// Everything but the address.
    template: HttpPeer,
    addresses: Mutex<Addresses>,
}

#[derive(Clone, Debug, Default)]
struct Addresses {
    list: Vec<SocketAddr>,
    asked: Option<Time>,
}

fn key(upstream: &Upstream) -> Key {
    (upstream.tls, upstream.host.clone(), upstream.port, upstream.ca_file.clone())
}

impl Upstreams {
    /// Reads the certificates the upstreams are verified with; names are resolved when they are first needed.
    pub fn build(sites: &Sites, limits: &LimitsSection, clock: Arc<dyn Clock>, problems: &mut Problems) -> Self {
        let mut known = HashMap::new();
        for site in &sites.sites {
            for upstream in &site.upstreams {
                if known.contains_key(&key(upstream)) {
                    continue;
                }
                match Target::build(upstream, limits) {
                    Ok(target) => drop(known.insert(key(upstream), target)),
                    Err(what) => problems.add(
                        format!("site[{}].upstream_ca_file", site.index),
                        what,
                        "name a PEM file with the certificate of the authority that signed the upstream's",
                    ),
                }
            }
        }
        Self { known, limits: limits.clone(), clock }
    }

    /// The peer for one try. Each try takes the address that is first in line.
    pub async fn peer(&self, upstream: &Upstream, exchange: Exchange) -> Result<Box<HttpPeer>, UpstreamError> {
        let target = self.known.get(&key(upstream)).ok_or(UpstreamError::Unknown)?;
        let address = target.address(&*self.clock, self.limits.connect_timeout.0).await?;
        let mut peer = Box::new(target.template.clone());
        peer._address = pingora::protocols::l4::socket::SocketAddr::Inet(address);
        if exchange == Exchange::Stream {
            peer.options.read_timeout = None;
        }
        Ok(peer)
    }

    /// An address did not take the connection: the others of the same name come first now. `true`: there are others.
    pub fn failed(&self, upstream: &Upstream, address: &SocketAddr) -> bool {
        let Some(target) = self.known.get(&key(upstream)) else { return false };
        let mut addresses = target.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        if addresses.list.first() == Some(address) {
            addresses.list.rotate_left(1);
        }
        addresses.list.len() > 1
    }
}

impl Target {
    fn build(upstream: &Upstream, limits: &LimitsSection) -> Result<Self, String> {
        // An address that is never connected to: each try sets its own.
        let nowhere = SocketAddr::from(([0, 0, 0, 0], upstream.port));
        // With TLS the name is what the certificate is verified against: empty would mean no verification at all.
        let name = if upstream.tls { upstream.host.clone() } else { String::new() };
        let mut template = HttpPeer::new(nowhere, upstream.tls, name);
        let options = &mut template.options;
        options.connection_timeout = Some(limits.connect_timeout.0);
        options.total_connection_timeout = Some(limits.connect_timeout.0);
        // One limit for the first byte and for every pause: which of the two it is at a time, only the exchange knows.
        options.read_timeout = Some(limits.first_byte_timeout.0.max(limits.between_bytes_timeout.0));
        options.write_timeout = Some(limits.between_bytes_timeout.0);
        options.idle_timeout = Some(IDLE);
        options.tcp_recv_buf = Some(RECEIVED);
        if let Some(file) = upstream.ca_file.as_ref().filter(|_| upstream.tls) {
            let (authorities, bytes) = authorities(file)?;
            options.ca = Some(authorities);
            // The pool does not look at the authority: a connection that was verified by another one must not be
            // taken for this upstream.
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            template.group_key = hasher.finish();
        }
        Ok(Self {
            host: upstream.host.clone(),
            port: upstream.port,
            template,
            addresses: Mutex::new(Addresses::default()),
        })
    }

    async fn address(&self, clock: &dyn Clock, limit: Duration) -> Result<SocketAddr, UpstreamError> {
        if let Ok(literal) = self.host.parse::<IpAddr>() {
            return Ok(SocketAddr::new(literal, self.port));
        }
        let known = self.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let now = clock.now();
        if known.asked.is_some_and(|asked| now.since(asked) < FRESH)
            && let Some(address) = known.list.first()
        {
            return Ok(*address);
        }
        let answer = tokio::time::timeout(limit, tokio::net::lookup_host((self.host.as_str(), self.port))).await;
        let result = match answer {
            Ok(Ok(found)) => Ok(found.collect::<Vec<_>>()),
            Ok(Err(error)) => Err(UpstreamError::Resolve(error)),
            Err(_) => Err(UpstreamError::Slow),
        };
        let mut addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(found) if !found.is_empty() => {
                // The order is kept where the set is the same: an address that failed stays at the end.
                let same = found.len() == addresses.list.len() && found.iter().all(|one| addresses.list.contains(one));
                if !same {
                    addresses.list = found;
                }
            }
            // A name server that is down for a moment does not take the application with it.
            _ if !addresses.list.is_empty() => {}
            Ok(_) => return Err(UpstreamError::Empty),
            Err(error) => return Err(error),
        }
        addresses.asked = Some(now);
        addresses.list.first().copied().ok_or(UpstreamError::Empty)
    }
}

/// The certificates in a PEM file, and its bytes.
fn authorities(file: &str) -> Result<(Arc<[WrappedX509]>, Vec<u8>), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file} cannot be read: {error}"))?;
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let certificate = certificate.map_err(|error| format!("{file} is not PEM: {error}"))?;
        // Pingora panics on a certificate it cannot read; rustls says so.
        rustls::RootCertStore::empty()
            .add(certificate.clone())
            .map_err(|error| format!("{file} holds a certificate that cannot be used: {error}"))?;
        found.push(WrappedX509::new(certificate.to_vec(), parse_x509));
    }
    if found.is_empty() { Err(format!("{file} holds no certificate")) } else { Ok((found.into(), bytes)) }
}

#[cfg(test)]
mod tests {
    use pingora::upstreams::peer::Peer;

    use super::*;
    use crate::clock::StillClock;

    fn upstream(tls: bool, host: &str, ca_file: Option<String>) -> Upstream {
        Upstream { tls, host: host.into(), port: 3000, ca_file }
    }

    fn table(upstream: &Upstream) -> Upstreams {
        let limits = LimitsSection::default();
        let target = Target::build(upstream, &limits).unwrap();
        let clock = Arc::new(StillClock::at(Time::from_secs(1)));
        Upstreams { known: HashMap::from([(key(upstream), target)]), limits, clock }
    }

    #[tokio::test]
    async fn tls_is_verified_against_the_name_and_every_wait_has_a_limit() {
        let upstream = upstream(true, "localhost", None);
        let peer = table(&upstream).peer(&upstream, Exchange::Ordinary).await.unwrap();
        assert_eq!(peer.sni(), "localhost");
        assert!(peer.verify_cert() && peer.verify_hostname());
        let options = &peer.options;
        assert!(options.total_connection_timeout.is_some() && options.read_timeout.is_some());
        assert!(options.write_timeout.is_some() && options.idle_timeout.is_some());
    }

    #[tokio::test]
    async fn streams_may_be_silent() {
        let upstream = upstream(false, "127.0.0.1", None);
        let peer = table(&upstream).peer(&upstream, Exchange::Stream).await.unwrap();
        assert_eq!(peer.options.read_timeout, None);
        assert_eq!(peer.address().to_string(), "127.0.0.1:3000");
    }

    #[tokio::test]
    async fn an_address_that_fails_goes_to_the_end_of_the_line() {
        let upstream = upstream(false, "app.test", None);
        let table = table(&upstream);
        let (first, second): (SocketAddr, SocketAddr) =
            ("[::1]:3000".parse().unwrap(), "127.0.0.1:3000".parse().unwrap());
        *table.known[&key(&upstream)].addresses.lock().unwrap() =
            Addresses { list: vec![first, second], asked: Some(Time::from_secs(1)) };
        assert_eq!(table.peer(&upstream, Exchange::Ordinary).await.unwrap().address().as_inet(), Some(&first));
        assert!(table.failed(&upstream, &first));
        assert_eq!(table.peer(&upstream, Exchange::Ordinary).await.unwrap().address().as_inet(), Some(&second));
    }

    #[test]
    fn other_authorities_mean_other_connections() {
        let folder = tempfile::tempdir().unwrap();
        let build = |name: &str| {
            let pem = rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap().cert.pem();
            let file = folder.path().join(name).display().to_string();
            std::fs::write(&file, pem).unwrap();
            Target::build(&upstream(true, "app.test", Some(file)), &LimitsSection::default()).unwrap().template
        };
        let (one, other) = (build("a.test"), build("b.test"));
        assert_ne!(one.reuse_hash(), other.reuse_hash());
        assert_eq!(one.get_ca().unwrap().len(), 1);

        let empty = folder.path().join("empty").display().to_string();
        std::fs::write(&empty, "nothing").unwrap();
        assert!(Target::build(&upstream(true, "a", Some(empty)), &LimitsSection::default()).is_err());
    }
}
