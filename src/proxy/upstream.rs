//! Where applications are: one of a site's upstreams is chosen, and becomes the peer that is connected to. The one with
//! the fewest requests under way, of those that are up, not drained and below their limit; what failed a moment ago comes
//! last. Nothing may go to an upstream that an operator drained or a check found down, nor past a limit, and a failure
//! is told once: when it begins, and when it ends.

mod check;
mod handshake;
mod member;
mod names;
mod peer;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use pingora::upstreams::peer::HttpPeer;

pub use self::check::watch;
use self::member::Visit;
pub use self::member::{Condition, Member, Roster};
pub use self::names::ResolveError;
use self::peer::Target;
use crate::clock::{Clock, Time};
use crate::error::Problems;
use crate::gate::{Check, Protocol, Site, Sites};
use crate::types::{HostPattern, Origin};

/// How long it is not said again that a site is at its limit.
const SILENCE: Duration = Duration::from_secs(60);

/// What kind of answer is expected: it decides how long silence may last, and what can be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    Ordinary,
    /// Event streams and gRPC: silent for as long as they like, once they have begun.
    Stream,
    /// The same, and only HTTP/1.1 can carry it here.
    WebSocket,
}

/// Why no upstream of a site takes a request; the likelier one to help, the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unavailable {
    #[error(
        "the upstream speaks only HTTP/2, which carries no WebSocket here: give the site an http or https upstream"
    )]
    Protocol,
    #[error("every upstream is drained")]
    Drained,
    #[error("every upstream is down")]
    Down,
    #[error("every upstream has as many requests under way as the site allows")]
    Busy,
}

impl Unavailable {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Protocol => StatusCode::NOT_IMPLEMENTED,
            Self::Down => StatusCode::BAD_GATEWAY,
            Self::Drained | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// All upstreams of one configuration.
#[derive(Debug)]
pub struct Upstreams {
    /// By the index of their site.
    groups: HashMap<usize, Group>,
    clock: Arc<dyn Clock>,
}

/// The upstreams of one site.
#[derive(Debug)]
struct Group {
    upstreams: Vec<Upstream>,
    check: Option<Check>,
    /// What checks say they want: the host that requests bring, for an application may know no other.
    host: Option<String>,
    /// Requests at a time at each.
    most: usize,
    /// Where the next choice among equals begins.
    turn: AtomicUsize,
    /// When it was last said that the limit is reached; 0: never.
    told: AtomicI64,
}

#[derive(Debug)]
struct Upstream {
    member: Arc<Member>,
    target: Arc<Target>,
}

/// The upstreams that one request has been sent to, or tried at: a site has at most 64.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried(u64);

impl Tried {
    fn has(self, index: usize) -> bool {
        self.0 & (1 << (index % 64)) != 0
    }
}

/// An upstream chosen for one request, which counts as under way there until this is dropped.
#[derive(Debug)]
pub struct Choice {
    pub visit: Visit,
    site: usize,
    index: usize,
}

impl Upstreams {
    /// Reads the certificates the upstreams are verified with; names are resolved when they are first needed.
    pub fn build(sites: &Sites, roster: &Roster, clock: Arc<dyn Clock>, problems: &mut Problems) -> Self {
        let mut groups = HashMap::new();
        for site in &sites.sites {
            let mut upstreams = Vec::new();
            for upstream in &site.upstreams {
                match Target::build(upstream, &site.terms, roster) {
                    Ok(target) => {
                        let member = roster.member(&site.name(), &upstream.to_string());
                        upstreams.push(Upstream { member, target: Arc::new(target) });
                    }
                    Err(trouble) => {
                        problems.add(format!("site[{}].{}", site.index, trouble.key), trouble.what, trouble.remedy);
                        // The files are the same for all of them.
                        break;
                    }
                }
            }
            let group = Group {
                upstreams,
                check: site.terms.check.clone(),
                host: host(site),
                most: site.terms.most,
                turn: AtomicUsize::new(0),
                told: AtomicI64::new(0),
            };
            groups.insert(site.index, group);
        }
        Self { groups, clock }
    }

    /// The upstream for one try, entered there.
    ///
    /// # Errors
    /// Why none can take it.
    pub fn choose(&self, site: &Site, tried: &mut Tried, exchange: Exchange) -> Result<Choice, Unavailable> {
        let group = self.groups.get(&site.index).ok_or(Unavailable::Down)?;
        let count = group.upstreams.len().max(1);
        let turn = group.turn.fetch_add(1, Ordering::Relaxed) % count;
        loop {
            let now = self.clock.now();
            let mut best = Err(Unavailable::Protocol);
            for (index, upstream) in group.upstreams.iter().enumerate() {
                if let Err(why) = group.takes(upstream, exchange) {
                    best = best.map_err(|other| why.max(other));
                    continue;
                }
                let member = &upstream.member;
                let after = (index + count - turn) % count;
                let rank = (tried.has(index), member.is_avoided(now), member.under_way(), after);
                if best.is_err() || best.is_ok_and(|(other, _)| rank < other) {
                    best = Ok((rank, index));
                }
            }
            let index = match best {
                Ok((_, index)) => index,
                Err(why) => {
                    if why == Unavailable::Busy {
                        group.tell_busy(site, now);
                    }
                    return Err(why);
                }
            };
            // Somebody else may have taken the last place meanwhile: then anew.
            if let Some(visit) = group.upstreams[index].member.enter(group.most) {
                tried.0 |= 1 << (index % 64);
                return Ok(Choice { visit, site: site.index, index });
            }
        }
    }

    /// The peer for one try. Each try takes the address of the name that is first in line.
    ///
    /// # Errors
    /// The name has no address.
    pub async fn peer(&self, choice: &Choice, exchange: Exchange) -> Result<Box<HttpPeer>, ResolveError> {
        let target = self.target(choice).ok_or(ResolveError::Unknown)?;
        target.peer(exchange, &self.clock).await
    }

    /// A chosen upstream took no connection: it comes last for a while, and so does its address among those of its
    /// name. `true`: the name has others.
    pub fn failed(&self, choice: &Choice, peer: Option<&HttpPeer>, why: &str) -> bool {
        choice.visit.member().fail(self.clock.now(), why);
        peer.zip(self.target(choice)).is_some_and(|(peer, target)| target.pass_over(peer))
    }

    /// Whether another upstream is left that was not tried.
    pub fn is_more(&self, choice: &Choice, tried: Tried, exchange: Exchange) -> bool {
        self.groups.get(&choice.site).is_some_and(|group| {
            let mut upstreams = group.upstreams.iter().enumerate();
            upstreams.any(|(index, upstream)| !tried.has(index) && group.takes(upstream, exchange).is_ok())
        })
    }

    fn target(&self, choice: &Choice) -> Option<&Arc<Target>> {
        Some(&self.groups.get(&choice.site)?.upstreams.get(choice.index)?.target)
    }

    /// What is not to be checked: nobody knows any more that it was down.
    fn unchecked(&self) -> impl Iterator<Item = &Member> {
        let groups = self.groups.values().filter(|group| group.check.is_none());
        groups.flat_map(|group| group.upstreams.iter().map(|one| &*one.member))
    }

    /// What is to be checked, how, and in the name of which host.
    fn checked(&self) -> impl Iterator<Item = (&Check, Option<&str>, &Arc<Member>, &Arc<Target>)> {
        self.groups.values().filter_map(|group| Some((group, group.check.as_ref()?))).flat_map(|(group, check)| {
            group.upstreams.iter().map(move |one| (check, group.host.as_deref(), &one.member, &one.target))
        })
    }
}

/// The host that a request to this site brings to its upstreams; none where it may be any.
fn host(site: &Site) -> Option<String> {
    let of_url = site.url.as_ref().filter(|url| matches!(url.host, HostPattern::Exact(_))).map(Origin::authority);
    let own = || match &site.host {
        HostPattern::Exact(name) => Some(name.clone()),
        HostPattern::Wildcard(_) | HostPattern::Any => None,
    };
    site.upstream_host.clone().or(of_url).or_else(own)
}

impl Group {
    /// A site at its limit refuses as fast as it is asked: that is no reason to fill the disk.
    fn tell_busy(&self, site: &Site, now: Time) {
        let last = self.told.load(Ordering::Relaxed);
        if last == 0 || now.since(Time(last)) >= SILENCE {
            self.told.store(now.0, Ordering::Relaxed);
            tracing::warn!(site = %site.name(), "{}", Unavailable::Busy);
        }
    }

    /// Whether a request of this kind may go there now.
    fn takes(&self, upstream: &Upstream, exchange: Exchange) -> Result<(), Unavailable> {
        let member = &upstream.member;
        if exchange == Exchange::WebSocket && upstream.target.protocol == Protocol::H2c {
            Err(Unavailable::Protocol)
        } else if member.is_drained() {
            Err(Unavailable::Drained)
        } else if self.check.is_some() && member.is_down() {
            Err(Unavailable::Down)
        } else if member.under_way() >= self.most {
            Err(Unavailable::Busy)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::StillClock;
    use crate::config::{SiteSection, Written};

    struct Bench {
        sites: Sites,
        upstreams: Upstreams,
        roster: Roster,
        clock: Arc<StillClock>,
    }

    fn bench(change: impl FnOnce(&mut SiteSection)) -> Bench {
        let mut site = SiteSection {
            url: "https://app.test".to_owned(),
            upstreams: vec!["http://127.0.0.1:1".to_owned(), "http://127.0.0.1:2".to_owned()],
            ..SiteSection::default()
        };
        change(&mut site);
        let mut problems = Problems::default();
        let sites = Sites::build(&Written { site: vec![site], ..Written::default() }, &mut problems);
        let (roster, clock) = (Roster::default(), Arc::new(StillClock::at(Time::from_secs(1000))));
        let upstreams = Upstreams::build(&sites, &roster, clock.clone(), &mut problems);
        assert!(problems.is_empty(), "{problems}");
        Bench { sites, upstreams, roster, clock }
    }

    impl Bench {
        fn choose(&self, tried: &mut Tried, exchange: Exchange) -> Result<Choice, Unavailable> {
            self.upstreams.choose(&self.sites.sites[0], tried, exchange)
        }

        fn next(&self) -> Result<Choice, Unavailable> {
            self.choose(&mut Tried::default(), Exchange::Ordinary)
        }
    }

    #[test]
    fn the_one_with_fewer_requests_is_taken_and_equals_take_turns() {
        let bench = bench(|_| {});
        let held: Vec<_> = (0..6).map(|_| bench.next().unwrap()).collect();
        let at = |index| held.iter().filter(|choice| choice.index == index).count();
        assert_eq!((at(0), at(1)), (3, 3));
        let second = held.into_iter().find(|choice| choice.index == 1).unwrap();
        assert_eq!(second.visit.member().under_way(), 1);
        for _ in 0..4 {
            assert_eq!(bench.next().unwrap().index, 0, "the other has one under way");
        }
    }

    #[test]
    fn a_limit_is_kept_and_a_place_given_back() {
        let bench = bench(|site| site.upstream_requests = 1);
        let (one, _two) = (bench.next().unwrap(), bench.next().unwrap());
        assert_eq!(bench.next().unwrap_err(), Unavailable::Busy);
        let index = one.index;
        drop(one);
        assert_eq!(bench.next().unwrap().index, index);
    }

    #[test]
    fn what_failed_comes_last_for_a_while_and_is_still_tried() {
        let bench = bench(|_| {});
        let mut tried = Tried::default();
        let first = bench.choose(&mut tried, Exchange::Ordinary).unwrap();
        bench.upstreams.failed(&first, None, "refused");
        assert!(bench.upstreams.is_more(&first, tried, Exchange::Ordinary));
        let second = bench.choose(&mut tried, Exchange::Ordinary).unwrap();
        assert_ne!(first.index, second.index);
        let index = first.index;
        bench.upstreams.failed(&second, None, "refused");
        assert!(!bench.upstreams.is_more(&second, tried, Exchange::Ordinary), "none is left");
        drop((first, second));
        assert!(bench.next().is_ok(), "whoever comes next tries again");

        bench.roster.list().iter().for_each(|member| member.answer());
        let failing = bench.roster.list().into_iter().next().unwrap();
        failing.fail(bench.clock.now(), "refused");
        for _ in 0..4 {
            assert!(!Arc::ptr_eq(bench.next().unwrap().visit.member(), &failing));
        }
        bench.clock.advance(member::AVOIDED);
        let taken: Vec<_> = (0..4).map(|_| bench.next().unwrap().index).collect();
        assert!(taken.contains(&index), "after a while it has its turn again");
    }

    #[test]
    fn down_and_drained_get_nothing() {
        let bench = bench(|_| {});
        let members = bench.roster.list();
        members[0].check(Err("refused".to_owned()));
        assert!(!members[0].is_down(), "once is no proof");
        members[0].check(Err("refused".to_owned()));
        for _ in 0..4 {
            assert_eq!(bench.next().unwrap().index, 1);
        }
        members[1].drain(true);
        assert_eq!(bench.next().unwrap_err(), Unavailable::Down);
        members[0].check(Ok(()));
        assert_eq!(bench.next().unwrap().index, 0);
        members[0].drain(true);
        assert_eq!(bench.next().unwrap_err(), Unavailable::Drained);
        members[1].drain(false);
        assert_eq!(bench.next().unwrap().index, 1);
    }

    #[test]
    fn a_websocket_goes_where_it_can_be_carried() {
        let bench = bench(|site| site.upstreams[0] = "h2c://127.0.0.1:1".to_owned());
        for _ in 0..4 {
            assert_eq!(bench.choose(&mut Tried::default(), Exchange::WebSocket).unwrap().index, 1);
        }
        bench.roster.list()[1].drain(true);
        assert!(bench.next().is_ok());
        let refused = bench.choose(&mut Tried::default(), Exchange::WebSocket).unwrap_err();
        assert_eq!(refused, Unavailable::Drained, "the likelier reason");
    }

    /// A name server that is down during a reload takes nothing with it.
    #[test]
    fn what_a_name_means_is_known_over_a_reload() {
        let bench = bench(|site| site.upstreams[0] = "http://app.invalid:1".to_owned());
        let known = bench.roster.name("app.invalid", 1);
        let other = bench.roster.name("app.invalid", 2);
        assert!(!Arc::ptr_eq(&known, &other));
        let of = |upstreams: &Upstreams| upstreams.groups[&0].upstreams[0].target.name().cloned().unwrap();
        let next = Upstreams::build(&bench.sites, &bench.roster, bench.clock.clone(), &mut Problems::default());
        assert!(Arc::ptr_eq(&of(&bench.upstreams), &known) && Arc::ptr_eq(&of(&next), &known));
    }

    /// A configuration that is only being built, and may be refused, changes nothing.
    #[test]
    fn what_is_down_is_so_until_a_configuration_is_in_force_that_does_not_ask() {
        let bench = bench(|_| {});
        let members = bench.roster.list();
        members[0].check(Err("refused".to_owned()));
        members[0].check(Err("refused".to_owned()));
        let mut section = SiteSection {
            url: "https://app.test".to_owned(),
            upstreams: vec!["http://127.0.0.1:1".to_owned(), "http://127.0.0.1:2".to_owned()],
            ..SiteSection::default()
        };
        section.upstream_check = "off".to_owned();
        let mut problems = Problems::default();
        let sites = Sites::build(&Written { site: vec![section], ..Written::default() }, &mut problems);
        let next = Upstreams::build(&sites, &bench.roster, bench.clock.clone(), &mut problems);
        assert!(members[0].is_down() && next.unchecked().count() == 2 && bench.upstreams.unchecked().count() == 0);
        next.unchecked().for_each(Member::uncheck);
        assert!(!members[0].is_down());
    }

    #[test]
    fn a_check_asks_for_the_host_that_requests_bring() {
        let asked = |change: fn(&mut SiteSection)| bench(change).upstreams.groups[&0].host.clone();
        assert_eq!(asked(|_| {}).as_deref(), Some("app.test"));
        assert_eq!(asked(|site| site.url = "http://app.localhost:81".to_owned()).as_deref(), Some("app.localhost:81"));
        assert_eq!(asked(|site| site.upstream_host = "inner".to_owned()).as_deref(), Some("inner"));
        assert_eq!(asked(|site| site.url = "https://*.app.test".to_owned()), None);
    }

    #[test]
    fn what_an_operator_drained_stays_so_over_a_reload_and_is_forgotten_when_it_is_removed() {
        let bench = bench(|_| {});
        let members = bench.roster.list();
        members[0].drain(true);
        let next = Upstreams::build(&bench.sites, &bench.roster, bench.clock.clone(), &mut Problems::default());
        assert!(Arc::ptr_eq(&next.groups[&0].upstreams[0].member, &members[0]) && members[0].is_drained());
        drop((members, next, bench.upstreams));
        assert!(bench.roster.list().is_empty());
    }
}
