//! The upstreams of a site as they are written: where an application listens, what is spoken with it, how it is
//! verified, checked and limited. Every way of being wrong is named here by its key; no file is opened and nothing is
//! connected to.

use std::fmt;
use std::time::Duration;

use super::facts;
use crate::config::{SiteSection, Span, Written};
use crate::types::{HostPattern, Origin};

/// More of them behind one site are a balancer's business.
const MOST: usize = 64;
/// No application needs to be asked more often, and no check would be over before the next.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(1);

/// Where an application listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Upstream {
    pub protocol: Protocol,
    pub place: Place,
}

/// What is spoken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    Http,
    Https,
    /// HTTP/2 by prior knowledge, in clear (RFC 9113 section 3.3).
    H2c,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A name or an address literal without brackets, and a port.
    Network(String, u16),
    /// The path of a Unix socket.
    Socket(String),
}

/// How a site's upstreams are spoken to: the same for all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// PEM file of the CA, when not the system's.
    pub ca_file: Option<String>,
    /// PEM files of our own certificate and its key.
    pub identity_files: Option<(String, String)>,
    /// The name that is asked for (SNI) and verified, when not the one in the address.
    pub name: Option<String>,
    /// `false`: whoever answers is believed.
    pub verify: bool,
    /// HTTP/2 is offered first over TLS.
    pub http2: bool,
    /// `None`: nothing is checked beyond what requests find out.
    pub check: Option<Check>,
    /// Requests under way at a time at each upstream.
    pub most: usize,
    pub connect_timeout: Duration,
    pub first_byte_timeout: Duration,
    pub between_bytes_timeout: Duration,
}

/// How an upstream is asked whether it is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `None`: that it takes a connection is enough (with TLS: a handshake).
    pub path: Option<String>,
    pub interval: Duration,
}

impl Upstream {
    /// Reads `http://host:port`, `https://…`, `h2c://…` or `unix:/path`.
    ///
    /// # Errors
    /// What is wrong with it, as a problem says it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            // `sun_path` holds 108 bytes with its end (unix(7)).
            let fits = path.starts_with('/') && !path.ends_with('/') && path.len() < 108 && !path.contains('\0');
            return match fits {
                true => Ok(Self { protocol: Protocol::Http, place: Place::Socket(path.to_owned()) }),
                false => Err(format!("{text:?} is not unix: and the whole path of a socket")),
            };
        }
        let (protocol, origin) = match text.strip_prefix("h2c://") {
            Some(rest) => (Some(Protocol::H2c), Origin::parse(&format!("http://{rest}"))),
            None => (None, Origin::parse(text)),
        };
        let Ok(origin) = origin else { return Err(format!("{text:?} is not scheme, host and port")) };
        let HostPattern::Exact(host) = &origin.host else {
            return Err("one address cannot have a wildcard".to_owned());
        };
        let protocol = protocol.unwrap_or(if origin.is_https() { Protocol::Https } else { Protocol::Http });
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { protocol, place: Place::Network(host, origin.port) })
    }
}

/// As operators name it: one form for each, whatever was written.
impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Http => "http",
            Protocol::Https => "https",
            Protocol::H2c => "h2c",
        };
        match &self.place {
            Place::Socket(path) => write!(f, "unix:{path}"),
            Place::Network(host, port) if host.contains(':') => write!(f, "{scheme}://[{host}]:{port}"),
            Place::Network(host, port) => write!(f, "{scheme}://{host}:{port}"),
        }
    }
}

/// The upstreams of a site, and its terms; each problem is told as key, what, remedy.
pub(super) fn read(
    section: &SiteSection,
    written: &Written,
    mut problem: impl FnMut(&str, String, &str),
) -> (Vec<Upstream>, Terms) {
    let limits = &written.limits;
    let mut upstreams = Vec::new();
    // Another server may serve it, where one asks.
    let asked = !written.forward_auth.listen.is_empty() || !written.forward_auth.listen_grpc.is_empty();
    if section.upstreams.is_empty() && !asked {
        problem("upstreams", "is empty".to_owned(), "write http://127.0.0.1:3000 or https://app.internal");
    }
    if section.upstreams.len() > MOST {
        problem("upstreams", format!("has more than {MOST}"), "put a balancer of your own before them");
    }
    for (n, text) in section.upstreams.iter().enumerate() {
        let key = format!("upstreams[{n}]");
        match Upstream::parse(text) {
            Ok(upstream) if upstreams.contains(&upstream) => {
                problem(&key, format!("{upstream} is there already"), "name each upstream once");
            }
            Ok(upstream) => upstreams.push(upstream),
            Err(what) => {
                let remedy = "write http://127.0.0.1:3000, https://app.internal, h2c://app.internal:50051 or \
                              unix:/run/app.sock";
                problem(&key, what, remedy);
            }
        }
    }
    let terms = Terms {
        ca_file: given(&section.upstream_ca_file),
        identity_files: given(&section.upstream_cert_file).zip(given(&section.upstream_key_file)),
        name: given(&section.upstream_name),
        verify: section.upstream_verify,
        http2: section.upstream_http2,
        check: check(section, upstreams.len(), &mut problem),
        most: if section.upstream_requests == 0 { usize::MAX } else { section.upstream_requests },
        connect_timeout: time("connect_timeout", section.connect_timeout, limits.connect_timeout, &mut problem),
        first_byte_timeout: time(
            "first_byte_timeout",
            section.first_byte_timeout,
            limits.first_byte_timeout,
            &mut problem,
        ),
        between_bytes_timeout: time(
            "between_bytes_timeout",
            section.between_bytes_timeout,
            limits.between_bytes_timeout,
            &mut problem,
        ),
    };
    // What is said of TLS must mean something: somebody relies on it.
    let unread = section.upstreams.len() > upstreams.len();
    if !unread && !upstreams.iter().any(|upstream| upstream.protocol == Protocol::Https) {
        for (key, set) in [
            ("upstream_ca_file", terms.ca_file.is_some()),
            ("upstream_cert_file", !section.upstream_cert_file.is_empty()),
            ("upstream_key_file", !section.upstream_key_file.is_empty()),
            ("upstream_name", terms.name.is_some()),
            ("upstream_verify", !terms.verify),
            ("upstream_http2", terms.http2),
        ] {
            if set {
                problem(key, "means nothing without TLS".to_owned(), "write https in upstreams, or take it away");
            }
        }
    } else {
        match (section.upstream_cert_file.is_empty(), section.upstream_key_file.is_empty()) {
            (false, true) => problem("upstream_key_file", "is missing".to_owned(), "name the key of the certificate"),
            (true, false) => problem("upstream_cert_file", "is missing".to_owned(), "name the certificate of the key"),
            _ => {}
        }
        if let Some(name) = &terms.name
            && !facts::authority(name.as_bytes()).is_some_and(|(host, port)| host == *name && port.is_none())
        {
            let remedy = "write the name in the upstream's certificate, in lower case, such as app.internal";
            problem("upstream_name", format!("{name:?} is not a name"), remedy);
        }
        if !terms.verify && (terms.ca_file.is_some() || terms.name.is_some()) {
            let what = "is false, and another key says by what to verify".to_owned();
            problem("upstream_verify", what, "take one of the two away");
        }
    }
    (upstreams, terms)
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn check(section: &SiteSection, upstreams: usize, problem: &mut impl FnMut(&str, String, &str)) -> Option<Check> {
    let interval = section.upstream_check_interval;
    if interval.0 < SHORTEST_INTERVAL {
        problem("upstream_check_interval", format!("{interval} is shorter than 1s"), "write \"5s\"");
    }
    let path = match section.upstream_check.as_str() {
        // With one upstream there is nothing to choose: what it answers is what visitors get.
        "" if upstreams < 2 => return None,
        "off" => return None,
        "" | "connect" => None,
        path if path.starts_with('/') && facts::Target::read(path.as_bytes(), facts::Reading::Strict).is_ok() => {
            Some(path.to_owned())
        }
        other => {
            problem("upstream_check", format!("{other:?} is unknown"), "write \"off\", \"connect\", or a path");
            return None;
        }
    };
    Some(Check { path, interval: interval.0 })
}

/// The site's own limit, or the one of all.
fn time(key: &str, own: Option<Span>, all: Span, problem: &mut impl FnMut(&str, String, &str)) -> Duration {
    if own.is_some_and(|own| own.0.is_zero()) {
        problem(key, "is no time at all".to_owned(), "write a time such as \"60s\", or leave it out");
    }
    own.unwrap_or(all).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_operators_name() {
        for (written, named) in [
            ("http://app", "http://app:80"),
            ("https://App.internal", "https://app.internal:443"),
            ("h2c://[::1]:50051", "h2c://[::1]:50051"),
            ("unix:/run/app.sock", "unix:/run/app.sock"),
        ] {
            assert_eq!(Upstream::parse(written).unwrap().to_string(), named);
        }
        for bad in ["unix:run/app", "unix://", "ftp://a", "http://a/path", "h2c://a/x", "h2c://*.a", "a:80", ""] {
            assert!(Upstream::parse(bad).is_err(), "{bad}");
        }
    }

    fn problems(change: impl FnOnce(&mut SiteSection)) -> Vec<String> {
        let mut section = SiteSection { upstreams: vec!["https://a.test".to_owned()], ..SiteSection::default() };
        change(&mut section);
        let mut keys = Vec::new();
        read(&section, &Written::default(), |key, _, _| keys.push(key.to_owned()));
        keys
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert_eq!(problems(|_| {}), [""; 0]);
        assert_eq!(problems(|site| site.upstreams.clear())[0], "upstreams");
        assert_eq!(problems(|site| site.upstreams.push("https://A.test:443".to_owned())), ["upstreams[1]"]);
        assert_eq!(problems(|site| site.upstream_cert_file = "a".to_owned()), ["upstream_key_file"]);
        assert_eq!(problems(|site| site.upstream_key_file = "a".to_owned()), ["upstream_cert_file"]);
        assert_eq!(problems(|site| site.upstream_name = "a b".to_owned()), ["upstream_name"]);
        assert_eq!(problems(|site| site.upstream_name = "a:1".to_owned()), ["upstream_name"]);
        assert_eq!(problems(|site| site.upstream_check = "maybe".to_owned()), ["upstream_check"]);
        assert_eq!(problems(|site| site.upstream_check_interval = Span::secs(0)), ["upstream_check_interval"]);
        assert_eq!(problems(|site| site.first_byte_timeout = Some(Span::secs(0))), ["first_byte_timeout"]);
        let blind = |site: &mut SiteSection| {
            site.upstream_verify = false;
            site.upstream_ca_file = "ca.pem".to_owned();
        };
        assert_eq!(problems(blind), ["upstream_verify"]);
        let in_clear = |site: &mut SiteSection| {
            site.upstreams = vec!["http://a.test".to_owned()];
            site.upstream_http2 = true;
        };
        assert_eq!(problems(in_clear), ["upstream_http2"]);
    }

    #[test]
    fn one_upstream_is_not_checked_unless_it_is_said() {
        let check = |upstreams: &[&str], check: &str| {
            let upstreams = upstreams.iter().map(|one| (*one).to_owned()).collect();
            let section = SiteSection { upstreams, upstream_check: check.to_owned(), ..SiteSection::default() };
            let (_, terms) = read(&section, &Written::default(), |key, what, _| panic!("{key}: {what}"));
            terms.check.map(|check| check.path)
        };
        assert_eq!(check(&["http://a"], ""), None);
        assert_eq!(check(&["http://a", "http://b"], ""), Some(None));
        assert_eq!(check(&["http://a", "http://b"], "off"), None);
        assert_eq!(check(&["http://a"], "/health"), Some(Some("/health".to_owned())));
    }
}
