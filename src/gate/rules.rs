//! Rules, compiled. *Where* (path, methods, networks) finds the one rule that decides; *who* says what it takes. What
//! cannot be compiled into exactly what was written stops the start: a rule must never mean less than it says.

use std::net::IpAddr;
use std::time::Duration;

use http::Method;
use ipnet::IpNet;
use regex::{Regex, RegexBuilder};

use super::facts;
use crate::config::RuleSection;
use crate::error::Problems;
use crate::types::{CertificateName, ClientCertificate, GroupName, MethodId, Policy, UserName};

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its place in the file, from 0.
    pub index: usize,
    pub policy: Policy,
    pub users: Vec<UserName>,
    pub groups: Vec<GroupName>,
    /// Empty: none is asked for.
    certificates: Vec<Certificates>,
    pub factors: Vec<MethodId>,
    pub max_age: Option<Duration>,
    pub trusted_browser: bool,
    pub identity: bool,
    pub private: bool,
    place: Place,
}

/// Which client certificates a rule lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Certificates {
    /// `*`: every one that the site's authority signed.
    Any,
    With(CertificateName),
}

/// Where a rule applies; what is empty limits nothing.
#[derive(Clone, Debug, Default)]
struct Place {
    paths: Paths,
    methods: Vec<Method>,
    networks: Vec<IpNet>,
}

#[derive(Clone, Debug, Default)]
enum Paths {
    #[default]
    All,
    Glob(Vec<Segment>),
    Regex(Regex),
}

/// One segment of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Is(String),
    /// `*`
    One,
    /// `**`
    Any,
}

/// Whether a rule's *where* fits, and if not, which part does not: for `explain`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleMatch {
    Hit,
    Path,
    Method,
    Network,
}

impl RuleMatch {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            RuleMatch::Hit => "fits",
            RuleMatch::Path => "another path",
            RuleMatch::Method => "another http method",
            RuleMatch::Network => "another network",
        }
    }
}

impl Rule {
    /// Compiles; every problem is named by its key (`site[0].rules[2].path`).
    pub fn build(index: usize, written: &RuleSection, key: &str, problems: &mut Problems) -> Option<Self> {
        let before = problems.iter().count();
        let place = Place::build(written, key, problems);
        let policy = policy(written, key, problems);
        let users = each(&written.users, &format!("{key}.users"), "write it as `user add` does", problems, |text| {
            UserName::parse(text).map_err(|error| error.to_string())
        });
        let groups = each(&written.groups, &format!("{key}.groups"), "write the group's name", problems, |text| {
            GroupName::parse(text).map_err(|error| error.to_string())
        });
        let remedy = "write \"*\", or \"cn:\", \"dns:\", \"email:\" or \"uri:\" with the name";
        let certificates =
            each(&written.client_certificates, &format!("{key}.client_certificates"), remedy, problems, |text| {
                if text == "*" { Ok(Certificates::Any) } else { CertificateName::parse(text).map(Certificates::With) }
            });
        let factors = each(&written.factors, &format!("{key}.factors"), "write method ids", problems, |text| {
            MethodId::parse(text).ok_or_else(|| format!("{text:?} is not the id of a method"))
        });
        let private = match written.cache.as_str() {
            "private" => true,
            "as_is" => false,
            other => {
                problems.add(format!("{key}.cache"), format!("{other:?} is unknown"), "write \"private\" or \"as_is\"");
                true
            }
        };
        let rule = Self {
            index,
            policy: policy.unwrap_or(Policy::Deny),
            users,
            groups,
            certificates,
            factors,
            max_age: written.max_age.map(|span| span.0),
            trusted_browser: written.trusted_browser,
            identity: written.identity,
            private,
            place,
        };
        if policy.is_some() {
            rule.check_who(written, key, problems);
        }
        (problems.iter().count() == before).then_some(rule)
    }

    /// Refuses what would be written and not mean anything.
    fn check_who(&self, written: &RuleSection, key: &str, problems: &mut Problems) {
        let asks = matches!(self.policy, Policy::OneFactor | Policy::TwoFactor);
        let policy = self.policy.as_str();
        let named = !written.users.is_empty() || !written.groups.is_empty();
        if !asks && named {
            problems.add(
                key,
                format!("users and groups mean nothing with policy = \"{policy}\""),
                "take them away, or ask for one_factor or two_factor",
            );
        }
        if self.policy == Policy::Deny && !written.client_certificates.is_empty() {
            problems.add(format!("{key}.client_certificates"), "means nothing with policy = \"deny\"", "take it away");
        }
        if self.policy != Policy::TwoFactor && !written.factors.is_empty() {
            problems.add(
                format!("{key}.factors"),
                format!("means nothing with policy = \"{policy}\""),
                "use it with policy = \"two_factor\"",
            );
        }
        if !asks && self.max_age.is_some() {
            problems.add(
                format!("{key}.max_age"),
                format!("means nothing with policy = \"{policy}\""),
                "use it with one_factor or two_factor",
            );
        }
        if self.max_age.is_some_and(|age| age < Duration::from_secs(1)) {
            problems.add(format!("{key}.max_age"), "no proof is ever that fresh", "write at least \"1s\"");
        }
        if self.policy != Policy::Bypass && self.identity {
            problems.add(
                format!("{key}.identity"),
                "is for bypass rules: the others send the identity anyway",
                "take it away",
            );
        }
        let anywhere = written.path.is_none() && written.path_regex.is_none() && written.networks.is_empty();
        if self.policy == Policy::Bypass && anywhere {
            problems.add(
                key,
                "a bypass rule must say where",
                "name path or networks; path = \"/**\" if everything is meant",
            );
        }
    }

    /// Whether this rule decides about such a request. `path` is one reading of [`super::Facts::judged`]; `method` is
    /// the one on the wire: an application that obeys `X-HTTP-Method-Override` is not held by `http_methods`.
    pub fn fits(&self, path: &str, method: &Method, client: IpAddr) -> RuleMatch {
        let Place { paths, methods, networks } = &self.place;
        if !paths.fit(path) {
            RuleMatch::Path
        } else if !methods.is_empty() && !methods.contains(method) {
            RuleMatch::Method
        } else if !networks.is_empty() && !networks.iter().any(|net| net.contains(&client)) {
            RuleMatch::Network
        } else {
            RuleMatch::Hit
        }
    }

    /// Whether it asks for a client certificate.
    pub(super) fn asks_for_certificate(&self) -> bool {
        !self.certificates.is_empty()
    }

    /// Whether a client that showed this, or nothing, has what the rule asks of its certificate.
    pub(super) fn admits(&self, shown: Option<&ClientCertificate>) -> bool {
        let is_one = |wanted: &Certificates| match (wanted, shown) {
            (_, None) => false,
            (Certificates::Any, Some(_)) => true,
            (Certificates::With(name), Some(shown)) => shown.names.contains(name),
        };
        self.certificates.is_empty() || self.certificates.iter().any(is_one)
    }

    /// Whether everything `other` could fit is fitted by this rule.
    pub(super) fn covers(&self, other: &Rule) -> bool {
        self.place.paths.cover(&other.place.paths)
            && covers_list(&self.place.methods, &other.place.methods, |one, other| one == other)
            && covers_list(&self.place.networks, &other.place.networks, |one, other| one.contains(other))
    }

    /// Whether only some requests to its paths are its business, by HTTP method or network.
    pub(super) fn is_limited(&self) -> bool {
        !self.place.methods.is_empty() || !self.place.networks.is_empty()
    }

    /// Whether it asks where a client is.
    pub(super) fn looks_at_addresses(&self) -> bool {
        !self.place.networks.is_empty()
    }

    /// Whether it asks by which method something is asked for.
    pub(super) fn looks_at_methods(&self) -> bool {
        !self.place.methods.is_empty()
    }

    /// Whether some path is known to be the business of both.
    pub(super) fn shares_paths(&self, other: &Rule) -> bool {
        self.place.paths.cover(&other.place.paths) || other.place.paths.cover(&self.place.paths)
    }

    /// Whether it lets strangers reach every path from everywhere.
    pub(super) fn opens_everything(&self) -> bool {
        self.policy == Policy::Bypass
            && !self.asks_for_certificate()
            && self.place.paths.cover(&Paths::All)
            && (self.place.networks.is_empty() || self.place.networks.iter().any(|net| net.prefix_len() == 0))
    }

    /// How much a rule asks, to be compared: policy, then whether it narrows who or what counts.
    pub(super) fn weight(&self) -> (u8, bool, bool, bool) {
        let policy = match self.policy {
            Policy::Bypass => 0,
            Policy::OneFactor => 1,
            Policy::TwoFactor => 2,
            Policy::Deny => 3,
        };
        let somebody = !self.users.is_empty() || !self.groups.is_empty() || self.asks_for_certificate();
        (policy, somebody, !self.factors.is_empty(), self.max_age.is_some())
    }
}

impl Place {
    fn build(written: &RuleSection, key: &str, problems: &mut Problems) -> Self {
        let paths = match (&written.path, &written.path_regex) {
            (Some(_), Some(_)) => {
                problems.add(format!("{key}.path_regex"), "stands beside path", "give one of the two");
                Paths::All
            }
            (Some(path), None) => match glob(path) {
                Ok(segments) => Paths::Glob(segments),
                Err(what) => {
                    let remedy = "write whole segments, for example /admin/** or /api/*/status, or use path_regex";
                    problems.add(format!("{key}.path"), what, remedy);
                    Paths::All
                }
            },
            (None, Some(text)) => match anchored(text) {
                Ok(regex) => Paths::Regex(regex),
                Err(error) => {
                    problems.add(
                        format!("{key}.path_regex"),
                        error.to_string(),
                        "write it as the regex crate reads it",
                    );
                    Paths::All
                }
            },
            (None, None) => Paths::All,
        };
        let key_of = |name: &str| format!("{key}.{name}");
        let methods =
            each(&written.http_methods, &key_of("http_methods"), "write it in upper case", problems, |text| {
                facts::method(text).map_err(|error| format!("{text:?}: {error}"))
            });
        let networks = networks(&written.networks, &key_of("networks"), problems);
        Self { paths, methods, networks }
    }
}

impl Paths {
    /// A slash at the end changes nothing: an application that redirects `/admin/` to `/admin` would serve it, and no
    /// weaker rule may decide about it.
    fn fit(&self, path: &str) -> bool {
        let bare = if path.len() > 1 { path.strip_suffix('/').unwrap_or(path) } else { path };
        match self {
            Paths::All => true,
            Paths::Regex(regex) => regex.is_match(path) || regex.is_match(bare),
            Paths::Glob(pattern) => {
                let segments: Vec<&str> = match bare.strip_prefix('/').unwrap_or(bare) {
                    "" => Vec::new(),
                    rest => rest.split('/').collect(),
                };
                matches(pattern, &segments, |pattern, segment| match pattern {
                    Segment::Is(text) => text == segment,
                    Segment::One | Segment::Any => true,
                })
            }
        }
    }

    /// Whether all that `other` fits is surely fitted too; for two different expressions nobody knows.
    fn cover(&self, other: &Paths) -> bool {
        match (self, other) {
            (Paths::All, _) => true,
            (Paths::Glob(one), Paths::Glob(other)) => matches(one, other, |one, other| match (one, other) {
                (Segment::Any, _) => true,
                (Segment::One, other) => *other != Segment::Any,
                (Segment::Is(_), _) => one == other,
            }),
            (Paths::Glob(one), Paths::All | Paths::Regex(_)) => one.as_slice() == [Segment::Any],
            (Paths::Regex(one), Paths::Regex(other)) => one.as_str() == other.as_str(),
            (Paths::Regex(_), _) => false,
        }
    }
}

/// Matches a glob: `**` takes any number of things, everything else one. Goes back to the last `**` only, which is
/// enough and keeps the time to pattern times path.
fn matches<T>(pattern: &[Segment], things: &[T], fits: impl Fn(&Segment, &T) -> bool) -> bool {
    let (mut at, mut thing) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while thing < things.len() {
        match pattern.get(at) {
            Some(Segment::Any) => {
                retry = Some((at, thing));
                at += 1;
            }
            Some(segment) if fits(segment, &things[thing]) => {
                at += 1;
                thing += 1;
            }
            _ => match retry {
                Some((star, taken)) => {
                    retry = Some((star, taken + 1));
                    at = star + 1;
                    thing = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|segment| *segment == Segment::Any)
}

/// An empty list stands for everything.
fn covers_list<T>(list: &[T], other: &[T], covers: impl Fn(&T, &T) -> bool) -> bool {
    list.is_empty() || (!other.is_empty() && other.iter().all(|o| list.iter().any(|one| covers(one, o))))
}

/// A pattern that strict paths can reach: canonical as they are, decoded once, cut into segments.
fn glob(text: &str) -> Result<Vec<Segment>, String> {
    let target = facts::Target::read(text.as_bytes(), facts::Reading::Strict)
        .map_err(|_| format!("no path reads as {text:?}: it starts with one slash, without dot segments"))?;
    if target.query.is_some() {
        return Err("rules see the path only, never the query".to_owned());
    }
    if target.own_page() != facts::OwnPage::No {
        return Err("our own pages are not decided by rules".to_owned());
    }
    let bare = text.trim_matches('/');
    if bare.is_empty() {
        return Ok(Vec::new());
    }
    let segment = |segment: &str| match segment {
        "*" => Ok(Segment::One),
        "**" => Ok(Segment::Any),
        _ if segment.contains('*') => Err(format!("{segment:?} is half a wildcard")),
        _ if segment.contains(';') => Err(format!("{segment:?}: parameters are dropped before a rule is asked")),
        _ => Ok(Segment::Is(facts::decode(segment))),
    };
    bare.split('/').map(segment).collect()
}

/// The whole path or nothing. The size limit keeps a configured expression from eating the memory.
fn anchored(text: &str) -> Result<Regex, regex::Error> {
    // On its own first: a stray parenthesis must not open the anchors.
    Regex::new(text)?;
    RegexBuilder::new(&format!(r"\A(?:{text})\z")).size_limit(1 << 20).build()
}

fn policy(written: &RuleSection, key: &str, problems: &mut Problems) -> Option<Policy> {
    let known = [Policy::Bypass, Policy::OneFactor, Policy::TwoFactor, Policy::Deny];
    let found = known.into_iter().find(|policy| policy.as_str() == written.policy);
    if found.is_none() {
        let what = if written.policy.is_empty() {
            "is missing".to_owned()
        } else {
            format!("{:?} is unknown", written.policy)
        };
        problems.add(format!("{key}.policy"), what, "write bypass, one_factor, two_factor or deny");
    }
    found
}

/// Networks of clients.
pub(super) fn networks(written: &[String], key: &str, problems: &mut Problems) -> Vec<IpNet> {
    each(written, key, "write 10.0.0.0/8 or one address", problems, |text| {
        facts::network(text).ok_or_else(|| format!("{text:?} is not a network"))
    })
}

/// Reads each entry of a list; what cannot be read is a problem at its own place.
fn each<T>(
    written: &[String],
    key: &str,
    remedy: &str,
    problems: &mut Problems,
    read: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let mut list = Vec::with_capacity(written.len());
    for (n, text) in written.iter().enumerate() {
        match read(text) {
            Ok(value) => list.push(value),
            Err(what) => problems.add(format!("{key}[{n}]"), what, remedy),
        }
    }
    list
}
