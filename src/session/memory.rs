//! What memory knows of sessions, so that a request asks no store. Bounded, and told by the store's observers before a
//! change is acknowledged: whoever has ended a session knows that nobody is answered from here any more. A value that
//! was being read while it changed is never kept.

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::HEXLOWER;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::{POINTERS, SESSIONS, Session};
use crate::clock::{TOLERANCE, Time};
use crate::store::Version;
use crate::types::{Handle, UserId};

/// How many sessions are remembered, at about half a kilobyte each; the others cost a read of the store per request.
const REMEMBERED: usize = 65_536;

/// The hash of a session's token.
pub(super) type Hash = [u8; 32];

/// A session with what is newer than its record.
#[derive(Debug)]
pub(super) struct Held {
    pub session: Arc<Session>,
    pub version: Version,
    last_seen: AtomicI64,
}

impl Held {
    pub fn new(session: Session, version: Version) -> Self {
        let last_seen = AtomicI64::new(session.last_seen.0);
        Self { session: Arc::new(session), version, last_seen }
    }

    pub fn last_seen(&self) -> Time {
        Time(self.last_seen.load(Ordering::Relaxed))
    }

    pub fn touch(&self, now: Time) {
        self.last_seen.fetch_max(now.0, Ordering::Relaxed);
    }

    /// Whether it has ended neither by idling nor by age. One that was stamped in the future has ended: the clock was
    /// wrong then or is wrong now, and its limits mean nothing. One on a site does not idle by itself: the login does,
    /// which all use of it keeps alive.
    pub fn is_alive(&self, idle: Duration, now: Time) -> bool {
        let last_seen = self.last_seen();
        let idles = self.session.site.is_none() && now >= last_seen + idle;
        self.session.created.max(last_seen) <= now + TOLERANCE && now < self.session.ends && !idles
    }
}

/// What observers told and nobody has looked at yet.
#[derive(Default)]
pub(super) struct Changed {
    pub sessions: HashSet<Hash>,
    /// Pointers, by user and the handle in the key: a login's, or a site's session.
    pub pointers: HashSet<(UserId, Handle)>,
    pub users: HashSet<UserId>,
}

pub(super) struct Memory {
    held: Cache<Hash, Arc<Held>>,
    /// The session that a login has now, for the sessions on sites that hang on it.
    logins: Cache<Handle, Hash>,
    /// How many changes each shard of the sessions and logins has seen. Taken on a miss and on a change, never for what is
    /// held.
    epochs: Vec<Mutex<u64>>,
    changed: Mutex<Changed>,
    news: Notify,
}

impl Memory {
    pub fn new() -> Self {
        let epochs = (0..=u8::MAX).map(|_| Mutex::new(0)).collect();
        Self {
            held: Cache::new(REMEMBERED),
            logins: Cache::new(REMEMBERED),
            epochs,
            changed: Mutex::default(),
            news: Notify::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn get(&self, hash: &Hash) -> Option<Arc<Held>> {
        self.held.get(hash)
    }

    /// All that is held, once; touches of other threads go on meanwhile.
    pub fn all(&self) -> Vec<(Hash, Arc<Held>)> {
        self.held.iter().collect()
    }

    /// To be taken before the store is read.
    pub fn epoch(&self, hash: &Hash) -> u64 {
        *self.shard(hash)
    }

    /// Keeps what was read, unless a change came in between.
    pub fn keep(&self, hash: Hash, held: Arc<Held>, epoch: u64) {
        let now = self.shard(&hash);
        if *now == epoch {
            self.held.insert(hash, held);
        }
    }

    pub fn forget(&self, hash: &Hash) {
        let mut epoch = self.shard(hash);
        *epoch += 1;
        self.held.remove(hash);
    }

    /// The session of a login, as far as it is known.
    pub fn login(&self, login: &Handle) -> Option<Hash> {
        self.logins.get(login)
    }

    /// As [`Memory::epoch`], for a login.
    pub fn login_epoch(&self, login: &Handle) -> u64 {
        *self.login_shard(login)
    }

    /// As [`Memory::keep`], for a login.
    pub fn keep_login(&self, login: &Handle, hash: Hash, epoch: u64) {
        let now = self.login_shard(login);
        if *now == epoch {
            self.logins.insert(login.clone(), hash);
        }
    }

    /// A record under `user-session/` changed; the bare prefix: any of them may have.
    pub fn pointer_changed(&self, key: &str) {
        let named = key.strip_prefix(POINTERS).and_then(|rest| rest.split_once('/'));
        match named.and_then(|(user, handle)| Some((user.parse().ok()?, Handle::parse(handle)?))) {
            Some((user, handle)) => {
                let mut epoch = self.login_shard(&handle);
                *epoch += 1;
                self.logins.remove(&handle);
                drop(epoch);
                self.changed().pointers.insert((user, handle));
            }
            None => {
                let held: Vec<Arc<Held>> = self.held.iter().map(|(_, held)| held).collect();
                for epoch in &self.epochs {
                    *lock(epoch) += 1;
                }
                self.logins.clear();
                let logins = held.iter().map(|held| (held.session.user, held.session.login().clone()));
                self.changed().pointers.extend(logins);
            }
        }
        self.news.notify_one();
    }

    /// A record under `session/` changed; the bare prefix: any of them may have.
    pub fn session_changed(&self, key: &str) {
        match hash_of(key) {
            Some(hash) => {
                self.forget(&hash);
                self.changed().sessions.insert(hash);
            }
            None => {
                let hashes: Vec<Hash> = self.held.iter().map(|(hash, _)| hash).collect();
                for epoch in &self.epochs {
                    *lock(epoch) += 1;
                }
                self.held.clear();
                self.changed().sessions.extend(hashes);
            }
        }
        self.news.notify_one();
    }

    /// A record under `user/` changed. The bare prefix: every user we hold a session of may have.
    pub fn user_changed(&self, key: &str) {
        let id = key.strip_prefix("user/").and_then(|id| id.parse().ok());
        match id {
            Some(id) => drop(self.changed().users.insert(id)),
            None => {
                let users: Vec<UserId> = self.held.iter().map(|(_, held)| held.session.user).collect();
                self.changed().users.extend(users);
            }
        }
        self.news.notify_one();
    }

    pub fn take_changed(&self) -> Changed {
        std::mem::take(&mut *self.changed())
    }

    /// Puts back what could not be looked at; the next tick tries again.
    pub fn put_back(&self, rest: Changed) {
        let mut changed = self.changed();
        changed.sessions.extend(rest.sessions);
        changed.pointers.extend(rest.pointers);
        changed.users.extend(rest.users);
    }

    pub async fn news(&self) {
        self.news.notified().await;
    }

    fn shard(&self, hash: &Hash) -> MutexGuard<'_, u64> {
        lock(&self.epochs[usize::from(hash[0])])
    }

    fn login_shard(&self, login: &Handle) -> MutexGuard<'_, u64> {
        // Handles are random text of 32 letters: two of them spread over all shards.
        let letters = login.as_str().as_bytes();
        let of = |n: usize| letters.get(n).copied().unwrap_or_default();
        lock(&self.epochs[usize::from(of(0).wrapping_mul(32) ^ of(1))])
    }

    fn changed(&self) -> MutexGuard<'_, Changed> {
        lock(&self.changed)
    }
}

/// Nothing here is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn key_of(hash: &Hash) -> String {
    format!("{SESSIONS}{}", HEXLOWER.encode(hash))
}

pub(super) fn hash_of(key: &str) -> Option<Hash> {
    HEXLOWER.decode(key.strip_prefix(SESSIONS)?.as_bytes()).ok()?.try_into().ok()
}
