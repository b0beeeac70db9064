//! Where a site is, as a browser writes it: scheme, host, port. Everything that must not come from a request (cookie
//! flags, links, issuer, audience, WebAuthn origins) comes from one of these.

use std::fmt;
use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Why a text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    #[error("not a URL: {0}")]
    Syntax(String),
    #[error("the scheme must be http or https")]
    Scheme,
    #[error("only scheme, host and port belong here: no user, path, query or fragment")]
    Extra,
    #[error("a wildcard stands alone as the first label: https://*.example.com")]
    Wildcard,
}

/// Which hosts an origin covers: one name, or every name one label below a domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// Lower-case, no trailing dot, IPv6 in brackets.
    Exact(String),
    /// `*.example.com` holds `example.com`. Matches exactly one more label.
    Wildcard(String),
    /// `*`: any host.
    Any,
}

impl HostPattern {
    /// Reads a `host` key: a name, `*.domain`, or `*`.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text == "*" {
            return Ok(HostPattern::Any);
        }
        let lower = text.to_ascii_lowercase();
        if let Some(domain) = lower.strip_prefix("*.") {
            return Ok(HostPattern::Wildcard(host(domain)?));
        }
        if lower.contains('*') {
            return Err(OriginError::Wildcard);
        }
        Ok(HostPattern::Exact(host(&lower)?))
    }

    /// `host` must be canonical already: lower-case, without port.
    pub fn covers(&self, host: &str) -> bool {
        match self {
            HostPattern::Exact(name) => name == host,
            HostPattern::Wildcard(domain) => host
                .strip_suffix(domain.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|label| !label.is_empty() && !label.contains('.')),
            HostPattern::Any => true,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostPattern::Exact(name) => f.write_str(name),
            HostPattern::Wildcard(domain) => write!(f, "*.{domain}"),
            HostPattern::Any => f.write_str("*"),
        }
    }
}

/// Scheme, host and port; the host may be a wildcard.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    pub scheme: Scheme,
    pub host: HostPattern,
    pub port: u16,
}

impl Origin {
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        // `url` would read `*` in a host as an error; it stands for a label here.
        let wildcard = text.contains("://*.");
        let plain = if wildcard { text.replacen("://*.", "://", 1) } else { text.to_owned() };
        if plain.contains('*') {
            return Err(OriginError::Wildcard);
        }
        let url = url::Url::parse(&plain).map_err(|error| OriginError::Syntax(error.to_string()))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(OriginError::Scheme),
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none();
        let Some(name) = url.host_str().filter(|_| bare) else { return Err(OriginError::Extra) };
        let name = host(name)?;
        let host = if wildcard { HostPattern::Wildcard(name) } else { HostPattern::Exact(name) };
        Ok(Self { scheme, host, port: url.port().unwrap_or(scheme.default_port()) })
    }

    /// This origin with its wildcard filled in by a host it covers; `None` where it does not cover it.
    pub fn at(&self, host: &str) -> Option<Origin> {
        self.host.covers(host).then(|| Origin { host: HostPattern::Exact(host.to_owned()), ..self.clone() })
    }

    /// Whether the name can only mean this machine (RFC 6761): there `http` is as good as `https`.
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            HostPattern::Exact(name) | HostPattern::Wildcard(name) => is_loopback_name(name),
            HostPattern::Any => false,
        }
    }

    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::Https
    }

    /// Host with its port where it is not the scheme's own, as in a `Host` field.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Origin {
    /// As a browser serialises it (RFC 6454 section 6.2): without a trailing slash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

/// Whether a canonical host name or address literal can only mean this machine.
pub fn is_loopback_name(name: &str) -> bool {
    let literal = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost") || literal.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// One canonical spelling of a host, as the URL standard reads it.
fn host(text: &str) -> Result<String, OriginError> {
    let host = url::Host::parse(text).map_err(|error| OriginError::Syntax(error.to_string()))?;
    Ok(host.to_string().trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_one_label_and_dots_are_literal() {
        let any = Origin::parse("https://*.example.test").unwrap();
        assert!(any.host.covers("wiki.example.test"));
        for other in ["example.test", "a.b.example.test", "evilexample.test", ".example.test", "wikixexample.test"] {
            assert!(!any.host.covers(other), "{other}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_alone() {
        assert_eq!(Origin::parse("HTTPS://Wiki.Example.Test:443").unwrap().to_string(), "https://wiki.example.test");
        assert_eq!(Origin::parse("http://localhost:8080/").unwrap().to_string(), "http://localhost:8080");
        for refused in ["wiki.example.test", "ftp://x.test", "https://u@x.test", "https://x.test/a", "https://a.*.test"]
        {
            assert!(Origin::parse(refused).is_err(), "{refused}");
        }
    }
}
