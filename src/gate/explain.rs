//! The walk of a decision, told: the same code as the live one, for a visitor who is only supposed.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use http::Method;
use serde::Serialize;

use super::{
    Ask, Facts, FactsError, Lookup, Outcome, OwnPage, Person, Raw, Reading, Refusal, RuleMatch, Shown, Site, Sites,
    Source,
};
use crate::clock::Time;
use crate::session::Evidence;
use crate::types::{ClientCertificate, FactorId, GroupName, Level, MethodId, Policy, Scheme, Strength, UserName};

/// One rule as it was seen.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub rule: usize,
    pub matched: bool,
    /// Why not, when not.
    pub why: String,
}

/// The whole walk.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub site: Option<usize>,
    /// The path as rules see it. Where it has several readings, the one that decides.
    pub path: String,
    pub steps: Vec<Step>,
    pub verdict: String,
    /// Whether the application gets it.
    pub forward: bool,
}

/// Who is supposed to ask, and for what.
#[derive(Clone, Debug)]
pub struct Question {
    /// Absolute: `https://wiki.example.com/admin`.
    pub url: String,
    pub http_method: String,
    pub address: IpAddr,
    /// What the client shows of itself.
    pub certificate: Option<ClientCertificate>,
    /// Nobody: a stranger.
    pub user: Option<(UserName, BTreeSet<GroupName>)>,
    pub level: Level,
    /// Second factors that were proved; none with level `Verified`: one that no rule names.
    pub factors: Vec<(MethodId, Strength)>,
    /// How old every proof is.
    pub age: Duration,
    /// A trusted browser stands in for the second factor.
    pub trusted: bool,
}

/// Walks. What cannot be read has a verdict, too: it is answered before any rule is asked.
pub fn explain(sites: &Sites, question: &Question, now: Time) -> Explanation {
    walk(sites, question, now).unwrap_or_else(|error| {
        let status = if error == FactsError::MethodNotOffered { 405 } else { 400 };
        let path = cut(&question.url).map_or(&*question.url, |(_, _, target)| target).to_owned();
        Explanation { site: None, path, steps: Vec::new(), verdict: format!("{status}: {error}"), forward: false }
    })
}

fn walk(sites: &Sites, question: &Question, now: Time) -> Result<Explanation, FactsError> {
    let (scheme, authority, target) = cut(&question.url).ok_or(FactsError::Target)?;
    let raw = Raw::new(&question.http_method, target.as_bytes(), authority.as_bytes(), question.address);
    let (host, _) = Facts::host(&raw)?;
    let reading = sites.by_host(&host).map_or(Reading::Strict, |site| site.reading);
    let facts = Facts::read(&raw, reading, &[])?;
    let path = facts.path.clone();
    let nowhere = |verdict: &str| {
        let (steps, verdict) = (Vec::new(), verdict.to_owned());
        Explanation { site: None, path, steps, verdict, forward: false }
    };
    match facts.own_page() {
        OwnPage::Exact(_) | OwnPage::WellKnown(_) => return Ok(nowhere("one of our own pages")),
        OwnPage::OddSpelling => return Ok(nowhere("404: an odd spelling of our own pages")),
        OwnPage::No => {}
    }
    let site = match sites.locate(&facts) {
        Lookup::Site(site) => site,
        Lookup::NoPath if sites.by_host(&facts.host).is_some_and(|site| sites.is_portal(&site)) => {
            return Ok(nowhere("the portal: our own pages and nothing else"));
        }
        Lookup::NoPath => return Ok(nowhere("404: no site covers the path")),
        Lookup::NoHost => return Ok(nowhere("421: no site answers to the host")),
    };
    if let Some(url) = site.url.as_ref().filter(|url| url.is_https() && scheme == Scheme::Http) {
        let to = url.at(&facts.host).map_or_else(|| url.to_string(), |url| url.to_string());
        let verdict = format!("not by http: 308 to {to}, and 400 to a server in front");
        return Ok(Explanation { site: Some(site.index), ..nowhere(&verdict) });
    }
    let evidence = question.evidence(now);
    let person = question.person(&evidence);
    let source = Source { client: facts.client, certificate: Shown::Certificate(question.certificate.as_ref()) };
    let judge = |path: &str| super::judge(&site, std::iter::once(path), &facts.method, source, person.as_ref(), now);
    let decides = facts.judged().max_by_key(|path| super::strictness(&judge(path))).unwrap_or(&facts.path);
    let outcome = judge(decides);
    Ok(Explanation {
        site: Some(site.index),
        path: decides.to_owned(),
        steps: steps(&site, decides, &facts.method, facts.client),
        verdict: tell(&outcome),
        forward: matches!(outcome, Outcome::Open(..)),
    })
}

/// The rules up to the one that decides.
fn steps(site: &Site, path: &str, method: &Method, client: IpAddr) -> Vec<Step> {
    let mut steps = Vec::new();
    if !site.covers(path) {
        return steps;
    }
    for rule in &site.rules {
        let fit = rule.fits(path, method, client);
        let matched = fit == RuleMatch::Hit;
        steps.push(Step { rule: rule.index, matched, why: fit.as_str().to_owned() });
        if matched {
            break;
        }
    }
    steps
}

/// The verdict in words.
fn tell(outcome: &Outcome<'_>) -> String {
    match outcome {
        Outcome::Open(rule, _) => format!("forward ({})", rule.policy.as_str()),
        Outcome::Refuse(Refusal::NotAllowed) => "refuse: not among the users and groups of the rule".to_owned(),
        Outcome::Refuse(Refusal::NoCertificate) => "refuse: no client certificate that the rule lets in".to_owned(),
        Outcome::Refuse(_) => "refuse".to_owned(),
        Outcome::Ask(Ask { need, step_up }) => {
            let what = match (need.policy, step_up) {
                (Policy::TwoFactor, true) => "the second factor",
                (Policy::TwoFactor, false) => "two factors",
                _ => "the first factor",
            };
            let mut told = format!("ask for {what}");
            if !need.factors.is_empty() {
                let names: Vec<&str> = need.factors.iter().map(MethodId::as_str).collect();
                told.push_str(&format!(", one of: {}", names.join(", ")));
            }
            match need.max_age {
                None => {}
                Some(super::ANY_AGE) => told.push_str(", not a trusted browser"),
                Some(age) => told.push_str(&format!(", at most {} s old", age / 1000)),
            }
            told
        }
    }
}

/// Scheme, authority and target of an absolute http or https URL, nothing mended.
fn cut(url: &str) -> Option<(Scheme, &str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let scheme = [Scheme::Http, Scheme::Https].into_iter().find(|known| known.as_str() == scheme)?;
    let (authority, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Some((scheme, authority, if target.is_empty() { "/" } else { target }))
}

impl Question {
    fn person<'a>(&'a self, evidence: &'a [Evidence]) -> Option<Person<'a>> {
        let (name, groups) = self.user.as_ref().filter(|_| self.level > Level::Stranger)?;
        Some(Person { name, groups, level: self.level, evidence })
    }

    /// What such a visitor's session would carry.
    fn evidence(&self, now: Time) -> Vec<Evidence> {
        let at = now - self.age;
        let proof = |factor, strength| Evidence { factor, strength, at, amr: Vec::new(), by_owner: false };
        let mut evidence = vec![proof(None, Strength::Code)];
        if self.level == Level::Verified {
            // Which factor of a method it is decides nothing; any id does.
            let Some(any) = FactorId::parse("aaaaaaaaaaaaaaaa") else { return evidence };
            let trusted = self.trusted.then(|| (MethodId::new("remembered"), Strength::Remembered));
            let unnamed = (self.factors.is_empty() && !self.trusted).then(|| (MethodId::new("some"), Strength::Code));
            let proved = self.factors.iter().cloned().chain(trusted).chain(unnamed);
            evidence.extend(proved.map(|(method, strength)| proof(Some((method, any.clone())), strength)));
        }
        evidence
    }
}
