//! What rules say that their author may not have meant. Nothing here stops a start: each is a sentence for `check`.

use serde::Serialize;

use super::{Rule, Site, Sites};

/// A sentence about one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lint {
    /// `site[0].rules[2]`
    pub key: String,
    /// Lower-case, without a full stop.
    pub what: String,
}

impl std::fmt::Display for Lint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

/// Reads all sites; what is listed comes in the order of the file.
pub fn lint(sites: &Sites) -> Vec<Lint> {
    let mut lints = Vec::new();
    if let Some(first) = sites.sites.first().filter(|first| first.own_pages) {
        let (key, whose) = match sites.sites.len() {
            1 => (format!("site[{}]", first.index), "the application shares the login's origin: its scripts are"),
            _ => ("site".to_owned(), "each application shares the login's origin of its own site: its scripts are"),
        };
        lints.push(Lint { key, what: format!("{whose} trusted with its users' login") });
    }
    for site in &sites.sites {
        lint_site(site, &mut lints);
    }
    lints
}

fn lint_site(site: &Site, lints: &mut Vec<Lint>) {
    let site_key = format!("site[{}]", site.index);
    let mut say = |key: &str, what: String| lints.push(Lint { key: key.to_owned(), what });
    if site.rules.is_empty() {
        say(&site_key, "has no rules: everything is refused".to_owned());
    }
    for (n, rule) in site.rules.iter().enumerate() {
        let key = format!("{site_key}.rules[{n}]");
        let (earlier, later) = (&site.rules[..n], &site.rules[n + 1..]);
        if let Some(other) = earlier.iter().find(|other| other.covers(rule)) {
            say(&key, format!("never decides: {site_key}.rules[{}] fits everything it fits", other.index));
            continue;
        }
        if rule.opens_everything() {
            say(&key, "is open to all: anybody may reach every path that no earlier rule takes".to_owned());
        }
        if let Some(other) = weaker_behind(rule, later) {
            say(
                &key,
                format!(
                    "is limited by http method or network; what it leaves to {site_key}.rules[{}] is guarded less ({})",
                    other.index,
                    other.policy.as_str()
                ),
            );
        }
    }
}

/// The first rule that takes what a limited one leaves of its paths, if it asks less.
fn weaker_behind<'a>(rule: &Rule, later: &'a [Rule]) -> Option<&'a Rule> {
    if !rule.is_limited() {
        return None;
    }
    for other in later.iter().filter(|other| other.shares_paths(rule)) {
        if other.weight() < rule.weight() {
            return Some(other);
        }
        if !other.is_limited() {
            return None;
        }
    }
    None
}
