//! One canonical reading of a request, made once and used both to judge it and to send it on. What cannot be read in
//! one way has no facts: it is a 400. This module must never guess: where two servers could read the same bytes
//! differently, the bytes are refused, or every reading of them is judged and the strictest verdict wins.
//!
//! A path has two faces. `path` is its canonical spelling (RFC 3986 section 6.2.2: unreserved characters decoded, hex
//! in upper case) and goes upstream. What rules see is its meaning: percent-decoded once, so that `%24` and `$` are one
//! character to a rule. Case is kept: `/Admin` and `/%41dmin` are one path, `/admin` is another.

pub mod told;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::Method;
use ipnet::IpNet;

use crate::config::{ForwardAuthSection, Trust};
use crate::error::Problems;
use crate::types::{ClientCertificate, Origin, Scheme, is_loopback_name};

/// Where our own pages are, on every host; nothing under it reaches an application in any spelling.
pub const RESERVED: &str = "/.vestibule/";
/// The same for what the world looks up (RFC 8615).
pub const RESERVED_WELL_KNOWN: &str = "/.well-known/vestibule/";

/// Longest path, in bytes, that is read in every way: some have over a hundred readings.
const LONGEST_LENIENT: usize = 4096;

/// Methods that are read at all: RFC 9110 without CONNECT and TRACE, PATCH (RFC 5789), WebDAV with its versioning,
/// access control, search and calendars (RFC 4918, 3253, 3744, 5323, 4791).
const METHODS: &[&str] = &[
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "MKWORKSPACE",
    "MKACTIVITY",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "ACL",
    "SEARCH",
    "MKCALENDAR",
];

/// What the proxy read off the wire, untouched.
#[derive(Clone, Debug)]
pub struct Raw<'a> {
    pub method: &'a str,
    /// The request target as received (origin-form only).
    pub target: &'a [u8],
    /// `Host`, or `:authority`.
    pub host: &'a [u8],
    /// The connection's peer.
    pub peer: IpAddr,
    /// The connection is encrypted.
    pub encrypted: bool,
    /// The peer passed on the connection of somebody it could not name: headers are that one's, and never believed.
    pub unnamed: bool,
    /// What the peer showed of itself, verified.
    pub certificate: Option<&'a Arc<ClientCertificate>>,
    /// `X-Forwarded-Proto` fields, as received: used only where the peer is trusted.
    pub forwarded_proto: Vec<&'a [u8]>,
    /// `X-Forwarded-For` fields, in order, as received: used only where the peer is trusted.
    pub forwarded_for: Vec<&'a [u8]>,
    /// First value of each of these, if any.
    pub accept: Option<&'a [u8]>,
    pub origin: Option<&'a [u8]>,
    pub referer: Option<&'a [u8]>,
    pub sec_fetch_mode: Option<&'a [u8]>,
    pub sec_fetch_dest: Option<&'a [u8]>,
    pub sec_fetch_site: Option<&'a [u8]>,
    pub service_worker: Option<&'a [u8]>,
    /// `Upgrade: websocket` (or an extended CONNECT).
    pub websocket: bool,
}

impl<'a> Raw<'a> {
    /// A request without any of the fields that may be missing.
    pub fn new(method: &'a str, target: &'a [u8], host: &'a [u8], peer: IpAddr) -> Self {
        Self {
            method,
            target,
            host,
            peer,
            encrypted: false,
            unnamed: false,
            certificate: None,
            forwarded_proto: Vec::new(),
            forwarded_for: Vec::new(),
            accept: None,
            origin: None,
            referer: None,
            sec_fetch_mode: None,
            sec_fetch_dest: None,
            sec_fetch_site: None,
            service_worker: None,
            websocket: false,
        }
    }

    /// Whether what headers say of the client is believed.
    pub fn is_through_proxy(&self, trusted: &[IpNet]) -> bool {
        let peer = self.peer.to_canonical();
        !self.unnamed && trusted.iter().any(|net| net.contains(&peer))
    }

    /// How the client came: as it reached us, or as the trusted proxy says that it reached the first of them.
    pub fn scheme(&self, through_proxy: bool) -> Option<Scheme> {
        if !through_proxy {
            return Some(if self.encrypted { Scheme::Https } else { Scheme::Http });
        }
        let mut said =
            self.forwarded_proto.iter().flat_map(|field| field.split(|b| *b == b',')).map(<[u8]>::trim_ascii);
        let first = said.next()?;
        let scheme = [Scheme::Http, Scheme::Https]
            .into_iter()
            .find(|one| one.as_str().as_bytes().eq_ignore_ascii_case(first))?;
        said.all(|other| other.eq_ignore_ascii_case(first)).then_some(scheme)
    }
}

/// How paths are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    Strict,
    Lenient,
}

/// What a request is for, which decides how a missing level is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A page navigation: redirected to the wizard.
    Navigation,
    /// Anything else: answered 401.
    Other,
}

/// Whether a path is one of our own pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPage<'a> {
    /// Under [`RESERVED`], spelled as we spell it; the rest of the path.
    Exact(&'a str),
    /// Under [`RESERVED_WELL_KNOWN`], spelled as we spell it; the rest of the path.
    WellKnown(&'a str),
    /// Something a server could read as one of the reserved prefixes: neither ours to serve (404) nor to send on.
    OddSpelling,
    No,
}

/// The canonical facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Upper case, of the known methods.
    pub method: Method,
    /// Canonical host without port, and the port if one was given.
    pub host: String,
    pub port: Option<u16>,
    /// Canonical path; with lenient paths the one received.
    pub path: String,
    /// Every reading of the path, each to be judged; empty where `path` is the only one. See [`Facts::judged`].
    pub readings: Vec<String>,
    /// As received, without the question mark.
    pub query: Option<String>,
    /// Path and query as they go upstream.
    pub target: String,
    /// The client: the peer, or what trusted proxies say.
    pub client: IpAddr,
    /// The peer is a trusted proxy that speaks HTTP for its clients.
    pub through_proxy: bool,
    /// How the client itself came; `None` where a trusted proxy does not say, or says both.
    pub scheme: Option<Scheme>,
    /// The client's own certificate: never that of a proxy it came through.
    pub certificate: Option<Arc<ClientCertificate>>,
    pub kind: Kind,
    pub websocket: bool,
    pub service_worker: bool,
    pub origin: Option<String>,
    pub fetch: Fetch,
    /// The page the request came from, when it is an absolute URL.
    pub referer: Option<String>,
    /// The path began, as received, with one of our prefixes, and is one path.
    plainly_ours: bool,
}

/// Fetch metadata as sent (W3C Fetch Metadata Request Headers); `None` where the browser sent none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetch {
    pub site: Option<String>,
    pub mode: Option<String>,
    pub dest: Option<String>,
}

/// Why a request has no facts: all of them are a 400, save [`FactsError::MethodNotOffered`]. Never shows the message
/// itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    #[error("the host is missing or not a host")]
    Host,
    #[error("the target is not one path")]
    Target,
    #[error("the method is not written as methods are")]
    Method,
    /// 405.
    #[error("the method is not offered")]
    MethodNotOffered,
    #[error("the forwarding headers of a trusted proxy make no sense")]
    Forwarded,
}

impl Facts {
    /// Host and port first: the sites of a host decide how its paths are read.
    pub fn host(raw: &Raw<'_>) -> Result<(String, Option<u16>), FactsError> {
        authority(raw.host).ok_or(FactsError::Host)
    }

    /// The whole reading.
    pub fn read(raw: &Raw<'_>, reading: Reading, trusted: &[IpNet]) -> Result<Facts, FactsError> {
        Self::read_at(Self::host(raw)?, raw, reading, trusted)
    }

    /// All the rest, at the host and port that [`Self::host`] read.
    pub fn read_at(
        (host, port): (String, Option<u16>),
        raw: &Raw<'_>,
        reading: Reading,
        trusted: &[IpNet],
    ) -> Result<Facts, FactsError> {
        let method = method(raw.method)?;
        let Target { path, readings, query, plainly_ours } = Target::read(raw.target, reading)?;
        let target = match &query {
            Some(query) => [path.as_str(), "?", query].concat(),
            None => path.clone(),
        };
        let through_proxy = raw.is_through_proxy(trusted);
        let client = client(raw, through_proxy, trusted)?;
        let fetch =
            Fetch { site: text(raw.sec_fetch_site), mode: text(raw.sec_fetch_mode), dest: text(raw.sec_fetch_dest) };
        Ok(Facts {
            kind: kind(&method, raw, &fetch),
            method,
            host,
            port,
            path,
            readings,
            query,
            target,
            client,
            through_proxy,
            scheme: raw.scheme(through_proxy),
            certificate: raw.certificate.filter(|_| !through_proxy).cloned(),
            websocket: raw.websocket,
            service_worker: raw.service_worker.is_some_and(|v| v.trim_ascii().eq_ignore_ascii_case(b"script")),
            origin: text(raw.origin),
            fetch,
            referer: text(raw.referer).filter(|url| url.starts_with("http://") || url.starts_with("https://")),
            plainly_ours,
        })
    }

    /// What rules see: every reading of the path, at least one.
    pub fn judged(&self) -> impl Iterator<Item = &str> {
        judged(&self.path, &self.readings)
    }

    /// Whether this is one of our own pages.
    pub fn own_page(&self) -> OwnPage<'_> {
        own_page(&self.path, &self.readings, self.plainly_ours)
    }

    /// Whether a browser sent this over https, whatever a proxy says of it: fetch metadata goes to trustworthy addresses
    /// alone (W3C Fetch Metadata Request Headers, section 2), which in clear are those of its own machine.
    pub fn was_encrypted(&self) -> bool {
        self.fetch != Fetch::default() && !is_loopback_name(&self.host)
    }

    /// Whether this request came from a page of `origin`: `Sec-Fetch-Site` where it is sent, else `Origin`. An `Origin`
    /// of somebody else is never outvoted; `null` is what a page without referrer sends, and proves nothing.
    pub fn is_same_origin(&self, origin: &Origin) -> bool {
        let sent = self.origin.as_deref();
        let ours = sent.map(|sent| sent == origin.to_string());
        match self.fetch.site.as_deref() {
            Some(site) => site == "same-origin" && (ours != Some(false) || sent == Some("null")),
            None => ours == Some(true),
        }
    }
}

/// The networks whose forwarding headers are believed. Everybody may not be one of them by accident.
pub fn trusted_proxies(written: &Trust, problems: &mut Problems) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for (n, text) in written.proxies.iter().enumerate() {
        let key = format!("trust.proxies[{n}]");
        match network(text) {
            None => problems.add(key, format!("{text:?} is not a network"), "write 10.0.0.0/8 or one address"),
            Some(net) if net.prefix_len() == 0 && !written.anyone => problems.add(
                key,
                format!("{text} lets anybody choose the address that rules and limits see"),
                "name the networks of your proxies, or set trust.anyone = true if nobody else can connect",
            ),
            Some(net) => networks.push(net),
        }
    }
    networks
}

/// Who may ask whether a request is let through.
pub fn callers(written: &ForwardAuthSection, problems: &mut Problems) -> Vec<IpNet> {
    let networks = written.callers.iter().enumerate().filter_map(|(n, text)| {
        let found = network(text);
        if found.is_none() {
            let key = format!("forward_auth.callers[{n}]");
            problems.add(key, format!("{text:?} is not a network"), "write 127.0.0.1/32 or one address");
        }
        found
    });
    networks.collect()
}

/// A CIDR, or one address. IPv4-mapped IPv6 addresses are IPv4 addresses, as those of clients are: a network of them that
/// stayed IPv6 would fit nobody, and a `deny` for it would let everybody pass on to the next rule. One that holds more
/// than mapped addresses is none.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let net = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).ok()?;
    let mapped = match net.addr() {
        IpAddr::V6(six) => six.to_ipv4_mapped(),
        IpAddr::V4(_) => None,
    };
    let net = match mapped {
        Some(four) => IpNet::new(four.into(), net.prefix_len().checked_sub(96)?).ok()?,
        None => net,
    };
    Some(net.trunc())
}

/// One of the methods that are read. Case matters (RFC 9110 section 9.1): `get` is refused, not mended, since an
/// application might mend it and the rule for `GET` would not have been asked.
pub(super) fn method(text: &str) -> Result<Method, FactsError> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
        return Err(FactsError::Method);
    }
    if !METHODS.contains(&text) {
        return Err(FactsError::MethodNotOffered);
    }
    Method::from_bytes(text.as_bytes()).map_err(|_| FactsError::Method)
}

/// The one spelling of a host, and the port. No user information, no escapes, nothing but ASCII: what a browser sends.
pub(super) fn authority(bytes: &[u8]) -> Option<(String, Option<u16>)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    if text.len() > 300 || !text.bytes().all(allowed) {
        return None;
    }
    // The colons of an IPv6 literal are inside its brackets.
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, port) = text.split_at(end);
    let port = match port {
        "" => None,
        _ => {
            let digits = port.strip_prefix(':').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
            Some(digits.parse::<u16>().ok().filter(|port| *port != 0)?)
        }
    };
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.is_empty() || name.starts_with('.') || name.contains("..") {
        return None;
    }
    // An ordinary name is canonical by now. Literals have many spellings (`127.1`, `[0:0::1]`): the URL standard picks
    // one, the same as for the configured hosts.
    let ordinary = last.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && !name.contains(['[', ']', ':']);
    let name = if ordinary { name } else { url::Host::parse(&name).ok()?.to_string() };
    Some((name, port))
}

/// The client's address: the peer's, unless it is a trusted proxy's; then the right-most address of the chain that no
/// trusted proxy has. What stands left of it was written by strangers and is not even read. A trusted proxy that says
/// it does not know (nothing, or `unknown`) is taken for the client itself; whoever it spoke for gets no name of theirs.
fn client(raw: &Raw<'_>, through_proxy: bool, trusted: &[IpNet]) -> Result<IpAddr, FactsError> {
    let told = if through_proxy { walk(&raw.forwarded_for, trusted)? } else { None };
    Ok(told.unwrap_or(raw.peer.to_canonical()))
}

/// The right-most address of a chain that no trusted proxy has; none where nothing, or `unknown`, is said.
fn walk(fields: &[&[u8]], trusted: &[IpNet]) -> Result<Option<IpAddr>, FactsError> {
    let mut client = None;
    let hops = fields.iter().rev().flat_map(|field| field.rsplit(|b| *b == b','));
    for hop in hops.map(<[u8]>::trim_ascii) {
        if hop.is_empty() || hop.eq_ignore_ascii_case(b"unknown") {
            break;
        }
        let said = address(hop).ok_or(FactsError::Forwarded)?;
        client = Some(said);
        if !trusted.iter().any(|net| net.contains(&said)) {
            break;
        }
    }
    Ok(client)
}

/// An address as proxies write it: bare, or with a port.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|addr| addr.ip()))?;
    Some(ip.to_canonical())
}

/// A header value as text. One that is not readable was sent all the same, and must not pass for one that was not.
fn text(value: Option<&[u8]>) -> Option<String> {
    value.map(|bytes| String::from_utf8_lossy(bytes.trim_ascii()).into_owned())
}

/// Navigation or not, by what browsers cannot be made to forge first (Fetch Metadata), by `Accept` second. Frames are
/// no page navigation: our pages cannot be framed.
fn kind(method: &Method, raw: &Raw<'_>, fetch: &Fetch) -> Kind {
    if raw.websocket || method == Method::OPTIONS {
        return Kind::Other;
    }
    let navigation = match (&fetch.mode, &fetch.dest) {
        (Some(mode), dest) => mode == "navigate" && dest.as_deref().is_none_or(|dest| dest == "document"),
        (None, Some(dest)) => dest == "document",
        (None, None) => raw.accept.is_some_and(|accept| {
            accept.split(|b| *b == b',').any(|range| {
                let kind = range.split(|b| *b == b';').next().unwrap_or_default().trim_ascii();
                kind.eq_ignore_ascii_case(b"text/html") || kind.eq_ignore_ascii_case(b"application/xhtml+xml")
            })
        }),
    };
    if navigation { Kind::Navigation } else { Kind::Other }
}

/// A request target, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub path: String,
    pub readings: Vec<String>,
    pub query: Option<String>,
    pub plainly_ours: bool,
}

impl Target {
    pub fn read(target: &[u8], reading: Reading) -> Result<Self, FactsError> {
        let (path, query) = match target.iter().position(|b| *b == b'?') {
            Some(at) => (&target[..at], Some(&target[at + 1..])),
            None => (target, None),
        };
        let query = match query {
            None => None,
            Some(bytes) if bytes.iter().any(|b| b.is_ascii_control() || matches!(b, b' ' | b'#')) => {
                return Err(FactsError::Target);
            }
            Some(bytes) => Some(std::str::from_utf8(bytes).map_err(|_| FactsError::Target)?.to_owned()),
        };
        let strict = strict(path);
        let reserved = path.starts_with(RESERVED.as_bytes()) || path.starts_with(RESERVED_WELL_KNOWN.as_bytes());
        let plainly_ours = reserved && strict.is_some();
        let (path, readings) = match reading {
            Reading::Strict => strict,
            Reading::Lenient => lenient(path),
        }
        .ok_or(FactsError::Target)?;
        Ok(Self { path, readings, query, plainly_ours })
    }

    pub fn judged(&self) -> impl Iterator<Item = &str> {
        judged(&self.path, &self.readings)
    }

    pub fn own_page(&self) -> OwnPage<'_> {
        own_page(&self.path, &self.readings, self.plainly_ours)
    }
}

fn judged<'a>(path: &'a str, readings: &'a [String]) -> impl Iterator<Item = &'a str> {
    let only = readings.is_empty().then_some(path);
    only.into_iter().chain(readings.iter().map(String::as_str))
}

fn own_page<'a>(path: &'a str, readings: &'a [String], plainly_ours: bool) -> OwnPage<'a> {
    if plainly_ours {
        if let Some(rest) = path.strip_prefix(RESERVED) {
            return OwnPage::Exact(rest);
        }
        if let Some(rest) = path.strip_prefix(RESERVED_WELL_KNOWN) {
            return OwnPage::WellKnown(rest);
        }
    }
    if judged(path, readings).any(looks_reserved) { OwnPage::OddSpelling } else { OwnPage::No }
}

/// Whether a server that ignores case and empty segments would find a reserved prefix here.
fn looks_reserved(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let first = segments.next().unwrap_or_default();
    first.eq_ignore_ascii_case(".vestibule")
        || first.eq_ignore_ascii_case(".well-known")
            && segments.next().is_some_and(|second| second.eq_ignore_ascii_case("vestibule"))
}

/// The canonical spelling and the readings of a path, or nothing where servers are known to disagree about it: dot
/// segments, empty segments, backslashes and encoded slashes, controls, broken or overlong escapes.
fn strict(path: &[u8]) -> Option<(String, Vec<String>)> {
    let mut canonical = String::with_capacity(path.len() + 8);
    // Differs from `canonical` from the first escape on.
    let mut decoded: Option<Vec<u8>> = None;
    let mut rest = path.strip_prefix(b"/").map(|_| path)?;
    while let [byte, tail @ ..] = rest {
        let (byte, escaped) = match byte {
            b'%' => (unescape(tail)?, true),
            _ => (*byte, false),
        };
        rest = if escaped { &tail[2..] } else { tail };
        if byte.is_ascii_control() || byte == b'\\' || (escaped && byte == b'/') {
            return None;
        }
        let keep = if escaped { is_unreserved(byte) } else { is_sent_raw(byte)? };
        if keep {
            canonical.push(char::from(byte));
        } else {
            decoded.get_or_insert_with(|| canonical.clone().into_bytes());
            push_escaped(&mut canonical, byte);
        }
        if let Some(decoded) = &mut decoded {
            decoded.push(byte);
        }
    }
    let decoded = match decoded {
        Some(bytes) => Some(meaning(bytes)?),
        None => None,
    };
    let meaning = decoded.as_deref().unwrap_or(&canonical);
    let mut segments = meaning[1..].split('/').peekable();
    while let Some(segment) = segments.next() {
        let empty_inside = segment.is_empty() && segments.peek().is_some();
        // `..;x` and `.. ` are dot segments to a server that drops parameters or trailing spaces.
        if empty_inside || is_dots(without_parameters(segment)) {
            return None;
        }
    }
    let plain = meaning.split('/').all(|segment| segment == trimmed(without_parameters(segment)));
    let readings = match decoded {
        None if plain => Vec::new(),
        decoded => {
            let meaning = decoded.unwrap_or_else(|| canonical.clone());
            every_reading(meaning, &[&[drop_parameters], &[trim_segments], &[merge_slashes]])
        }
    };
    Some((canonical, readings))
}

/// The path as received and all that servers make of it. Dot segments are refused here too, raw or behind any escape:
/// no browser sends them, and whether a server resolves them before or after it decodes, merges or drops decides where
/// they lead. So are raw backslashes, which are slashes to some before decoding and to some never.
fn lenient(path: &[u8]) -> Option<(String, Vec<String>)> {
    path.strip_prefix(b"/").filter(|_| path.len() <= LONGEST_LENIENT)?;
    let mut rest = path;
    let mut bytes = Vec::with_capacity(path.len());
    while let [byte, tail @ ..] = rest {
        let (byte, used) = if *byte == b'%' { (unescape(tail)?, 2) } else { (*byte, 0) };
        // Even here: escapes must be whole, and nothing may cut the line in two.
        if byte.is_ascii_control() || (used == 0 && matches!(byte, b' ' | b'#' | b'\\')) {
            return None;
        }
        bytes.push(byte);
        rest = &tail[used..];
    }
    meaning(bytes)?;
    let received = std::str::from_utf8(path).ok()?.to_owned();
    // Servers drop and merge, in either order, before they decode, or after. They decode everything, or leave an encoded slash (and
    // backslash) within its segment: then `*` of a rule stands for what would be two segments elsewhere.
    let steps: &[Step] = &[
        &[drop_parameters],
        &[merge_slashes],
        &[drop_parameters],
        &[decode, |path| decode_but(path, b"/"), |path| decode_but(path, b"/\\")],
        &[|path| path.replace('\\', "/")],
        &[merge_slashes],
        &[drop_parameters],
        &[trim_segments],
        &[merge_slashes],
    ];
    let readings = every_reading(received.clone(), steps);
    let has_dots = |path: &String| path.split('/').any(|segment| is_dots(without_parameters(segment)));
    (!readings.iter().any(has_dots)).then_some((received, readings))
}

/// Something that servers may do to a path, in each of the ways they do it.
type Step<'a> = &'a [fn(&str) -> String];

/// `first`, and what becomes of it with each step left out or done in one of its ways, in their order, each once.
fn every_reading(first: String, steps: &[Step]) -> Vec<String> {
    let mut readings = vec![first];
    for step in steps {
        for n in 0..readings.len() {
            for way in *step {
                let reading = way(&readings[n]);
                if !readings.contains(&reading) {
                    readings.push(reading);
                }
            }
        }
    }
    readings
}

fn drop_parameters(path: &str) -> String {
    path.split('/').map(without_parameters).collect::<Vec<_>>().join("/")
}

fn trim_segments(path: &str) -> String {
    path.split('/').map(trimmed).collect::<Vec<_>>().join("/")
}

fn merge_slashes(path: &str) -> String {
    let mut merged = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !merged.ends_with('/') {
            merged.push(c);
        }
    }
    merged
}

/// Percent-decodes once. Only for text that [`lenient`] has checked or that came of it; what is not an escape stays.
pub(super) fn decode(path: &str) -> String {
    decode_but(path, b"")
}

/// The same, but these bytes stay escaped as they were.
fn decode_but(path: &str, kept: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [byte, tail @ ..] = rest {
        match (*byte == b'%').then(|| unescape(tail)).flatten().filter(|value| !kept.contains(value)) {
            Some(value) => {
                bytes.push(value);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn without_parameters(segment: &str) -> &str {
    segment.split(';').next().unwrap_or_default()
}

/// Without the trailing dots and spaces that some file systems do not see.
fn trimmed(segment: &str) -> &str {
    if is_dots(segment) { segment.trim_end_matches(' ') } else { segment.trim_end_matches(['.', ' ']) }
}

/// `.`, `..`, and what a sloppy server takes for them.
fn is_dots(segment: &str) -> bool {
    segment.starts_with('.') && segment.bytes().all(|b| matches!(b, b'.' | b' '))
}

/// Decoded bytes as text: UTF-8 in its shortest form, without control characters. Overlong forms are how `%c0%ae`
/// becomes a dot elsewhere.
fn meaning(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// The byte behind the two hex digits after a `%`.
fn unescape(digits: &[u8]) -> Option<u8> {
    let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    match digits {
        [high, low, ..] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    }
}

fn push_escaped(out: &mut String, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(HEX[usize::from(byte >> 4)]));
    out.push(char::from(HEX[usize::from(byte & 15)]));
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Whether browsers send this byte as it is in a path (URL standard, path percent-encode set). `Some(false)`: they do
/// not, other clients do, and it is escaped. `None`: nobody means it.
fn is_sent_raw(byte: u8) -> Option<bool> {
    match byte {
        b' ' | b'#' | b'?' => None,
        b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | 0x80.. => Some(false),
        _ => Some(true),
    }
}

#[cfg(test)]
mod tests;
