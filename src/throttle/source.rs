//! Where strangers' attempts come from, whatever account they are for. In memory and of bounded size: it slows one
//! source down and protects no account; that is what the durable counts are for.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::clock::Time;
use crate::types::neighbourhood;

/// How many sources are remembered; those unseen for longest are forgotten first.
const SOURCES: usize = 100_000;

/// For each source the time until which its attempts count.
#[derive(Debug)]
pub struct Sources {
    until: Cache<IpAddr, Arc<AtomicI64>>,
    /// How long one attempt counts.
    each: Duration,
    /// So many at once are free.
    free: u32,
}

impl Sources {
    pub fn new(each: Duration, free: u32) -> Self {
        Self { until: Cache::new(SOURCES), each, free }
    }

    pub fn wait(&self, source: IpAddr, now: Time) -> Option<Time> {
        let until = Time(self.until.get(&neighbourhood(source))?.load(Ordering::SeqCst));
        let free = until - self.each * self.free;
        (now < free).then_some(free)
    }

    pub fn count(&self, source: IpAddr, now: Time) {
        let add = |until: i64| Some((Time(until).max(now) + self.each).0);
        let made =
            self.until.get_or_insert_with(&neighbourhood(source), || Ok::<_, ()>(Arc::new(AtomicI64::new(now.0))));
        if let Ok(until) = made {
            // The closure never refuses.
            let _ = until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        }
    }

    pub fn give_back(&self, source: IpAddr) {
        if let Some(until) = self.until.get(&neighbourhood(source)) {
            until.fetch_sub(i64::try_from(self.each.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}
