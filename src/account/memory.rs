//! Users remembered, so that a request with a live session makes no store call. A user that changed is never answered
//! from here again once its change was acknowledged: each value carries the epoch in which its load began, a change
//! begins a new epoch, and a value of an older epoch is none. So a slow load cannot bring an old user back.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;

use super::User;
use crate::types::UserId;

/// How many users are remembered.
const USERS: usize = 50_000;
/// Users that share an epoch are forgotten together; so many epochs make that rare.
const EPOCHS: usize = 4096;

pub struct Memory {
    users: Cache<UserId, (u64, Arc<User>)>,
    epochs: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// A load that has begun, and in which epoch.
pub struct Loading {
    id: UserId,
    epoch: u64,
}

impl Default for Memory {
    fn default() -> Self {
        let epochs = (0..EPOCHS).map(|_| AtomicU64::new(0)).collect();
        Self { users: Cache::new(USERS), epochs, hasher: RandomState::new() }
    }
}

impl Memory {
    pub fn get(&self, id: UserId) -> Option<Arc<User>> {
        let now = self.epoch(id).load(Ordering::SeqCst);
        self.users.get(&id).filter(|(epoch, _)| *epoch == now).map(|(_, user)| user)
    }

    /// To be called before the store is read.
    pub fn begin(&self, id: UserId) -> Loading {
        Loading { id, epoch: self.epoch(id).load(Ordering::SeqCst) }
    }

    pub fn keep(&self, loading: Loading, user: Arc<User>) {
        self.users.insert(loading.id, (loading.epoch, user));
    }

    /// A user's record changed. A key that names no user (the bare prefix) means: anything may have.
    pub fn forget(&self, key: &str) {
        match key.strip_prefix("user/").and_then(|id| id.parse().ok()) {
            Some(id) => {
                self.epoch(id).fetch_add(1, Ordering::SeqCst);
            }
            None => {
                for epoch in &self.epochs {
                    epoch.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
    }

    fn epoch(&self, id: UserId) -> &AtomicU64 {
        let hash = self.hasher.hash_one(id) % EPOCHS as u64;
        // Below EPOCHS, which fits any usize.
        &self.epochs[hash as usize]
    }
}
