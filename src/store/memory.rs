//! The engine of the tests: a sorted map. It keeps every promise of the joint but durability.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::{CommitError, Entry, Expect, Observer, Store, Unavailable, Version, Write};
use crate::clock::Time;

#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<String, Entry>,
    last: u64,
    observers: Vec<(String, Observer)>,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemoryStore")
    }
}

fn alive(entry: &Entry, now: Time) -> bool {
    entry.expires.is_none_or(|end| now < end)
}

impl MemoryStore {
    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str, now: Time) -> Result<Option<Entry>, Unavailable> {
        Ok(self.lock().entries.get(key).filter(|entry| alive(entry, now)).cloned())
    }

    async fn scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
        now: Time,
    ) -> Result<Vec<Entry>, Unavailable> {
        let inner = self.lock();
        let entries = inner.entries.range(prefix.to_owned()..).take_while(|(key, _)| key.starts_with(prefix));
        let wanted = entries.filter(|(key, entry)| after.is_none_or(|last| key.as_str() > last) && alive(entry, now));
        Ok(wanted.take(limit).map(|(_, entry)| entry.clone()).collect())
    }

    async fn commit(&self, writes: Vec<Write>, now: Time) -> Result<Version, CommitError> {
        let mut inner = self.lock();
        for write in &writes {
            let current = inner.entries.get(&write.key).filter(|entry| alive(entry, now));
            let holds = match write.expect {
                Expect::Any => true,
                Expect::Absent => current.is_none(),
                Expect::Version(version) => current.is_some_and(|entry| entry.version == version),
            };
            if !holds {
                return Err(CommitError::Conflict(write.key.clone()));
            }
        }
        inner.last += 1;
        let version = Version(inner.last);
        for write in writes {
            for (prefix, observer) in &inner.observers {
                if write.key.starts_with(prefix.as_str()) {
                    observer(&write.key);
                }
            }
            match write.value {
                Some(value) => {
                    let entry = Entry { key: write.key.clone(), value, version, expires: write.expires };
                    inner.entries.insert(write.key, entry);
                }
                None => {
                    inner.entries.remove(&write.key);
                }
            }
        }
        Ok(version)
    }

    fn watch(&self, prefix: &str, observer: Observer) {
        self.lock().observers.push((prefix.to_owned(), observer));
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}
