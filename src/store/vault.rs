//! Typed, sealed records over an engine. Every value is sealed with its key as associated data and carries a version
//! byte of its format; what does not open, or is of a newer format, is an error and never "absent".

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CommitError, Entry, Expect, KeyRing, Observer, Store, Unavailable, Version, Write};
use crate::clock::{Clock, Time};
use crate::secret::{Key, Random};

/// A kind of record: what it is called in an error, and the format it is written in.
pub trait Record: Serialize + DeserializeOwned + Send + Sync + 'static {
    const NAME: &'static str;
    /// Grows when the format changes; a reader refuses greater ones.
    const FORMAT: u8 = 1;
}

/// A record that was read, with the version a compare-and-set needs.
#[derive(Clone, Debug)]
pub struct Row<T> {
    pub key: String,
    pub version: Version,
    pub expires: Option<Time>,
    pub value: T,
}

/// One write of a typed commit; made by [`Vault::put`], [`Vault::delete`].
#[derive(Clone, Debug)]
pub struct Change(Write);

/// Why the vault did not answer. Each of these is a refusal for whoever asked.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Somebody else was first; read again and decide anew.
    #[error("the record {0} is not as expected")]
    Conflict(String),
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// The record does not open under the sealing key, or is of a newer format, or makes no sense.
    #[error("the record {key} cannot be read: {why}")]
    Unreadable { key: String, why: String },
}

impl From<CommitError> for VaultError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(key) => VaultError::Conflict(key),
            CommitError::Unavailable(error) => VaultError::Unavailable(error),
        }
    }
}

/// The engine with its keys, its clock and its randomness.
#[derive(Clone, Debug)]
pub struct Vault {
    store: Arc<dyn Store>,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl Vault {
    pub fn new(store: Arc<dyn Store>, keys: Arc<KeyRing>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { store, keys, clock, random }
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub fn random(&self) -> &Arc<dyn Random> {
        &self.random
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// A key for one purpose, derived from the first sealing key: stable over rotation of the sealing key.
    pub fn derive(&self, purpose: &str) -> Key {
        self.keys.derive(purpose)
    }

    pub async fn get<T: Record>(&self, key: &str) -> Result<Option<Row<T>>, VaultError> {
        match self.store.get(key, self.now()).await? {
            Some(entry) => self.open(entry).map(Some),
            None => Ok(None),
        }
    }

    /// At most `limit` records under `prefix`, after the key `after`.
    pub async fn scan<T: Record>(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Row<T>>, VaultError> {
        let entries = self.store.scan(prefix, after, limit, self.now()).await?;
        entries.into_iter().map(|entry| self.open(entry)).collect()
    }

    /// All records under `prefix`, page by page. For people's commands, never for a request.
    pub async fn all<T: Record>(&self, prefix: &str) -> Result<Vec<Row<T>>, VaultError> {
        const PAGE: usize = 1000;
        let mut rows: Vec<Row<T>> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.key.clone());
            let page = self.scan(prefix, after.as_deref(), PAGE).await?;
            let last = page.len() < PAGE;
            rows.extend(page);
            if last {
                return Ok(rows);
            }
        }
    }

    /// A write of `value`, sealed.
    pub fn put<T: Record>(
        &self,
        key: impl Into<String>,
        expect: Expect,
        value: &T,
        expires: Option<Time>,
    ) -> Result<Change, VaultError> {
        let key = key.into();
        let mut plain = vec![T::FORMAT];
        serde_json::to_writer(&mut plain, value)
            .map_err(|error| VaultError::Unreadable { key: key.clone(), why: error.to_string() })?;
        let value = self.keys.seal(&key, &plain, &*self.random);
        Ok(Change(Write { key, expect, value: Some(value), expires }))
    }

    pub fn delete(&self, key: impl Into<String>, expect: Expect) -> Change {
        Change(Write { key: key.into(), expect, value: None, expires: None })
    }

    /// All of the changes or none, durable when this returns.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<Version, VaultError> {
        let writes = changes.into_iter().map(|change| change.0).collect();
        Ok(self.store.commit(writes, self.now()).await?)
    }

    /// See [`Store::watch`].
    pub fn watch(&self, prefix: &str, observer: Observer) {
        self.store.watch(prefix, observer);
    }

    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.store.ready().await
    }

    fn open<T: Record>(&self, entry: Entry) -> Result<Row<T>, VaultError> {
        let unreadable = |why: String| VaultError::Unreadable { key: entry.key.clone(), why };
        let plain = self.keys.open(&entry.key, &entry.value).map_err(|error| unreadable(error.to_string()))?;
        let value = match plain.expose().split_first() {
            Some((&format, json)) if format <= T::FORMAT => {
                serde_json::from_slice(json).map_err(|error| unreadable(format!("not a {}: {error}", T::NAME)))?
            }
            Some((format, _)) => {
                return Err(unreadable(format!("written by a newer version ({} of format {format})", T::NAME)));
            }
            None => return Err(unreadable("empty".to_owned())),
        };
        Ok(Row { version: entry.version, expires: entry.expires, value, key: entry.key })
    }
}
