//! Typed, sealed records over an engine. Every value is sealed with its key as associated data and carries a version
//! byte of its format; what does not open, or is of a newer format, is an error and never "absent".

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{CommitError, Effect, Entry, Expect, KeyRing, Observer, Store, Unavailable, Version, Write};
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
        Ok(Change(Write { key, expect, effect: Effect::Put(value), expires }))
    }

    pub fn delete(&self, key: impl Into<String>, expect: Expect) -> Change {
        Change(Write { key: key.into(), expect, effect: Effect::Delete, expires: None })
    }

    /// Changes nothing: the commit it is part of happens only where `expect` holds.
    pub fn only_if(&self, key: impl Into<String>, expect: Expect) -> Change {
        Change(Write { key: key.into(), expect, effect: Effect::Keep, expires: None })
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

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::clock::StillClock;
    use crate::secret::SystemRandom;
    use crate::store::{MemoryStore, SledOptions, SledStore};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
    }

    impl Record for Note {
        const NAME: &'static str = "note";
    }

    /// The same record as a later version writes it.
    #[derive(Serialize, Deserialize)]
    struct LaterNote {
        text: String,
    }

    impl Record for LaterNote {
        const NAME: &'static str = "note";
        const FORMAT: u8 = 2;
    }

    fn keys() -> Arc<KeyRing> {
        Arc::new(KeyRing::new(Key::new([1; 32]), Vec::new()))
    }

    fn clock() -> Arc<StillClock> {
        Arc::new(StillClock::at(Time::from_secs(1_800_000_000)))
    }

    fn vault(store: Arc<dyn Store>) -> Vault {
        Vault::new(store, keys(), clock(), Arc::new(SystemRandom))
    }

    fn note(text: &str) -> Note {
        Note { text: text.to_owned() }
    }

    #[tokio::test]
    async fn a_record_is_read_as_it_was_written() {
        let vault = vault(Arc::new(MemoryStore::default()));
        let put = vault.put("note/1", Expect::Absent, &note("dear"), None).expect("written");
        let version = vault.commit(vec![put]).await.expect("committed");
        let row = vault.get::<Note>("note/1").await.expect("readable").expect("there");
        assert_eq!((row.value, row.version, row.expires), (note("dear"), version, None));
        let stale = vault.put("note/1", Expect::Absent, &note("new"), None).expect("written");
        assert!(matches!(vault.commit(vec![stale]).await, Err(VaultError::Conflict(key)) if key == "note/1"));
        vault.commit(vec![vault.delete("note/1", Expect::Version(version))]).await.expect("committed");
        assert!(vault.get::<Note>("note/1").await.expect("readable").is_none());
    }

    #[tokio::test]
    async fn what_does_not_open_is_an_error_and_never_absent() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let vault = vault(store.clone());
        let later = LaterNote { text: "dear".to_owned() };
        let writes = vec![
            vault.put("note/1", Expect::Absent, &note("dear"), None).expect("written"),
            vault.put("note/2", Expect::Absent, &later, None).expect("written"),
        ];
        vault.commit(writes).await.expect("committed");
        let sealed = store.get("note/1", vault.now()).await.expect("readable").expect("there").value;
        let raw = |key: &str, value: Vec<u8>| Write {
            key: key.to_owned(),
            expect: Expect::Any,
            effect: Effect::Put(value),
            expires: None,
        };
        let cut = sealed[..40].to_vec();
        let writes = vec![raw("note/3", sealed), raw("note/4", cut), raw("note/5", Vec::new())];
        store.commit(writes, vault.now()).await.expect("committed");
        for (key, why) in
            [("note/2", "newer version"), ("note/3", "moved"), ("note/4", "changed"), ("note/5", "changed")]
        {
            let error = vault.get::<Note>(key).await.expect_err(key);
            assert!(matches!(&error, VaultError::Unreadable { .. }) && error.to_string().contains(why), "{error}");
        }
        assert!(vault.all::<Note>("note/").await.is_err(), "a list with one bad record is no list");
        assert!(vault.get::<LaterNote>("note/1").await.expect("older formats are read").is_some());
    }

    #[tokio::test]
    async fn st_07_nothing_of_a_record_is_in_the_files_in_clear() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SledOptions { cache: 16 << 20, keys: keys(), clock: clock(), random: Arc::new(SystemRandom) };
        let store = SledStore::open(folder.path(), options).expect("it opens");
        let vault = vault(store.clone());
        let seed = "JBSWY3DPEHPK3PXP";
        let put = vault.put("factor/1", Expect::Absent, &note(seed), None).expect("written");
        vault.commit(vec![put]).await.expect("committed");
        store.close().await;
        let bytes = std::fs::read(folder.path().join("store/db")).expect("the file");
        let there = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(there("factor/1"), "this is where records are");
        assert!(!there(seed));
    }
}
