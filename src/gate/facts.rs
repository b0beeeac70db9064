//! One canonical reading of a request, made once and used both to judge it and to send it on. What cannot be read in
//! one way has no facts: it is a 400.

use std::net::IpAddr;

use crate::types::Origin;

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

/// The canonical facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Upper case, of the known methods.
    pub method: http::Method,
    /// Canonical host without port, and the port if one was given.
    pub host: String,
    pub port: Option<u16>,
    /// Canonical path: what rules see.
    pub path: String,
    /// With `paths = "lenient"`: every reading of the path, each to be judged.
    pub readings: Vec<String>,
    /// As received, without the question mark.
    pub query: Option<String>,
    /// Path and query as they go upstream.
    pub target: String,
    /// The client: the peer, or what trusted proxies say.
    pub client: IpAddr,
    /// The peer is a trusted proxy.
    pub through_proxy: bool,
    pub kind: Kind,
    pub websocket: bool,
    pub service_worker: bool,
    pub origin: Option<String>,
    pub fetch: Fetch,
    /// The page the request came from, when it is an absolute URL.
    pub referer: Option<String>,
}

/// Fetch metadata as sent (W3C Fetch Metadata Request Headers); `None` where the browser sent none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetch {
    pub site: Option<String>,
    pub mode: Option<String>,
    pub dest: Option<String>,
}

/// Why a request has no facts: all of them are a 400 (an unknown method a 405). Never shows the message itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    #[error("the host is missing or not a host")]
    Host,
    #[error("the target is not one path")]
    Target,
    #[error("the method is not a known one in upper case")]
    Method,
    #[error("the forwarding headers of a trusted proxy make no sense")]
    Forwarded,
}

impl Facts {
    /// Host and method first: the site decides how the path is read.
    pub fn host(_raw: &Raw<'_>) -> Result<(String, Option<u16>), FactsError> {
        todo!()
    }

    /// The whole reading.
    pub fn read(_raw: &Raw<'_>, _reading: Reading, _trusted: &[ipnet::IpNet]) -> Result<Facts, FactsError> {
        todo!()
    }

    /// Whether this request came from a page of `origin`: `Sec-Fetch-Site` where it is sent, else `Origin`.
    pub fn is_same_origin(&self, _origin: &Origin) -> bool {
        todo!()
    }
}
