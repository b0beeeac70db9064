//! The portal: a host of its own for our pages, so that one login opens all sites and no application shares its origin.
//! It is a site without an application: it has a url, cookies and a name, no rule that lets anything through, and nowhere
//! to send it. Nothing here may give a site's visitor an address at the portal that a request chose.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::rules::networks;
use super::site::{Site, Sites, hsts};
use super::{Outcome, Person, Reading, rehearse, upstream};
use crate::assertion::headers::Names;
use crate::clock::Time;
use crate::config::{SiteSection, Written};
use crate::error::Problems;
use crate::session::{At, CookieNames};
use crate::types::{HostPattern, Origin};

const LOGIN: &str = "/.vestibule/login";

/// Where our pages are, if they have a host of their own.
#[derive(Debug)]
pub struct Portal {
    pub url: Origin,
    pub site: Arc<Site>,
    /// Who may see its pages; empty: everybody.
    networks: Vec<IpNet>,
}

/// A site somebody may open, as the account lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Openable {
    pub name: String,
    pub url: String,
}

impl Portal {
    pub(super) fn build(written: &Written, problems: &mut Problems) -> Option<Self> {
        let section = &written.portal;
        let networks = networks(&section.networks, "portal.networks", problems);
        if section.url.is_empty() {
            if !section.networks.is_empty() {
                problems.add("portal.networks", "means nothing without portal.url", "set portal.url, or leave it out");
            }
            return None;
        }
        let remedy = "write one address as the browser shows it: https://login.example.com";
        let url = match Origin::parse(&section.url) {
            Ok(url) if matches!(url.host, HostPattern::Exact(_)) => url,
            Ok(_) => {
                problems.add("portal.url", "a wildcard is not one address", remedy);
                return None;
            }
            Err(error) => {
                problems.add("portal.url", error.to_string(), remedy);
                return None;
            }
        };
        // It is spoken to by nobody: what an upstream of it would be told is as good as any.
        let usual = SiteSection::default();
        let (_, terms) = upstream::read(&usual, written, |_, _, _| {});
        let site = Site {
            index: usize::MAX,
            host: url.host.clone(),
            prefix: "/".to_owned(),
            upstreams: Vec::new(),
            terms,
            upstream_host: None,
            issuer: url.to_string(),
            audience: url.to_string(),
            headers: Names { user: "".into(), groups: "".into(), name: "".into(), email: "".into() },
            cookies: CookieNames::new(&written.session.cookie, url.is_https()),
            reading: Reading::Strict,
            rules: Vec::new(),
            own_pages: true,
            service_worker: false,
            websocket_origins: Vec::new(),
            logout_clears: Vec::new(),
            client_ca_file: None,
            hsts: hsts(&url, usual.hsts),
            called: url.authority(),
            url: Some(url.clone()),
        };
        Some(Self { url, site: Arc::new(site), networks })
    }

    /// Whether somebody at this address may see its pages.
    pub fn admits(&self, client: IpAddr) -> bool {
        self.networks.is_empty() || self.networks.iter().any(|network| network.contains(&client))
    }

    /// What a site may not be beside a portal.
    pub(super) fn check_beside(&self, site: &Site, key: &str, problems: &mut Problems) {
        // Behind a proxy that sets another Host, the browser's origin is the one of url.
        if site.host == self.url.host || site.url.as_ref().is_some_and(|url| url.host == self.url.host) {
            let what = "is the portal's host: an application would share the origin of everybody's login";
            problems.add(format!("{key}.host"), what, "give the portal a name of its own");
        }
        let Some(url) = &site.url else {
            let what = "is missing: with a portal nobody could be sent back";
            return problems.add(format!("{key}.url"), what, "write the site's address as the browser shows it");
        };
        if !matches!(url.host, HostPattern::Exact(_)) && site.host != url.host {
            let what = "is not the pattern of url: with a portal nobody could be sent back";
            problems.add(format!("{key}.host"), what, "leave host out, or give url the same pattern");
        }
        let open = if url.is_https() { &self.url } else { url };
        if url.scheme != self.url.scheme && !open.is_loopback() {
            let what =
                format!("{url} and the portal at {} are not both https: a login would be as weak as {open}", self.url);
            problems.add(format!("{key}.url"), what, "give both https");
        }
    }
}

impl Sites {
    pub fn is_portal(&self, site: &Site) -> bool {
        self.portal.as_ref().is_some_and(|portal| std::ptr::eq(&*portal.site, site))
    }

    /// The portal, for a site whose pages are there; `None` for the portal itself, and where there is none.
    pub fn portal_of(&self, site: &Site) -> Option<&Portal> {
        self.portal.as_ref().filter(|portal| !std::ptr::eq(&*portal.site, site))
    }

    /// Whether a site has this origin, below a wildcard too.
    pub fn serve(&self, origin: &str) -> bool {
        let Ok(origin) = Origin::parse(origin) else { return false };
        let HostPattern::Exact(host) = &origin.host else { return false };
        self.sites.iter().filter_map(|site| site.url.as_ref()).any(|url| url.at(host).as_ref() == Some(&origin))
    }

    /// Where a session must have been opened to count on this site, asked for by this host.
    pub fn at(&self, site: &Site, host: &str) -> At {
        match self.portal_of(site) {
            None => At::OwnPages,
            // A site that does not know its origin is not built beside a portal; were it, no session would fit.
            Some(_) => At::Site(site.origin(host).map(|origin| origin.to_string()).unwrap_or_default()),
        }
    }

    /// Where somebody signs in for this site and comes back to `back` (a path on it), for those who cannot be redirected
    /// through the site: a script, a program. Absolute as far as the site knows its address. `None`: at its front.
    pub fn login_page(&self, site: &Site, host: &str, back: Option<&str>) -> String {
        let query = |back: &str| url::form_urlencoded::Serializer::new(String::new()).append_pair("rd", back).finish();
        let origin = site.origin(host);
        match (self.portal_of(site), &origin, &site.url) {
            // Of a wildcard's hosts the portal sends nobody back to one that it did not see asked for.
            (Some(portal), Some(origin), Some(url)) if origin == url => {
                let back = format!("{origin}{}", back.unwrap_or(&site.prefix));
                format!("{}{LOGIN}?{}", portal.url, query(&back))
            }
            _ => {
                let origin = origin.map(|origin| origin.to_string()).unwrap_or_default();
                let query = back.map(|back| format!("?{}", query(back))).unwrap_or_default();
                format!("{origin}{LOGIN}{query}")
            }
        }
    }

    /// The sites whose front this person may open, by asking for more proof where that is needed. Those below a wildcard
    /// have no address to list.
    pub fn openable(&self, person: &Person<'_>, client: IpAddr, now: Time) -> Vec<Openable> {
        let mut list = Vec::new();
        for site in &self.sites {
            let Some(url) = site.url.as_ref().filter(|url| matches!(url.host, HostPattern::Exact(_))) else { continue };
            let HostPattern::Exact(host) = &url.host else { continue };
            let Some(front) = self.return_address(&site.prefix, site, host) else { continue };
            if !matches!(rehearse(&front, client, Some(person), now), Outcome::Refuse(_)) {
                list.push(Openable { name: site.called.clone(), url: front.location });
            }
        }
        list
    }
}
