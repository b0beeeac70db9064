//! The narrow joint to whatever keeps the bytes: five verbs over ordered keys. An engine knows nothing of what the
//! bytes mean; sealing ([`Vault`]) and meaning (the floors above) are not its business. What no engine may weaken is
//! said by the shared suite in `store/suite.rs`: two takes have one winner, a stale version loses, an acknowledged
//! commit survives `kill -9`, a store that lost records does not open, a store that cannot be sure refuses.

mod key_file;
mod memory;
mod seal;
mod sled;
#[cfg(test)]
mod suite;
mod vault;

use std::sync::Arc;

use async_trait::async_trait;

use crate::clock::Time;

pub use key_file::{KeyFileError, load_or_create};
pub use memory::MemoryStore;
pub use seal::{KeyRing, SealError};
pub use sled::{OpenError, SledOptions, SledStore};
pub use vault::{Change, Record, Row, Vault, VaultError};

/// At most so many writes in one commit (etcd allows 128 operations). What ends many things at once is a generation
/// number in the user's record.
pub const MAX_WRITES: usize = 100;

/// A version of one record: the commit that wrote it. Versions only grow, and are never given out twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// What must be true of a key for a commit to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Any,
    /// No such record, or only one that has expired.
    Absent,
    /// The record exists and has not expired.
    Present,
    /// The record exists, has not expired, and is of this version.
    Version(Version),
}

/// What a write does to its key, once every expectation of the commit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    Put(Vec<u8>),
    Delete,
    /// Nothing: the commit only depends on what is expected of this key, so that what was looked at and what is done
    /// about it are one.
    Keep,
}

/// One write of a commit.
#[derive(Clone, Debug)]
pub struct Write {
    pub key: String,
    pub expect: Expect,
    pub effect: Effect,
    /// From this moment on the record is absent; engines remove it some time later.
    pub expires: Option<Time>,
}

/// A record as the engine holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub value: Vec<u8>,
    pub version: Version,
    pub expires: Option<Time>,
}

impl Entry {
    /// Whether it has not expired at `now`.
    pub fn alive(&self, now: Time) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

/// Why a commit was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// An expectation did not hold: somebody else was first. Nothing of the commit happened.
    #[error("the record {0} is not as expected")]
    Conflict(String),
    /// Whether it happened is not known, as after any engine's time-out; if it did, then as a whole.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// The store cannot be sure of anything now; whoever asked must refuse.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store is not available: {0}")]
pub struct Unavailable(pub String);

/// Called for each key that changed, after the change is durable and before its commit is acknowledged. So whoever
/// holds an acknowledgement knows that memory has forgotten the old value. Must be quick and must not call the store.
pub type Observer = Arc<dyn Fn(&str) + Send + Sync>;

/// An engine.
#[async_trait]
pub trait Store: Send + Sync + std::fmt::Debug {
    /// The record, unless it is absent or has expired at `now`.
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable>;

    /// Records whose key begins with `prefix` and is greater than `after`, in the order of their keys, at most `limit`;
    /// expired ones left out.
    async fn scan(&self, prefix: &str, after: Option<&str>, limit: usize, now: Time)
    -> Result<Vec<Entry>, Unavailable>;

    /// All of the writes or none, durable when this returns. Gives the version that all of them now have.
    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError>;

    /// Tells `observer` of changes under `prefix` from now on, those of other processes included. An observer that an
    /// engine had to leave out of changes is called with the bare prefix: forget everything.
    fn watch(&self, prefix: &str, observer: Observer);

    /// Whether the engine can serve now.
    async fn ready(&self) -> Result<(), Unavailable>;
}

/// The one reading of an expectation, for every engine that judges it here.
fn holds(expect: Expect, current: Option<&Entry>, now: Time) -> bool {
    let current = current.filter(|entry| entry.alive(now));
    match expect {
        Expect::Any => true,
        Expect::Absent => current.is_none(),
        Expect::Present => current.is_some(),
        Expect::Version(version) => current.is_some_and(|entry| entry.version == version),
    }
}

fn check_size(writes: &[Write]) -> Result<(), Unavailable> {
    match writes.len() {
        0..=MAX_WRITES => Ok(()),
        many => Err(Unavailable(format!("a commit of {many} writes; {MAX_WRITES} are allowed"))),
    }
}
