//! Names of upstreams, resolved again and again, for containers change their addresses. A name server that is down or
//! slow must never take an application with it whose address is known: what is known is used, and asked again beside.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::clock::{Clock, Time};

/// How long addresses of a name are used before it is asked for again.
const FRESH: Duration = Duration::from_secs(10);

/// Why there is nowhere to connect to.
#[derive(Debug, Error)]
pub enum ResolveError {
    #[error("the name was not resolved: {0}")]
    Failed(String),
    #[error("the name was not resolved in time")]
    Slow,
    #[error("the upstream is not part of this configuration")]
    Unknown,
}

/// A name and a port, with the addresses that are known.
#[derive(Debug)]
pub struct Name {
    host: String,
    port: u16,
    addresses: Mutex<Addresses>,
    /// One question is under way. Each holds a thread, however long the name server takes, so there is never another.
    asking: AtomicBool,
    /// A question was answered.
    answered: Notify,
}

#[derive(Debug, Default)]
struct Addresses {
    list: Vec<SocketAddr>,
    asked: Option<Time>,
    /// What became of the last question, where nothing came of it.
    error: String,
}

impl Name {
    pub fn new(host: &str, port: u16) -> Arc<Self> {
        let literal = host.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, port));
        let addresses = Addresses { list: literal.into_iter().collect(), ..Addresses::default() };
        Arc::new(Self {
            host: host.to_owned(),
            port,
            addresses: Mutex::new(addresses),
            asking: AtomicBool::new(literal.is_some()),
            answered: Notify::new(),
        })
    }

    /// Whether this is the name of that host, on that port.
    pub fn is(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port == port
    }

    /// The address that is first in line.
    ///
    /// # Errors
    /// None is known, and none is told within `limit`.
    pub async fn address(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        limit: Duration,
    ) -> Result<SocketAddr, ResolveError> {
        // Before it is asked for, so that no answer comes in between.
        let answered = self.answered.notified();
        if let Some(address) = self.known(clock.now()) {
            return Ok(address);
        }
        timeout(limit, answered).await.map_err(|_| ResolveError::Slow)?;
        let addresses = self.addresses();
        addresses.list.first().copied().ok_or_else(|| ResolveError::Failed(addresses.error.clone()))
    }

    /// What is known; when that is old or nothing, it is asked for beside.
    fn known(self: &Arc<Self>, now: Time) -> Option<SocketAddr> {
        let mut addresses = self.addresses();
        let address = addresses.list.first().copied();
        let fresh = address.is_some() && addresses.asked.is_some_and(|asked| now.since(asked) < FRESH);
        // Of a literal it is always under way.
        if !fresh && !self.asking.swap(true, Ordering::AcqRel) {
            addresses.asked = Some(now);
            tokio::spawn(self.clone().ask());
        }
        address
    }

    async fn ask(self: Arc<Self>) {
        match tokio::net::lookup_host((self.host.as_str(), self.port)).await {
            Ok(found) => self.learn(found.collect()),
            Err(error) => self.addresses().error = error.to_string(),
        }
        self.asking.store(false, Ordering::Release);
        self.answered.notify_waiters();
    }

    fn learn(&self, found: Vec<SocketAddr>) {
        let mut addresses = self.addresses();
        // The order is kept where the set is the same: an address that failed stays at the end.
        let same = found.len() == addresses.list.len() && found.iter().all(|one| addresses.list.contains(one));
        if found.is_empty() {
            "it has no address".clone_into(&mut addresses.error);
        } else if !same {
            addresses.list = found;
        }
    }

    /// An address took no connection: the others come first now. `true`: there are others.
    pub fn pass_over(&self, address: &SocketAddr) -> bool {
        let mut addresses = self.addresses();
        if addresses.list.first() == Some(address) {
            addresses.list.rotate_left(1);
        }
        addresses.list.len() > 1
    }

    fn addresses(&self) -> MutexGuard<'_, Addresses> {
        // Nothing under this lock can panic halfway through a change.
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::StillClock;

    const LIMIT: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn an_address_that_fails_goes_to_the_end_of_the_line() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time::from_secs(1)));
        let (first, second): (SocketAddr, SocketAddr) =
            ("[::1]:3000".parse().unwrap(), "127.0.0.1:3000".parse().unwrap());
        let name = Name::new("app.invalid", 3000);
        name.learn(vec![first, second]);
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), first);
        assert!(name.pass_over(&first));
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), second);
        name.learn(vec![first, second]);
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), second, "the order stays");
        name.learn(vec![first]);
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), first, "a new set is a new line");
    }

    #[tokio::test]
    async fn a_name_is_asked_for_again_and_again() {
        let still = Arc::new(StillClock::at(Time::from_secs(1)));
        let clock: Arc<dyn Clock> = still.clone();
        let name = Name::new("localhost", 3000);
        let gone: SocketAddr = "127.0.0.9:3000".parse().unwrap();
        name.learn(vec![gone]);
        name.addresses().asked = Some(still.now());
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), gone, "for a while it is believed");
        still.advance(FRESH);
        assert_eq!(name.address(&clock, LIMIT).await.unwrap(), gone, "nobody waits");
        tokio::time::timeout(Duration::from_secs(5), async {
            while name.address(&clock, LIMIT).await.unwrap() == gone {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the new address is learnt");
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_is_an_error_for_all_who_wait() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time::from_secs(1)));
        let name = Name::new("nobody.invalid", 80);
        let limit = Duration::from_secs(20);
        let (one, two) = tokio::join!(name.address(&clock, limit), name.address(&clock, limit));
        assert!(matches!((one, two), (Err(ResolveError::Failed(_)), Err(ResolveError::Failed(_)))));
    }

    #[tokio::test]
    async fn a_literal_is_not_asked_for() {
        let clock: Arc<dyn Clock> = Arc::new(StillClock::at(Time::from_secs(1)));
        let name = Name::new("::1", 80);
        assert_eq!(name.address(&clock, LIMIT).await.unwrap().to_string(), "[::1]:80");
        assert!(!name.pass_over(&"[::1]:80".parse().unwrap()));
    }
}
