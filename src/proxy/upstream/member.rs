//! What is known of each upstream of each site, over all reloads: how many requests are under way, whether an operator
//! drained it, what checks and requests found, and which addresses its name has. A change is told to the log here, once; nothing is told twice.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::names::Name;
use crate::clock::Time;

/// How long an upstream that took no connection comes last.
pub(super) const AVOIDED: Duration = Duration::from_secs(10);
/// So many checks in a row must fail: one may be an accident on the way.
const FALL: u32 = 2;

/// One upstream of one site.
#[derive(Debug)]
pub struct Member {
    pub site: String,
    /// As operators name it.
    pub upstream: String,
    under_way: AtomicUsize,
    drained: AtomicBool,
    /// Checks that failed in a row.
    failures: AtomicU32,
    /// Until when it comes last, in milliseconds since 1970; 0: it took the last connection.
    avoided: AtomicI64,
    /// What was last wrong.
    why: Mutex<String>,
    /// When the last check began; 0: never.
    pub(super) checked: AtomicI64,
    /// A check is under way.
    pub(super) checking: AtomicBool,
}

/// How an upstream is, for operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    Up,
    /// The last request that was to go there found nobody.
    Failing,
    /// Checks say so: no request goes there.
    Down,
    /// An operator says so: no request goes there.
    Drained,
}

/// One request's stay at an upstream.
#[derive(Debug)]
pub struct Visit(Arc<Member>);

impl Visit {
    pub fn member(&self) -> &Arc<Member> {
        &self.0
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Member {
    fn new(site: &str, upstream: &str) -> Self {
        Self {
            site: site.to_owned(),
            upstream: upstream.to_owned(),
            under_way: AtomicUsize::new(0),
            drained: AtomicBool::new(false),
            failures: AtomicU32::new(0),
            avoided: AtomicI64::new(0),
            why: Mutex::default(),
            checked: AtomicI64::new(0),
            checking: AtomicBool::new(false),
        }
    }

    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::Acquire)
    }

    /// A place for one request among at most `most`.
    pub(super) fn enter(self: &Arc<Self>, most: usize) -> Option<Visit> {
        let more = |count| (count < most).then_some(count + 1);
        self.under_way.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Visit(self.clone()))
    }

    pub fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Acquire)
    }

    /// `true`: nothing new goes there, what is under way finishes.
    pub fn drain(&self, drained: bool) {
        if self.drained.swap(drained, Ordering::AcqRel) != drained {
            let what = if drained { "an upstream is drained" } else { "an upstream is not drained any more" };
            tracing::info!(site = self.site, upstream = self.upstream, "{what}");
        }
    }

    pub fn is_down(&self) -> bool {
        self.failures.load(Ordering::Acquire) >= FALL
    }

    /// What a check found.
    pub(super) fn check(&self, found: Result<(), String>) {
        match found {
            Ok(()) => {
                if self.failures.swap(0, Ordering::AcqRel) >= FALL {
                    tracing::info!(site = self.site, upstream = self.upstream, "an upstream is up again");
                }
            }
            Err(why) => {
                let count = self
                    .failures
                    .fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| Some(count.saturating_add(1).min(FALL)));
                if count == Ok(FALL - 1) {
                    tracing::warn!(site = self.site, upstream = self.upstream, why, "an upstream is down");
                }
                *self.why() = why;
            }
        }
    }

    /// Nobody checks it any more, so nobody knows it to be down.
    pub(super) fn uncheck(&self) {
        if self.failures.load(Ordering::Relaxed) != 0 {
            self.failures.store(0, Ordering::Release);
        }
    }

    pub(super) fn is_avoided(&self, now: Time) -> bool {
        // Nearly always 0, and then no time is compared.
        let until = self.avoided.load(Ordering::Relaxed);
        until != 0 && now < Time(until)
    }

    /// A request found nobody there.
    pub(super) fn fail(&self, now: Time, why: &str) {
        if self.avoided.swap((now + AVOIDED).0, Ordering::AcqRel) == 0 {
            tracing::warn!(site = self.site, upstream = self.upstream, why, "an upstream takes no connections");
        }
        why.clone_into(&mut self.why());
    }

    /// A request found somebody there.
    pub fn answer(&self) {
        if self.avoided.load(Ordering::Relaxed) != 0 && self.avoided.swap(0, Ordering::AcqRel) != 0 {
            tracing::info!(site = self.site, upstream = self.upstream, "an upstream takes connections again");
        }
    }

    pub fn condition(&self) -> Condition {
        if self.is_drained() {
            Condition::Drained
        } else if self.is_down() {
            Condition::Down
        } else if self.avoided.load(Ordering::Acquire) != 0 {
            Condition::Failing
        } else {
            Condition::Up
        }
    }

    /// What was last wrong, where something is.
    pub fn trouble(&self) -> Option<String> {
        matches!(self.condition(), Condition::Failing | Condition::Down).then(|| self.why().clone())
    }

    fn why(&self) -> MutexGuard<'_, String> {
        self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every upstream, and every name, that a configuration in force or a request under way knows of.
#[derive(Debug, Default)]
pub struct Roster {
    members: Mutex<Vec<Weak<Member>>>,
    names: Mutex<Vec<Weak<Name>>>,
}

impl Roster {
    /// The upstream of this site, as it is already known, or new.
    pub(super) fn member(&self, site: &str, upstream: &str) -> Arc<Member> {
        let is = |member: &Member| member.site == site && member.upstream == upstream;
        known_or(&self.members, is, || Arc::new(Member::new(site, upstream)))
    }

    /// The name with the addresses that are known, or new. A name server that is down at a reload must not take with it
    /// what has an address.
    pub(super) fn name(&self, host: &str, port: u16) -> Arc<Name> {
        known_or(&self.names, |name| name.is(host, port), || Name::new(host, port))
    }

    /// In the order in which they became known.
    pub fn list(&self) -> Vec<Arc<Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(Weak::upgrade).collect()
    }
}

/// The one in the list that is meant, or a new one, entered there. What nobody uses any more is forgotten.
fn known_or<T>(list: &Mutex<Vec<Weak<T>>>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> Arc<T>) -> Arc<T> {
    let mut list = list.lock().unwrap_or_else(PoisonError::into_inner);
    list.retain(|one| one.strong_count() > 0);
    if let Some(known) = list.iter().filter_map(Weak::upgrade).find(|one| is(one)) {
        return known;
    }
    let one = new();
    list.push(Arc::downgrade(&one));
    one
}
