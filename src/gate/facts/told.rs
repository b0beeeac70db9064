//! A request as a server in front tells of it, when it asks whether to let it through: which field says what, in each
//! dialect. Each reads exactly its own fields. One that is missing, empty, there twice, or contradicted by a field of
//! another dialect is a refusal that names it: a client can send any of them too, and what the front forgot to overwrite
//! must never be taken for what it said. Nothing here stands in for what was not told.

use std::net::IpAddr;

use http::header::{self, HeaderMap, HeaderValue};
use ipnet::IpNet;

use super::{FactsError, address, authority, walk};
use crate::assertion::headers::fold;
use crate::gate::{Rule, Site};
use crate::types::Scheme;

const ORIGINAL_URL: &str = "X-Original-URL";
const ORIGINAL_METHOD: &str = "X-Original-Method";
const FORWARDED_METHOD: &str = "X-Forwarded-Method";
const FORWARDED_PROTO: &str = "X-Forwarded-Proto";
const FORWARDED_HOST: &str = "X-Forwarded-Host";
const FORWARDED_URI: &str = "X-Forwarded-Uri";
const FORWARDED_FOR: &str = "X-Forwarded-For";
/// Not in a field, but told by the connection of whoever asks.
const SOURCE: &str = "the address of the source";

/// By which servers say, somewhere, what is asked for. What a dialect does not read must not contradict it.
const TARGETS: [&str; 4] = [ORIGINAL_URL, "X-Original-URI", "X-Rewrite-URL", FORWARDED_URI];
const METHODS: [&str; 2] = [ORIGINAL_METHOD, FORWARDED_METHOD];
const HOSTS: [&str; 2] = [FORWARDED_HOST, "X-Original-Host"];
/// By which clients ask applications to take the request for one of another method. In path they never arrive; whether
/// the server in front drops them is not known here.
const OVERRIDES: [&str; 3] = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"];

/// What was told, still unread.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    pub method: &'a str,
    /// Path and query.
    pub target: &'a [u8],
    pub host: &'a [u8],
    /// Where the dialect has one.
    scheme: Option<Scheme>,
    /// The client's address behind any number of others, in fields as received.
    chain: Vec<&'a [u8]>,
    /// What asks for another method than the one that is judged.
    overridden: Option<&'static str>,
    /// The fields that said method, target, host and scheme, for whoever has to mend them.
    names: [&'static str; 4],
    /// The same of the client.
    nearest: &'static str,
}

/// Why that is no request: by the field that has to be mended, and without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} is empty")]
    Empty(&'static str),
    #[error("{0} is there twice")]
    Twice(&'static str),
    #[error("{0} cannot be read")]
    Unclear(&'static str),
    #[error("{0} speaks of another request")]
    Contradicts(&'static str),
    #[error("{0} asks for another protocol")]
    Protocol(&'static str),
    #[error("{0} has another scheme than the url of the site")]
    Scheme(&'static str),
}

impl<'a> Told<'a> {
    /// nginx and its ingress: the whole address in one field.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn by_nginx(fields: &'a HeaderMap) -> Result<Self, Fault> {
        let (method, url) = (one_text(fields, ORIGINAL_METHOD)?, one_text(fields, ORIGINAL_URL)?);
        let unclear = Fault::Unclear(ORIGINAL_URL);
        let (scheme, rest) = url.split_once("://").ok_or(unclear)?;
        let scheme = scheme_of(scheme).ok_or(unclear)?;
        // Without a path it is no address that nginx writes, and nobody guesses which one was meant.
        let (host, target) = rest.split_at(rest.find('/').ok_or(unclear)?);
        let names = [ORIGINAL_METHOD, ORIGINAL_URL, ORIGINAL_URL, ORIGINAL_URL];
        Self::uncontradicted(fields, method, target.as_bytes(), host.as_bytes(), Some(scheme), names)
    }

    /// Traefik, Caddy, HAProxy: a field for each part.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn by_forwarding(fields: &'a HeaderMap) -> Result<Self, Fault> {
        let method = one_text(fields, FORWARDED_METHOD)?;
        let scheme = one_text(fields, FORWARDED_PROTO)?;
        let host = one(fields, FORWARDED_HOST)?;
        let target = one(fields, FORWARDED_URI)?;
        let scheme = scheme_of(scheme).ok_or(Fault::Unclear(FORWARDED_PROTO))?;
        let names = [FORWARDED_METHOD, FORWARDED_URI, FORWARDED_HOST, FORWARDED_PROTO];
        Self::uncontradicted(fields, method, target, host, Some(scheme), names)
    }

    /// Envoy: the request's own method and host, and its path behind the prefix. How its client came it says in a field,
    /// where it says so.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn by_envoy(fields: &'a HeaderMap, method: &'a str, target: &'a [u8], host: &'a [u8]) -> Result<Self, Fault> {
        let names = ["the method", "the path", "Host", FORWARDED_PROTO];
        for (told, name) in [(method.as_bytes(), names[0]), (target, names[1]), (host, names[2])] {
            if told.is_empty() {
                return Err(Fault::Missing(name));
            }
        }
        let scheme = match one_text(fields, FORWARDED_PROTO) {
            Err(Fault::Missing(_)) => None,
            said => Some(scheme_of(said?).ok_or(Fault::Unclear(FORWARDED_PROTO))?),
        };
        Self::uncontradicted(fields, method, target, host, scheme, names)
    }

    /// With the address that the caller's own connection comes from, right of those it was told. Where it has none, those
    /// are nobody's word.
    ///
    /// # Errors
    /// It is none.
    pub fn of_client(mut self, source: Option<&'a str>) -> Result<Self, Fault> {
        match source.map(str::as_bytes).filter(|source| !source.is_empty()) {
            Some(source) if address(source).is_none() => return Err(Fault::Unclear(SOURCE)),
            Some(source) => self.chain.push(source),
            None => self.chain.clear(),
        }
        Ok(Self { nearest: SOURCE, ..self })
    }

    /// With the scheme that stands beside the fields, where none of them says how the client came: over HTTP/2 it is the
    /// client's own word. Empty: not told.
    ///
    /// # Errors
    /// It is none.
    pub fn of_scheme(self, scheme: &str) -> Result<Self, Fault> {
        const NAME: &str = "the scheme";
        if scheme.is_empty() || self.scheme.is_some() {
            return Ok(self);
        }
        let [method, target, host, _] = self.names;
        let said = scheme_of(scheme).ok_or(Fault::Unclear(NAME))?;
        Ok(Self { scheme: Some(said), names: [method, target, host, NAME], ..self })
    }

    fn uncontradicted(
        fields: &'a HeaderMap,
        method: &'a str,
        target: &'a [u8],
        host: &'a [u8],
        scheme: Option<Scheme>,
        names: [&'static str; 4],
    ) -> Result<Self, Fault> {
        let chain = fields.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
        if let Some(name) = another_protocol(fields) {
            return Err(Fault::Protocol(name));
        }
        let overridden = overridden(fields, method);
        let told = Self { method, target, host, scheme, chain, overridden, names, nearest: FORWARDED_FOR };
        let others = |all: &'static [&'static str]| {
            let foreign = all.iter().filter(|name| !names.contains(name));
            foreign.flat_map(|name| fields.get_all(*name).iter().map(|value| (*name, value.as_bytes())))
        };
        let is_here = |said: &[u8]| place(said, scheme) == place(host, scheme);
        let is_asked_for = |value: &[u8]| match taken_apart(value) {
            None => value == target,
            Some([said, at, path]) => {
                let said = std::str::from_utf8(said).ok().and_then(scheme_of);
                path == target && said.is_some() && (scheme.is_none() || said == scheme) && is_here(at)
            }
        };
        let against = (others(&TARGETS).find(|(_, value)| !is_asked_for(value)))
            .or_else(|| others(&METHODS).find(|(_, value)| *value != method.as_bytes()))
            .or_else(|| others(&HOSTS).find(|(_, value)| !is_here(value)));
        against.map_or(Ok(told), |(name, _)| Err(Fault::Contradicts(name)))
    }

    /// Host and target as nginx told of them, whatever is wrong with the rest: for the log.
    pub fn seen_by_nginx(fields: &'a HeaderMap) -> (&'a [u8], &'a [u8]) {
        let url = any(fields, ORIGINAL_URL);
        taken_apart(url).map_or((b"", url), |[_, host, target]| (host, target))
    }

    /// The same in a field for each part.
    pub fn seen_by_forwarding(fields: &'a HeaderMap) -> (&'a [u8], &'a [u8]) {
        (any(fields, FORWARDED_HOST), any(fields, FORWARDED_URI))
    }

    /// The client, as far as it was told: the right-most address that no trusted proxy has. What stands left of it the
    /// client may have written itself.
    ///
    /// # Errors
    /// What stands there is no address.
    pub fn client(&self, trusted: &[IpNet]) -> Result<Option<IpAddr>, Fault> {
        walk(&self.chain, trusted).map_err(|_| Fault::Unclear(FORWARDED_FOR))
    }

    /// Whether the client is said to have come in clear.
    pub fn is_in_clear(&self) -> bool {
        self.scheme == Some(Scheme::Http)
    }

    /// It was asked for by another scheme than the site's.
    pub fn by_another_scheme(&self) -> Fault {
        Fault::Scheme(self.names[3])
    }

    /// Whether this site's rules can be asked about it.
    ///
    /// # Errors
    /// It was asked for by another scheme; or the rules look at addresses, and none was told: the caller's own would
    /// open to everybody what is open to its network.
    pub fn suits(&self, site: &Site, client: Option<IpAddr>) -> Result<(), Fault> {
        let url = site.url.as_ref();
        if let (Some(url), Some(scheme)) = (url, self.scheme)
            && url.scheme != scheme
        {
            return Err(self.by_another_scheme());
        }
        if let Some(name) = self.overridden
            && site.rules.iter().any(Rule::looks_at_methods)
        {
            return Err(Fault::Contradicts(name));
        }
        if client.is_none() && site.rules.iter().any(Rule::looks_at_addresses) {
            return Err(Fault::Missing(self.nearest));
        }
        Ok(())
    }

    /// The field that said what could not be read.
    pub fn field_of(&self, error: FactsError) -> &'static str {
        let [method, target, host, _] = self.names;
        match error {
            FactsError::Method | FactsError::MethodNotOffered => method,
            FactsError::Target => target,
            FactsError::Host => host,
            FactsError::Forwarded => FORWARDED_FOR,
        }
    }
}

/// The first field, in any spelling, that asks for another method than this one.
fn overridden(fields: &HeaderMap, method: &str) -> Option<&'static str> {
    fields.iter().filter(|(_, value)| !value.as_bytes().eq_ignore_ascii_case(method.as_bytes())).find_map(
        |(name, _)| {
            let known = |own: &&str| own.bytes().map(fold).eq(name.as_str().bytes().map(fold));
            OVERRIDES.into_iter().find(|own| known(own))
        },
    )
}

/// The first field by which the connection would go on in another protocol, if the application agrees. Servers in front
/// then pass on whatever comes, in both directions: with HTTP in it, which nobody is asked about (RFC 9110 section 7.8, RFC
/// 7540 section 3.2). A WebSocket has no requests in it.
fn another_protocol(fields: &HeaderMap) -> Option<&'static str> {
    let is_other = |value: &HeaderValue| !value.is_empty() && !value.as_bytes().eq_ignore_ascii_case(b"websocket");
    if fields.get_all(header::UPGRADE).iter().any(is_other) {
        return Some("Upgrade");
    }
    fields.contains_key("http2-settings").then_some("HTTP2-Settings")
}

/// The value of a field that is there once and says something.
fn one<'a>(fields: &'a HeaderMap, name: &'static str) -> Result<&'a [u8], Fault> {
    let mut values = fields.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Err(Fault::Missing(name)),
        (Some(_), Some(_)) => Err(Fault::Twice(name)),
        (Some(value), None) if value.is_empty() => Err(Fault::Empty(name)),
        (Some(value), None) => Ok(value.as_bytes()),
    }
}

/// The first value of a field, for nothing that is judged.
fn any<'a>(fields: &'a HeaderMap, name: &'static str) -> &'a [u8] {
    fields.get(name).map(HeaderValue::as_bytes).unwrap_or_default()
}

fn one_text<'a>(fields: &'a HeaderMap, name: &'static str) -> Result<&'a str, Fault> {
    std::str::from_utf8(one(fields, name)?).map_err(|_| Fault::Unclear(name))
}

/// A WebSocket has a scheme of its own to some; it is asked for at the same place.
fn scheme_of(text: &str) -> Option<Scheme> {
    match text {
        "http" | "ws" => Some(Scheme::Http),
        "https" | "wss" => Some(Scheme::Https),
        _ => None,
    }
}

/// Host and port as they are compared: the port that goes without saying is none.
fn place(said: &[u8], scheme: Option<Scheme>) -> Option<(String, Option<u16>)> {
    let (name, port) = authority(said)?;
    let goes_without_saying = |port: &u16| match scheme {
        Some(scheme) => *port == scheme.default_port(),
        None => [Scheme::Http, Scheme::Https].map(Scheme::default_port).contains(port),
    };
    Some((name, port.filter(|port| !goes_without_saying(port))))
}

/// Scheme, authority and the rest of what is written as a whole address.
fn taken_apart(value: &[u8]) -> Option<[&[u8]; 3]> {
    // Behind a path it is part of the query.
    let at = memchr::memmem::find(value, b"://").filter(|_| !value.starts_with(b"/"))?;
    let (scheme, rest) = (&value[..at], &value[at + 3..]);
    let (authority, target) = rest.split_at(memchr::memchr(b'/', rest).unwrap_or(rest.len()));
    Some([scheme, authority, target])
}

#[cfg(test)]
mod tests {
    use http::header::HeaderName;

    use super::*;

    fn fields(written: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        let mut fields = HeaderMap::new();
        for (name, value) in written.iter().map(pair) {
            fields.append(name, value);
        }
        fields
    }

    const NGINX: [(&str, &str); 2] = [(ORIGINAL_URL, "https://app.test/wiki?a=1"), (ORIGINAL_METHOD, "GET")];
    const FORWARDED: [(&str, &str); 4] = [
        (FORWARDED_METHOD, "GET"),
        (FORWARDED_PROTO, "https"),
        (FORWARDED_HOST, "app.test"),
        (FORWARDED_URI, "/wiki?a=1"),
    ];

    fn fault(told: Result<Told<'_>, Fault>) -> Fault {
        told.map(|told| format!("{told:?}")).expect_err("it is refused")
    }

    #[test]
    fn an_honest_front_is_understood() {
        let (nginx, forwarded, none) = (fields(&NGINX), fields(&FORWARDED), HeaderMap::new());
        for told in [
            Told::by_nginx(&nginx),
            Told::by_forwarding(&forwarded),
            Told::by_envoy(&none, "GET", b"/wiki?a=1", b"app.test"),
        ] {
            let told = told.unwrap();
            assert_eq!((told.method, told.target, told.host), ("GET", &b"/wiki?a=1"[..], &b"app.test"[..]));
        }
        // What agrees does no harm, in whichever way it is written.
        let more = [
            ("X-Forwarded-Uri", "/wiki?a=1"),
            ("X-Rewrite-URL", "https://app.test:443/wiki?a=1"),
            ("x-forwarded-host", "APP.test:443"),
        ];
        assert!(Told::by_nginx(&fields(&[&NGINX[..], &more].concat())).is_ok());
    }

    /// FA-01, FA-05.
    #[test]
    fn a_field_is_there_once_and_says_something() {
        for (n, (name, _)) in NGINX.iter().enumerate() {
            let mut without = NGINX.to_vec();
            without.remove(n);
            assert_eq!(fault(Told::by_nginx(&fields(&without))), Fault::Missing(name));
            without.push((name, ""));
            assert_eq!(fault(Told::by_nginx(&fields(&without))), Fault::Empty(name));
            let twice = [&NGINX[..], &NGINX[n..=n]].concat();
            assert_eq!(fault(Told::by_nginx(&fields(&twice))), Fault::Twice(name));
        }
        for (n, (name, _)) in FORWARDED.iter().enumerate() {
            let mut without = FORWARDED.to_vec();
            without.remove(n);
            assert_eq!(fault(Told::by_forwarding(&fields(&without))), Fault::Missing(name));
            without.push((name, ""));
            assert_eq!(fault(Told::by_forwarding(&fields(&without))), Fault::Empty(name));
            let twice = [&FORWARDED[..], &FORWARDED[n..=n]].concat();
            assert_eq!(fault(Told::by_forwarding(&fields(&twice))), Fault::Twice(name));
        }
        let none = HeaderMap::new();
        assert_eq!(fault(Told::by_envoy(&none, "GET", b"", b"app.test")), Fault::Missing("the path"));
        assert_eq!(fault(Told::by_envoy(&none, "GET", b"/", b"")), Fault::Missing("Host"));
    }

    /// FA-01: what a client slips in beside the front's own.
    #[test]
    fn what_another_dialect_would_read_must_not_contradict() {
        for (name, value) in [
            ("X-Forwarded-Uri", "/public"),
            ("X-Original-URI", "/public"),
            ("X-Rewrite-URL", "/public"),
            ("X-Original-URL", "https://app.test/public"),
            ("X-Original-Method", "OPTIONS"),
            ("X-Forwarded-Method", "OPTIONS"),
            ("X-Forwarded-Host", "open.test"),
            ("X-Forwarded-Host", "app.test:6666"),
            ("X-Original-Host", "a, b"),
            // The same path, elsewhere.
            ("X-Rewrite-URL", "https://open.test/wiki?a=1"),
            ("X-Rewrite-URL", "https://app.test:6666/wiki?a=1"),
            ("X-Rewrite-URL", "ftp://app.test/wiki?a=1"),
            ("X-Original-URI", "://app.test/wiki?a=1"),
        ] {
            let (nginx, forwarded) = (
                fields(&[&NGINX[..], &[(name, value)]].concat()),
                fields(&[&FORWARDED[..], &[(name, value)]].concat()),
            );
            let own = fields(&[(name, value)]);
            assert!(Told::by_nginx(&nginx).is_err(), "{name}");
            assert!(Told::by_forwarding(&forwarded).is_err(), "{name}");
            assert_eq!(fault(Told::by_envoy(&own, "GET", b"/wiki?a=1", b"app.test")), Fault::Contradicts(name));
        }
        // By another scheme, where it is known by which.
        let clear = fields(&[&NGINX[..], &[("X-Rewrite-URL", "http://app.test/wiki?a=1")]].concat());
        assert_eq!(fault(Told::by_nginx(&clear)), Fault::Contradicts("X-Rewrite-URL"));
        assert!(
            Told::by_envoy(&fields(&[("X-Rewrite-URL", "http://app.test:80/a")]), "GET", b"/a", b"app.test").is_ok()
        );
    }

    /// FA-01: an application may obey these, and rules that look at methods do not.
    #[test]
    fn another_method_that_is_asked_for_is_noticed() {
        let of = |name: &str, value: &str| overridden(&fields(&[(name, value)]), "POST");
        for (name, known) in [
            ("X-HTTP-Method-Override", OVERRIDES[0]),
            ("x_http_method_override", OVERRIDES[0]),
            ("X-HTTP-Method", OVERRIDES[1]),
            ("X.Method.Override", OVERRIDES[2]),
        ] {
            assert_eq!(of(name, "DELETE"), Some(known), "{name}");
            assert_eq!(of(name, "post"), None, "{name}: the same");
        }
        assert_eq!(of("X-HTTP-Methods", "DELETE"), None);
    }

    /// FA-06: no address is guessed at.
    #[test]
    fn an_address_is_whole() {
        for url in [
            "/wiki",
            "app.test/wiki",
            "//app.test/wiki",
            "https://app.test",
            "ftp://app.test/",
            "HTTPS://app.test/",
            "https:/app.test/x",
            "https://app.test?x",
        ] {
            let told = fields(&[(ORIGINAL_URL, url), (ORIGINAL_METHOD, "GET")]);
            assert_eq!(fault(Told::by_nginx(&told)), Fault::Unclear(ORIGINAL_URL), "{url}");
        }
    }

    #[test]
    fn what_is_wrong_can_be_shown() {
        let seen = |url| {
            let fields = fields(&[(ORIGINAL_URL, url)]);
            let (host, target) = Told::seen_by_nginx(&fields);
            [host, target].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        };
        assert_eq!(seen("https://app.test/wiki?a=1"), ["app.test", "/wiki?a=1"]);
        assert_eq!(seen("https://app.test"), ["app.test", ""], "what lacks its path");
        assert_eq!(seen("/wiki"), ["", "/wiki"]);
        assert_eq!(Told::seen_by_nginx(&HeaderMap::new()), (&b""[..], &b""[..]));
    }

    /// How the client came: by the field, and where there is none by what stands beside it.
    #[test]
    fn envoy_may_say_the_scheme_in_two_places() {
        let scheme = |field: Option<&str>, beside: &str| {
            let fields = fields(&field.map(|field| (FORWARDED_PROTO, field)).into_iter().collect::<Vec<_>>());
            let told = Told::by_envoy(&fields, "GET", b"/", b"app.test")?.of_scheme(beside)?;
            Ok((told.scheme, told.names[3]))
        };
        assert_eq!(scheme(None, ""), Ok((None, FORWARDED_PROTO)));
        assert_eq!(scheme(None, "https"), Ok((Some(Scheme::Https), "the scheme")));
        assert_eq!(scheme(Some("http"), "https"), Ok((Some(Scheme::Http), FORWARDED_PROTO)));
        assert_eq!(scheme(None, "ftp"), Err(Fault::Unclear("the scheme")));
        assert_eq!(scheme(Some("https, http"), ""), Err(Fault::Unclear(FORWARDED_PROTO)));
        assert_eq!(scheme(Some(""), "https"), Err(Fault::Empty(FORWARDED_PROTO)));
    }

    /// Behind a balancer that is trusted, the client is whom that names; behind anybody else, whoever connects.
    #[test]
    fn the_callers_own_peer_stands_last() {
        let told_of = fields(&[(FORWARDED_FOR, "192.0.2.7, 203.0.113.9")]);
        let client = |source| {
            let told = Told::by_envoy(&told_of, "GET", b"/", b"app.test").unwrap().of_client(source);
            told?.client(&["10.0.0.0/8".parse().unwrap()])
        };
        let address = |text: &str| Ok(Some(text.parse().unwrap()));
        assert_eq!(client(Some("10.0.0.5")), address("203.0.113.9"));
        assert_eq!(client(Some("198.51.100.1")), address("198.51.100.1"));
        assert_eq!(client(None), Ok(None));
        assert_eq!(client(Some("")), Ok(None));
        assert_eq!(client(Some("/run/envoy.sock")), Err(Fault::Unclear(SOURCE)));
    }

    #[test]
    fn the_client_is_the_last_that_no_trusted_proxy_is() {
        let client = |chain: &[&str]| {
            let chain: Vec<_> = chain.iter().map(|value| (FORWARDED_FOR, *value)).collect();
            let fields = fields(&[&NGINX[..], &chain].concat());
            Told::by_nginx(&fields).unwrap().client(&["10.0.0.0/8".parse().unwrap()])
        };
        let address = |text: &str| Ok(Some(text.parse().unwrap()));
        assert_eq!(client(&[]), Ok(None));
        assert_eq!(client(&["198.51.100.1, 192.0.2.7"]), address("192.0.2.7"));
        assert_eq!(client(&["127.0.0.1", "192.0.2.7, 10.0.0.3"]), address("192.0.2.7"));
        assert_eq!(client(&["unknown"]), Ok(None));
        assert_eq!(client(&["x"]), Err(Fault::Unclear(FORWARDED_FOR)));
    }
}
