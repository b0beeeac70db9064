//! What an application receives: the head of a permitted request, with every header of ours and every forwarding header
//! taken out in all spellings, and then ours set. The one place where that happens, for every route. A value a client
//! sent must never survive under a name the application could take for ours.

use std::net::IpAddr;

use http::Version;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use pingora::http::RequestHeader;

use super::facts::cookie_fields;
use crate::assertion::headers::{Set, Stripped, fold};
use crate::gate::{Facts, Permit, Site};
use crate::session::without_ours;
use crate::types::{Origin, RequestId, Scheme};

/// Marks requests that passed here, so that a gate that is its own upstream notices. Of the class `Vestibule-*`: it is
/// read before the class is taken out.
static LOOP: HeaderName = HeaderName::from_static("vestibule-loop");
/// How many gates may stand behind each other.
const MAX_HOPS: usize = 8;

/// Whether this request has been here before, or through too many gates. What no gate wrote is not counted: a visitor's
/// scribbles are no loop.
pub fn is_loop(received: &HeaderMap, here: &RequestId) -> bool {
    hops(received).enumerate().any(|(count, hop)| count + 1 >= MAX_HOPS || hop == *here)
}

/// The gates a request has passed, with this one. Only what is written as a gate writes it is kept: a client may not say
/// anything else to an application under a name of our class.
fn path(received: &HeaderMap, here: &RequestId) -> String {
    let before: String = hops(received).flat_map(|hop| [hop.to_string(), ", ".to_owned()]).collect();
    before + here.as_str()
}

/// The gates that say they were passed.
fn hops(received: &HeaderMap) -> impl Iterator<Item = RequestId> {
    let fields = received.get_all(&LOOP).iter().filter_map(|value| value.to_str().ok());
    fields.flat_map(|value| value.split(',')).filter_map(|hop| RequestId::parse(hop.trim()))
}

/// What [`apply`] works with beside the permit.
pub struct Context<'a> {
    pub stripped: &'a Stripped,
    /// The headers that say who the visitor is; none for nobody.
    pub identity: &'a [Set],
    pub peer: IpAddr,
    /// This process, for [`is_loop`].
    pub here: &'a RequestId,
}

/// Turns the received head into the one that goes upstream. Names stay as the client spelled them, and ours are written
/// as they were configured: there are applications that compare them byte by byte. Pingora has taken out hop-by-hop
/// fields and whatever `Connection` names before this, so nothing set here can be nominated away.
pub fn apply(head: &mut RequestHeader, permit: &Permit, facts: &Facts, context: &Context<'_>) -> pingora::Result<()> {
    if !head.has_case() && head.version != Version::HTTP_2 {
        *head = spelled(head)?;
    }
    let path = path(&head.headers, context.here);
    let cookies = without_ours(cookie_fields(&head.headers), &permit.site().cookies);
    let is_strange = |name: &str| context.stripped.covers(name) || is_about_forwarding(name);
    // Nearly always none.
    let strange: Vec<_> = head.headers.keys().filter(|name| is_strange(name.as_str())).cloned().collect();
    for name in &strange {
        head.remove_header(name);
    }

    match cookies {
        Some(cookies) => head.insert_header("Cookie", cookies)?,
        None => drop(head.remove_header(&header::COOKIE)),
    }
    head.insert_header("Vestibule-Loop", path)?;
    forwarded(head, permit, facts, context.peer)?;
    for Set { name, value } in context.identity {
        head.insert_header(name.clone(), value.clone())?;
    }
    // Both: a target without the host, or the host without the target, would be another request than the judged one.
    head.insert_header("Host", permit.site().upstream_host.clone().unwrap_or_else(|| authority(facts)))?;
    head.set_raw_path(permit.target().as_bytes())
}

/// A head that came in frames, where all names are in lower case, as one whose names can have another.
fn spelled(head: &RequestHeader) -> pingora::Result<RequestHeader> {
    let mut spelled = RequestHeader::build(head.method.clone(), b"/", Some(head.headers.len()))?;
    spelled.set_version(head.version);
    for (name, value) in &head.headers {
        spelled.append_header(name, value.clone())?;
    }
    Ok(spelled)
}

/// `X-Forwarded-*`, ours: the client the gate reckons with, then the trusted proxy it came through.
fn forwarded(head: &mut RequestHeader, permit: &Permit, facts: &Facts, peer: IpAddr) -> pingora::Result<()> {
    let chain = if facts.client == peer { peer.to_string() } else { format!("{}, {peer}", facts.client) };
    let (scheme, host) = shown(permit.site(), facts);
    head.insert_header("X-Forwarded-For", chain)?;
    head.insert_header("X-Forwarded-Proto", HeaderValue::from_static(scheme.as_str()))?;
    head.insert_header("X-Forwarded-Host", host)
}

/// Where the browser takes itself to be: by which scheme, and at which host. Where no url says the scheme, as it came.
pub(super) fn shown(site: &Site, facts: &Facts) -> (Scheme, String) {
    let url = site.url.as_ref();
    (url.map(|url| url.scheme).or(facts.scheme).unwrap_or(Scheme::Http), public_authority(url, facts))
}

/// The host as the browser shows it: the port is the one of the site's url, whatever a client wrote into `Host`.
/// Applications make links of it, and caches keep those.
fn public_authority(url: Option<&Origin>, facts: &Facts) -> String {
    url.and_then(|url| url.at(&facts.host)).map_or_else(|| authority(facts), |url| url.authority())
}

/// The host as it was asked for, canonical, with its port where one was given.
fn authority(facts: &Facts) -> String {
    match facts.port {
        Some(port) => format!("{}:{port}", facts.host),
        None => facts.host.clone(),
    }
}

/// Names under which applications and their servers believe where a request came from, or that it was another request:
/// what a client says there was not judged. By class, as the names of identity headers are.
pub(super) fn is_about_forwarding(name: &str) -> bool {
    const NAMES: [&str; 31] = [
        "x-forwarded",
        "forwarded",
        "forwarded-for",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "x-proxyuser-ip",
        "x-originating-ip",
        "x-remote-ip",
        "x-remote-addr",
        "client-ip",
        "proxy-client-ip",
        "wl-proxy-client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "cf-connecting-ipv6",
        "fastly-client-ip",
        "x-host",
        "x-original-host",
        "x-scheme",
        "x-url-scheme",
        "front-end-https",
        "x-original-url",
        "x-original-uri",
        "x-rewrite-url",
        "x-envoy-original-path",
        // A rule limited by method judges the method on the request line.
        "x-original-method",
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
        // To CGI it is `HTTP_PROXY`, through which the application would then send all it asks (CVE-2016-5385).
        "proxy",
    ];
    const PREFIX: &str = "x-forwarded-";
    let folded = || name.bytes().map(fold);
    folded().take(PREFIX.len()).eq(PREFIX.bytes())
        || NAMES.iter().any(|own| own.len() == name.len() && folded().eq(own.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::{Raw, Reading};
    use crate::secret::DerivedRandom;

    /// HS-10, AR-21: in every spelling.
    #[test]
    fn forwarding_names_are_known_by_class() {
        for name in [
            "X-Forwarded-For",
            "x_forwarded_for",
            "X-Forwarded-Prefix",
            "Forwarded",
            "X.Real.IP",
            "X-Original-URL",
            "X_HTTP_Method_Override",
            "X-Forwarded~Host",
            "X+Real+IP",
            "X!Forwarded!For",
            "Proxy",
            "PROXY",
            "WL-Proxy-Client-IP",
            "x_proxyuser_ip",
            "X-Original-Host",
            "X.Scheme",
            "Front_End_Https",
            "X-Envoy-Original-Path",
        ] {
            assert!(is_about_forwarding(name), "{name}");
        }
        for name in ["accept", "x-forwardedish", "x-request-id", "authorization", "proxied", "host"] {
            assert!(!is_about_forwarding(name), "{name}");
        }
    }

    #[test]
    fn the_port_an_application_hears_of_is_that_of_the_url() {
        let heard = |url: Option<&str>, host: &[u8]| {
            let raw = Raw::new("GET", b"/", host, [192, 0, 2, 1].into());
            let facts = Facts::read(&raw, Reading::Strict, &[]).unwrap();
            public_authority(url.map(|url| Origin::parse(url).unwrap()).as_ref(), &facts)
        };
        assert_eq!(heard(Some("https://app.test"), b"app.test:6666"), "app.test");
        assert_eq!(heard(Some("https://app.test:8443"), b"app.test"), "app.test:8443");
        assert_eq!(heard(Some("https://*.app.test"), b"a.app.test:1"), "a.app.test");
        assert_eq!(heard(None, b"app.test:81"), "app.test:81");
    }

    /// HS-18.
    #[test]
    fn a_request_that_was_here_is_known() {
        let random = DerivedRandom::seeded(1);
        let (here, other) = (RequestId::generate(&random), RequestId::generate(&random));
        let mut head = HeaderMap::new();
        assert!(!is_loop(&head, &here));
        head.append(&LOOP, other.as_str().parse().unwrap());
        assert!(!is_loop(&head, &here));
        head.append(&LOOP, format!("x, {here}").parse().unwrap());
        assert!(is_loop(&head, &here));

        assert_eq!(path(&head, &here), format!("{other}, {here}, {here}"), "and nothing a client made up");
        let many = |hop: &str| {
            let many = [hop; MAX_HOPS].join(",").parse().unwrap();
            is_loop(&HeaderMap::from_iter([(LOOP.clone(), many)]), &here)
        };
        assert!(many(other.as_str()));
        assert!(!many("x"), "what no gate wrote is no gate");
    }
}
