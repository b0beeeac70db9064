//! Sites: which one a host and a path belong to, and everything about it that was decided at the start.

use std::sync::Arc;

use super::{Reading, Rule};
use crate::assertion::headers::Names;
use crate::config::Written;
use crate::error::Problems;
use crate::session::CookieNames;
use crate::types::{HostPattern, Origin};

/// A site, built.
#[derive(Debug)]
pub struct Site {
    /// Its place in the file, from 0.
    pub index: usize,
    /// `None`: `host = "*"` without `url`.
    pub url: Option<Origin>,
    pub host: HostPattern,
    /// `/` or a prefix without trailing slash.
    pub prefix: String,
    pub upstreams: Vec<Upstream>,
    pub upstream_host: Option<String>,
    pub issuer: String,
    pub audience: String,
    pub headers: Names,
    pub cookies: CookieNames,
    pub reading: Reading,
    pub rules: Vec<Rule>,
    pub service_worker: bool,
    pub websocket_origins: Vec<String>,
    pub logout_clears: Vec<String>,
}

/// Where an application listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    pub tls: bool,
    /// Name or address literal, without brackets.
    pub host: String,
    pub port: u16,
    /// PEM file of the CA, when not the system's.
    pub ca_file: Option<String>,
}

/// All sites.
#[derive(Debug, Default)]
pub struct Sites {
    pub sites: Vec<Arc<Site>>,
}

/// Where a request belongs.
#[derive(Clone, Debug)]
pub enum Lookup {
    Site(Arc<Site>),
    /// The host is ours, no site covers the path: 404.
    NoPath,
    /// The host is not ours: 421.
    NoHost,
}

impl Sites {
    pub fn build(_written: &Written, _problems: &mut Problems) -> Self {
        todo!()
    }

    /// Exact host before wildcard before any; longest prefix first.
    pub fn find(&self, _host: &str, _path: &str) -> Lookup {
        todo!()
    }

    /// Any site that answers to this host: whose pages are served under the reserved prefix.
    pub fn by_host(&self, _host: &str) -> Option<Arc<Site>> {
        todo!()
    }

    /// The site a return address belongs to: an absolute URL or a path on `from`; the address is canonicalised by the
    /// same reading as requests are. `None`: not ours, or not to be followed (another origin, a scheme that is not the
    /// site's, our own pages). What this returns is what is emitted.
    pub fn return_address(&self, _address: &str, _from: &Site, _host: &str) -> Option<ReturnAddress> {
        todo!()
    }
}

/// A checked return address.
#[derive(Clone, Debug)]
pub struct ReturnAddress {
    pub site: Arc<Site>,
    /// What goes into `Location`: absolute, or a path where the site does not know its url.
    pub location: String,
    pub path: String,
}
