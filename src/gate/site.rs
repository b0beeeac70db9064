//! Sites: which one a host and a path belong to, and everything about it that was decided at the start. Return
//! addresses are checked here, in one function, by the same reading as requests: what it returns is what is emitted.
//! Nothing here may take a scheme, a host or a port from a request where a site's `url` says it.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;

use super::facts::{self, Target};
use super::portal::Portal;
use super::upstream::{self, Terms, Upstream};
use super::{Facts, OwnPage, Reading, Rule};
use crate::assertion::headers::{Names, fold};
use crate::config::{HeaderNames, RuleSection, SiteSection, Span, Written};
use crate::error::Problems;
use crate::session::CookieNames;
use crate::types::{HostPattern, MethodId, Origin, Scheme};

/// Longest return address that is followed, in bytes.
const LONGEST_ADDRESS: usize = 4096;

/// A site, built.
#[derive(Debug)]
pub struct Site {
    /// Its place in the file, from 0.
    pub index: usize,
    /// `None`: `host = "*"` without `url`.
    pub url: Option<Origin>,
    /// As those know it who come to it: by the name it was given, or by its address. Never by what a request says.
    pub called: String,
    pub host: HostPattern,
    /// `/` or a prefix without trailing slash.
    pub prefix: String,
    pub upstreams: Vec<Upstream>,
    /// How all of them are spoken to.
    pub terms: Terms,
    pub upstream_host: Option<String>,
    pub issuer: String,
    pub audience: String,
    pub headers: Names,
    pub cookies: CookieNames,
    pub reading: Reading,
    pub rules: Vec<Rule>,
    /// Our pages share its origin; `false`: they are at the portal.
    pub own_pages: bool,
    pub service_worker: bool,
    pub websocket_origins: Vec<String>,
    pub logout_clears: Vec<String>,
    /// Whose client certificates are asked for on this host.
    pub client_ca_file: Option<String>,
    /// `Strict-Transport-Security`, where it is said.
    pub hsts: Option<HeaderValue>,
}

/// All sites.
#[derive(Debug, Default)]
pub struct Sites {
    pub sites: Vec<Arc<Site>>,
    /// Where the pages of all of them are, where they have a host of their own.
    pub portal: Option<Portal>,
    /// What works and should not stay so; said at every start.
    pub warnings: Vec<String>,
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

/// A checked return address.
#[derive(Clone, Debug)]
pub struct ReturnAddress {
    pub site: Arc<Site>,
    /// What goes into `Location`: absolute, or a path where the site does not know its url.
    pub location: String,
    pub path: String,
    readings: Vec<String>,
}

impl ReturnAddress {
    /// What rules see of it.
    pub(super) fn judged(&self) -> impl Iterator<Item = &str> {
        let only = self.readings.is_empty().then_some(self.path.as_str());
        only.into_iter().chain(self.readings.iter().map(String::as_str))
    }
}

impl Site {
    /// As operators know it: its address, or its host, and its path where that is not all.
    pub fn name(&self) -> String {
        let at = self.url.as_ref().map_or_else(|| self.host.to_string(), ToString::to_string);
        if self.prefix == "/" { at } else { format!("{at}{}", self.prefix) }
    }

    /// Whether a path is within the prefix, which ends at a segment boundary.
    pub fn covers(&self, path: &str) -> bool {
        self.prefix == "/"
            || path.strip_prefix(&self.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The origin as somebody sees it who asked for this host; `None` where it knows none.
    pub fn origin(&self, host: &str) -> Option<Origin> {
        let url = self.url.as_ref()?;
        url.at(host).or_else(|| matches!(url.host, HostPattern::Exact(_)).then(|| url.clone()))
    }

    /// Where a request that came in clear should have gone: the same target, at this site's own address.
    pub fn encrypted(&self, facts: &Facts) -> Option<String> {
        self.url.as_ref().filter(|url| url.is_https())?;
        Some(format!("{}{}", self.origin(&facts.host)?, facts.target))
    }

    /// Whether a handshake comes from a page that may open WebSockets here. Without `Origin` it comes from no browser.
    pub(super) fn may_open_websocket(&self, facts: &Facts) -> bool {
        let Some(origin) = &facts.origin else { return true };
        if self.websocket_origins.contains(origin) {
            return true;
        }
        match &self.url {
            Some(url) => url.at(&facts.host).as_ref().unwrap_or(url).to_string() == *origin,
            // No url: what the browser calls this host is all there is to compare with.
            None => origin
                .split_once("://")
                .and_then(|(_, authority)| facts::authority(authority.as_bytes()))
                .is_some_and(|(host, port)| host == facts.host && port == facts.port),
        }
    }
}

impl Sites {
    /// Where our pages are: the portal, else the first site that knows one address of its own.
    pub fn own_url(&self) -> Option<&Origin> {
        if let Some(portal) = &self.portal {
            return Some(&portal.url);
        }
        let mut urls = self.sites.iter().filter_map(|site| site.url.as_ref());
        urls.find(|url| matches!(url.host, HostPattern::Exact(_)))
    }

    /// Builds all sites, and the portal; every problem is named by its key.
    pub fn build(written: &Written, problems: &mut Problems) -> Self {
        let mut built = Self { portal: Portal::build(written, problems), ..Self::default() };
        if let Some(portal) = &built.portal {
            built.warnings.extend(in_clear("portal.url", &portal.url));
        }
        for (index, section) in written.site.iter().enumerate() {
            let key = format!("site[{index}]");
            let Some(site) = Builder { key: &key, section, written, problems }.site(index) else { continue };
            built.warnings.extend(site.url.as_ref().and_then(|url| in_clear(&format!("{key}.url"), url)));
            if !site.terms.verify {
                built.warnings.push(format!(
                    "{key}.upstream_verify: false: nobody knows who answers for {}, and it is sent all the same",
                    site.name()
                ));
            }
            built.check_beside(&site, &key, problems);
            built.sites.push(Arc::new(site));
        }
        built
    }

    /// What one site may not be, beside the portal and the others of its host.
    fn check_beside(&self, site: &Site, key: &str, problems: &mut Problems) {
        if let Some(portal) = &self.portal {
            portal.check_beside(site, key, problems);
            let jar = |site: &Site| site.url.as_ref().map(|url| url.host.clone());
            for other in self.sites.iter().filter(|other| other.host != site.host && jar(other) == jar(site)) {
                problems.add(
                    format!("{key}.url"),
                    format!(
                        "site[{}] has the same host in its url and another host: cookies of one overwrite the other's",
                        other.index
                    ),
                    "give both the same host, or one another name in its url",
                );
            }
        }
        for other in self.sites.iter().filter(|other| other.host == site.host) {
            let n = other.index;
            if other.prefix == site.prefix {
                problems.add(
                    format!("{key}.path"),
                    format!("site[{n}] has the same host and path"),
                    "join the two, or give one another path",
                );
            }
            if other.reading != site.reading {
                problems.add(
                    format!("{key}.paths"),
                    format!("site[{n}] on the same host reads paths in another way"),
                    "give all sites of one host the same paths",
                );
            }
            if other.client_ca_file != site.client_ca_file {
                problems.add(
                    format!("{key}.client_ca_file"),
                    format!("site[{n}] on the same host has another: a client is asked before it names a path"),
                    "give all sites of one host the same client_ca_file",
                );
            }
            if other.url != site.url {
                problems.add(
                    format!("{key}.url"),
                    format!("site[{n}] answers to the same host under another url"),
                    "give all sites of one host the same url",
                );
            }
        }
    }

    /// Methods that rules name, with the key of the rule: whether each is in force is for the caller to know.
    pub fn named_factors(&self) -> impl Iterator<Item = (String, &MethodId)> {
        self.sites.iter().flat_map(|site| {
            site.rules.iter().flat_map(|rule| {
                let key = format!("site[{}].rules[{}].factors", site.index, rule.index);
                rule.factors.iter().map(move |factor| (key.clone(), factor))
            })
        })
    }

    /// Exact host before wildcard before any; longest prefix first. The most particular pattern that covers a host owns
    /// it whole: what its sites leave open is a 404, never another pattern's.
    pub fn find(&self, host: &str, path: &str) -> Lookup {
        if self.portal_at(host).is_some() {
            return Lookup::NoPath;
        }
        let mut sites = self.of_host(host).peekable();
        if sites.peek().is_none() {
            return Lookup::NoHost;
        }
        let longest = sites.filter(|site| site.covers(path)).max_by_key(|site| site.prefix.len());
        longest.map_or(Lookup::NoPath, |site| Lookup::Site(site.clone()))
    }

    /// Where a request belongs. A path that belongs to two sites by two readings belongs to none.
    pub fn locate(&self, facts: &Facts) -> Lookup {
        let found = self.find(&facts.host, &facts.path);
        let Lookup::Site(site) = &found else { return found };
        let same = |path| matches!(self.find(&facts.host, path), Lookup::Site(other) if Arc::ptr_eq(&other, site));
        if facts.judged().all(same) { found } else { Lookup::NoPath }
    }

    /// The portal where it answers to this host, whatever pattern of a site covers it.
    fn portal_at(&self, host: &str) -> Option<&Arc<Site>> {
        self.portal.as_ref().map(|portal| &portal.site).filter(|site| site.host.covers(host))
    }

    /// The portal, or any site that answers to this host: whose pages are served under the reserved prefix, and how paths
    /// are read.
    pub fn by_host(&self, host: &str) -> Option<Arc<Site>> {
        if let Some(portal) = self.portal_at(host) {
            return Some(portal.clone());
        }
        self.of_host(host).min_by_key(|site| site.prefix.len()).cloned()
    }

    /// The sites of the most particular pattern that covers a host.
    fn of_host(&self, host: &str) -> impl Iterator<Item = &Arc<Site>> {
        let best = self.sites.iter().map(|site| &site.host).filter(|p| p.covers(host)).min_by_key(|p| rank(p));
        self.sites.iter().filter(move |site| best.is_some_and(|best| site.host == *best))
    }

    /// The site a return address belongs to: an absolute URL or a path on `from`, which was asked for by `host`; the
    /// address is read as requests are. `None`: not ours, or not to be followed (another origin, a scheme that is not
    /// the site's, our own pages). What this returns is what is emitted.
    pub fn return_address(&self, address: &str, from: &Site, host: &str) -> Option<ReturnAddress> {
        // Browsers drop tabs and line ends and turn backslashes around before they read an address.
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\\' | b'#');
        if address.len() > LONGEST_ADDRESS || !address.bytes().all(plain) {
            return None;
        }
        if address.starts_with('/') {
            return match &from.url {
                Some(url) => self.on_origin(&url.at(host).unwrap_or_else(|| url.clone()), host, address),
                None => match self.find_target(address, |path| self.find(host, path))? {
                    (site, _) if site.url.is_some() => None,
                    (site, target) => Some(follow(site, target, "")),
                },
            };
        }
        let (scheme, rest) = match address.split_once("://")? {
            ("http", rest) => (Scheme::Http, rest),
            ("https", rest) => (Scheme::Https, rest),
            _ => return None,
        };
        let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (name, port) = facts::authority(authority.as_bytes())?;
        let origin = Origin { scheme, host: HostPattern::Exact(name), port: port.unwrap_or(scheme.default_port()) };
        self.on_origin(&origin, host, if target.is_empty() { "/" } else { target })
    }

    /// A return address that was checked before, for the host it has: at the portal, which was not asked by that host.
    pub fn kept_address(&self, address: &str) -> Option<ReturnAddress> {
        let portal = self.portal.as_ref()?;
        let (_, rest) = address.split_once("://")?;
        let (host, _) = facts::authority(rest.split('/').next()?.as_bytes())?;
        self.return_address(address, &portal.site, &host)
    }

    /// A target on an origin: one that a site was given, or one below a wildcard that was itself asked for by `asked`
    /// (any other name below it may be somebody else's).
    fn on_origin(&self, origin: &Origin, asked: &str, target: &str) -> Option<ReturnAddress> {
        let HostPattern::Exact(name) = &origin.host else { return None };
        if self.portal_at(name).is_some() {
            return None;
        }
        let is_here = |site: &Site| match &site.url {
            Some(url) if url == origin => true,
            Some(url) => name == asked && url.at(name).as_ref() == Some(origin),
            None => false,
        };
        let exact = self.sites.iter().any(|site| site.url.as_ref() == Some(origin));
        let on_it = |site: &&Arc<Site>| if exact { site.url.as_ref() == Some(origin) } else { is_here(site) };
        let (site, target) = self.find_target(target, |path| {
            let longest = self.sites.iter().filter(on_it).filter(|s| s.covers(path)).max_by_key(|s| s.prefix.len());
            longest.map_or(Lookup::NoPath, |site| Lookup::Site(site.clone()))
        })?;
        Some(follow(site, target, &origin.to_string()))
    }

    /// Reads a target as the site it belongs to reads paths; all readings must belong to it, and none may be ours.
    fn find_target(&self, text: &str, find: impl Fn(&str) -> Lookup) -> Option<(Arc<Site>, Target)> {
        // A lenient site may be found by a path that strict reading refuses.
        [Reading::Strict, Reading::Lenient].into_iter().find_map(|reading| {
            let target = Target::read(text.as_bytes(), reading).ok()?;
            let Lookup::Site(site) = find(&target.path) else { return None };
            let same = |path| matches!(find(path), Lookup::Site(other) if Arc::ptr_eq(&other, &site));
            // `//host`, also behind an escape: to a browser or an application that mends it, another origin.
            let away = target.judged().any(|path| path.starts_with("//"));
            let fits =
                site.reading == reading && !away && target.own_page() == OwnPage::No && target.judged().all(same);
            fits.then_some((site, target))
        })
    }
}

/// `Strict-Transport-Security` of an origin. A browser would hold one of loopback against everything else on this machine,
/// whatever the port.
pub(super) fn hsts(url: &Origin, span: Span) -> Option<HeaderValue> {
    let forever = url.is_https() && !url.is_loopback() && !span.0.is_zero();
    HeaderValue::try_from(format!("max-age={}", span.0.as_secs())).ok().filter(|_| forever)
}

/// What every start says of a url that is not encrypted.
fn in_clear(key: &str, url: &Origin) -> Option<String> {
    let open = !url.is_https() && !url.is_loopback();
    open.then(|| format!("{key}: {url} is not encrypted: passwords and codes travel in clear"))
}

fn follow(site: Arc<Site>, target: Target, origin: &str) -> ReturnAddress {
    let Target { path, readings, query, .. } = target;
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    ReturnAddress { site, location: format!("{origin}{path}{query}"), path, readings }
}

/// Whether it is an address instead of a name.
fn is_literal(host: &HostPattern) -> bool {
    matches!(host, HostPattern::Exact(name) if name.starts_with('[') || name.parse::<std::net::IpAddr>().is_ok())
}

/// The more particular, the lower.
fn rank(pattern: &HostPattern) -> u8 {
    match pattern {
        HostPattern::Exact(_) => 0,
        HostPattern::Wildcard(_) => 1,
        HostPattern::Any => 2,
    }
}

/// One site on its way from what was written.
struct Builder<'a> {
    key: &'a str,
    section: &'a SiteSection,
    written: &'a Written,
    problems: &'a mut Problems,
}

impl Builder<'_> {
    fn problem(&mut self, key: &str, what: impl Into<String>, remedy: &str) {
        self.problems.add(format!("{}.{key}", self.key), what, remedy);
    }

    fn site(mut self, index: usize) -> Option<Site> {
        let before = self.problems.iter().count();
        let (url, host) = self.address();
        let prefix = self.prefix();
        let (upstreams, terms) = {
            let (section, written) = (self.section, self.written);
            upstream::read(section, written, |key, what, remedy| self.problem(key, what, remedy))
        };
        let upstream_host = self.upstream_host();
        let audience = match (&self.section.audience, &url) {
            (given, _) if !given.is_empty() => given.clone(),
            (_, Some(url)) => url.to_string(),
            (_, None) => {
                // Any other site lacks its url, which is said already.
                if host == Some(HostPattern::Any) {
                    self.problem("audience", "is missing where url is", "name whom assertions are for, or set url");
                }
                String::new()
            }
        };
        let portal = Origin::parse(&self.written.portal.url).ok();
        let issuer = match (&self.written.identity.issuer, portal.as_ref().or(url.as_ref())) {
            (given, _) if !given.is_empty() => given.clone(),
            (_, Some(url)) => url.to_string(),
            (_, None) => audience.clone(),
        };
        let headers = self.headers();
        let reading = match self.section.paths.as_str() {
            "strict" => Reading::Strict,
            "lenient" => Reading::Lenient,
            other => {
                self.problem("paths", format!("{other:?} is unknown"), "write \"strict\" or \"lenient\"");
                Reading::Strict
            }
        };
        let rules: Vec<Rule> = (self.section.rules.iter().enumerate())
            .filter_map(|(n, rule)| Rule::build(n, rule, &format!("{}.rules[{n}]", self.key), self.problems))
            .collect();
        if url.as_ref().is_some_and(|url| !url.is_https())
            && ![SiteSection::default().hsts, Span::secs(0)].contains(&self.section.hsts)
        {
            self.problem("hsts", "means nothing where url begins with http://", "leave it out, or set an https:// url");
        }
        let client_ca_file = self.client_ca_file(host.as_ref());
        let websocket_origins = self.websocket_origins();
        for (n, what) in self.section.logout_clears.iter().enumerate() {
            if !matches!(what.as_str(), "cookies" | "storage") {
                self.problem(
                    &format!("logout_clears[{n}]"),
                    format!("{what:?} is unknown"),
                    "write \"cookies\" or \"storage\"",
                );
            }
        }
        if self.problems.iter().count() > before {
            return None;
        }
        let https = url.as_ref().is_some_and(Origin::is_https);
        let (host, prefix) = (host?, prefix?);
        Some(Site {
            index,
            called: match (self.section.name.trim(), &url) {
                ("", Some(url)) => format!("{}{}", url.authority(), prefix.trim_end_matches('/')),
                ("", None) => host.to_string(),
                (name, _) => name.to_owned(),
            },
            host,
            prefix,
            upstreams,
            terms,
            upstream_host,
            issuer,
            audience,
            headers,
            cookies: CookieNames::new(&self.written.session.cookie, https),
            reading,
            rules,
            own_pages: portal.is_none(),
            service_worker: self.section.service_worker,
            websocket_origins,
            logout_clears: self.section.logout_clears.clone(),
            client_ca_file,
            hsts: url.as_ref().and_then(|url| hsts(url, self.section.hsts)),
            url,
        })
    }

    /// `url` and `host`: either may be left out, and then says what the other says, as far as it can.
    fn address(&mut self) -> (Option<Origin>, Option<HostPattern>) {
        let SiteSection { url, host, .. } = self.section;
        let url = match url.as_str() {
            "" => None,
            text => match Origin::parse(text) {
                Ok(url) => Some(url),
                Err(error) => {
                    self.problem("url", error.to_string(), "write it as the browser shows it: https://app.example.com");
                    return (None, None);
                }
            },
        };
        let host = match (host.as_str(), &url) {
            ("", Some(url)) => url.host.clone(),
            ("", None) => {
                self.problem("url", "is missing", "write it as the browser shows it: https://app.example.com");
                return (None, None);
            }
            (text, _) => match HostPattern::parse(text) {
                Ok(pattern) => pattern,
                Err(error) => {
                    self.problem("host", error.to_string(), "write a name, \"*.example.com\" or \"*\"");
                    return (url, None);
                }
            },
        };
        if url.is_none() && host != HostPattern::Any {
            self.problem("url", "is missing", "only a site with host = \"*\" may do without");
        }
        (url, Some(host))
    }

    /// Who may be asked for: where nobody could be, the key is refused, and so are rules that would let nobody in.
    fn client_ca_file(&mut self, host: Option<&HostPattern>) -> Option<String> {
        let file = Some(&self.section.client_ca_file).filter(|file| !file.is_empty()).cloned();
        let asked = |rule: &RuleSection| !rule.client_certificates.is_empty();
        match (&file, self.section.rules.iter().position(asked)) {
            (None, Some(n)) => {
                let key = format!("rules[{n}].client_certificates");
                self.problem(&key, "no authority is named", "set client_ca_file of the site");
            }
            (Some(_), _) if self.written.listen.https.is_empty() => {
                self.problem("client_ca_file", "nobody shows a certificate in clear", "set listen.https");
            }
            (Some(_), _) if host.is_some_and(is_literal) => {
                let what = "nobody can be asked: a client names no address before it shows its certificate";
                self.problem("client_ca_file", what, "give the site a name, or leave it out");
            }
            _ => {}
        }
        file
    }

    fn prefix(&mut self) -> Option<String> {
        let text = self.section.path.as_str();
        let remedy = "write \"/\", or a prefix such as \"/wiki\", as a browser sends it";
        let target = Target::read(text.as_bytes(), Reading::Strict).ok();
        let Some(target) = target.filter(|target| target.query.is_none() && !text.contains([';', '*'])) else {
            self.problem("path", format!("{text:?} is no path"), remedy);
            return None;
        };
        if target.own_page() != OwnPage::No {
            self.problem("path", "is where our own pages are", "choose another");
            return None;
        }
        let bare = target.path.trim_end_matches('/');
        Some(if bare.is_empty() { "/".to_owned() } else { bare.to_owned() })
    }

    fn upstream_host(&mut self) -> Option<String> {
        let text = self.section.upstream_host.as_str();
        if text.is_empty() {
            return None;
        }
        if facts::authority(text.as_bytes()).is_none() {
            self.problem("upstream_host", format!("{text:?} is not a host"), "write a name, with :port where needed");
        }
        Some(text.to_owned())
    }

    fn headers(&mut self) -> Names {
        let HeaderNames { user, groups, name, email } = &self.written.identity.headers;
        let here = &self.section.headers;
        let chosen = [
            ("user", &here.user, user),
            ("groups", &here.groups, groups),
            ("name", &here.name, name),
            ("email", &here.email, email),
        ];
        let mut names: Vec<&str> = Vec::with_capacity(chosen.len());
        for (field, own, default) in chosen {
            let (key, text) = match own {
                Some(text) => (format!("{}.headers.{field}", self.key), text),
                None => (format!("identity.headers.{field}"), default),
            };
            let told = self.problems.iter().any(|problem| problem.key == key);
            if let Some(what) = header_trouble(text).filter(|_| !told) {
                self.problems.add(key, what, "choose a name of its own, such as Remote-User");
            } else if names.iter().any(|other| same_header(other, text)) && !told {
                self.problems.add(key, format!("{text:?} is the name of two headers"), "give each its own name");
            }
            names.push(text);
        }
        // Where one is no name, it was told above, and no site is built with it.
        let [user, groups, name, email] =
            chosen.map(|(_, own, default)| Bytes::from(own.as_ref().unwrap_or(default).clone()));
        Names { user, groups, name, email }
    }

    fn websocket_origins(&mut self) -> Vec<String> {
        let mut origins = Vec::new();
        for (n, text) in self.section.websocket_origins.iter().enumerate() {
            match Origin::parse(text) {
                Ok(origin) if matches!(origin.host, HostPattern::Exact(_)) => origins.push(origin.to_string()),
                _ => self.problem(
                    &format!("websocket_origins[{n}]"),
                    format!("{text:?} is not one origin"),
                    "write https://app.example.com",
                ),
            }
        }
        origins
    }
}

/// Why a name cannot be that of an identity header. Names with a meaning of their own on the way would be eaten or
/// rewritten, and an application that missed the header might take that for an answer.
fn header_trouble(name: &str) -> Option<String> {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(token) {
        return Some(format!("{name:?} is not the name of a header"));
    }
    let lower = name.to_ascii_lowercase();
    let taken = [
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
        "content-type",
        "content-encoding",
        "cookie",
        "set-cookie",
        "authorization",
        "proxy-authorization",
        "proxy-authenticate",
        "proxy-connection",
        "forwarded",
        "via",
        "x-real-ip",
        "origin",
        "referer",
        "expect",
        "accept",
        "range",
        "date",
        "user-agent",
    ];
    let class = ["x-forwarded-", "sec-", "vestibule-", "access-control-"];
    let reserved = taken.contains(&lower.as_str()) || class.iter().any(|prefix| lower.starts_with(prefix));
    reserved.then(|| format!("{name:?} has a meaning of its own"))
}

/// Whether an application may take two names for one.
fn same_header(one: &str, other: &str) -> bool {
    one.bytes().map(fold).eq(other.bytes().map(fold))
}
