//! The decision: facts about a request, a visitor and a time become a verdict. Pure: no body, no await, no store, no
//! method. This module alone makes a [`Permit`], and a request without one reaches no application.

pub mod explain;
pub mod facts;
mod lint;
mod portal;
mod rules;
mod site;
mod upstream;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use http::Method;

use crate::assertion::Identity;
use crate::clock::{TOLERANCE, Time};
use crate::session::{Evidence, Live, Need, Visitor};
use crate::types::{ClientCertificate, GroupName, Handle, Level, Policy, Strength, UserName};

pub use facts::told::{Fault, Told};
pub use facts::{Facts, FactsError, Kind, OwnPage, Raw, Reading, callers, trusted_proxies};
pub use lint::{Lint, lint};
pub use portal::{Openable, Portal};
pub use rules::{Rule, RuleMatch};
pub use site::{Lookup, ReturnAddress, Site, Sites};
pub use upstream::{Check, Place, Protocol, Terms, Upstream};

/// The right to send one request to one site, as it was judged.
#[derive(Clone, Debug)]
pub struct Permit {
    site: Arc<Site>,
    /// What goes upstream: the canonical target (or, with lenient paths, the one received).
    target: String,
    holder: Option<Holder>,
    /// Answers that could be cached get `Cache-Control: private`.
    private: bool,
}

/// Somebody whose request it is, and when the proof was made that the rule accepted.
#[derive(Clone, Debug)]
struct Holder {
    live: Arc<Live>,
    proved: Time,
}

impl Permit {
    pub fn site(&self) -> &Arc<Site> {
        &self.site
    }

    pub fn target(&self) -> &str {
        &self.target
    }

    /// The session whose end ends the request.
    pub fn session(&self) -> Option<&Handle> {
        self.holder.as_ref().map(|holder| &holder.live.session.handle)
    }

    /// Who it is for, as an application is told.
    pub fn identity(&self) -> Option<Identity<'_>> {
        self.holder.as_ref().map(|Holder { live, proved }| Identity {
            user: live.user.id,
            name: live.user.name.as_str(),
            display_name: live.user.display_name.as_deref(),
            email: live.user.email.as_deref(),
            groups: live.user.groups.iter().map(GroupName::as_str).collect(),
            amr: live.amr(),
            auth_time: *proved,
            session: &live.session.handle,
            generation: live.user.generation,
        })
    }

    pub fn private(&self) -> bool {
        self.private
    }
}

/// What is to be done with a request.
#[derive(Debug)]
pub enum Verdict {
    Forward(Permit),
    Ask(Ask),
    Refuse(Refusal),
}

/// What is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub need: Need,
    /// `true`: there is a session that only lacks the (fresh) second factor.
    pub step_up: bool,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No rule fits, or the rule says deny.
    Denied,
    /// The visitor is known and is not among the users or groups of the rule.
    NotAllowed,
    /// A WebSocket handshake from a page of another origin.
    ForeignOrigin,
    /// A service worker's script on a site that did not say it may have one.
    ServiceWorker,
    /// The rule asks for a client certificate, and none was shown that it lets in.
    NoCertificate,
}

/// Where a request comes from, as rules see it.
#[derive(Clone, Copy, Debug)]
struct Source<'a> {
    client: IpAddr,
    certificate: Shown<'a>,
}

/// What is known of the client's certificate.
#[derive(Clone, Copy, Debug)]
enum Shown<'a> {
    Certificate(Option<&'a ClientCertificate>),
    /// A request that is yet to come will show it, perhaps on another connection.
    Later,
}

/// Somebody as rules see them: the user of a session, of a pending login, or of a question to `explain`.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    pub name: &'a UserName,
    pub groups: &'a BTreeSet<GroupName>,
    pub level: Level,
    pub evidence: &'a [Evidence],
}

impl<'a> Person<'a> {
    /// The person behind a session; nobody where nothing is proved any more.
    pub fn of(visitor: &'a Visitor) -> Option<Self> {
        let live = visitor.live().filter(|live| live.level > Level::Stranger)?;
        let Live { user, evidence, level, .. } = &**live;
        Some(Self { name: &user.name, groups: &user.groups, level: *level, evidence })
    }
}

/// What the rules say, before it is a permit.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    /// The rule that lets it through, and when the proof was made that it accepted.
    Open(&'a Rule, Option<Time>),
    Ask(Ask),
    Refuse(Refusal),
}

/// A [`Need::max_age`] that any real proof meets and a trusted browser never does: what `trusted_browser = false` asks.
pub const ANY_AGE: u64 = u64::MAX;

/// The one decision.
pub fn decide(site: &Arc<Site>, facts: &Facts, visitor: &Visitor, now: Time) -> Verdict {
    if facts.service_worker && !site.service_worker {
        // A worker over the whole origin would read and answer for our pages, the login among them; with a portal it would
        // read the ticket in the address that a browser comes back by.
        return Verdict::Refuse(Refusal::ServiceWorker);
    }
    if facts.websocket && !site.may_open_websocket(facts) {
        // Browsers send cookies along with a handshake from any page, and no CORS asks before it.
        return Verdict::Refuse(Refusal::ForeignOrigin);
    }
    let source = Source { client: facts.client, certificate: Shown::Certificate(facts.certificate.as_deref()) };
    let outcome = judge(site, facts.judged(), &facts.method, source, Person::of(visitor).as_ref(), now);
    match outcome {
        Outcome::Refuse(refusal) => Verdict::Refuse(refusal),
        Outcome::Ask(ask) => Verdict::Ask(ask),
        Outcome::Open(rule, proved) => {
            let holder = match (rule.policy, visitor.live()) {
                (Policy::OneFactor | Policy::TwoFactor, Some(live)) => Some(holder(live, proved)),
                (Policy::Bypass, Some(live)) if rule.identity && live.level == Level::Verified => {
                    Some(holder(live, proved))
                }
                _ => None,
            };
            // An answer made for somebody must not be kept for everybody, whatever the rule asked.
            let private = rule.private && (rule.policy != Policy::Bypass || holder.is_some());
            Verdict::Forward(Permit { site: site.clone(), target: facts.target.clone(), holder, private })
        }
    }
}

/// What a page navigation to a return address would be told: the same walk as the live one. `person` is nobody, or who
/// is signing in with what is proved so far.
pub fn rehearse<'a>(to: &'a ReturnAddress, client: IpAddr, person: Option<&Person<'_>>, now: Time) -> Outcome<'a> {
    let source = Source { client, certificate: Shown::Later };
    judge(&to.site, to.judged(), &Method::GET, source, person, now)
}

/// What a page navigation to a return address demands of a stranger. Where the answer does not depend on a login
/// (bypass, deny, no rule) the policy says so.
pub fn need(to: &ReturnAddress, client: IpAddr) -> Need {
    match rehearse(to, client, None, Time(0)) {
        Outcome::Ask(ask) => ask.need,
        Outcome::Open(..) => Need { policy: Policy::Bypass, factors: Vec::new(), max_age: None },
        Outcome::Refuse(_) => Need { policy: Policy::Deny, factors: Vec::new(), max_age: None },
    }
}

/// Whether what is proved is enough for a need. The level that goes with it is the session's business.
pub fn accepts(need: &Need, evidence: &[Evidence], now: Time) -> bool {
    newest(need, evidence, now).is_some() || matches!(need.policy, Policy::Bypass)
}

/// Judges every reading of a path; the strictest outcome wins.
fn judge<'a, 'p>(
    site: &'a Site,
    paths: impl Iterator<Item = &'p str>,
    method: &Method,
    source: Source<'_>,
    person: Option<&Person<'_>>,
    now: Time,
) -> Outcome<'a> {
    paths
        .map(|path| match deciding_rule(site, path, method, source.client) {
            Some(rule) => rule_outcome(rule, source.certificate, person, now),
            None => Outcome::Refuse(Refusal::Denied),
        })
        .max_by_key(strictness)
        .unwrap_or(Outcome::Refuse(Refusal::Denied))
}

/// The first rule whose *where* fits. A reading that leads out of the site fits none: another site's rules guard it.
fn deciding_rule<'a>(site: &'a Site, path: &str, method: &Method, client: IpAddr) -> Option<&'a Rule> {
    if !site.covers(path) {
        return None;
    }
    site.rules.iter().find(|rule| rule.fits(path, method, client) == RuleMatch::Hit)
}

/// *Who*: what one rule says to one person.
fn rule_outcome<'a>(rule: &'a Rule, shown: Shown<'_>, person: Option<&Person<'_>>, now: Time) -> Outcome<'a> {
    if let Shown::Certificate(certificate) = shown
        && !rule.admits(certificate)
    {
        // Before any login: none would help, and whoever has no certificate shall not even try passwords for this.
        return Outcome::Refuse(Refusal::NoCertificate);
    }
    match rule.policy {
        Policy::Deny => return Outcome::Refuse(Refusal::Denied),
        Policy::Bypass => {
            let second = Need { policy: Policy::TwoFactor, factors: Vec::new(), max_age: None };
            return Outcome::Open(rule, person.and_then(|person| newest(&second, person.evidence, now)));
        }
        Policy::OneFactor | Policy::TwoFactor => {}
    }
    let need = rule_need(rule);
    // A stranger is asked first: whom a rule lets in is not told to everybody.
    let Some(person) = person else { return Outcome::Ask(Ask { need, step_up: false }) };
    let anybody = rule.users.is_empty() && rule.groups.is_empty();
    let named = rule.users.contains(person.name) || rule.groups.iter().any(|group| person.groups.contains(group));
    if !anybody && !named {
        return Outcome::Refuse(Refusal::NotAllowed);
    }
    let level = if rule.policy == Policy::TwoFactor { Level::Verified } else { Level::Known };
    let proved = newest(&need, person.evidence, now);
    if person.level >= level && proved.is_some() {
        return Outcome::Open(rule, proved);
    }
    let step_up = rule.policy == Policy::TwoFactor && person.level >= Level::Known;
    Outcome::Ask(Ask { need, step_up })
}

fn rule_need(rule: &Rule) -> Need {
    let max_age = rule.max_age.map(|age| u64::try_from(age.as_millis()).unwrap_or(ANY_AGE));
    let real_proof = rule.policy == Policy::TwoFactor && !rule.trusted_browser;
    Need {
        policy: rule.policy,
        factors: rule.factors.clone(),
        max_age: max_age.or_else(|| real_proof.then_some(ANY_AGE)),
    }
}

/// When the newest proof was made that meets a need. One stamped in the future is none: a clock that was put back must
/// not keep anything fresh.
fn newest(need: &Need, evidence: &[Evidence], now: Time) -> Option<Time> {
    let counts = |proof: &&Evidence| match (need.policy, &proof.factor) {
        (Policy::OneFactor, None) => true,
        // Whoever is known by more is known; how fresh the first factor is, only a password or a passkey says.
        (Policy::OneFactor, Some(_)) => need.max_age.is_none() || proof.strength == Strength::PhishingResistant,
        (Policy::TwoFactor, Some((_, _))) if proof.strength == Strength::Remembered => {
            need.factors.is_empty() && need.max_age.is_none()
        }
        (Policy::TwoFactor, Some((method, _))) => need.factors.is_empty() || need.factors.contains(method),
        _ => false,
    };
    let fresh = |at: &Time| {
        *at <= now + TOLERANCE && need.max_age.is_none_or(|age| now.since(*at).as_millis() <= u128::from(age))
    };
    evidence.iter().filter(counts).map(|proof| proof.at).filter(fresh).max()
}

/// To compare outcomes of several readings: a refusal before a question before an open door; among questions the one
/// that asks more; among open doors the one of the stronger rule.
fn strictness(outcome: &Outcome<'_>) -> (u8, (u8, bool, bool, bool), u64) {
    match outcome {
        Outcome::Open(rule, _) => (0, rule.weight(), 0),
        Outcome::Ask(Ask { need, .. }) => {
            let policy = u8::from(need.policy == Policy::TwoFactor);
            let age = need.max_age.unwrap_or(ANY_AGE);
            (1, (policy, !need.factors.is_empty(), need.max_age.is_some(), false), ANY_AGE - age)
        }
        Outcome::Refuse(_) => (2, (0, false, false, false), 0),
    }
}

fn holder(live: &Arc<Live>, proved: Option<Time>) -> Holder {
    let proved = proved.or_else(|| live.evidence.iter().map(|proof| proof.at).max());
    Holder { live: live.clone(), proved: proved.unwrap_or(live.session.created) }
}

#[cfg(test)]
mod tests;
