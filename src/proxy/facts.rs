//! From the head as it was received to what the gate reads. It copies and never judges: what is ambiguous here (a
//! field that came twice) is handed on as it is or counts as absent.

use std::net::IpAddr;
use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName};
use pingora::http::RequestHeader;

use super::head::Framing;
use super::tls::Secured;
use crate::clock::Time;
use crate::gate::Told;
use crate::gate::facts::Raw;

static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
static SERVICE_WORKER: HeaderName = HeaderName::from_static("service-worker");

/// What the listener knows of a request before anything else.
#[derive(Clone)]
pub struct Arrived {
    pub peer: Peer,
    /// The target as sent.
    pub target: Vec<u8>,
    pub framing: Framing,
    /// It shares its connection with others (HTTP/2).
    pub streamed: bool,
}

/// Who is at the other end of a connection.
#[derive(Clone)]
pub struct Peer {
    /// An IPv4 address as such; where a proxy passed the connection on, that of its client.
    pub address: IpAddr,
    /// `None`: in clear.
    pub tls: Option<Arc<Secured>>,
    /// It came over TLS, which ended here or at a TCP proxy that says so.
    pub encrypted: bool,
    /// A TCP proxy passed the connection on, and named nobody.
    pub unnamed: bool,
}

/// The raw facts of a request.
pub fn raw<'a>(arrived: &'a Arrived, head: &'a RequestHeader, now: Time) -> Raw<'a> {
    let headers = &head.headers;
    Raw {
        encrypted: arrived.peer.encrypted,
        unnamed: arrived.peer.unnamed,
        certificate: arrived.peer.tls.as_ref().and_then(|tls| tls.certificate(now)),
        forwarded_proto: headers.get_all(&X_FORWARDED_PROTO).iter().map(|value| value.as_bytes()).collect(),
        forwarded_for: headers.get_all(&X_FORWARDED_FOR).iter().map(|value| value.as_bytes()).collect(),
        websocket: arrived.framing == Framing::Upgrade,
        ..with_fields(
            Raw::new(
                head.method.as_str(),
                &arrived.target,
                first(headers, &header::HOST).unwrap_or_default(),
                arrived.peer.address,
            ),
            headers,
        )
    }
}

/// The same of a request that somebody in front tells of, with the client it tells of for the peer, whatever its own fields
/// say. What makes the connection a WebSocket is not sent on by all who ask; what only a handshake says is.
pub fn raw_told<'a>(told: &Told<'a>, client: IpAddr, headers: &'a HeaderMap) -> Raw<'a> {
    // `Told` lets nothing else be asked for.
    let upgrade = headers.get_all(header::UPGRADE).iter().any(|value| !value.is_empty());
    let websocket = upgrade || headers.keys().any(|name| name.as_str().starts_with("sec-websocket-"));
    // Not on the connection of the question: there it says nothing of the client's.
    let encrypted = !told.is_in_clear();
    let raw = Raw::new(told.method, told.target, told.host, client);
    Raw { websocket, encrypted, unnamed: true, ..with_fields(raw, headers) }
}

/// With what browsers say beside the request.
fn with_fields<'a>(raw: Raw<'a>, headers: &'a HeaderMap) -> Raw<'a> {
    Raw {
        accept: first(headers, &header::ACCEPT),
        origin: first(headers, &header::ORIGIN),
        referer: first(headers, &header::REFERER),
        sec_fetch_mode: first(headers, &SEC_FETCH_MODE),
        sec_fetch_dest: first(headers, &SEC_FETCH_DEST),
        sec_fetch_site: first(headers, &SEC_FETCH_SITE),
        service_worker: first(headers, &SERVICE_WORKER),
        ..raw
    }
}

/// All `Cookie` fields, as received.
pub fn cookie_fields(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(header::COOKIE).iter().map(|value| value.as_bytes())
}

fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    headers.get(name).map(|value| value.as_bytes())
}
