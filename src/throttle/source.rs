//! Where password attempts of unknown browsers come from, whatever account they are for. In memory and of bounded size:
//! it slows one source down and protects no account; that is what the durable counts are for.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use quick_cache::sync::Cache;

use crate::clock::Time;
use crate::types::neighbourhood;

/// How many sources are remembered; those unseen for longest are forgotten first.
const SOURCES: usize = 100_000;
/// One failure is forgiven in this time.
const EACH: Duration = Duration::from_secs(5);
/// So many at once are free: an office behind one address, or somebody who mistypes.
const FREE: u32 = 50;

/// For each source the time until which its failures count, each for [`EACH`].
#[derive(Debug)]
pub struct Sources(Cache<IpAddr, Arc<AtomicI64>>);

impl Default for Sources {
    fn default() -> Self {
        Self(Cache::new(SOURCES))
    }
}

impl Sources {
    pub fn wait(&self, source: IpAddr, now: Time) -> Option<Time> {
        let until = Time(self.0.get(&neighbourhood(source))?.load(Ordering::SeqCst));
        let free = until - EACH * FREE;
        (now < free).then_some(free)
    }

    pub fn count(&self, source: IpAddr, now: Time) {
        let add = |until: i64| Some((Time(until).max(now) + EACH).0);
        let made = self.0.get_or_insert_with(&neighbourhood(source), || Ok::<_, ()>(Arc::new(AtomicI64::new(now.0))));
        if let Ok(until) = made {
            // The closure never refuses.
            let _ = until.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add);
        }
    }

    pub fn give_back(&self, source: IpAddr) {
        if let Some(until) = self.0.get(&neighbourhood(source)) {
            until.fetch_sub(i64::try_from(EACH.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}
